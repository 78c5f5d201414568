use core::time::Duration;

/// The times by which a search goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pulse {
    /// Within what time a parent that is up is heard from, where there is traffic.
    pub(crate) silence: Duration,
    /// After what time without a message one that was heard from in every round is looked after.
    pub(crate) watch: Option<Duration>,
    /// How long an answer may take.
    pub(crate) patience: Duration,
    /// How long to wait before trying the same again.
    pub(crate) pause: Duration,
}
