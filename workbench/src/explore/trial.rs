use std::collections::{BTreeMap, BTreeSet};

use glomers_check::check::Valid;
use glomers_check::history::Kind;
use serde_json::Value;

use super::Case;
use crate::judged::Judged;
use crate::run::Tally;

/// One run of an exploration.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// What was run.
    pub case: Case,
    /// The verdict; unknown where nothing is wrong but that some operation never succeeded, and nodes
    /// were away, whose clients may have waited all the time.
    pub valid: Valid,
    /// The names of what made it invalid: its class.
    pub anomalies: BTreeSet<String>,
    /// How operations ended.
    pub ops: Tally,
    /// How often each fault happened: see [`check::faults`](glomers_check::check::faults).
    pub faults: BTreeMap<String, u64>,
    /// What tells its history from any other.
    pub history: String,
}

impl Trial {
    /// What there is to know of a case that was carried out.
    pub fn of(case: Case, judged: &Judged) -> Self {
        let Judged { outcome, results, .. } = judged;
        let mut ops = Tally::default();
        for op in outcome.history.ops().iter().filter(|op| op.is_client()) {
            match op.kind {
                Kind::Ok => ops.ok += 1,
                Kind::Fail => ops.fail += 1,
                Kind::Info => ops.info += 1,
                Kind::Invoke => {}
            }
        }
        let counted = results.at(&["faults"]).and_then(Value::as_object).into_iter().flatten();
        let count = |fault: &Value| fault.get("count").and_then(Value::as_u64).unwrap_or(0);
        let faults = counted.map(|(kind, fault)| (kind.clone(), count(fault))).collect();
        let anomalies = blamed(&results.json);
        let is_away = case.faults.take_nodes_away();
        let nothing_else = anomalies.iter().eq([NONE_OK]);
        let valid = if is_away && nothing_else { Valid::Unknown } else { results.valid };
        let history = results.at(&["determinism", "history-sha256"]).and_then(Value::as_str);
        let history = history.unwrap_or_default().to_owned();
        Self { case, valid, anomalies, ops, faults, history }
    }

    /// Whether something is wrong.
    pub fn fails(&self) -> bool {
        self.valid == Valid::No
    }

    /// Whether another run is wrong for one of the same reasons.
    pub fn fails_like(&self, other: &Self) -> bool {
        self.fails()
            && (other.anomalies.is_empty() || !self.anomalies.is_disjoint(&other.anomalies))
    }
}

/// That no operation of a kind succeeded.
const NONE_OK: &str = "none-ok";

/// What the checkers found who said that the run is invalid. Others tell of what they forgive, too.
fn blamed(results: &serde_json::Map<String, Value>) -> BTreeSet<String> {
    let invalid =
        results.values().filter(|report| report.get("valid?") == Some(&Value::Bool(false)));
    let findings = invalid.filter_map(|report| report.get("findings")?.as_array()).flatten();
    findings.filter_map(|finding| finding.get("anomaly")?.as_str().map(str::to_owned)).collect()
}
