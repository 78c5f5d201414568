use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Case;
use crate::check::Valid;
use crate::history::{Kind, Process};
use crate::judged::Judged;
use crate::run::Tally;

/// One run of an exploration.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// What was run.
    pub case: Case,
    /// The verdict.
    pub valid: Valid,
    /// The names of what made it invalid: its class.
    pub anomalies: BTreeSet<String>,
    /// How operations ended.
    pub ops: Tally,
    /// How often each fault happened.
    pub faults: BTreeMap<String, u64>,
    /// What tells its history from any other.
    pub history: String,
}

impl Trial {
    pub(super) fn of(case: Case, judged: &Judged) -> Self {
        let Judged { outcome, results, .. } = judged;
        let mut ops = Tally::default();
        let mut faults = BTreeMap::new();
        for op in outcome.history.ops() {
            match (op.process, op.kind) {
                (Process::Client(_), Kind::Ok) => ops.ok += 1,
                (Process::Client(_), Kind::Fail) => ops.fail += 1,
                (Process::Client(_), Kind::Info) => ops.info += 1,
                (Process::Client(_), Kind::Invoke) => {}
                (Process::Nemesis(_), _) => {
                    if let Some(fault) = op.f.strip_prefix("start-") {
                        *faults.entry(fault.to_owned()).or_default() += 1;
                    }
                }
            }
        }
        let stats = outcome.stats;
        // Those that last for the whole load happen once a message.
        for (fault, count) in [("loss", stats.lost), ("duplicate", stats.duplicated)] {
            if let Some(happened) = faults.get_mut(fault) {
                *happened = count;
            }
        }
        Self {
            case,
            valid: results.valid,
            anomalies: blamed(&results.json),
            ops,
            faults,
            history: text(results.at(&["determinism", "history-sha256"])),
        }
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

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What the checkers found who said that the run is invalid. Others tell of what they forgive, too.
fn blamed(results: &serde_json::Map<String, Value>) -> BTreeSet<String> {
    let invalid =
        results.values().filter(|report| report.get("valid?") == Some(&Value::Bool(false)));
    let findings = invalid.filter_map(|report| report.get("findings")?.as_array()).flatten();
    findings.filter_map(|finding| finding.get("anomaly")?.as_str().map(str::to_owned)).collect()
}
