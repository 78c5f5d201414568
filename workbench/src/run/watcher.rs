use std::time::Duration;

/// Hears how a run gets on.
pub trait Watcher {
    /// Something happened: `elapsed` of the `total` time of the load has passed.
    fn progress(&self, phase: Phase, elapsed: Duration, total: Duration, tally: Tally);

    /// The run is over, and the checkers begin.
    fn judging(&self) {}

    /// Whether the run is to end now: what has happened by then is judged, and found to be no more than
    /// that. Runs of programs end at SIGINT and SIGTERM, too.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Watches nothing.
impl Watcher for () {
    fn progress(&self, _: Phase, _: Duration, _: Duration, _: Tally) {}
}

/// The parts of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nodes are started.
    Start,
    /// Clients are at work.
    Load,
    /// Faults are over; nobody asks for anything.
    Quiet,
    /// Clients look at the result.
    Final,
}

/// How operations have ended so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Succeeded.
    pub ok: u64,
    /// Failed for certain.
    pub fail: u64,
    /// Nobody knows.
    pub info: u64,
}
