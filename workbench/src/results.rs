//! The verdict on a run: every checker's report, under Maelstrom's keys.

use serde_json::{Map, Value, json};

use crate::check::{self, Availability, Finding, Report, Valid};
use crate::history::{History, Kind, Op};
use crate::run::{Outcome, Settings};
use crate::workload::Workload;

/// What all checkers together found.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// The worst verdict of them all.
    pub valid: Valid,
    /// The content of `results.json`.
    pub json: Map<String, Value>,
    /// What is wrong, for people.
    pub findings: Vec<Finding>,
}

impl Results {
    /// Judges a run.
    pub fn judge(workload: &dyn Workload, settings: &Settings, outcome: &Outcome) -> Self {
        let history = &outcome.history;
        let observations = outcome.observations.as_ref();
        let mut judged = workload.check(history);
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
        let mut results = Self::of(workload, judged, history, settings.availability);
        results.add("nodes", nodes(outcome));
        let invoked = |op: &&Op| op.is_client() && op.kind == Kind::Invoke;
        let invoked = history.ops().iter().filter(invoked).count() as u64;
        results.json.insert("net".to_owned(), outcome.stats.report(invoked));
        results.json.insert("faults".to_owned(), check::faults(history, &outcome.stats));
        let prints =
            json!({ "history-sha256": history.fingerprint(), "trace-sha256": outcome.trace });
        results.json.insert("determinism".to_owned(), prints);
        results.json.insert("seed".to_owned(), settings.seed.into());
        results
    }

    /// Judges a history of which nothing else is known: what can be said without the network and
    /// the nodes.
    pub fn of_history(
        workload: &dyn Workload,
        history: &History,
        promised: Option<Availability>,
    ) -> Self {
        Self::of(workload, workload.check(history), history, promised)
    }

    fn of(
        workload: &dyn Workload,
        judged: Report,
        history: &History,
        promised: Option<Availability>,
    ) -> Self {
        let known = |finding: &Finding| workload.anomalies().contains(&finding.anomaly.as_str());
        debug_assert!(judged.findings.iter().all(known), "an anomaly that is not declared");
        let mut results = Self { valid: Valid::Yes, json: Map::new(), findings: Vec::new() };
        results.add("workload", judged);
        results.add("stats", check::stats(history));
        results.add("availability", check::availability(history, promised));
        results.add("exceptions", check::exceptions(history));
        results
    }

    fn add(&mut self, name: &str, report: Report) {
        self.valid = self.valid.max(report.valid);
        self.json.insert("valid?".to_owned(), json!(self.valid));
        self.json.insert(name.to_owned(), json!(report));
        self.findings.extend(report.findings);
    }

    /// The value at a path of keys, such as `["net", "servers", "msgs-per-op"]`.
    ///
    /// ```
    /// use glomers::check::Valid;
    /// use glomers::results::Results;
    ///
    /// let json = serde_json::json!({ "net": { "servers": { "msg-count": 7 } } });
    /// let json = json.as_object().cloned().unwrap();
    /// let results = Results { valid: Valid::Yes, json, findings: vec![] };
    /// assert_eq!(results.at(&["net", "servers", "msg-count"]), Some(&7.into()));
    /// ```
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.json.get(*first)?, |value, key| value.get(key))
    }
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
