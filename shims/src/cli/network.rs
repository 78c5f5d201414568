use std::io;

use clap::Args;
use tracing::{Level, Metadata};

#[cfg(feature = "nats")]
use crate::nats::{MemberArgs, NatsTransport, ServerArgs, Until};
use crate::transport::{StdioTransport, Transport};

/// What carries the node's messages: STDIN and STDOUT, unless a network is named.
#[derive(Args, Clone, Debug)]
pub(super) struct NetworkArgs {
    #[cfg(feature = "nats")]
    #[command(flatten)]
    servers: ServerArgs,

    #[cfg(feature = "nats")]
    #[command(flatten)]
    member: MemberArgs,
}

#[cfg_attr(
    not(feature = "nats"),
    expect(clippy::unused_self, reason = "there is one network only")
)]
impl NetworkArgs {
    /// Whether there is a network to be used other than STDIN and STDOUT.
    pub(super) fn is_named(&self) -> bool {
        #[cfg(feature = "nats")]
        if self.servers.is_given() {
            return true;
        }
        false
    }

    /// Opens the network that was named.
    pub(super) fn open(&self) -> io::Result<Box<dyn Transport>> {
        #[cfg(feature = "nats")]
        if self.servers.is_given() {
            let transport = NatsTransport::start(&self.servers, &self.member, Until::Signal);
            return Ok(Box::new(transport.map_err(io::Error::other)?));
        }
        Ok(Box::new(StdioTransport::start()?))
    }
}

/// Whether an event may have a password in it: a client of NATS traces what it sends when it logs in.
pub(super) fn tells_secrets(event: &Metadata<'_>) -> bool {
    *event.level() == Level::TRACE && event.target().starts_with("async_nats")
}
