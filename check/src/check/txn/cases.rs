//! The anomalies found, collected and put into words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::model::{Model, ruled_out};
use super::transactions::Transactions;
use crate::check::report::SHOWN;
use crate::check::{Finding, Report};
use crate::exact;

/// As many findings of each anomaly are told; the figures have more.
const TOLD: usize = 8;

/// One occurrence of an anomaly.
pub(super) struct Case {
    pub(super) text: String,
    pub(super) detail: Value,
    /// The transactions that prove it.
    txns: Vec<usize>,
    /// The version that it is about, if it is about one.
    version: Option<usize>,
}

impl Case {
    /// What `txns` did to a key.
    pub(super) fn of(txns: impl Into<Vec<usize>>, text: String, key: usize) -> Self {
        Self::detailed(txns.into(), text, json!({ "key": key }))
    }

    /// What `txns` did, in detail.
    pub(super) fn detailed(txns: Vec<usize>, text: String, detail: Value) -> Self {
        Self { text, detail, txns, version: None }
    }

    /// Says which version it is about: what was written and ought to be seen, or ought not.
    pub(super) fn about(self, version: impl Into<Option<usize>>) -> Self {
        Self { version: version.into(), ..self }
    }
}

/// All of them, by the anomaly's name; of each the first few, and how many there are.
pub(super) struct Cases<'a> {
    transactions: &'a Transactions,
    found: BTreeMap<String, (usize, Vec<Case>)>,
}

impl<'a> Cases<'a> {
    pub(super) fn new(transactions: &'a Transactions) -> Self {
        Self { transactions, found: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, anomaly: &str, case: Case) {
        if !self.found.contains_key(anomaly) {
            self.found.insert(anomaly.to_owned(), (0, Vec::new()));
        }
        if let Some((count, cases)) = self.found.get_mut(anomaly) {
            *count += 1;
            if cases.len() < SHOWN {
                cases.push(case);
            }
        }
    }

    /// The names of all that were found.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.found.keys().map(String::as_str)
    }

    /// A transaction, for people: who did it, and where in the history.
    pub(super) fn name(&self, txn: usize) -> String {
        format!("the transaction of op {}", self.transactions.list[txn].index)
    }

    /// The key and the value of a version, if it is not the one that a key begins with.
    fn written(&self, version: usize) -> Option<(&'a str, Value)> {
        let key = self.transactions.key_name(self.transactions.versions[version].key);
        Some((key, self.transactions.value(version))).filter(|(_, value)| !value.is_null())
    }

    /// The verdict: whether any of those found is forbidden.
    pub(super) fn report(mut self, models: &[Model], forbidden: &BTreeSet<String>) -> Report {
        let is_bad = |name: &String| forbidden.contains(name);
        let types: Vec<_> = self.found.keys().filter(|name| is_bad(name)).cloned().collect();
        let allowed: Vec<_> = self.found.keys().filter(|name| !is_bad(name)).cloned().collect();
        let names: Vec<_> = self.found.keys().map(String::as_str).collect();
        let (not, also_not) = ruled_out(&names);
        let mut anomalies = Map::new();
        let mut findings = Vec::new();
        for (name, (count, cases)) in std::mem::take(&mut self.found) {
            let mut errs = Vec::new();
            for (place, case) in cases.into_iter().enumerate() {
                let ops: Vec<_> =
                    case.txns.iter().map(|&txn| self.transactions.list[txn].index).collect();
                let mut err = case.detail;
                if let Some(key) = err.get("key").and_then(Value::as_u64) {
                    let key = usize::try_from(key).unwrap_or_default();
                    err["key"] = json!(self.transactions.key_name(key));
                }
                err["text"] = json!(exact::plain(&case.text));
                err["ops"] = json!(ops);
                errs.push(err);
                if place < TOLD && forbidden.contains(&name) {
                    let mut finding = Finding::new(name.clone(), case.text, ops);
                    if let Some((key, value)) = case.version.and_then(|it| self.written(it)) {
                        finding = finding.about(&value).of_key(key);
                    }
                    findings.push((place, finding));
                }
            }
            anomalies.insert(name, json!({ "count": count, "errs": errs }));
        }
        // One of each comes first.
        findings.sort_by_key(|(place, _)| *place);
        let mut report = Report::new(types.is_empty())
            .figure("consistency-models", json!(models))
            .figure("anomaly-types", json!(types))
            .figure("allowed-anomaly-types", json!(allowed))
            .figure("not", json!(not))
            .figure("also-not", json!(also_not))
            .figure("anomalies", anomalies);
        report.findings = findings.into_iter().map(|(_, finding)| finding).collect();
        report
    }
}
