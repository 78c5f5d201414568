//! Every workload with our own nodes, in virtual time: over seeds, latencies and partitions.
//!
//! `GLOMERS_SEEDS=1000 cargo test --release -p glomers-tests --test simulated a_grow_only_counter` tries as many
//! seeds of the counter.

use glomers::network::Distribution::{Constant, Exponential, Uniform};
use glomers::workload::Kind;
use glomers_check::check::Availability;
use glomers_tests::{Scenario, in_parallel, seeds};

const KINDS: [Kind; 10] = [
    Kind::Echo,
    Kind::UniqueIds,
    Kind::Broadcast,
    Kind::GSet,
    Kind::GCounter,
    Kind::PnCounter,
    Kind::Kafka,
    Kind::LinKv,
    Kind::TxnRwRegister,
    Kind::TxnListAppend,
];

/// The workload with our node for it.
fn ours(kind: Kind) -> Scenario {
    let scenario = Scenario::built_in(kind, &[]);
    // Strictly serializable is more than a node can promise that is always available.
    if kind == Kind::TxnRwRegister { scenario.models(&["read-atomic"]) } else { scenario }
}

#[test]
fn every_workload_in_every_weather() {
    let mut scenarios = Vec::new();
    for kind in KINDS {
        for (mean_ms, dist) in [(0, Constant), (20, Uniform), (100, Constant), (100, Exponential)] {
            for partitions in [false, true] {
                for seed in 0..seeds(4) {
                    scenarios.push((kind, mean_ms, dist, partitions, seed));
                }
            }
        }
    }
    in_parallel(scenarios, |(kind, mean_ms, dist, partitions, seed)| {
        let scenario = ours(kind).seconds(20).latency(mean_ms, dist).seed(seed);
        let scenario = if partitions { scenario.partitions(5) } else { scenario };
        // Clients of the others are never refused, whoever is cut off.
        let scenario = match kind {
            Kind::GCounter | Kind::PnCounter | Kind::Kafka | Kind::LinKv | Kind::TxnListAppend => {
                scenario
            }
            _ => scenario.availability(Availability::Total),
        };
        let run = scenario.assert_valid();
        assert!(run.anomalies().is_empty(), "{scenario}: {:?}", run.results.findings);
    });
}

#[test]
fn a_grow_only_counter_with_partitions() {
    in_parallel(0..seeds(200), |seed| {
        let scenario = ours(Kind::GCounter).nodes(3).seconds(20).partitions(10);
        scenario.seed(seed).assert_valid();
    });
}

#[test]
fn a_grow_only_counter_with_latency_and_partitions() {
    in_parallel(0..seeds(100), |seed| {
        let scenario = ours(Kind::GCounter).nodes(3).seconds(20).latency(100, Constant);
        scenario.partitions(10).seed(seed).assert_valid();
    });
}

/// What comes together is stored and told together, though clients wait for neither.
#[test]
fn a_grow_only_counter_is_thrifty() {
    let runs = [0, 100].into_iter().flat_map(|mean_ms| (0..20).map(move |seed| (mean_ms, seed)));
    in_parallel(runs, |(mean_ms, seed)| {
        let scenario = ours(Kind::GCounter).nodes(3).seconds(20).latency(mean_ms, Constant);
        let scenario = scenario.availability(Availability::Total).seed(seed);
        let run = scenario.assert_valid();
        let messages = run.figure(&["net", "servers", "msgs-per-op"]);
        assert!(messages <= 0.2, "{scenario}: {messages} messages an operation");
    });
}

#[test]
fn a_counter_that_goes_both_ways_with_partitions_50_times() {
    in_parallel(0..50, |seed| {
        let scenario = ours(Kind::PnCounter).nodes(3).seconds(20).partitions(10);
        scenario.seed(seed).assert_valid();
    });
}

#[test]
fn unique_ids_at_full_rate_with_partitions() {
    in_parallel(0..4, |seed| {
        let scenario = ours(Kind::UniqueIds).nodes(3).rate(1000.0).seconds(30).partitions(10);
        scenario.availability(Availability::Total).seed(seed).assert_valid();
    });
}

#[test]
fn kafka_at_full_rate() {
    in_parallel([(1, 0), (1, 1), (2, 0), (2, 1)], |(nodes, seed)| {
        let scenario = ours(Kind::Kafka).nodes(nodes).clients_per_node(2);
        let scenario = scenario.rate(1000.0).seconds(20);
        scenario.seed(seed).assert_valid();
    });
}

#[test]
fn registers_with_partitions() {
    in_parallel(0..seeds(100), |seed| {
        let scenario = ours(Kind::LinKv).clients_per_node(2).seconds(20).partitions(5);
        // Some answers come too late for their clients.
        let scenario = scenario.latency(if seed % 2 == 0 { 0 } else { 150 }, Exponential);
        let scenario = scenario.seed(seed);
        let run = scenario.assert_valid();
        assert!(run.figure(&["stats", "by-f", "cas", "ok-count"]) > 20.0, "{scenario}");
    });
}

#[test]
fn broadcast_over_every_topology() {
    let topologies = ["hub", "mesh", "grid", "line", "tree2", "given"];
    let runs =
        topologies.iter().flat_map(|topology| (0..seeds(4)).map(move |seed| (topology, seed)));
    in_parallel(runs, |(topology, seed)| {
        let scenario = Scenario::built_in(Kind::Broadcast, &["--topology", topology]).nodes(10);
        let scenario = scenario.latency(50, Uniform).seconds(20).seed(seed);
        scenario.assert_valid();
        scenario.partitions(5).assert_valid();
    });
}

/// The challenges 3d and 3e, with a tenth and less of the messages of a flood.
#[test]
fn broadcast_is_quick_and_thrifty() {
    in_parallel(0..4, |seed| {
        let scenario = ours(Kind::Broadcast).nodes(25).latency(100, Constant).seconds(20);
        let run = scenario.seed(seed).assert_valid();
        let messages = run.figure(&["net", "servers", "msgs-per-op"]);
        let median = run.figure(&["workload", "stable-latencies", "0.5"]);
        let max = run.figure(&["workload", "stable-latencies", "1"]);
        assert!(messages < 10.0, "{messages} messages an operation");
        assert!(median < 400.0 && max < 600.0, "median {median} ms, max {max} ms");
        let unconverged = run.figure(&["workload", "convergence", "unconverged-count"]);
        assert!(unconverged < 1.0, "values that some node does not hold in the end");
    });
}

#[test]
fn a_seed_replays_a_run_and_another_does_not() {
    in_parallel(KINDS, |kind| {
        let scenario = ours(kind).latency(10, Exponential).partitions(2);
        let history = |seed| scenario.clone().seed(seed).run().unwrap().history();
        let first = history(1);
        assert!(first.lines().count() > 200, "{scenario}");
        // Not with assert_eq, which would print both.
        assert!(first == history(1), "{scenario} is another run the second time");
        assert!(first != history(2), "{scenario} does not depend on its seed");
    });
}
