//! The nodes as programs, in real time.

use glomers_tests::programs::{Glomers, program};
use serde_json::Value;

#[test]
fn echo() {
    let run = Glomers::test(&program("echo"), "-w echo --node-count 1 --time-limit 2 --rate 50");
    run.assert_status(0).assert_tells(&["echo: 1 node, 1 client", "real time", "valid"]);
}

#[test]
fn unique_ids() {
    let args = "-w unique-ids --node-count 3 --time-limit 3 --rate 1000 --availability total \
                --nemesis partition --nemesis-interval 1";
    let run = Glomers::test(&program("unique-ids"), args);
    run.assert_status(0);
    assert!(run.results()["workload"]["acknowledged-count"].as_u64() > Some(1500));
}

#[test]
fn broadcast_leaves_what_maelstrom_leaves() {
    let args = "-w broadcast --node-count 5 --time-limit 2 --rate 50 --latency 10";
    let run = Glomers::test(&program("broadcast"), args);
    run.assert_status(0).assert_tells(&["stable latency", "kept in"]);

    let results = run.results();
    let at = |path: &str| results.pointer(path).unwrap_or_else(|| panic!("no {path}: {results:#}"));
    assert_eq!(at("/valid?"), true);
    assert_eq!(at("/workload/valid?"), true);
    assert_eq!(at("/workload/lost-count"), 0);
    assert_eq!(at("/availability/ok-fraction"), 1.0);
    for number in [
        "/net/all/send-count",
        "/net/all/recv-count",
        "/net/all/msgs-per-op",
        "/net/clients/msg-count",
        "/net/servers/msg-count",
        "/net/servers/msgs-per-op",
        "/workload/attempt-count",
        "/workload/stable-count",
        "/workload/never-read-count",
        "/workload/stale-count",
        "/workload/stable-latencies/0",
        "/workload/stable-latencies/0.5",
        "/workload/stable-latencies/0.95",
        "/workload/stable-latencies/0.99",
        "/workload/stable-latencies/1",
        "/stats/ok-count",
        "/stats/by-f/broadcast/count",
    ] {
        assert!(at(number).is_number(), "{number} is {}", at(number));
    }

    let history = run.kept("history.jsonl");
    let ops: Vec<Value> = history.lines().map(|op| serde_json::from_str(op).unwrap()).collect();
    let invoked = ops.iter().filter(|op| op["type"] == "invoke").count();
    assert_eq!(at("/stats/count"), invoked);
    for node in 0..5 {
        let log = run.kept(&format!("node-logs/n{node}.log"));
        assert!(log.contains("broadcast is up"), "n{node} says {log:?}");
    }
    let store = run.folder.path().join("store");
    assert_eq!(
        store.join("latest").canonicalize().unwrap(),
        store.join("broadcast/latest").canonicalize().unwrap()
    );
}

#[test]
fn a_grow_only_counter_with_partitions() {
    let args = "-w g-counter --node-count 3 --time-limit 3 --rate 100 --nemesis partition \
                --nemesis-interval 1";
    let run = Glomers::test(&program("g-counter"), args);
    run.assert_status(0);
    assert_eq!(run.results()["workload"]["final-reads"].as_array().unwrap().len(), 3);
    assert!(run.kept("history.jsonl").contains("start-partition"));
}

#[test]
fn the_command_is_every_node_as_well() {
    let args = "-w broadcast --node-count 3 --time-limit 2 --rate 20 -- node broadcast \
                --topology line --flush 20";
    let run = Glomers::test(&program("glomers"), args);
    run.assert_status(0);
    assert!(run.results()["workload"]["stable-count"].as_u64() > Some(5));
}

#[test]
fn kafka() {
    let args = "-w kafka --node-count 2 --concurrency 2n --time-limit 3 --rate 500";
    Glomers::test(&program("kafka"), args).assert_status(0);
}

#[test]
fn transactions() {
    let args = "-w txn-rw-register --node-count 2 --concurrency 2n --time-limit 3 --rate 300 \
                --consistency-models read-committed --availability total --nemesis partition \
                --nemesis-interval 1";
    Glomers::test(&program("txn-rw-register"), args).assert_status(0);
    let args = "-w txn-list-append --node-count 3 --time-limit 3 --rate 100";
    Glomers::test(&program("txn-list-append"), args).assert_status(0);
}

#[test]
fn registers() {
    let args = "-w lin-kv --node-count 2 --concurrency 4n --time-limit 3 --rate 500";
    let run = Glomers::test(&program("lin-kv"), args);
    run.assert_status(0);
    assert!(run.results()["workload"]["key-count"].as_u64() > Some(1));
}
