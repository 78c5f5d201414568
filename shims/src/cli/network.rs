use std::io;

use clap::Args;
use tracing::{Level, Metadata};

#[cfg(any(feature = "nats", feature = "udp"))]
use super::place::PlaceArgs;
#[cfg(feature = "udp")]
use super::udp::UdpArgs;
#[cfg(feature = "nats")]
use crate::nats::{MemberArgs, NatsTransport, ServerArgs, Until};
use crate::transport::{StdioTransport, Transport};

/// What carries the node's messages: STDIN and STDOUT, unless a network is named.
#[derive(Args, Clone, Debug)]
pub(super) struct NetworkArgs {
    #[cfg(feature = "nats")]
    #[command(flatten)]
    servers: ServerArgs,

    /// On how many servers of NATS the key-value services keep what they are told: 3 where there are three
    #[cfg(feature = "nats")]
    #[arg(long, value_name = "N", default_value_t = 1, requires = "urls",
          value_parser = clap::value_parser!(u8).range(1..=5))]
    replicas: u8,

    #[cfg(feature = "udp")]
    #[command(flatten)]
    udp: UdpArgs,

    #[cfg(any(feature = "nats", feature = "udp"))]
    #[command(flatten)]
    place: PlaceArgs,
}

#[cfg_attr(
    not(any(feature = "nats", feature = "udp")),
    expect(clippy::unused_self, reason = "there is one network only")
)]
impl NetworkArgs {
    /// Whether there is a network to be used other than STDIN and STDOUT.
    pub(super) fn is_named(&self) -> bool {
        #[cfg(feature = "nats")]
        if self.servers.is_given() {
            return true;
        }
        #[cfg(feature = "udp")]
        if self.udp.is_given() {
            return true;
        }
        false
    }

    /// Opens the network that was named, for a node of the workload `workload`. Must be called inside a runtime.
    #[cfg_attr(not(feature = "udp"), expect(unused_variables, reason = "a matter of UDP"))]
    pub(super) fn open(&self, workload: &str) -> io::Result<Box<dyn Transport>> {
        #[cfg(feature = "nats")]
        if self.servers.is_given() {
            let PlaceArgs { cluster, id, nodes } = self.place.clone();
            let member = MemberArgs { cluster, id, nodes, replicas: self.replicas };
            let transport = NatsTransport::start(&self.servers, &member, Until::Signal);
            return Ok(Box::new(transport.map_err(io::Error::other)?));
        }
        #[cfg(feature = "udp")]
        if let Some(transport) = self.udp.open(&self.place, workload)? {
            return Ok(Box::new(transport));
        }
        Ok(Box::new(StdioTransport::start()?))
    }
}

/// Whether an event may have a password in it: a client of NATS traces what it sends when it logs in.
pub(super) fn tells_secrets(event: &Metadata<'_>) -> bool {
    *event.level() == Level::TRACE && event.target().starts_with("async_nats")
}
