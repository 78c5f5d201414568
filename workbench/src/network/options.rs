use super::Latency;

/// What is fixed about a network.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How long messages travel.
    pub latency: Latency,
    /// Whether to log every message as it is sent, to the target `net::send`.
    pub log_send: bool,
    /// Whether to log every message as it is delivered, to the target `net::recv`.
    pub log_recv: bool,
}
