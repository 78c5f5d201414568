//! Time in proportion to the history, whatever is wrong with it.

use std::time::{Duration, Instant};

use super::store::{Isolation, Plan, history};
use super::*;

fn plan(datatype: Datatype, isolation: Isolation, transactions: usize) -> Plan {
    Plan {
        datatype,
        isolation,
        transactions,
        processes: 20,
        keys: 10,
        writes_per_key: 16,
        failing: 5,
        unknown: 5,
    }
}

fn measure(transactions: usize, limit: Duration) {
    // Registers that are written to for ever tie everything to everything.
    for (datatype, writes_per_key) in
        [(Datatype::List, 16), (Datatype::Register, 16), (Datatype::Register, u64::MAX)]
    {
        for isolation in [
            Isolation::Strict,
            Isolation::StaleReads,
            Isolation::Snapshot,
            Isolation::Committed,
            Isolation::None,
        ] {
            let plan = Plan { writes_per_key, ..plan(datatype, isolation, transactions) };
            let history = history(plan, 1);
            let began = Instant::now();
            let report = check(&history, &[Model::STRICT_SERIALIZABLE], datatype);
            let took = began.elapsed();
            println!(
                "{datatype:?} {isolation:?}: {took:?} {:?}",
                report.figures["anomalies"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(name, anomaly)| format!("{name} {}", anomaly["count"]))
                    .collect::<Vec<_>>()
            );
            assert!(took < limit, "{datatype:?} {isolation:?} took {took:?}");
        }
    }
}

#[test]
fn ten_thousand_transactions() {
    measure(10_000, Duration::from_secs(5));
}

/// `cargo test --release -p glomers --lib hundred_thousand -- --ignored --nocapture`
#[test]
#[ignore = "for the optimised build"]
fn a_hundred_thousand_transactions() {
    measure(100_000, Duration::from_secs(5));
}
