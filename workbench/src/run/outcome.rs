use std::time::Duration;

use glomers_check::check::Observations;
use glomers_check::fingerprint::Fingerprint;
use glomers_check::history::History;

use super::Crash;
use crate::network::{Muted, Stats};

/// What came of a run.
pub struct Outcome {
    /// Every operation.
    pub history: History,
    /// Messages counted.
    pub stats: Stats,
    /// The fingerprint of all that befell messages.
    pub trace: Fingerprint,
    /// Nodes that were not listened to any more.
    pub muted: Vec<Muted>,
    /// Nodes that ended before they were told to.
    pub crashes: Vec<Crash>,
    /// When nodes first held values, where they report it.
    pub observations: Option<Observations>,
    /// For how much of the load's time an operation was due and no client was free to ask for it.
    pub held_up: Duration,
    /// Whether the run was ended before it was over.
    pub is_interrupted: bool,
}
