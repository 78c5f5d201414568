//! How many operations succeeded, in all and of each kind.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Finding, Report};
use crate::history::{History, Kind, Op};

/// Operations that need never succeed: Kafka's client crashes on purpose, and asks for debugging.
const EXEMPT: [&str; 2] = ["crash", "debug-topic-partitions"];

/// Counts completions, and demands that of every function, but those exempt, one succeeded.
pub fn stats(history: &History) -> Report {
    let mut all = Counts::default();
    let mut by_f: BTreeMap<&str, Counts> = BTreeMap::new();
    for op in history.ops().iter().filter(|op| op.is_client() && op.kind != Kind::Invoke) {
        all.count(op);
        by_f.entry(&op.f).or_default().count(op);
    }
    let failed: Vec<_> =
        by_f.iter().filter(|(f, counts)| counts.ok == 0 && !EXEMPT.contains(f)).collect();
    let findings = failed.iter().map(|(f, counts)| {
        Finding::new("none-ok", format!("not one {f} succeeded"), counts.first.as_slice())
    });
    let by_f_json: Map<_, _> =
        by_f.iter().map(|(&f, counts)| (f.to_owned(), counts.to_json())).collect();
    let mut report = Report::new(failed.is_empty()).figure("by-f", by_f_json).findings(findings);
    report.figures.extend(all.figures());
    report
}

#[derive(Default)]
struct Counts {
    ok: usize,
    fail: usize,
    info: usize,
    /// The first few.
    first: Vec<usize>,
}

impl Counts {
    fn count(&mut self, op: &Op) {
        match op.kind {
            Kind::Ok => self.ok += 1,
            Kind::Fail => self.fail += 1,
            Kind::Info | Kind::Invoke => self.info += 1,
        }
        if self.first.len() < 4 {
            self.first.push(op.index);
        }
    }

    fn figures(&self) -> Map<String, Value> {
        [
            ("count", self.ok + self.fail + self.info),
            ("ok-count", self.ok),
            ("fail-count", self.fail),
            ("info-count", self.info),
        ]
        .map(|(key, count)| (key.to_owned(), json!(count)))
        .into_iter()
        .collect()
    }

    fn to_json(&self) -> Value {
        let mut figures = self.figures();
        figures.insert("valid?".to_owned(), json!(self.ok > 0));
        Value::Object(figures)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Valid;
    use super::super::testing::Script;
    use super::*;

    fn script() -> Script {
        Script::default()
            .call(0, Kind::Ok, "poll", Value::Null)
            .call(0, Kind::Fail, "poll", Value::Null)
            .call(0, Kind::Info, "crash", Value::Null)
            .invoke(1, "send", Value::Null)
    }

    #[test]
    fn completions_are_counted_by_function() {
        let report = stats(&script().history());
        assert_eq!(report.valid, Valid::Yes);
        assert_eq!(
            Value::Object(report.figures),
            json!({
                "count": 3, "ok-count": 1, "fail-count": 1, "info-count": 1,
                "by-f": {
                    "crash": {
                        "valid?": false,
                        "count": 1, "ok-count": 0, "fail-count": 0, "info-count": 1
                    },
                    "poll": {
                        "valid?": true,
                        "count": 2, "ok-count": 1, "fail-count": 1, "info-count": 0
                    },
                },
            })
        );
    }

    #[test]
    fn a_function_that_never_succeeds_is_invalid() {
        let report = stats(&script().event(1, Kind::Info, "send", Value::Null).history());
        assert_eq!(report.valid, Valid::No);
        assert_eq!((&*report.findings[0].anomaly, &*report.findings[0].ops), ("none-ok", &[7][..]));
    }
}
