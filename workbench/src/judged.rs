//! A run from its settings to its verdict, and to its folder: the same for whoever asks for one.

use std::io;
use std::time::{Duration, Instant};

use crate::journal::Recorder;
use crate::node_logs::NodeLogs;
use crate::results::Results;
use crate::run::{self, Outcome, RunError, Settings, Watcher};
use crate::store::RunFolder;
use crate::workload::Workload;

/// A run that was carried out and judged.
pub struct Judged {
    /// What was asked for.
    pub settings: Settings,
    /// What happened.
    pub outcome: Outcome,
    /// What the checkers say.
    pub results: Results,
    /// How long it took.
    pub wall: Duration,
}

impl Judged {
    /// Carries a run out, and judges it.
    ///
    /// # Errors
    ///
    /// [`RunError`], if there is nothing to judge.
    pub fn run(
        settings: Settings,
        workload: &mut dyn Workload,
        watcher: &dyn Watcher,
    ) -> Result<Self, RunError> {
        Self::run_recorded(settings, workload, watcher, None)
    }

    /// [`run`](Self::run), with every message recorded if there is a `recorder`.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_recorded(
        settings: Settings,
        workload: &mut dyn Workload,
        watcher: &dyn Watcher,
        recorder: Option<Recorder>,
    ) -> Result<Self, RunError> {
        let began = Instant::now();
        let outcome = run::run_recorded(&settings, workload, watcher, recorder)?;
        watcher.judging();
        let results = Results::judge(workload, &settings, &outcome);
        Ok(Self { settings, outcome, results, wall: began.elapsed() })
    }

    /// Writes it to its folder, with what its nodes have logged.
    ///
    /// # Errors
    ///
    /// What the file system reports.
    pub fn keep(&self, folder: &RunFolder, logs: &NodeLogs) -> io::Result<()> {
        folder.write(&self.results.json, &self.outcome.history)?;
        logs.write(&folder.node_logs())
    }
}
