use std::io::{self, Write};
use std::num::NonZeroUsize;

use clap::Args;
use glomers_gossip::{Config, Message};
use serde::Serialize;

use super::wire::Wire;
use crate::runtime::Net;

/// The argument of every node that gossips.
#[derive(Args, Clone, Debug)]
pub struct BoundArgs {
    /// How large a message between nodes may be at most, as a line of JSON. What is larger is split, and
    /// acknowledged piece by piece; what cannot be split is logged, and not sent.
    #[arg(long, value_name = "BYTES", default_value_t = 40_000, env = "GLOMERS_MAX_MESSAGE",
          value_parser = clap::value_parser!(u64).range(500..))]
    pub max_message: u64,
}

impl BoundArgs {
    /// The same configuration with this bound, or that of the node's network if it is stricter.
    pub(crate) fn bound(&self, config: Config, net: &Net) -> Config {
        let longest = net.node_ids().iter().map(size).max().unwrap_or(0);
        let envelope = size(&Line { src: "", dest: "", body: () }) + 2 * longest;
        let most = usize::try_from(self.max_message).unwrap_or(usize::MAX);
        let most = net.max_message().map_or(most, |its| its.min(most));
        // Of the names, the quotes are counted twice; a line's end is one more.
        config.max_message(NonZeroUsize::new(most.saturating_sub(envelope).max(1)))
    }
}

/// As a message lies on the wire.
#[derive(Serialize)]
struct Line<'a, B> {
    src: &'a str,
    dest: &'a str,
    body: B,
}

/// What a message's body takes on the wire.
pub(super) fn measure<S: Serialize>(message: &Message<S>) -> usize {
    size(&Wire::Gossip(message))
}

/// In bytes of JSON.
fn size(value: &(impl Serialize + ?Sized)) -> usize {
    let mut counted = Counted(0);
    match serde_json::to_writer(&mut counted, value) {
        Ok(()) => counted.0,
        Err(_) => usize::MAX,
    }
}

struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
