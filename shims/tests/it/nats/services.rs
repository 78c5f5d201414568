use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use glomers_shims::nodes::{GCounterNode, Kafka, LinKv, TxnListAppend};
use serde_json::{Value, json};

use super::raw::Raw;
use super::{Server, soon, spawn};

#[test]
fn what_one_node_writes_another_reads() {
    let Some(server) = Server::start() else { return };
    for id in ["n1", "n2"] {
        spawn::<LinKv>(&server, id, &["n1", "n2"]);
    }
    let long = "18446744073709551617";
    for key in [json!("k"), json!(7), json!("a b.c*>"), json!({"a": [1, null]}), json!("")] {
        let read = json!({"type": "read", "key": key});
        assert_eq!(server.ask("n1", &read)["code"], 20, "{key}");
        let cas =
            |from: Value, to: Value| json!({"type": "cas", "key": key, "from": from, "to": to});
        assert_eq!(server.ask("n2", &cas(json!(1), json!(2)))["code"], 20);
        let write = json!({"type": "write", "key": key, "value": null});
        assert_eq!(server.ask("n1", &write)["type"], "write_ok");
        assert_eq!(server.ask("n2", &read), json!({"type": "read_ok", "value": null}));
        assert_eq!(server.ask("n2", &cas(json!(1), json!(2)))["code"], 22);
        assert_eq!(server.ask("n2", &cas(json!(null), json!(3)))["type"], "cas_ok");
        assert_eq!(server.ask("n1", &read)["value"], 3);
        let number: Value = serde_json::from_str(&format!(r#"{{"a":"{long}"}}"#)).unwrap();
        assert_eq!(server.ask("n1", &cas(json!(3), number.clone()))["type"], "cas_ok");
        assert_eq!(server.ask("n2", &read)["value"], number);
    }
}

#[test]
fn no_increment_is_lost_among_nodes_that_compete() {
    const EACH: u64 = 25;
    let Some(server) = Server::start() else { return };
    let nodes = ["n1", "n2", "n3"];
    for id in nodes {
        spawn::<LinKv>(&server, id, &nodes);
    }
    server.ask("n1", &json!({"type": "write", "key": 1, "value": 0}));
    let unknown = AtomicU64::new(0);
    thread::scope(|scope| {
        for at in 0..6 {
            let (server, unknown, id) = (&server, &unknown, nodes[at % nodes.len()]);
            scope.spawn(move || {
                let mut won = 0;
                while won < EACH {
                    let read = server.ask(id, &json!({"type": "read", "key": 1}));
                    let Some(from) = read["value"].as_u64() else { continue };
                    let cas = json!({"type": "cas", "key": 1, "from": from, "to": from + 1});
                    let answer = server.ask(id, &cas);
                    match answer["code"].as_u64() {
                        None => won += 1,
                        Some(22) => {}
                        // A machine that is busy may be as slow as that.
                        Some(0) => drop(unknown.fetch_add(1, Ordering::Relaxed)),
                        Some(_) => panic!("{answer}"),
                    }
                }
            });
        }
    });
    let last = server.ask("n2", &json!({"type": "read", "key": 1}))["value"].as_u64().unwrap();
    let unknown = unknown.into_inner();
    assert!((6 * EACH..=6 * EACH + unknown).contains(&last), "{last}, and {unknown} unknown");
}

#[test]
fn seq_kv_shows_a_node_what_it_wrote_and_every_node_all_in_the_end() {
    let Some(server) = Server::start() else { return };
    let (mut one, mut two) = (Raw::start(&server, "n1"), Raw::start(&server, "n2"));
    assert_eq!(one.ask("seq-kv", json!({"type": "read", "key": "k"}))["code"], 20);
    for value in 0..50 {
        // Between the writes of other keys, so that the log has holes where these were.
        for key in ["k", "l", "k"] {
            let write = json!({"type": "write", "key": key, "value": value});
            assert_eq!(one.ask("seq-kv", write)["type"], "write_ok");
        }
        let read = one.ask("seq-kv", json!({"type": "read", "key": "k"}));
        assert_eq!(read["value"], value);
    }
    // Of a life that begins now, nothing is too old to be shown.
    let read = json!({"type": "read", "key": "k"});
    assert_eq!(two.ask("seq-kv", read.clone())["value"], 49);
    let cas = |from: u64, to: u64| json!({"type": "cas", "key": "k", "from": from, "to": to, "create_if_not_exists": true});
    assert_eq!(two.ask("seq-kv", cas(0, 1))["code"], 22);
    assert_eq!(two.ask("seq-kv", cas(49, 50))["type"], "cas_ok");
    assert_eq!(two.ask("seq-kv", read.clone())["value"], 50);
    soon(|| (one.ask("seq-kv", read.clone())["value"] == 50).then_some(()));
}

#[test]
fn a_copy_that_starts_amid_writes_catches_up() {
    let Some(server) = Server::start() else { return };
    let mut one = Raw::start(&server, "n1");
    let keys = ["a", "b", "c"];
    let writes = move |from: usize| {
        let write = move |value| json!({"type": "write", "key": keys[value % 3], "value": value});
        (from..from + 600).map(write).collect::<Vec<_>>()
    };
    one.ask_all("seq-kv", writes(0));
    let mut two = Raw::start(&server, "n2");
    let written = thread::spawn(move || one.ask_all("seq-kv", writes(600)));
    let mut last = [0; 3];
    for at in 0..100 {
        let read = two.ask("seq-kv", json!({"type": "read", "key": keys[at % 3]}));
        let value = read["value"].as_u64().unwrap_or_else(|| panic!("{read}"));
        assert!(value >= last[at % 3] && value >= 597, "{value} after {last:?}");
        last[at % 3] = value;
    }
    let written = written.join().unwrap();
    assert!(written.iter().all(|answer| answer["type"] == "write_ok"), "{written:?}");
}

#[test]
fn timestamps_are_given_once() {
    let Some(server) = Server::start() else { return };
    let (mut one, mut two) = (Raw::start(&server, "n1"), Raw::start(&server, "n2"));
    let ask = |node: &mut Raw| {
        let asked = (0..100).map(|_| json!({"type": "ts"})).collect();
        node.ask_all("lin-tso", asked).iter().map(|it| it["ts"].as_u64().unwrap()).collect()
    };
    let (first, second): (Vec<u64>, Vec<u64>) = (ask(&mut one), ask(&mut two));
    let all: BTreeSet<_> = first.iter().chain(&second).copied().collect();
    assert_eq!(all, (0..200).collect());
    assert!(first.iter().max() < second.iter().min());
}

#[test]
fn what_is_no_request_to_a_service_is_refused() {
    let Some(server) = Server::start() else { return };
    let mut node = Raw::start(&server, "n1");
    let long = "x".repeat(600_000);
    for (service, body, code) in [
        ("lin-kv", json!({"type": "write", "key": "k", "value": long}), 12),
        ("lin-kv", json!({"type": "write", "key": long, "value": 1}), 12),
        ("lin-kv", json!({"type": "write", "key": "k"}), 12),
        ("seq-kv", json!({"type": "dance"}), 10),
        ("lin-tso", json!({"type": "read", "key": "k"}), 10),
        ("lww-kv", json!({"type": "read", "key": "k"}), 20),
    ] {
        let answer = node.ask(service, body);
        assert_eq!(answer["code"], code, "{answer}");
    }
    let fits = "x".repeat(500_000);
    let write = json!({"type": "write", "key": "k", "value": fits});
    assert_eq!(node.ask("lin-kv", write)["type"], "write_ok");
    assert_eq!(node.ask("lin-kv", json!({"type": "read", "key": "k"}))["value"], fits);
}

#[test]
fn what_others_have_put_into_a_bucket_is_not_taken_for_a_value() {
    let Some(server) = Server::start() else { return };
    let mut node = Raw::start(&server, "n1");
    node.ask("lin-kv", json!({"type": "write", "key": "k", "value": 1}));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let put = |payload: &'static str| {
        runtime.block_on(async {
            let client = async_nats::connect(server.url()).await.unwrap();
            let context = async_nats::jetstream::new(client);
            let subject = "$KV.glomers-demo-lin-kv.k";
            context.publish(subject, payload.into()).await.unwrap().await.unwrap();
        });
    };
    put("plain");
    let read = node.ask("lin-kv", json!({"type": "read", "key": "k"}));
    assert_eq!(read["code"], 0, "{read}");
    assert!(read["text"].as_str().unwrap().contains("not of this service"), "{read}");
    // As NATS's tools delete a key.
    put("");
    assert_eq!(node.ask("lin-kv", json!({"type": "read", "key": "k"}))["code"], 20);
}

#[test]
fn counters_logs_and_transactions_work_as_everywhere() {
    let Some(server) = Server::start() else { return };
    spawn::<GCounterNode>(&server, "c1", &["c1", "c2"]);
    spawn::<GCounterNode>(&server, "c2", &["c1", "c2"]);
    spawn::<Kafka>(&server, "k1", &["k1", "k2"]);
    spawn::<Kafka>(&server, "k2", &["k1", "k2"]);
    spawn::<TxnListAppend>(&server, "t1", &["t1", "t2"]);
    spawn::<TxnListAppend>(&server, "t2", &["t1", "t2"]);
    for (id, delta) in [("c1", 3), ("c2", 4)] {
        let added = server.ask(id, &json!({"type": "add", "delta": delta}));
        assert_eq!(added["type"], "add_ok", "{added}");
    }
    for id in ["c1", "c2"] {
        soon(|| (server.ask(id, &json!({"type": "read"}))["value"] == 7).then_some(()));
    }
    let sent = server.ask("k1", &json!({"type": "send", "key": "a", "msg": "hello"}));
    let offset = sent["offset"].clone();
    soon(|| {
        let polled = server.ask("k2", &json!({"type": "poll", "offsets": {"a": 0}}));
        (polled["msgs"]["a"] == json!([[offset, "hello"]])).then_some(())
    });
    let txn = |id, txn: Value| server.ask(id, &json!({"type": "txn", "txn": txn}))["txn"].take();
    assert_eq!(txn("t1", json!([["append", 1, 5]])), json!([["append", 1, 5]]));
    assert_eq!(txn("t2", json!([["r", 1, null]])), json!([["r", 1, [5]]]));
}
