//! Messages that are lost, or that come twice: whether they are, and what our nodes make of it.
//!
//! `GLOMERS_SEEDS=500 cargo test --release -p glomers-tests --test simulated weather::` tries as many seeds.

use glomers::network::Distribution::{Constant, Exponential};
use glomers::workload::Kind;
use glomers_check::check::Availability;
use glomers_tests::programs::{Glomers, program};
use glomers_tests::{Run, Scenario, in_parallel, seeds};
use serde_json::Value;

/// As many seeds are tried, unless the environment asks for more or fewer.
const SEEDS: u64 = 50;

/// Broadcast, every value at once to everyone.
fn flood() -> Scenario {
    Scenario::built_in(Kind::Broadcast, &["--latency-target", "1"])
}

/// The share of lost messages, and that of duplicated ones among the others, in per cent.
fn shares(sent: f64, lost: f64, duplicated: f64) -> (f64, f64) {
    assert!(sent > 1000.0, "{sent} messages between nodes tell something");
    (100.0 * lost / sent, 100.0 * duplicated / (sent - lost))
}

fn shares_of(run: &Run) -> (f64, f64) {
    let figure = |key| run.figure(&["net", "servers", key]);
    shares(figure("msg-count"), figure("lost-count"), figure("duplicated-count"))
}

#[test]
fn messages_are_lost_and_come_twice_as_often_as_was_asked() {
    let run = flood().seed(1).assert_valid();
    assert_eq!(shares_of(&run), (0.0, 0.0));

    let (lost, duplicated) = shares_of(&flood().loss(20.0).seed(1).assert_valid());
    assert!((17.0..22.0).contains(&lost) && duplicated == 0.0, "{lost} %, {duplicated} %");

    let run = flood().duplication(10.0).seed(1).assert_valid();
    let (lost, duplicated) = shares_of(&run);
    assert!(lost == 0.0 && (8.0..12.0).contains(&duplicated), "{lost} %, {duplicated} %");
    let figure = |key| run.figure(&["net", "servers", key]);
    let received = figure("msg-count") + figure("duplicated-count");
    assert!((received - figure("recv-count")).abs() < 0.5, "each copy is received");
}

#[test]
fn services_and_clients_are_never_struck() {
    let scenario = Scenario::built_in(Kind::GCounter, &[]).nodes(1).latency(10, Constant);
    let scenario = scenario.loss(100.0).duplication(100.0);
    let run = scenario.availability(Availability::Total).assert_valid();
    assert!(run.figure(&["net", "servers", "msg-count"]) > 10.0, "it writes to seq-kv");
    assert!(run.figure(&["net", "servers", "lost-count"]) < 0.5);
    assert!(run.figure(&["net", "servers", "duplicated-count"]) < 0.5);
}

#[test]
fn messages_between_programs_are_lost_and_come_twice_as_well() {
    let args = "-w broadcast --node-count 5 --time-limit 3 --rate 300 \
                --nemesis loss,partition,duplicate --nemesis-interval 1 --loss 30 \
                -- --latency-target 1";
    let run = Glomers::test(&program("broadcast"), args);
    run.assert_status(0).assert_tells(&[
        "partitions about every 1 s, loss 30 %, duplication 20 %",
        " lost, ",
        " duplicated",
    ]);
    let servers = &run.results()["net"]["servers"];
    let figure = |key: &str| servers[key].as_f64().unwrap();
    let (lost, duplicated) =
        shares(figure("msg-count"), figure("lost-count"), figure("duplicated-count"));
    // What is sent again after the load is not struck.
    assert!((22.0..33.0).contains(&lost), "{lost} %");
    assert!((14.0..24.0).contains(&duplicated), "{duplicated} %");

    let history = run.kept("history.jsonl");
    let ops = history.lines().map(|op| serde_json::from_str::<Value>(op).unwrap());
    let acts: Vec<_> =
        ops.filter(|op| op["process"] == "nemesis").map(|op| op["f"].clone()).collect();
    assert_eq!(acts[..3], ["start-loss", "start-duplicate", "start-partition"]);
    assert_eq!(acts[acts.len() - 3..], ["stop-partition", "stop-loss", "stop-duplicate"]);
    // Programs do not tell when they first hold a value.
    assert_eq!(run.results()["workload"].get("convergence-in-partitions"), None);
}

#[test]
fn those_whom_a_partition_leaves_together_converge_meanwhile() {
    let mut least = f64::INFINITY;
    for kind in [Kind::Broadcast, Kind::GSet] {
        for seed in 0..3 {
            let scenario = Scenario::built_in(kind, &["--latency-target", "1"]).nodes(7);
            let scenario = scenario.latency(100, Constant).seconds(60).seed(seed);
            let run = scenario.clone().partitions(5).assert_valid();
            let figure = ["workload", "convergence-in-partitions"];
            assert!(run.figure(&[&figure[..], &["count"]].concat()) > 100.0, "{scenario}");
            // Everyone tells everyone, so that most values take one latency; only where many were
            // still owed from the partition before, the median is more.
            for shape in ["one", "minority-third", "majority"] {
                let path = [&figure[..], &["by-shape", shape, "quantiles-ms", "0.5"]].concat();
                if let Some(median) = run.results.at(&path).and_then(Value::as_f64) {
                    least = least.min(median);
                }
            }
            let calm = scenario.assert_valid();
            assert_eq!(calm.results.at(&figure), None, "{scenario}");
        }
    }
    assert!((100.0..=110.0).contains(&least), "{least} ms");
}

#[test]
fn the_report_tells_what_befell_messages_and_how_the_parts_fared() {
    let load = "test -w broadcast --time-limit 20 --rate 50 --latency 50 --seed 1";
    let run = Glomers::run(&format!("{load} --nemesis partition,duplicate --loss 10"));
    run.assert_status(0).assert_tells(&[
        "partitions about every 10 s, loss 10 %, duplication 20 %",
        " lost, ",
        " duplicated\n",
        "\n  in partitions    median ",
    ]);
    let calm = Glomers::run(load).assert_status(0).stdout();
    let told = ["partitions", "lost", "duplicated"].iter().any(|word| calm.contains(word));
    assert!(!told, "{calm}");
}

#[test]
fn broadcast_in_bad_weather() {
    in_parallel(0..seeds(SEEDS), |seed| {
        let scenario = Scenario::built_in(Kind::Broadcast, &[]).latency(100, Exponential);
        let scenario = scenario.loss(20.0).duplication(20.0).seed(seed);
        let run = scenario.availability(Availability::Total).assert_valid();
        assert!(run.anomalies().is_empty(), "seed {seed}: {:?}", run.results.findings);
        let unconverged = run.figure(&["workload", "convergence", "unconverged-count"]);
        assert!(unconverged < 1.0, "seed {seed}: {unconverged} values are not everywhere");
    });
}

#[test]
fn a_seed_replays_the_weather() {
    let scenario = Scenario::built_in(Kind::GSet, &[]).latency(50, Exponential).partitions(2);
    let scenario = scenario.loss(20.0).duplication(20.0);
    let history = |seed| scenario.clone().seed(seed).run().unwrap().history();
    let first = history(1);
    // Not with assert_eq, which would print both.
    assert!(first == history(1), "{scenario} is another run the second time");
    assert!(first != history(2), "{scenario} does not depend on its seed");
}
