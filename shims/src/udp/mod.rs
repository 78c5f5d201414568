//! Nodes on UDP, which find each other: for a laptop, a test, a network without a broker.
//!
//! [`UdpTransport`] carries a node's lines in datagrams of 1,200 bytes at most (what every network carries in one
//! piece), between nodes that know one address of the cluster when they begin. Who is there, they learn by SWIM;
//! what was lost, the node's own protocol sends again. It binds to loopback, unless there is a [`Key`] that all
//! nodes share: then every datagram is sealed with it, and nothing that was overheard is of use.
//!
//! What it costs to be reached by strangers: an attempt to open what they send, and no memory. What it does not do:
//! addresses are sealed in, so no translation of addresses (NAT) may lie between two nodes; and whoever has the key
//! is trusted.
//!
//! A client is whoever sends requests from an address that is no node's, as [`request`] does.

mod client;
mod frame;
mod key;
mod membership;
mod routes;
mod sessions;
mod transport;
mod window;

pub use client::{RequestError, request};
pub use key::{Key, KeyError};
pub use sessions::Dropped;
pub use transport::{UdpError, UdpOptions, UdpTransport};

/// How long a datagram between nodes may be: what IPv6's smallest packet has place for, and some more.
pub const MAX_DATAGRAM: usize = 1_200;

/// The longest datagram that UDP on IPv4 carries, in pieces: for answers to clients.
const MAX_PIECES: usize = 65_507;

/// What the bytes between two sockets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    /// A packet about who is there.
    Members,
    /// A line between nodes.
    Line,
    /// The body of a client's request or of its answer.
    Body,
}

impl Channel {
    fn around(self, bytes: &[u8]) -> Vec<u8> {
        let tag = match self {
            Self::Members => 0,
            Self::Line => 1,
            Self::Body => 2,
        };
        [&[tag], bytes].concat()
    }

    fn of(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (tag, rest) = bytes.split_first()?;
        let channel = match tag {
            0 => Self::Members,
            1 => Self::Line,
            2 => Self::Body,
            _ => return None,
        };
        Some((channel, rest))
    }
}
