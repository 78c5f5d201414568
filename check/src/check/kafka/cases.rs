//! The anomalies found, collected and condensed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::check::report::SHOWN;
use crate::check::{Finding, Report, Valid};

/// What Jepsen reports but allows: others' messages come to lie between one's own.
const ALLOWED: [&str; 1] = ["int-send-skip"];

/// What Jepsen's checker cannot go on after.
const BREAKS_OFF: &str = "unexpected";

/// One occurrence of an anomaly.
pub(super) struct Case {
    /// The worst are shown first.
    pub(super) severity: usize,
    /// For people.
    pub(super) text: String,
    /// For programs.
    pub(super) detail: Value,
    /// The operations that prove it.
    pub(super) ops: Vec<usize>,
}

impl Case {
    fn finding(self, anomaly: &str) -> Finding {
        let mut finding = Finding::new(anomaly, self.text, self.ops);
        finding.key = self.detail.get("key").cloned();
        finding.value = self.detail.get("value").cloned();
        finding
    }
}

/// All of them, by the anomaly's name.
#[derive(Default)]
pub(super) struct Cases {
    found: BTreeMap<&'static str, Vec<Case>>,
    /// Those that Jepsen finds as well.
    theirs: BTreeSet<&'static str>,
    summaries: BTreeMap<&'static str, Value>,
}

impl Cases {
    pub(super) fn add(&mut self, anomaly: &'static str, case: Case) {
        self.theirs.insert(anomaly);
        self.add_own(anomaly, case);
    }

    /// Adds what Jepsen does not see.
    pub(super) fn add_own(&mut self, anomaly: &'static str, case: Case) {
        self.found.entry(anomaly).or_default().push(case);
    }

    /// Reports an anomaly by this figure instead of a count and a list of cases.
    pub(super) fn summarize(&mut self, anomaly: &'static str, figure: Value) {
        self.summaries.insert(anomaly, figure);
    }

    pub(super) fn report(mut self) -> Report {
        let types: Vec<_> = self.found.keys().copied().collect();
        let bad: Vec<_> = types.iter().copied().filter(|name| !ALLOWED.contains(name)).collect();
        let theirs: Vec<_> = bad.iter().copied().filter(|it| self.theirs.contains(it)).collect();
        // Jepsen's checker breaks off at a message that nobody sent, and so knows nothing.
        let (verdict, theirs) = match (bad.contains(&BREAKS_OFF), theirs.is_empty()) {
            (true, _) => (Valid::Unknown, Vec::new()),
            (false, fine) => (fine.into(), theirs),
        };
        let mut report = Report::new(bad.is_empty())
            .maelstrom(verdict, theirs.into_iter().map(str::to_owned))
            .figure("error-types", json!(types))
            .figure("bad-error-types", json!(bad));
        for (name, mut cases) in self.found {
            let count = cases.len();
            cases.sort_by_key(|case| Reverse(case.severity));
            cases.truncate(SHOWN);
            let figure = self.summaries.remove(name).unwrap_or_else(|| {
                let details: Vec<_> = cases.iter().map(|case| &case.detail).collect();
                json!({"count": count, "errs": details})
            });
            report = report.figure(name, figure);
            if !ALLOWED.contains(&name) {
                report = report.findings(cases.into_iter().map(|case| case.finding(name)));
            }
        }
        report
    }
}
