//! The kafka node while the network is parted, slow, or loses messages: nothing that it has
//! acknowledged is ever lost or out of place, and nobody is ever refused.
//!
//! `GLOMERS_SEEDS=1000 cargo test --release -p glomers-tests --test simulated kafka_weather::` tries as many
//! seeds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use glomers::network::Distribution::{Constant, Exponential, Uniform};
use glomers::workload;
use glomers_check::history::{Kind, Op};
use glomers_check::value::View;
use glomers_tests::{Run, Scenario, in_parallel, seeds};
use serde_json::Value;

/// As many seeds are tried where the network is parted, unless the environment asks for more or
/// fewer.
const SEEDS: u64 = 25;

/// As many are tried elsewhere, where a case has many forms.
const FEW: u64 = 2;

/// What the challenge gives each node to do.
fn kafka(args: &[&str]) -> Scenario {
    let scenario = Scenario::built_in(workload::Kind::Kafka, args);
    scenario.clients_per_node(2).rate(1000.0).seconds(20)
}

/// Nothing is wrong, and every operation succeeded but for clients that crash on purpose.
#[track_caller]
fn assert_available(scenario: &Scenario) -> Run {
    let run = assert_right(scenario);
    let failed = run.unsuccessful();
    assert!(failed.is_empty(), "{scenario}: {:#?}", &failed[..failed.len().min(5)]);
    // The figures say the same.
    let stats = |path: &[&str]| run.figure(&[&["stats"], path].concat());
    let crashes = run.results.at(&["stats", "by-f", "crash", "count"]);
    let crashes = crashes.and_then(Value::as_f64).unwrap_or_default();
    let unsuccessful = [stats(&["fail-count"]), stats(&["info-count"]) - crashes];
    assert!(unsuccessful.iter().all(|count| count.abs() < 0.5), "{scenario}: {unsuccessful:?}");
    assert!(stats(&["ok-count"]) > 200.0, "{scenario}: too little was done to tell anything");
    run
}

#[track_caller]
fn assert_right(scenario: &Scenario) -> Run {
    let run = scenario.assert_valid();
    assert!(run.anomalies().is_empty(), "{scenario}: {:#?}", run.results.findings);
    run
}

#[test]
fn nobody_is_refused_in_a_partition() {
    in_parallel(0..seeds(SEEDS), |seed| {
        let scenario = kafka(&[]).latency(100, Constant).partitions(10).seed(seed);
        let run = assert_available(&scenario);
        // A seed may have its first partition after the load; most do not.
        let dropped = run.figure(&["net", "servers", "dropped-count"]);
        assert!(dropped > 0.0 || seed != 0, "{scenario}: nothing was cut off");
    });
}

/// How the network may be.
const WEATHERS: [fn(Scenario) -> Scenario; 5] = [
    |calm| calm.partitions(5),
    |calm| calm.latency(100, Exponential).partitions(5),
    |calm| calm.latency(50, Uniform).loss(20.0),
    |calm| calm.latency(50, Exponential).duplication(20.0),
    |calm| calm.latency(100, Exponential).partitions(5).loss(10.0).duplication(30.0),
];

fn in_any_weather(nodes: &[usize], args: &[&str], check: impl Fn(Scenario) + Sync) {
    let runs = nodes.iter().flat_map(|nodes| {
        let weathers = WEATHERS.into_iter();
        weathers.flat_map(move |weather| (0..seeds(FEW)).map(move |seed| (*nodes, weather, seed)))
    });
    in_parallel(runs, |(nodes, weather, seed)| {
        check(weather(kafka(args).nodes(nodes).rate(300.0)).seed(seed));
    });
}

#[test]
fn nobody_is_refused_in_any_weather() {
    in_any_weather(&[1, 2, 3, 5], &[], |scenario| {
        assert_available(&scenario);
    });
}

/// Who waits for other nodes learns that they cannot be reached, and not that the message is gone.
#[test]
fn what_others_must_acknowledge_may_be_left_open_but_is_not_lost() {
    for acks in ["majority", "all"] {
        let left_open = AtomicUsize::new(0);
        in_any_weather(&[3, 5], &["--acks", acks, "--acks-timeout", "2000"], |scenario| {
            let run = assert_right(&scenario);
            for op in run.unsuccessful() {
                assert_eq!((op.kind, &*op.f), (Kind::Info, "send"), "{scenario}: {op:?}");
                let error = op.error.as_ref().unwrap().to_string();
                assert!(error.contains("not enough nodes"), "{scenario}: {error}");
                left_open.fetch_add(1, Relaxed);
            }
        });
        assert!(left_open.into_inner() > 0, "{acks}: nobody was ever out of reach");
    }
}

#[test]
fn what_others_must_acknowledge_is_acknowledged_where_they_can_be_reached() {
    let acks = ["majority", "all"].into_iter();
    let runs = acks.flat_map(|acks| {
        // Where delays vary, rounds are long and the slowest of four answers counts: with 100 ms on
        // average it may take more time than there is.
        let latencies = [(0, Constant), (100, Constant), (40, Exponential)].into_iter();
        latencies.flat_map(move |latency| [1, 2, 5].map(|nodes| (acks, latency, nodes)))
    });
    in_parallel(runs, |(acks, (mean_ms, dist), nodes)| {
        let args = ["--acks", acks, "--acks-timeout", "2900"];
        let scenario = kafka(&args).nodes(nodes).latency(mean_ms, dist);
        assert_available(&scenario);
    });
}

/// The load gives each key 16 messages, the numbers from 1 to 16.
#[test]
fn limits_that_no_key_passes_drop_nothing() {
    for limit in [["--retention-messages", "16"], ["--retention-bytes", "23"]] {
        in_any_weather(&[1, 5], &limit, |scenario| {
            assert_available(&scenario);
        });
    }
}

/// What is dropped before someone came to poll it, nobody sees, or some see and others skip; but that
/// is all.
#[test]
fn limits_drop_the_oldest_messages_and_nothing_else() {
    const KEPT: usize = 8;
    in_any_weather(&[1, 5], &["--retention-messages", "8"], |scenario| {
        let run = scenario.run().unwrap();
        let dropped = BTreeSet::from(["lost-write", "unseen", "poll-skip", "int-poll-skip"]);
        let other: Vec<_> = run.anomalies().difference(&dropped).copied().collect();
        assert!(other.is_empty(), "{scenario}: {other:?}");
        assert_eq!(run.unsuccessful(), Vec::<&Op>::new(), "{scenario}");

        let history = &run.outcome.history;
        let offset = |place: View<'_>| place.nth(0).and_then(View::integer).unwrap();
        let done = || history.ops().iter().filter(|op| op.kind == Kind::Ok);
        let mut sent: BTreeMap<&str, BTreeSet<i128>> = BTreeMap::new();
        for op in done().filter(|op| op.f == "send") {
            let [_, key, place] = op.value.view().nth(0).and_then(View::array).unwrap();
            sent.entry(key.text().unwrap()).or_default().insert(offset(place));
        }
        // What is left when everyone starts from the beginning.
        let mut left: BTreeMap<&str, BTreeSet<i128>> = BTreeMap::new();
        for op in done().filter(|op| op.f == "poll" && op.is_final()) {
            for (key, places) in op.value.view().nth(0).and_then(|it| it.nth(1)).unwrap().fields() {
                left.entry(key).or_default().extend(places.items().map(offset));
            }
        }
        for (key, sent) in &sent {
            let last = sent.iter().nth_back(KEPT - 1).unwrap_or(sent.first().unwrap());
            let left = left.get(key).into_iter().flatten();
            assert!(left.filter(|it| *it >= last).eq(sent.range(last..)), "{scenario}: {key}");
        }
        let count = |all: &BTreeMap<&str, BTreeSet<i128>>| all.values().map(BTreeSet::len).sum();
        let [sent, left]: [usize; 2] = [count(&sent), count(&left)];
        assert!(left * 4 < sent * 3, "{scenario}: {left} of {sent} messages are left");
    });
}
