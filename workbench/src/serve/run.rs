//! What is known of a run that was kept.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::files::encoded;
use crate::report::REPORT;

/// A run's folder in the store: that of its workload, or of explorations, and in it that of its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: String,
    pub(super) time: String,
}

impl Place {
    /// All that a store has. Links, such as to the latest, are other names of what is there anyway.
    pub(super) fn all(store: &Path) -> Vec<Self> {
        let folders = |path: &Path| -> Vec<String> {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            let folders = entries.filter(|it| it.file_type().is_ok_and(|kind| kind.is_dir()));
            folders.map(|it| it.file_name().to_string_lossy().into_owned()).collect()
        };
        let of_workload = |folder: String| {
            let times = folders(&store.join(&folder)).into_iter();
            times.map(move |time| Self { folder: folder.clone(), time })
        };
        folders(store).into_iter().flat_map(of_workload).collect()
    }

    /// Its name in addresses: `g-set/20260101T000000.000+0000`.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.folder, self.time)
    }

    /// Where its files are.
    pub(super) fn address(&self) -> String {
        format!("/{}/{}/", encoded(&self.folder), encoded(&self.time))
    }

    pub(super) fn read(self, store: &Path) -> Run {
        let path = store.join(&self.folder).join(&self.time);
        let json = |name: &str| -> Option<Value> {
            serde_json::from_slice(&fs::read(path.join(name)).ok()?).ok()
        };
        let coverage = json("coverage.json");
        let report = [REPORT.to_owned(), format!("smallest/{REPORT}"), format!("found/{REPORT}")]
            .into_iter()
            .find(|name| path.join(name).is_file());
        Run {
            is_exploration: coverage.is_some(),
            results: json("results.json").or(coverage).unwrap_or_default(),
            about: json("run.json").unwrap_or_default(),
            report,
            path,
            place: self,
        }
    }
}

/// A run, or an exploration, that was kept.
pub(super) struct Run {
    pub(super) place: Place,
    pub(super) path: PathBuf,
    is_exploration: bool,
    results: Value,
    about: Value,
    /// Its report; of an exploration that of the smallest run that failed.
    pub(super) report: Option<String>,
}

impl Run {
    /// The value at a path of keys of its results.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.results, |value, key| value.get(key))
    }

    pub(super) fn number(&self, path: &[&str]) -> Option<f64> {
        self.at(path)?.as_f64()
    }

    /// The verdict, as the list has it: `valid`, `invalid` and `unknown` are also what it is filtered by.
    pub(super) fn verdict(&self) -> (&'static str, &'static str) {
        match self.at(&["valid?"]) {
            Some(Value::Bool(true)) => ("valid", "valid"),
            Some(Value::Bool(false)) => ("invalid", "INVALID"),
            Some(_) if self.at(&["interrupted?"]) == Some(&true.into()) => {
                ("unknown", "unknown: interrupted")
            }
            Some(_) => ("unknown", "unknown"),
            None => ("unknown", "no results"),
        }
    }

    fn said(&self, key: &str) -> &str {
        self.about.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// What clients asked of the nodes.
    pub(super) fn workload(&self) -> &str {
        match self.said("workload") {
            "" => &self.place.folder,
            workload => workload,
        }
    }

    /// What it is called: its workload; an exploration, a challenge of the demo by their names.
    pub(super) fn name(&self) -> String {
        match (self.said("name"), self.is_exploration) {
            ("", true) => format!("exploration of {}", self.workload()),
            ("", false) => self.workload().to_owned(),
            (name, _) => name.to_owned(),
        }
    }

    /// Its settings in words; of an exploration how its runs ended.
    pub(super) fn heading(&self) -> String {
        let said = self.said("heading").to_owned();
        if !self.is_exploration {
            return said;
        }
        let count = |key| self.number(&[key]).unwrap_or(0.0);
        let is_one = self.at(&["run-count"]).and_then(Value::as_u64) == Some(1);
        let plural = if is_one { "" } else { "s" };
        let runs = format!(
            "{} run{plural}: {} valid, {} invalid, {} unknown",
            count("run-count"),
            count("valid-count"),
            count("invalid-count"),
            count("unknown-count")
        );
        if said.is_empty() { runs } else { format!("{said}; {runs}") }
    }

    pub(super) fn command(&self) -> &str {
        self.said("command")
    }

    /// How often each anomaly was found, by whatever checker.
    pub(super) fn anomalies(&self) -> std::collections::BTreeMap<String, u64> {
        let mut counts = std::collections::BTreeMap::new();
        let reports = self.results.as_object().into_iter().flat_map(|all| all.values());
        for finding in reports.filter_map(|it| it.get("findings")?.as_array()).flatten() {
            if let Some(name) = finding.get("anomaly").and_then(Value::as_str) {
                *counts.entry(name.to_owned()).or_default() += 1;
            }
        }
        counts
    }
}
