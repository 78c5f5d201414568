//! The verdict on a run: every checker's report, under Maelstrom's keys.

use serde_json::{Map, Value, json};

use crate::check::{self, Availability, Finding, Report, Valid};
use crate::checker::Checker;
use crate::history::History;

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
    /// Judges a history of which nothing else is known: what can be said without the network and
    /// the nodes.
    pub fn of_history(
        checker: &Checker,
        history: &History,
        promised: Option<Availability>,
    ) -> Self {
        Self::new(checker.check(history), history, promised)
    }

    /// What a checker has found, and what holds for every history.
    pub fn new(judged: Report, history: &History, promised: Option<Availability>) -> Self {
        let mut results = Self { valid: Valid::Yes, json: Map::new(), findings: Vec::new() };
        results.add("workload", judged);
        results.add("stats", check::stats(history));
        results.add("availability", check::availability(history, promised));
        results.add("exceptions", check::exceptions(history));
        results
    }

    /// Adds the report of one more checker under a name.
    pub fn add(&mut self, name: &str, report: Report) {
        self.valid = self.valid.max(report.valid);
        self.json.insert("valid?".to_owned(), json!(self.valid));
        self.json.insert(name.to_owned(), json!(report));
        self.findings.extend(report.findings);
    }

    /// The value at a path of keys, such as `["net", "servers", "msgs-per-op"]`.
    ///
    /// ```
    /// use glomers_check::check::Valid;
    /// use glomers_check::results::Results;
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
