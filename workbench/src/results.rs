//! The verdict on a run: every checker's report, under Maelstrom's keys.

use serde_json::{Map, Value, json};

use crate::check::{self, Finding, Report, Valid};
use crate::history::{Kind, Op};
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
        let mut judged = workload.check(history);
        if let Some(add) = workload.spreads() {
            let nodes = settings.node_ids();
            let observations = outcome.observations.as_ref();
            let convergence = check::convergence(history, add, &nodes, observations);
            judged = judged.figure("convergence", convergence);
            let in_partitions = observations.and_then(|observations| {
                check::convergence_in_partitions(history, add, &nodes, observations)
            });
            if let Some(in_partitions) = in_partitions {
                judged = judged.figure("convergence-in-partitions", in_partitions);
            }
        }
        let reports = [
            ("workload", judged),
            ("stats", check::stats(history)),
            ("availability", check::availability(history, settings.availability)),
            ("exceptions", check::exceptions(history)),
            ("nodes", nodes(outcome)),
        ];
        let mut json = Map::new();
        let mut valid = Valid::Yes;
        let mut findings = Vec::new();
        for (name, report) in reports {
            valid = valid.max(report.valid);
            findings.extend(report.findings.clone());
            json.insert(name.to_owned(), json!(report));
        }
        let invoked = |op: &&Op| op.is_client() && op.kind == Kind::Invoke;
        let invoked = history.ops().iter().filter(invoked).count() as u64;
        json.insert("net".to_owned(), outcome.stats.report(invoked));
        json.insert("faults".to_owned(), check::faults(history, &outcome.stats));
        let prints =
            json!({ "history-sha256": history.fingerprint(), "trace-sha256": outcome.trace });
        json.insert("determinism".to_owned(), prints);
        json.insert("seed".to_owned(), settings.seed.into());
        json.insert("valid?".to_owned(), json!(valid));
        Self { valid, json, findings }
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
