//! Each node's replies, key by key.
#![expect(clippy::unwrap_used, reason = "a test may")]

use glomers_shims::cli::{self, NoArgs};
use glomers_shims::nodes::{
    Broadcast, Echo, GCounterNode, GSetNode, Kafka, PnCounterNode, SHIMS, UniqueIds,
};
use glomers_shims::runtime::Node;
use glomers_shims::testing::{TestNode, in_virtual_time};
use serde_json::{Value, json};

fn defaults<N: Node>() -> N::Args {
    cli::parse::<N>(&[]).unwrap()
}

/// Asks in turn, and compares each reply, whose `in_reply_to` is filled in.
async fn converse(node: &TestNode, conversation: &[(Value, Value)]) {
    for (number, (request, expected)) in conversation.iter().enumerate() {
        let (mut request, mut expected) = (request.clone(), expected.clone());
        request["msg_id"] = json!(number + 10);
        expected["in_reply_to"] = json!(number + 10);
        assert_eq!(node.ask(request.clone()).await, expected, "{request}");
    }
}

#[test]
fn echo_returns_any_json_as_it_was_written() {
    in_virtual_time(async {
        let node = TestNode::started::<Echo>(NoArgs {}, &["n1", "n2"]).await;
        for echo in [json!("é\u{1F600}"), json!(null), json!({"a": [1, {}]}), json!(-0.5)] {
            let reply = json!({ "type": "echo_ok", "echo": echo });
            converse(&node, &[(json!({ "type": "echo", "echo": echo }), reply)]).await;
        }
    });
}

#[test]
fn ids_differ_between_requests_lives_and_nodes() {
    in_virtual_time(async {
        let mut ids = std::collections::BTreeSet::new();
        let node = TestNode::started::<UniqueIds>(NoArgs {}, &["n1", "n2"]).await;
        for _ in 0..1000 {
            let reply = node.ask(json!({ "type": "generate", "msg_id": 1 })).await;
            assert_eq!(reply.as_object().unwrap().len(), 3);
            ids.insert(reply["id"].to_string());
        }
        assert_eq!(ids.len(), 1000);
    });
}

#[test]
fn broadcast_and_g_set_hold_what_they_are_given() {
    let [huge, text] = [json!(u64::MAX), json!("x")];
    in_virtual_time(async {
        let node = TestNode::started::<Broadcast>(defaults::<Broadcast>(), &["n1", "n2"]).await;
        let add = |message: &Value| json!({ "type": "broadcast", "message": message });
        let ok = json!({ "type": "broadcast_ok" });
        let topology = json!({ "type": "topology", "topology": { "n1": ["n2"], "n2": ["n1"] } });
        let all = json!({ "type": "read_ok", "messages": [7, text, huge] });
        let read = json!({ "type": "read" });
        converse(
            &node,
            &[
                (topology, json!({ "type": "topology_ok" })),
                (read.clone(), json!({ "type": "read_ok", "messages": [] })),
                (add(&json!(7)), ok.clone()),
                (add(&huge), ok.clone()),
                (add(&text), ok.clone()),
                (add(&json!(7)), ok),
                (read, all),
            ],
        )
        .await;
    });
    in_virtual_time(async {
        let node = TestNode::started::<GSetNode>(defaults::<GSetNode>(), &["n1", "n2"]).await;
        let add = json!({ "type": "add", "element": 7 });
        converse(
            &node,
            &[
                (add, json!({ "type": "add_ok" })),
                (json!({ "type": "read" }), json!({ "type": "read_ok", "value": [7] })),
            ],
        )
        .await;
    });
}

#[test]
fn counters_read_and_refuse_what_is_no_amount() {
    in_virtual_time(async {
        let zero = json!({ "type": "read_ok", "value": 0 });
        let read = json!({ "type": "read" });
        let node =
            TestNode::started::<GCounterNode>(defaults::<GCounterNode>(), &["n1", "n2"]).await;
        converse(&node, &[(read.clone(), zero.clone())]).await;
        for delta in [json!(-1), json!(1.5), json!("1"), json!(null)] {
            let refusal = node.ask(json!({ "type": "add", "msg_id": 1, "delta": delta })).await;
            assert_eq!(refusal["code"], 12, "{delta}");
        }
        let node =
            TestNode::started::<PnCounterNode>(defaults::<PnCounterNode>(), &["n1", "n2"]).await;
        converse(&node, &[(read, zero)]).await;
    });
}

#[test]
fn kafka_appends_polls_and_commits() {
    in_virtual_time(async {
        let node = TestNode::new::<Kafka>(defaults::<Kafka>());
        assert_eq!(node.init(&["n1"]).await["type"], "init_ok");
        let send = |key: &str, msg: Value| json!({ "type": "send", "key": key, "msg": msg });
        let appended = |offset: u64| json!({ "type": "send_ok", "offset": offset });
        let poll = |offsets: Value| json!({ "type": "poll", "offsets": offsets });
        let polled = |msgs: Value| json!({ "type": "poll_ok", "msgs": msgs });
        let commit = |offsets: Value| json!({ "type": "commit_offsets", "offsets": offsets });
        let committed = json!({ "type": "commit_offsets_ok" });
        let list = json!({ "type": "list_committed_offsets", "keys": ["a", "b", "zz"] });
        let listed =
            |offsets: Value| json!({ "type": "list_committed_offsets_ok", "offsets": offsets });
        converse(
            &node,
            &[
                (send("a", json!("x")), appended(0)),
                (send("a", json!({ "any": [1.50, null] })), appended(1)),
                (send("b", json!(3)), appended(0)),
                (
                    poll(json!({ "a": 1, "b": 0, "zz": 5 })),
                    polled(json!({ "a": [[1, { "any": [1.50, null] }]], "b": [[0, 3]], "zz": [] })),
                ),
                (poll(json!({ "a": u64::MAX })), polled(json!({ "a": [] }))),
                (list.clone(), listed(json!({}))),
                (commit(json!({ "a": 1 })), committed.clone()),
                (commit(json!({ "a": 0, "b": 0 })), committed),
                (list, listed(json!({ "a": 1, "b": 0 }))),
            ],
        )
        .await;
        for wrong in [json!({ "a": -1 }), json!({ "a": "0" }), json!([]), json!(null)] {
            let mut request = poll(wrong.clone());
            request["msg_id"] = json!(5);
            assert_eq!(node.ask(request).await["code"], 12, "{wrong}");
        }
        assert!(node.end().await.is_empty());
    });
}

#[test]
fn every_node_has_a_name_and_says_what_it_does() {
    for shim in &SHIMS {
        assert!(!shim.about.is_empty());
        let help = match (shim.prepare)(&["--help".to_owned()]) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{} has no --help", shim.name),
        };
        assert!(help.contains(shim.about) && help.contains("--log"), "{help}");
        assert!((shim.prepare)(&["--nonsense".to_owned()]).is_err());
    }
}
