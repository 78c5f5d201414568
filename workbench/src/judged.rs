//! A run from its settings to its verdict, and to its folder: the same for whoever asks for one.

use std::io;
use std::time::{Duration, Instant};

use glomers_check::check::{self, Availability, Finding, Report};
use glomers_check::history::{Kind, Op};
use glomers_check::results::Results;
use serde_json::{Map, Value, json};

use crate::journal::Recorder;
use crate::node_logs::NodeLogs;
use crate::paths;
use crate::run::{self, Outcome, RunError, Settings, Watcher};
use crate::store::RunFolder;
use crate::units::nanos;
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

/// What was carried out, in words.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// What clients asked of the nodes: the workload's name.
    pub workload: &'a str,
    /// The command line that gives the run.
    pub command: &'a str,
    /// What the run is called, if it is one of several that were asked for at once.
    pub name: Option<&'a str>,
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

    /// Writes it to its folder, with what its nodes have logged: as much of it as can be written.
    ///
    /// # Errors
    ///
    /// What the file system reports of each file.
    pub fn keep(&self, folder: &RunFolder, logs: &NodeLogs, about: About<'_>) -> io::Result<()> {
        let written = folder.write(&self.results.json, &self.header(about), &self.outcome.history);
        paths::all([written, logs.write(&folder.node_logs())])
    }

    /// What the history says of itself: enough to be judged once more by the same rules.
    fn header(&self, about: About<'_>) -> Map<String, Value> {
        let mut header = Map::from_iter([
            ("workload".to_owned(), about.workload.into()),
            ("command".to_owned(), about.command.into()),
            ("version".to_owned(), env!("CARGO_PKG_VERSION").into()),
        ]);
        if let Some(models) = self.results.at(&["workload", "consistency-models"]) {
            header.insert("models".to_owned(), models.clone());
        }
        if let Some(promised) = self.settings.availability {
            let promised = match promised {
                Availability::Total => "total".into(),
                Availability::Fraction(share) => share.into(),
            };
            header.insert("availability".to_owned(), promised);
        }
        header
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
    if let Some(reached) = reached_rate(settings, outcome) {
        let load = json!({ "rate": settings.rate, "reached-rate": reached });
        results.json.insert("load".to_owned(), load);
    }
    if outcome.is_interrupted {
        results.interrupt();
    }
    results
}

/// Of the time of a load so much may pass in waiting for a client that is free.
const WAITING: f64 = 0.1;

/// How many operations a second there were, if clients could not ask for as many as they should.
fn reached_rate(settings: &Settings, outcome: &Outcome) -> Option<f64> {
    let time = settings.time_limit;
    if outcome.is_interrupted || outcome.held_up <= time.mul_f64(WAITING) {
        return None;
    }
    let end = nanos(time);
    let is_asked = |op: &&Op| op.is_client() && op.kind == Kind::Invoke && op.time <= end;
    let asked = outcome.history.ops().iter().filter(is_asked).count();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = asked as f64 / time.as_secs_f64();
    Some((rate * 10.0).round() / 10.0)
}

/// Nodes that broke: those that ended early, which no test forgives, and those whose output a bad
/// line has silenced. Those that ended, or did not start, since their disks had failed are told apart.
/// Maelstrom does not hold the latter against them, but passes over whatever
/// they say from then on; so it is reported, and the other checkers see what came of it.
fn nodes(outcome: &Outcome) -> Report {
    let crashes = outcome.crashes.iter().map(|crash| {
        let text =
            format!("{} ended before the test did: {}{}", crash.node, crash.status, crash.log);
        Finding::new("crashed", text, [])
    });
    let muted = outcome.muted.iter().map(|muted| Finding::new("muted", muted.to_string(), []));
    let names = |nodes: Vec<&str>| json!(nodes);
    // Those whose disks have failed: which is no fault of theirs.
    let told = |f: &str| {
        let ops = outcome.history.ops().iter().filter(|op| !op.is_client() && op.f == *f);
        Value::Array(ops.map(|op| op.value.to_json()).collect())
    };
    let report = Report::new(outcome.crashes.is_empty())
        .figure("crashed", names(outcome.crashes.iter().map(|c| c.node.as_str()).collect()))
        .figure("muted", names(outcome.muted.iter().map(|m| m.node.as_str()).collect()))
        .findings(crashes)
        .findings(muted);
    let excused = ["gave-up", "refused"].map(|f| (f, told(f)));
    let excused = excused.into_iter().filter(|(_, told)| told.get(0).is_some());
    excused.fold(report, |report, (f, told)| report.figure(f, told))
}
