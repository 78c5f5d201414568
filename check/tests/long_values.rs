//! However long values and keys are, what people read of them is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use glomers_check::check::{Model, Valid};
use glomers_check::checker::Checker;
use glomers_check::recorded::Recorded;
use glomers_check::results::Results;
use serde_json::{Map, Value, json};

const LENGTH: usize = 20_000;

/// What takes the place of a number or a text: another text for each.
fn long(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(long).collect(),
        Value::Null => Value::Null,
        other => format!("{other}{}", "x".repeat(LENGTH)).into(),
    }
}

/// The value of an operation, with long ones in the places of keys and values.
fn lengthened(workload: &str, value: &Value) -> Value {
    let mop = |mop: &Value| match mop.as_array().map(Vec::as_slice) {
        Some([f, key, value]) => json!([f, long(key), long(value)]),
        _ => mop.clone(),
    };
    // [offset, message]
    let pair = |pair: &Value| match pair.as_array().map(Vec::as_slice) {
        Some([offset, message]) => json!([offset, long(message)]),
        _ => long(pair),
    };
    let text = |key: &str| long(&key.into()).as_str().unwrap().to_owned();
    let call = |call: &Value| match call.as_array().map(Vec::as_slice) {
        Some([f, key, message]) => json!([f, text(key.as_str().unwrap()), pair(message)]),
        Some([f, Value::Object(polled)]) => {
            let polled = polled.iter().map(|(key, pairs)| {
                (
                    text(key),
                    pairs.as_array().map_or(Value::Null, |it| it.iter().map(pair).collect()),
                )
            });
            json!([f, polled.collect::<Map<_, _>>()])
        }
        _ => call.clone(),
    };
    match (workload, value) {
        ("kafka", Value::Array(calls)) if calls.iter().any(Value::is_array) => {
            calls.iter().map(call).collect()
        }
        ("txn-rw-register" | "txn-list-append", Value::Array(mops)) => {
            mops.iter().map(mop).collect()
        }
        _ => long(value),
    }
}

fn judged(text: &str) -> (Results, BTreeSet<String>) {
    let recorded = Recorded::parse(text.as_bytes()).unwrap();
    let models = recorded.header.get("models").and_then(Value::as_array).map(|models| {
        models.iter().map(|it| it.as_str().unwrap().parse::<Model>().unwrap()).collect::<Vec<_>>()
    });
    let models = models.unwrap_or_else(|| vec![Model::STRICT_SERIALIZABLE]);
    let workload = recorded.header["workload"].as_str().unwrap();
    let checker = Checker::of_workload(workload, &models).unwrap();
    let results = Results::of_history(&checker, &recorded.history, None);
    let names = results.findings.iter().map(|it| it.anomaly.clone()).collect();
    (results, names)
}

#[test]
fn findings_tell_the_beginning_of_a_long_value_and_how_much_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut told = BTreeSet::new();
    // Sums are numbers, and offsets as well.
    for workload in Checker::WORKLOADS.iter().filter(|it| !it.contains("counter")) {
        for file in fs::read_dir(root.join(workload)).unwrap().map(|it| it.unwrap().path()) {
            if file.extension().is_none_or(|it| it != "jsonl") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            let (short, anomalies) = judged(&text);
            if short.valid == Valid::Yes {
                continue;
            }
            let lines = text.lines().map(|line| {
                let mut op: Value = serde_json::from_str(line).unwrap();
                if let Some(value) = op.get_mut("value") {
                    *value = lengthened(workload, value);
                }
                op.to_string() + "\n"
            });
            let (results, found) = judged(&lines.collect::<String>());
            assert_eq!(found, anomalies, "{}", file.display());
            for finding in &results.findings {
                let length = finding.text.len();
                assert!(length < LENGTH / 10, "{}: {length} bytes", file.display());
                if finding.text.contains("x… (") {
                    told.insert(finding.anomaly.clone());
                }
            }
            let cause = results.cause.unwrap_or_default();
            assert!(cause.len() < LENGTH / 10, "{}: {cause}", file.display());
        }
    }
    assert!(told.len() > 30, "{} anomalies with values: {told:?}", told.len());
}
