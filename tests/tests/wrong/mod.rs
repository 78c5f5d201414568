//! Nodes that are wrong on purpose, and right without their flaw.

pub(crate) mod counter;
pub(crate) mod echo;
pub(crate) mod kafka;
pub(crate) mod set;
pub(crate) mod unique_ids;

use std::cell::Cell;

use clap::ValueEnum;
use glomers_shims::runtime::Net;
use serde::Serialize;

/// A node's only argument: what is wrong with it.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Flawed<F: ValueEnum + Send + Sync + 'static> {
    #[arg(long)]
    pub(crate) flaw: F,
}

/// Says that something happens for the n-th time, over and over.
struct Every {
    nth: u64,
    count: Cell<u64>,
}

impl Every {
    fn new(nth: u64) -> Self {
        Self { nth, count: Cell::new(0) }
    }

    fn strikes(&self) -> bool {
        self.count.set(self.count.get() + 1);
        self.count.get().is_multiple_of(self.nth)
    }
}

/// Tells every other node, once: whom a partition keeps from hearing it never does.
fn tell_peers(net: &Net, message: &impl Serialize) {
    for node in net.node_ids().iter().filter(|node| net.is_peer(node)) {
        net.send(node, message);
    }
}
