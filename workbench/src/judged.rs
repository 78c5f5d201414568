//! A run from its settings to its verdict, and to its folder: the same for whoever asks for one.

use std::io;
use std::time::{Duration, Instant};

use glomers_check::check::{self, Finding, Report};
use glomers_check::history::Kind;
use glomers_check::results::Results;
use serde_json::json;

use crate::journal::Recorder;
use crate::node_logs::NodeLogs;
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
        let results = judge(workload, &settings, &outcome);
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

/// Judges a run: every checker's report, under Maelstrom's keys.
pub fn judge(workload: &dyn Workload, settings: &Settings, outcome: &Outcome) -> Results {
    let history = &outcome.history;
    let observations = outcome.observations.as_ref();
    let mut judged = workload.checker().check(history);
    if let Some(add) = workload.spreads() {
        let nodes = settings.node_ids();
        let convergence = check::convergence(history, add, &nodes, observations);
        judged = judged.figure("convergence", convergence);
        let in_partitions = observations.and_then(|observations| {
            check::convergence_in_partitions(history, add, &nodes, observations)
        });
        if let Some(in_partitions) = in_partitions {
            judged = judged.figure("convergence-in-partitions", in_partitions);
        }
    }
    let mut results = Results::new(judged, history, settings.availability);
    results.add("nodes", nodes(outcome));
    let invoked = history.ops().iter().filter(|op| op.is_client() && op.kind == Kind::Invoke);
    let invoked = invoked.count() as u64;
    results.json.insert("net".to_owned(), outcome.stats.report(invoked));
    results.json.insert("faults".to_owned(), check::faults(history, &outcome.stats.toll()));
    let prints = json!({ "history-sha256": history.fingerprint(), "trace-sha256": outcome.trace });
    results.json.insert("determinism".to_owned(), prints);
    results.json.insert("seed".to_owned(), settings.seed.into());
    results
}

/// Nodes that broke: those that ended early, which no test forgives, and those whose output a bad
/// line has silenced. Maelstrom does not hold the latter against them, but passes over whatever
/// they say from then on; so it is reported, and the other checkers see what came of it.
fn nodes(outcome: &Outcome) -> Report {
    let crashes = outcome.crashes.iter().map(|crash| {
        let text =
            format!("{} ended before the test did: {}{}", crash.node, crash.status, crash.log);
        Finding::new("crashed", text, [])
    });
    let muted = outcome.muted.iter().map(|muted| Finding::new("muted", muted.to_string(), []));
    let names = |nodes: Vec<&str>| json!(nodes);
    Report::new(outcome.crashes.is_empty())
        .figure("crashed", names(outcome.crashes.iter().map(|c| c.node.as_str()).collect()))
        .figure("muted", names(outcome.muted.iter().map(|m| m.node.as_str()).collect()))
        .findings(crashes)
        .findings(muted)
}
