//! Histories whose verdict is known: see `corpus/README.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use glomers_check::check::{Availability, Model, anomalies};
use glomers_check::checker::Checker;
use glomers_check::recorded::Recorded;
use glomers_check::results::Results;
use serde_json::{Map, Value, json};

struct Case {
    path: PathBuf,
    header: Map<String, Value>,
    workload: String,
    results: Results,
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let name = path.display();
        let recorded = Recorded::read(File::open(&path).unwrap())
            .unwrap_or_else(|error| panic!("{name}:{error}"));
        let header = recorded.header;
        for key in header.keys() {
            let known = [
                "workload",
                "valid",
                "anomalies",
                "maelstrom",
                "maelstrom-anomalies",
                "why",
                "availability",
                "models",
            ];
            assert!(known.contains(&key.as_str()), "{name}: what is {key:?}?");
        }
        let workload = header["workload"].as_str().unwrap_or_else(|| panic!("{name}: no workload"));
        let workload = workload.to_owned();
        let promised = header.get("availability").map(|promised| {
            let text = promised.as_str().map_or_else(|| promised.to_string(), str::to_owned);
            text.parse::<Availability>().unwrap()
        });
        let models = header.get("models").and_then(Value::as_array).map(|models| {
            models.iter().map(|model| model.as_str().unwrap().parse().unwrap()).collect()
        });
        let results = Results::of_history(&checker(&workload, models), &recorded.history, promised);
        Self { path, header, workload, results }
    }

    fn anomalies(&self) -> BTreeSet<&str> {
        self.results.findings.iter().map(|finding| finding.anomaly.as_str()).collect()
    }
}

fn checker(workload: &str, models: Option<Vec<Model>>) -> Checker {
    let models = models.unwrap_or_else(|| vec![Model::STRICT_SERIALIZABLE]);
    Checker::of_workload(workload, &models).unwrap_or_else(|| panic!("no workload: {workload}"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// All of them, by the folder.
fn corpus() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let folders = files(&root).into_iter().filter(|path| path.is_dir());
    folders.flat_map(|folder| files(&folder)).map(Case::read).collect()
}

#[test]
fn every_history_gets_its_verdict_and_its_anomalies() {
    let mut wrong = String::new();
    for case in corpus() {
        let name = case.path.display();
        let folder = case.path.parent().and_then(Path::file_name).unwrap();
        assert_eq!(folder, &*case.workload, "{name} is in its workload's folder");
        let why = case.header["why"].as_str().unwrap_or_default();
        assert!(!why.is_empty(), "{name} has a reason");
        let found = json!([case.results.valid, case.anomalies()]);
        let expected = json!([case.header["valid"], case.header["anomalies"]]);
        // It says the same, unless the header tells otherwise.
        let header = |key: &str| case.header.get(key);
        let theirs = header("maelstrom").unwrap_or(&case.header["valid"]);
        let says = &case.results.maelstrom;
        let same = if *theirs == false { case.header["anomalies"].clone() } else { json!([]) };
        let names = header("maelstrom-anomalies").unwrap_or(&same);
        let mut names: Vec<_> = names.as_array().unwrap().clone();
        // It reports these without holding them against anybody.
        names.retain(|name| name != "duplicated" || case.workload == "unique-ids");
        if json!([says.valid, says.anomalies]) != json!([theirs, names]) {
            wrong +=
                &format!("{name}: Maelstrom\n  expected {theirs} {names:?}\n  found    {says:?}\n");
        }
        if found != expected {
            let findings = &case.results.findings;
            wrong += &format!("{name}:\n  expected {expected}, as {why}\n  found    {found}\n");
            wrong += &format!("  {findings:?}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_anomaly_of_every_checker_occurs() {
    let corpus = corpus();
    let mut missing = Vec::new();
    for workload in Checker::WORKLOADS {
        let cases = || corpus.iter().filter(move |case| case.workload == workload);
        let bad = || cases().filter(|case| case.header["valid"] != true);
        let found: BTreeSet<&str> = bad().flat_map(Case::anomalies).collect();
        for anomaly in checker(workload, None).anomalies() {
            if !found.contains(anomaly) {
                missing.push(format!("{workload}: {anomaly}"));
            }
        }
        if !cases().any(|case| case.header["valid"] == true) {
            missing.push(format!("{workload}: a valid one"));
        }
    }
    let all: BTreeSet<&str> = corpus.iter().flat_map(Case::anomalies).collect();
    for anomaly in anomalies::GENERAL {
        if !all.contains(anomaly) {
            missing.push(format!("any workload: {anomaly}"));
        }
    }
    assert!(missing.is_empty(), "no history shows {missing:#?}");
}
