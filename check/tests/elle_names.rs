//! What Elle calls the cycles of the corpus, model by model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use glomers_check::check::{Model, Valid};
use glomers_check::checker::Checker;
use glomers_check::recorded::Recorded;
use glomers_check::results::Results;

/// What Elle would report of a history under a model.
fn named(workload: &str, file: &str, model: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(workload).join(file);
    let recorded = Recorded::read(File::open(path).unwrap()).unwrap();
    let model: Model = model.parse().unwrap();
    let checker = Checker::of_workload(workload, &[model]).unwrap();
    let says = Results::of_history(&checker, &recorded.history, None).maelstrom;
    assert_eq!(says.valid, Valid::from(says.anomalies.is_empty()), "{workload}/{file}: {says:?}");
    says.anomalies
}

/// Its names are those of 0.2.2. A cycle by the help of real time or of the order of a process has that for
/// the end of its name, and what a process does in order is in the order of real time, where that counts.
#[test]
fn cycles_have_elles_names_under_every_model() {
    const REAL: &str = "strict-serializable";
    const SESSIONS: &str = "strong-session-serializable";
    let table = [
        // The history's cycle, the model, and Elle's name for it.
        ("G0-process", SESSIONS, "G0-process"),
        ("G0-process", REAL, "G0-realtime"),
        ("G0-realtime", REAL, "G0-realtime"),
        ("G1c-process", SESSIONS, "G1c-process"),
        ("G1c-process", REAL, "G1c-realtime"),
        ("G1c-realtime", REAL, "G1c-realtime"),
        ("G-single-item-process", SESSIONS, "G-single-item-process"),
        ("G-single-item-process", REAL, "G-single-item-realtime"),
        ("G-single-item-realtime", REAL, "G-single-item-realtime"),
        ("G-nonadjacent-item-process", SESSIONS, "G-nonadjacent-item-process"),
        // Real time makes it a smaller one.
        ("G-nonadjacent-item-process", REAL, "G-single-item-realtime"),
        ("G-nonadjacent-item-realtime", REAL, "G-nonadjacent-item-realtime"),
        ("G2-item-process", SESSIONS, "G2-item-process"),
        ("G2-item-process", REAL, "G2-item-realtime"),
        ("G2-item-realtime", REAL, "G2-item-realtime"),
        ("G0", REAL, "G0"),
        ("G1c", REAL, "G1c"),
        ("G-single-item", REAL, "G-single-item"),
        ("G-nonadjacent-item", REAL, "G-nonadjacent-item"),
        ("G2-item", REAL, "G2-item"),
    ];
    for workload in ["txn-list-append", "txn-rw-register"] {
        let is_register = workload == "txn-rw-register";
        for (history, model, name) in table {
            let mut expected = vec![name];
            if is_register {
                // Of registers it tells a dependency of writes as one of reads, where it is that, too; and
                // in the corpus only a last read shows a circle of blind writes.
                match name {
                    "G0-process" => {
                        expected = vec!["G1c-process", "strong-session-PL-1-cycle-exists"];
                    }
                    "G0-realtime" => expected = vec!["G1c-realtime", "strong-PL-1-cycle-exists"],
                    "G0" => continue,
                    _ => {}
                }
            }
            let found = named(workload, &format!("{history}.jsonl"), model);
            let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(found, expected, "{workload}: {history} under {model}");
        }
        // What no model asks for is not reported.
        for class in ["G0", "G1c", "G-single-item", "G-nonadjacent-item", "G2-item"] {
            for (order, model) in
                [("process", "serializable"), ("realtime", "serializable"), ("realtime", SESSIONS)]
            {
                let found = named(workload, &format!("{class}-{order}.jsonl"), model);
                assert!(found.is_empty(), "{workload}: {class}-{order} under {model}: {found:?}");
            }
        }
    }
    // The same at the foot of the ladder.
    for (model, history, name) in [
        ("strong-read-uncommitted", "G0-realtime", "strong-PL-1-cycle-exists"),
        ("strong-read-uncommitted", "G0-process", "strong-PL-1-cycle-exists"),
        ("strong-session-read-uncommitted", "G0-process", "strong-session-PL-1-cycle-exists"),
    ] {
        let found = named("txn-rw-register", &format!("{history}.jsonl"), model);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [name], "{history} under {model}");
    }
}
