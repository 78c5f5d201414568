//! In virtual time a run is a function of its seed and its flags: to the last byte of the history, and
//! to the last message.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use clap::ValueEnum;
use glomers::nemesis::{Choice, FaultKind, Faults, Shape};
use glomers::network::Distribution::Exponential;
use glomers::workload::Kind;
use glomers_tests::programs::Glomers;
use glomers_tests::{Run, Scenario, in_parallel};
use serde_json::Value;

/// All faults, in all their forms.
fn faults() -> Faults {
    let all = Faults::usual(FaultKind::value_variants().iter().copied());
    let partition = Choice::of(Shape::value_variants().iter().copied());
    Faults { interval: Duration::from_secs(2), partition, ..all }
}

/// With latencies of which no two are alike.
fn rough(kind: Kind) -> Scenario {
    Scenario::built_in(kind, &[]).latency(30, Exponential).faults(faults())
}

/// The same on the command line.
fn rough_flags() -> String {
    let flags = faults().to_flags().join(" ");
    format!(
        "--node-count 5 --rate 100 --time-limit 10 --latency 30 --latency-dist exponential {flags}"
    )
}

fn prints(run: &Run) -> Value {
    run.results.at(&["determinism"]).unwrap().clone()
}

#[test]
fn a_seed_replays_every_workload_to_the_last_byte() {
    in_parallel(Kind::value_variants(), |&kind| {
        let run = |seed| rough(kind).seed(seed).run().unwrap();
        let (first, second) = (run(1), run(1));
        // Not with assert_eq, which would print both.
        assert!(first.history() == second.history(), "{kind:?}: the histories differ");
        assert_eq!(prints(&first), prints(&second), "{kind:?}");
        assert_eq!(first.results.json, second.results.json, "{kind:?}");
        let faults = first.results.at(&["faults"]).unwrap().as_object().unwrap();
        assert_eq!(faults.len(), FaultKind::value_variants().len(), "{faults:?}");

        // In a fresh process every hash table has another seed, and memory another layout.
        let elsewhere =
            Glomers::run(&format!("test -w {} --seed 1 {}", kind.name(), rough_flags()));
        assert!(elsewhere.operations() == first.history(), "{kind:?}: in another process");
        assert_eq!(elsewhere.results()["determinism"], prints(&first), "{kind:?}");
        let beginning = |print: &str| prints(&first)[print].as_str().unwrap()[..16].to_owned();
        elsewhere.assert_tells(
            &["history-sha256", "trace-sha256"].map(beginning).each_ref().map(|it| &**it),
        );

        let other = prints(&run(2));
        for print in ["history-sha256", "trace-sha256"] {
            assert_ne!(other[print], prints(&first)[print], "{kind:?} does not depend on its seed");
        }
    });
}

#[test]
fn the_fingerprint_is_that_of_the_file() {
    use std::process::Command;

    let run = Glomers::run("test -w g-set --seed 3 --time-limit 5 --rate 50");
    let file = run.folder.path().join("operations");
    std::fs::write(&file, run.operations()).unwrap();
    // Where the system has no such program, the unit test of the hash has to do.
    if let Ok(sum) = Command::new("sha256sum").arg(file).output() {
        let sum = String::from_utf8(sum.stdout).unwrap();
        let told = run.results()["determinism"]["history-sha256"].clone();
        assert_eq!(sum.split(' ').next(), told.as_str());
    }
}
