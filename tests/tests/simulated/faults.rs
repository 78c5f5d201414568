//! What our nodes make of being killed, paused, overtaken and misled about the time; and what the
//! checkers say of those who cannot bear it.
//!
//! `GLOMERS_SEEDS=500 cargo test --release -p glomers-tests --test simulated faults::` tries as many seeds.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use glomers::nemesis::Target;
use glomers::network::Distribution::{Constant, Exponential};
use glomers::workload::Kind;
use glomers_check::check::Valid;
use glomers_tests::{Run, Scenario, in_parallel, seeds};
use serde_json::Value;

/// As many seeds are tried, unless the environment asks for more or fewer.
const SEEDS: u64 = 100;

/// Whatever the seed, nothing may be found; `look` looks closer.
fn assert_sound(usual: u64, scenario: impl Fn() -> Scenario + Sync, look: impl Fn(&Run) + Sync) {
    in_parallel(0..seeds(usual), |seed| {
        let scenario = scenario().seed(seed);
        let run = scenario.assert_valid();
        assert_eq!(run.anomalies(), BTreeSet::new(), "{scenario}");
        look(&run);
    });
}

fn killed(run: &Run) {
    assert!(run.figure(&["faults", "kill", "count"]) > 0.0);
}

fn paused(run: &Run) {
    assert!(run.figure(&["faults", "pause", "count"]) > 0.0);
}

#[test]
fn counters_survive_kills() {
    for kind in [Kind::GCounter, Kind::PnCounter] {
        let scenario = || Scenario::built_in(kind, &[]).nodes(3).latency(20, Exponential).kills(2);
        assert_sound(SEEDS, scenario, killed);
    }
}

#[test]
fn counters_survive_everything_at_once() {
    for kind in [Kind::GCounter, Kind::PnCounter] {
        let scenario = || {
            let scenario = Scenario::built_in(kind, &[]).seconds(30).latency(20, Exponential);
            let scenario = scenario.kills(2).pauses(2).partitions(2).skew(1000, 2);
            scenario.loss(10.0).duplication(10.0).reordering(10.0)
        };
        assert_sound(SEEDS / 4, scenario, |run| {
            killed(run);
            paused(run);
        });
    }
}

#[test]
fn ids_are_unique_whatever_happens() {
    let scenario = || {
        let scenario = Scenario::built_in(Kind::UniqueIds, &[]).seconds(30).rate(300.0);
        scenario.kills(2).pauses(2).skew(5000, 2)
    };
    assert_sound(SEEDS / 4, scenario, killed);
}

#[test]
fn sets_survive_pauses() {
    for kind in [Kind::Broadcast, Kind::GSet] {
        let scenario = || Scenario::built_in(kind, &[]).latency(50, Exponential).pauses(3);
        assert_sound(SEEDS / 2, scenario, paused);
    }
}

#[test]
fn sets_survive_disorder_and_wrong_clocks() {
    for kind in [Kind::Broadcast, Kind::GSet] {
        let scenario = || {
            let scenario = Scenario::built_in(kind, &[]).latency(50, Exponential);
            scenario.skew(3000, 2).reordering(20.0).loss(10.0).duplication(10.0)
        };
        assert_sound(SEEDS / 2, scenario, |run| {
            assert!(run.figure(&["faults", "skew", "count"]) > 0.0);
            assert!(run.figure(&["faults", "reorder", "count"]) > 0.0);
        });
    }
}

#[test]
fn sets_survive_disorder_pauses_and_partitions() {
    for kind in [Kind::Broadcast, Kind::GSet] {
        let scenario = || {
            let scenario = Scenario::built_in(kind, &[]).latency(50, Exponential);
            let scenario = scenario.partitions(3).pauses(3).skew(1000, 3);
            scenario.reordering(10.0).loss(10.0).duplication(10.0)
        };
        assert_sound(SEEDS / 4, scenario, paused);
    }
}

/// What comes up until the last moment of the load is everywhere ten quiet seconds later. The seeds
/// in the lists once took longer.
#[test]
fn ten_quiet_seconds_suffice() {
    let scenario = |kind| {
        let scenario = Scenario::built_in(kind, &[]).seconds(20).latency(50, Constant);
        let scenario = scenario.partitions(3).pauses(3);
        scenario.reordering(20.0).loss(20.0).duplication(20.0)
    };
    let assert_sound = |scenario: &(dyn Fn() -> Scenario + Sync), known: &[u64]| {
        let all = (0..seeds(SEEDS / 5)).chain(known.iter().copied());
        in_parallel(all.collect::<Vec<_>>(), |seed| {
            let scenario = scenario().seed(seed);
            let run = scenario.assert_valid();
            assert_eq!(run.anomalies(), BTreeSet::new(), "{scenario}");
            paused(&run);
        });
    };
    assert_sound(&|| scenario(Kind::Broadcast), &[96, 163, 1053]);
    assert_sound(&|| scenario(Kind::GCounter).skew(1000, 3), &[12, 93]);
}

/// For a node that keeps all in memory.
const IN_MEMORY: [&str; 2] = ["--durability", "none"];

/// The verdict on runs of a node that keeps all in memory, and that is killed.
fn verdicts(scenario: impl Fn() -> Scenario) -> (Vec<Valid>, BTreeSet<String>) {
    let mut anomalies = BTreeSet::new();
    let judge = |seed| {
        let run = scenario().seed(seed).run().unwrap();
        killed(&run);
        anomalies.extend(run.anomalies().into_iter().map(str::to_owned));
        run.results.valid
    };
    ((0..10).map(judge).collect(), anomalies)
}

#[test]
fn a_set_in_memory_is_lost_when_all_are_killed() {
    for kind in [Kind::Broadcast, Kind::GSet] {
        let scenario =
            || Scenario::built_in(kind, &IN_MEMORY).seconds(20).kills(2).targets(&[Target::All]);
        let (verdicts, anomalies) = verdicts(scenario);
        assert!(verdicts.iter().all(|valid| *valid == Valid::No), "{kind:?}: {verdicts:?}");
        // And perhaps that nothing succeeded, where clients have waited for the dead all the time.
        let others: Vec<_> =
            anomalies.iter().filter(|it| *it != "lost" && *it != "none-ok").collect();
        assert!(anomalies.contains("lost") && others.is_empty(), "{kind:?}: {anomalies:?}");
    }
}

#[test]
fn of_a_set_in_memory_only_what_nobody_was_told_is_lost() {
    // A node that has just started holds back what it has to tell for a second.
    const TOLD: u64 = 2_000_000_000;
    let lost = AtomicUsize::new(0);
    in_parallel(0..seeds(SEEDS / 4), |seed| {
        let scenario = Scenario::built_in(Kind::Broadcast, &IN_MEMORY).seconds(20).kills(2);
        let scenario = scenario.targets(&[Target::One, Target::Minority]).seed(seed);
        let run = scenario.run().unwrap();
        let ops = run.outcome.history.ops();
        lost.fetch_add(run.results.findings.len(), Relaxed);
        for finding in &run.results.findings {
            assert_eq!(finding.anomaly, "lost", "{scenario}");
            let add = &ops[finding.ops[0]];
            let node = Value::from(add.node.as_deref());
            let killed = ops[add.index..].iter().find(|op| {
                op.f == "start-kill"
                    && op.value.to_json()["nodes"].as_array().unwrap().contains(&node)
            });
            let after = killed.map(|kill| kill.time - add.time);
            assert!(after.is_some_and(|after| after < TOLD), "{scenario}: {finding:?}, {after:?}");
        }
    });
    assert!(lost.into_inner() > 0, "a kill costs something");
}

#[test]
fn a_log_in_memory_must_not_come_back_under_its_name() {
    let scenario = || {
        let scenario = Scenario::built_in(Kind::Kafka, &IN_MEMORY).nodes(2).seconds(20);
        scenario.kills(2).targets(&[Target::All])
    };
    let (verdicts, anomalies) = verdicts(scenario);
    assert!(verdicts.iter().all(|valid| *valid == Valid::No), "{verdicts:?}, {anomalies:?}");
    assert!(anomalies.contains("lost-write"), "{anomalies:?}");
}

#[test]
fn a_log_bears_disorder_pauses_and_partitions() {
    let scenario = || {
        let scenario = Scenario::built_in(Kind::Kafka, &[]).nodes(3).latency(10, Exponential);
        scenario.pauses(3).partitions(3).skew(1000, 3).reordering(10.0).loss(10.0).duplication(10.0)
    };
    assert_sound(SEEDS / 4, scenario, paused);
}
