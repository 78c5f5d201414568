//! The verdict on a run: every checker's report, under Maelstrom's keys.

use serde_json::{Map, Value, json};

use crate::check::{self, Availability, Finding, Judgement, Report, Valid};
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
    /// Why the verdict is [`Valid::Unknown`], in words, where a checker says so.
    pub cause: Option<String>,
    /// What Maelstrom would say: its checkers look for less here, and for more there. The content of
    /// `maelstrom-valid?` and `maelstrom-anomalies`.
    pub maelstrom: Judgement,
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
        let mut results = Self {
            valid: Valid::Yes,
            json: Map::new(),
            findings: Vec::new(),
            cause: None,
            maelstrom: Judgement::default(),
        };
        results.add("workload", judged);
        results.add("stats", check::stats(history));
        results.add("availability", check::availability(history, promised));
        results.add("exceptions", check::exceptions(history));
        results
    }

    /// Adds the report of one more checker under a name.
    pub fn add(&mut self, name: &str, report: Report) {
        self.valid = self.valid.max(report.valid);
        let says = report.maelstrom_says();
        self.maelstrom.valid = self.maelstrom.valid.max(says.valid);
        self.maelstrom.anomalies.extend(says.anomalies);
        self.json.insert("valid?".to_owned(), json!(self.valid));
        self.json.insert("maelstrom-valid?".to_owned(), json!(self.maelstrom.valid));
        self.json.insert("maelstrom-anomalies".to_owned(), json!(self.maelstrom.anomalies));
        if self.cause.is_none() {
            self.cause.clone_from(&report.cause);
        }
        self.json.insert(name.to_owned(), json!(report));
        self.findings.extend(report.findings);
    }

    /// Says that the history is that of a run which was ended early: whatever it shows or lacks, nobody
    /// knows what the whole would have been.
    ///
    /// ```
    /// use glomers_check::check::Valid;
    /// use glomers_check::checker::Checker;
    /// use glomers_check::history::History;
    /// use glomers_check::results::Results;
    ///
    /// let mut results = Results::of_history(&Checker::Echo, &History::default(), None);
    /// results.interrupt();
    /// assert_eq!((results.valid, results.cause.as_deref()), (Valid::Unknown, Some("interrupted")));
    /// assert_eq!(results.maelstrom_differs(), None);
    /// ```
    pub fn interrupt(&mut self) {
        self.valid = Valid::Unknown;
        self.cause = Some("interrupted".to_owned());
        self.maelstrom = Judgement { valid: Valid::Unknown, ..Judgement::default() };
        for (key, value) in [
            ("valid?", json!(self.valid)),
            ("maelstrom-valid?", json!(self.maelstrom.valid)),
            ("maelstrom-anomalies", json!(self.maelstrom.anomalies)),
            ("interrupted?", json!(true)),
        ] {
            self.json.insert(key.to_owned(), value);
        }
    }

    /// What Maelstrom would say, in words, where its verdict is another one.
    ///
    /// ```
    /// use glomers_check::checker::Checker;
    /// use glomers_check::history::History;
    /// use glomers_check::results::Results;
    ///
    /// let results = Results::of_history(&Checker::Echo, &History::default(), None);
    /// assert_eq!(results.maelstrom_differs().unwrap(), "valid (it asks for less)");
    /// ```
    pub fn maelstrom_differs(&self) -> Option<String> {
        let Judgement { valid, anomalies } = &self.maelstrom;
        if *valid == self.valid {
            return None;
        }
        let names = anomalies.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        Some(match (valid, self.valid) {
            (Valid::Yes, Valid::No) => "valid (what is found here it does not look for)".to_owned(),
            (Valid::Yes, _) => "valid (it asks for less)".to_owned(),
            (Valid::No, _) => format!("INVALID ({names})"),
            (Valid::Unknown, _) if names.is_empty() => "unknown (it breaks off)".to_owned(),
            (Valid::Unknown, _) => format!("unknown ({names})"),
        })
    }

    /// The value at a path of keys, such as `["net", "servers", "msgs-per-op"]`.
    ///
    /// ```
    /// use glomers_check::checker::Checker;
    /// use glomers_check::history::History;
    /// use glomers_check::results::Results;
    ///
    /// let results = Results::of_history(&Checker::Echo, &History::default(), None);
    /// assert_eq!(results.at(&["stats", "ok-count"]), Some(&0.into()));
    /// ```
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.json.get(*first)?, |value, key| value.get(key))
    }
}
