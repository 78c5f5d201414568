use std::thread;
use std::time::{Duration, Instant};

use glomers_shims::nodes::{Broadcast, LinKv};
use serde_json::json;

use super::raw::Raw;
use super::{Server, soon, spawn};

#[test]
fn without_a_server_nobody_knows_and_nobody_waits_for_long() {
    let Some(mut server) = Server::start() else { return };
    let mut node = Raw::start(&server, "n1");
    let write = |value: u64| json!({"type": "write", "key": "k", "value": value});
    assert_eq!(node.ask("lin-kv", write(1))["type"], "write_ok");
    assert_eq!(node.ask("seq-kv", write(1))["type"], "write_ok");
    server.kill();
    for service in ["lin-kv", "seq-kv"] {
        let began = Instant::now();
        let answer = node.ask(service, write(2));
        assert_eq!(answer["code"], 0, "{answer}");
        assert!(began.elapsed() < Duration::from_millis(2800), "{:?}", began.elapsed());
    }
    assert_eq!(node.counts().read().disconnects, 1);
    server.start_again();
    for service in ["lin-kv", "seq-kv"] {
        let read = soon(|| {
            let read = node.ask(service, json!({"type": "read", "key": "k"}));
            read.get("value").cloned()
        });
        assert!(read == 1 || read == 2, "{read}");
        assert_eq!(node.ask(service, write(3))["type"], "write_ok");
        assert_eq!(node.ask(service, json!({"type": "read", "key": "k"}))["value"], 3);
    }
}

#[test]
fn a_write_that_nobody_heard_of_does_not_come_later() {
    let Some(mut server) = Server::start() else { return };
    let mut node = Raw::start(&server, "n1");
    node.ask("lin-kv", json!({"type": "write", "key": "k", "value": "first"}));
    server.kill();
    assert_eq!(node.ask("lin-kv", json!({"type": "write", "key": "k", "value": "old"}))["code"], 0);
    server.start_again();
    let mut other = Raw::start(&server, "n2");
    let newer = json!({"type": "write", "key": "k", "value": "newer"});
    soon(|| (other.ask("lin-kv", newer.clone())["type"] == "write_ok").then_some(()));
    // The first is connected again, and has sent whatever it had.
    soon(|| node.ask("lin-kv", json!({"type": "read", "key": "k"})).get("value").cloned());
    assert_eq!(other.ask("lin-kv", json!({"type": "read", "key": "k"}))["value"], "newer");
}

#[test]
fn nodes_go_on_when_the_server_is_back() {
    let Some(mut server) = Server::start() else { return };
    let nodes = ["n1", "n2"];
    let watches = nodes.map(|id| spawn::<Broadcast>(&server, id, &nodes));
    spawn::<LinKv>(&server, "l1", &["l1"]);
    server.ask("l1", &json!({"type": "write", "key": 1, "value": 1}));
    server.ask("n1", &json!({"type": "broadcast", "message": 1}));
    server.kill();
    thread::sleep(Duration::from_millis(500));
    server.start_again();
    let told = json!({"type": "broadcast", "message": 2});
    let ask = |id: &str, body: &serde_json::Value| {
        let patience = Duration::from_secs(1);
        let answer = glomers_shims::nats::request(
            &server.servers(),
            "demo",
            id,
            &body.to_string(),
            patience,
        );
        answer.ok().map(|answer| serde_json::from_str::<serde_json::Value>(&answer).unwrap())
    };
    soon(|| ask("n1", &told));
    for id in nodes {
        soon(|| {
            let read = ask(id, &json!({"type": "read"}))?;
            (read["messages"] == json!([1, 2])).then_some(())
        });
    }
    soon(|| {
        let read = ask("l1", &json!({"type": "read", "key": 1}))?;
        (read["value"] == 1).then_some(())
    });
    assert!(watches.iter().all(|watch| watch.read().disconnects == 1));
}

#[test]
fn a_node_that_does_not_keep_up_is_noticed() {
    let Some(server) = Server::start() else { return };
    let mut node = Raw::start(&server, "n1");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(server.url()).await.unwrap();
        for _ in 0..80_000 {
            client.publish("glomers.demo.n1", r#"{"type":"read"}"#.into()).await.unwrap();
        }
        client.flush().await.unwrap();
    });
    let counts = node.counts();
    soon(|| (counts.read().slow > 0).then_some(()));
    assert!(!node.lines().is_empty());
}
