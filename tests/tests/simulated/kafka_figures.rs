//! What the kafka node costs in messages, how soon what it appends is visible, and how dense its
//! offsets are.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};

use glomers::network::Distribution::Constant;
use glomers::workload;
use glomers_check::check::kafka;
use glomers_check::history::{History, Kind};
use glomers_check::value::View;
use glomers_tests::programs::Glomers;
use glomers_tests::{Run, Scenario, in_parallel, seeds};

/// As many seeds are tried, unless the environment asks for more or fewer.
const SEEDS: u64 = 6;

/// The challenge, with the node as it comes.
fn challenge(nodes: usize, latency_ms: u64, seed: u64) -> (Scenario, Run) {
    let scenario = Scenario::built_in(workload::Kind::Kafka, &[]).nodes(nodes);
    let scenario = scenario.clients_per_node(2).rate(1000.0).seconds(20);
    let scenario = scenario.latency(latency_ms, Constant).seed(seed);
    let run = scenario.assert_valid();
    (scenario, run)
}

fn messages_per_op(run: &Run) -> f64 {
    run.figure(&["net", "servers", "msgs-per-op"])
}

/// For how long the message that was worst off was surely not visible, in milliseconds.
fn worst_lag(run: &Run) -> f64 {
    run.figure(&["workload", "visibility-lag", "lower-ms", "1"])
}

/// The offsets of each key, as sends and polls tell them.
fn offsets(history: &History) -> BTreeMap<&str, BTreeSet<u64>> {
    let mut offsets: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    let offset =
        |place: View<'_>| u64::try_from(place.nth(0).and_then(View::integer).unwrap()).unwrap();
    for op in history.ops().iter().filter(|op| op.kind == Kind::Ok) {
        match &*op.f {
            "send" => {
                let [_, key, place] = op.value.view().nth(0).and_then(View::array).unwrap();
                offsets.entry(key.text().unwrap()).or_default().insert(offset(place));
            }
            "poll" => {
                let polled = op.value.view().nth(0).and_then(|it| it.nth(1)).unwrap();
                for (key, places) in polled.fields() {
                    offsets.entry(key).or_default().extend(places.items().map(offset));
                }
            }
            _ => {}
        }
    }
    offsets.retain(|_, places| !places.is_empty());
    offsets
}

/// No key has more offsets than `most` times its messages, and once round the nodes. Returns how many
/// offsets all have together, and how many messages.
#[track_caller]
fn assert_dense(scenario: &Scenario, run: &Run, most: u64, nodes: u64) -> (u64, u64) {
    let mut all = (0, 0);
    for (key, places) in offsets(&run.outcome.history) {
        let (highest, count) = (*places.last().unwrap(), places.len() as u64);
        let bound = most * count + nodes;
        assert!(highest <= bound, "{scenario}: key {key} has {count} messages up to {highest}");
        all = (all.0 + highest + 1, all.1 + count);
    }
    all
}

#[test]
fn two_nodes() {
    in_parallel(0..seeds(SEEDS), |seed| {
        let (scenario, run) = challenge(2, 0, seed);
        let (messages, lag) = (messages_per_op(&run), worst_lag(&run));
        assert!(messages <= 0.05, "{scenario}: {messages} messages an operation");
        assert!(lag <= 300.0, "{scenario}: {lag} ms until it was visible");
        assert_dense(&scenario, &run, 3, 2);
    });
}

#[test]
fn five_nodes() {
    in_parallel(0..seeds(SEEDS), |seed| {
        let (scenario, run) = challenge(5, 0, seed);
        let (messages, lag) = (messages_per_op(&run), worst_lag(&run));
        assert!(messages <= 0.15, "{scenario}: {messages} messages an operation");
        assert!(lag <= 300.0, "{scenario}: {lag} ms until it was visible");
        // If but one of them writes to a key and all is over before another lends it offsets, it has
        // only its own: one of five.
        let (offsets, count) = assert_dense(&scenario, &run, 5, 5);
        assert!(offsets <= 3 * count, "{scenario}: {offsets} offsets for {count} messages");
    });
}

/// A message goes out in one round and the answers come in the next.
#[test]
fn where_messages_take_long() {
    /// A round is as long as a message there and one back, with 30 ms to spare, as soon as that is
    /// more than the node's target leaves.
    const PERIOD: f64 = 2.0 * 100.0 + 30.0;
    let runs = [2, 5].into_iter().flat_map(|nodes| (0..seeds(SEEDS)).map(move |s| (nodes, s)));
    in_parallel(runs, |(nodes, seed)| {
        let (scenario, run) = challenge(nodes, 100, seed);
        let lag = worst_lag(&run);
        assert!(lag <= 2.0 * PERIOD + 300.0, "{scenario}: {lag} ms until it was visible");
        // Long rounds are few.
        let (messages, most) = (messages_per_op(&run), if nodes == 2 { 0.02 } else { 0.06 });
        assert!(messages <= most, "{scenario}: {messages} messages an operation");
    });
}

/// The figures of the results are those that this file makes for itself.
#[test]
fn the_results_tell_the_sparsest_key() {
    let (_, run) = challenge(5, 0, 1);
    let figure = |key| run.figure(&["workload", "offsets-per-message", key]);
    let ratio = |highest: f64, count: f64| (highest + 1.0) / count;
    let [most, highest, count] = ["max", "highest-offset", "message-count"].map(figure);
    assert!((most - ratio(highest, count)).abs() < 1e-9);
    let small = |number: u64| f64::from(u32::try_from(number).unwrap());
    let offsets = offsets(&run.outcome.history);
    let ratios = offsets
        .values()
        .map(|places| ratio(small(*places.last().unwrap()), small(places.len() as u64)));
    let greatest = ratios.fold(0.0, f64::max);
    assert!((most - greatest).abs() < 1e-9, "{most} {greatest}");
    assert_eq!(kafka(&run.outcome.history).figures["offsets-per-message"]["max"], most);
}

#[test]
fn the_report_tells_what_was_visible_last_and_how_dense_offsets_are() {
    let load = "test -w kafka --time-limit 5 --rate 300 --seed 1";
    let run = Glomers::run(&format!("{load} --node-count 3 --latency 50"));
    run.assert_status(0).assert_tells(&[
        "\n  visible after ≥  median ",
        "\n  visible after ≤  median ",
        "\n  last visible     ",
        "\n  offsets          at most ",
    ]);
    let workload = &run.results()["workload"];
    let worst = &workload["visibility-lag"]["worst"];
    assert_eq!(worst["lower-ms"], workload["visibility-lag"]["lower-ms"]["1"]);
    run.assert_tells(&[
        &format!("{} ms to {} ms after its send at ", worst["lower-ms"], worst["upper-ms"]),
        &format!("message {} of key {}\n", worst["value"], worst["key"].as_str().unwrap()),
    ]);
    // One node numbers its messages one after another, and shows them at once.
    let alone = Glomers::run(&format!("{load} --node-count 1"));
    alone.assert_status(0).assert_tells(&["offsets          at most 1.00 a message"]);
    assert_eq!(alone.results()["workload"]["visibility-lag"]["worst"]["lower-ms"], 0);
    // Other workloads have nothing to do with it.
    let echo = Glomers::run("test -w echo --node-count 1 --time-limit 2").assert_status(0).stdout();
    assert!(!echo.contains("offsets") && !echo.contains("visible"), "{echo}");
}
