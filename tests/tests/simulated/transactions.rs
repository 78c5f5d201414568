//! The nodes with transactions: what they promise, over seeds, and what they cost.

use glomers::network::Distribution::{Constant, Exponential, Uniform};
use glomers::workload::Kind;
use glomers_check::check::Availability;
use glomers_tests::{Scenario, in_parallel, seeds};

/// As the challenges have it: two nodes with two clients each.
fn registers() -> Scenario {
    let scenario = Scenario::built_in(Kind::TxnRwRegister, &[]).nodes(2).clients_per_node(2);
    scenario.seconds(20).availability(Availability::Total).models(&["read-atomic"])
}

fn lists() -> Scenario {
    Scenario::built_in(Kind::TxnListAppend, &[])
}

/// `GLOMERS_SEEDS=1000 cargo test --release -p glomers-tests --test simulated transactions::` for
/// more of them.
#[test]
fn registers_in_partitions() {
    in_parallel(0..seeds(60), |seed| {
        let scenario = registers().partitions(10).seed(seed);
        let run = scenario.assert_valid();
        assert!(run.anomalies().is_empty(), "{scenario}: {:?}", run.results.findings);
    });
}

#[test]
fn registers_at_full_rate() {
    in_parallel(0..2, |seed| {
        registers().rate(1000.0).partitions(10).seed(seed).assert_valid();
    });
}

#[test]
fn registers_on_many_nodes_in_bad_weather() {
    in_parallel(0..6, |seed| {
        let scenario = registers().nodes(9).latency(50, Exponential).partitions(5);
        scenario.loss(20.0).duplication(20.0).seed(seed).assert_valid();
    });
}

#[test]
fn registers_are_thrifty() {
    in_parallel(0..10, |seed| {
        let scenario = registers().seed(seed);
        let run = scenario.assert_valid();
        let messages = run.figure(&["net", "servers", "msgs-per-op"]);
        assert!(messages <= 0.1, "{scenario}: {messages} messages an operation");
    });
}

/// Without latency a node's transactions are over before another's begin; with it they conflict.
#[test]
fn lists_are_strictly_serializable_in_every_weather() {
    let weather = [(0, Constant), (5, Uniform), (20, Exponential), (100, Exponential)];
    let runs = weather.into_iter().flat_map(|weather| (0..6).map(move |seed| (weather, seed)));
    in_parallel(runs, |((mean_ms, dist), seed)| {
        let scenario = lists().latency(mean_ms, dist).partitions(5).seed(seed);
        let run = scenario.assert_valid();
        assert!(run.anomalies().is_empty(), "{scenario}: {:?}", run.results.findings);
        let promised = if mean_ms <= 5 { 0.99 } else { 0.2 };
        let share = run.figure(&["availability", "ok-fraction"]);
        assert!(share >= promised, "{scenario}: {share} of the transactions succeed");
    });
}
