use core::time::Duration;

/// The times by which a [`Replica`](crate::Replica) works. The defaults suit networks with one-way
/// delays up to some 300 ms; beyond that they are correct still, and send some things twice until
/// the delays are learned.
///
/// ```
/// use std::time::Duration;
/// use glomers_gossip::Config;
///
/// let patient = Config { ack_delay: Duration::from_secs(3), ..Config::default() };
/// assert!(patient.ack_delay > Config::default().ack_delay);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// How long nothing is sent at first, unless [`open`](crate::Replica::open) is called or a peer
    /// is heard from. For networks on which peers appear one after another, and a message to one
    /// that is not there yet does harm. Zero is fine elsewhere. Default: 1 s.
    pub hold: Duration,
    /// How long an acknowledgement waits for a batch to ride on before it is sent alone. Longer
    /// saves messages; keep it below `retry` less a round trip. Default: 1 s.
    pub ack_delay: Duration,
    /// The least time after which an unacknowledged batch is sent again. Where round trips are
    /// measured to be longer than this allows, more is waited. Default: 2 s.
    pub retry: Duration,
    /// The greatest time between two probes of a peer that does not answer: about how long the
    /// end of a partition goes unnoticed. Default: 3 s.
    pub retry_max: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hold: Duration::from_secs(1),
            ack_delay: Duration::from_secs(1),
            retry: Duration::from_secs(2),
            retry_max: Duration::from_secs(3),
        }
    }
}
