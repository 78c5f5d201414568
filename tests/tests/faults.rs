//! What our nodes make of being killed, paused, overtaken and misled about the time; and what the
//! checkers say of those who cannot bear it.
//!
//! `GLOMERS_SEEDS=500 cargo test --release -p glomers-tests --test faults` tries as many seeds.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;

use glomers::check::Valid;
use glomers::nemesis::Target;
use glomers::network::Distribution::Exponential;
use glomers::workload::Kind;
use glomers_tests::{Run, Scenario, in_parallel, seeds};

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
            let scenario = Scenario::built_in(kind, &[]).latency(20, Exponential);
            let scenario = scenario.kills(3).pauses(3).partitions(3).skew(1000, 3);
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
        let scenario = Scenario::built_in(Kind::UniqueIds, &[]).rate(1000.0);
        scenario.kills(2).pauses(2).skew(5000, 2)
    };
    assert_sound(SEEDS / 4, scenario, killed);
}

#[test]
fn echo_needs_no_memory() {
    assert_sound(SEEDS / 4, || Scenario::built_in(Kind::Echo, &[]).kills(2).pauses(2), killed);
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
fn broadcast_survives_everything_but_kills() {
    let scenario = || {
        let scenario = Scenario::built_in(Kind::Broadcast, &[]).latency(50, Exponential);
        let scenario = scenario.partitions(3).pauses(3).skew(1000, 3);
        scenario.reordering(10.0).loss(10.0).duplication(10.0)
    };
    assert_sound(SEEDS / 2, scenario, paused);
}

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
        let scenario = || Scenario::built_in(kind, &[]).kills(3).targets(&[Target::All]);
        let (verdicts, anomalies) = verdicts(scenario);
        assert!(verdicts.iter().all(|valid| *valid == Valid::No), "{kind:?}: {verdicts:?}");
        assert_eq!(anomalies, BTreeSet::from(["lost".to_owned()]), "{kind:?}");
    }
}

#[test]
fn a_log_in_memory_must_not_come_back_under_its_name() {
    let (verdicts, anomalies) = verdicts(|| Scenario::built_in(Kind::Kafka, &[]).nodes(2).kills(3));
    assert!(verdicts.iter().all(|valid| *valid == Valid::No), "{verdicts:?}");
    assert!(anomalies.contains("lost-write"), "{anomalies:?}");
}

#[test]
fn a_log_bears_all_but_kills() {
    let scenario = || {
        let scenario = Scenario::built_in(Kind::Kafka, &[]).nodes(3).latency(10, Exponential);
        scenario.pauses(3).partitions(3).skew(1000, 3).reordering(10.0).loss(10.0)
    };
    assert_sound(SEEDS / 4, scenario, paused);
}
