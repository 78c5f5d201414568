//! What is found in the histories of stores is what they are known to do.

use std::collections::BTreeMap;

use super::store::{Isolation, Plan, history};
use super::*;
use crate::check::Valid;

const SEEDS: u32 = 60;

fn plan(datatype: Datatype, isolation: Isolation) -> Plan {
    Plan {
        datatype,
        isolation,
        transactions: 120,
        processes: 5,
        keys: 4,
        writes_per_key: 8,
        failing: 50,
        unknown: 50,
    }
}

/// In how many of the histories each anomaly was found. Those that the store excludes must not occur.
fn survey(datatype: Datatype, isolation: Isolation, model: &str) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    for seed in 0..SEEDS {
        let history = history(plan(datatype, isolation), seed.into());
        let report = check(&history, &[model.parse().unwrap()], datatype);
        assert_eq!(report.valid, Valid::Yes, "{datatype:?} {isolation:?} {seed} {report:#?}");
        // What is looked for depends on the model.
        let report = check(&history, &[Model::STRICT_SERIALIZABLE], datatype);
        for name in anomalies(&report) {
            *found.entry(name).or_default() += 1;
        }
    }
    found
}

fn often(found: &BTreeMap<String, u32>, names: &[&str]) {
    for name in names {
        let count = found.get(*name).copied().unwrap_or_default();
        assert!(count >= SEEDS / 6, "{name} only {count} times: {found:?}");
    }
}

#[test]
fn a_strict_store_is_strict() {
    for datatype in [Datatype::List, Datatype::Register] {
        assert!(survey(datatype, Isolation::Strict, "strict-serializable").is_empty());
    }
}

#[test]
fn stale_reads_break_real_time_alone() {
    for datatype in [Datatype::List, Datatype::Register] {
        let found = survey(datatype, Isolation::StaleReads, "serializable");
        often(&found, &["G-single-item-realtime"]);
        assert!(found.keys().all(|name| name.ends_with("-realtime")), "{found:?}");
    }
}

#[test]
fn snapshots_allow_write_skew_alone() {
    for datatype in [Datatype::List, Datatype::Register] {
        let found = survey(datatype, Isolation::Snapshot, "strong-snapshot-isolation");
        often(&found, &["G2-item"]);
        assert!(found.keys().all(|name| name.starts_with("G2-item")), "{found:?}");
    }
}

#[test]
fn committed_reads_allow_lost_updates_and_the_like() {
    for datatype in [Datatype::List, Datatype::Register] {
        let found = survey(datatype, Isolation::Committed, "read-committed");
        often(&found, &["lost-update", "G-single-item", "internal"]);
    }
}

#[test]
fn without_isolation_everything_happens() {
    let isolation = Isolation::None;
    let mut found = BTreeMap::new();
    for datatype in [Datatype::List, Datatype::Register] {
        for seed in 0..SEEDS {
            let history = history(plan(datatype, isolation), seed.into());
            let report = check(&history, &["read-committed".parse().unwrap()], datatype);
            assert_eq!(report.valid, Valid::No);
            for name in anomalies(&report) {
                *found.entry(format!("{name} {datatype:?}")).or_default() += 1;
            }
        }
    }
    often(&found, &["G0 List", "G1a List", "G1b List", "dirty-update List"]);
    often(&found, &["G1a Register", "G1b Register", "G1c Register"]);
}
