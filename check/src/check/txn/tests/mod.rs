//! Small histories by hand, stores that keep or break their promises, and a judge that tries
//! everything.

mod brute;
mod by_hand;
mod speed;
mod store;
mod stores;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::check::testing::Script;
use crate::history::Kind;

/// A transaction from the like of `r x 1, w y 2` or `r x [1 2], append y 3`; an underscore is null.
fn txn(text: &str) -> Value {
    let mops = text.split(", ").map(|mop| {
        let (f, rest) = mop.split_once(' ').unwrap();
        let (key, value) = rest.split_once(' ').unwrap();
        let value = if value == "_" { "null".to_owned() } else { value.replace(' ', ",") };
        json!([f, key, serde_json::from_str::<Value>(&value).unwrap()])
    });
    Value::Array(mops.collect())
}

/// The transaction before anything is read.
fn asked(txn: &Value) -> Value {
    let mops = txn.as_array().unwrap().iter();
    let mops = mops.map(|mop| match mop[0].as_str() {
        Some("r") => json!(["r", mop[1], null]),
        _ => mop.clone(),
    });
    Value::Array(mops.collect())
}

/// Transactions all at the same time, each a process's own.
pub(super) fn concurrent(txns: &[(Kind, &str)]) -> History {
    let mut script = Script::default();
    for (process, (_, text)) in (0..).zip(txns) {
        script = script.invoke(process, "txn", asked(&txn(text)));
    }
    for (process, (kind, text)) in (0..).zip(txns) {
        script = script.event(process, *kind, "txn", txn(text));
    }
    script.history()
}

/// Transactions one after another, each with its process.
pub(super) fn sequential(txns: &[(u64, &str)]) -> History {
    let mut script = Script::default();
    for (process, text) in txns {
        let txn = txn(text);
        script = script.invoke(*process, "txn", asked(&txn)).ok(*process, "txn", txn);
    }
    script.history()
}

fn judge(history: &History, model: &str) -> Report {
    let model = [model.parse().unwrap()];
    let ops = history.ops().iter().map(|op| op.value.to_string()).collect::<String>();
    if ops.contains("\"append\"") || ops.contains("[[") && ops.contains(",[]]") {
        txn_list_append(history, &model)
    } else {
        txn_rw_register(history, &model)
    }
}

/// All anomalies found, forbidden or not.
fn anomalies(report: &Report) -> BTreeSet<String> {
    report.figures["anomalies"].as_object().unwrap().keys().cloned().collect()
}
