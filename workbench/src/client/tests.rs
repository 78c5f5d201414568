use serde_json::json;
use tokio::task::spawn_local;

use super::*;
use crate::network::testing::{in_virtual_time, network, pass};

/// Serves `n1`: answers each request with what `answer` makes of it, after so many milliseconds.
fn serve(network: &Network, answer: impl Fn(&Value) -> (u64, Value) + 'static) {
    let mut inbox = network.register("n1");
    spawn_local(async move {
        while let Some(message) = inbox.recv().await {
            let (delay, reply) = answer(&serde_json::from_str(message.body.get()).unwrap());
            pass(delay).await;
            let line = json!({"src": "n1", "dest": &*message.src, "body": reply}).to_string();
            let _ = inbox.network().submit_line("n1", line.as_bytes());
        }
    });
}

/// What `read` returns if `n1` answers `reply`, which gets the right `in_reply_to`.
fn read(reply: Value) -> Result<Map<String, Value>, RpcError> {
    in_virtual_time(async move {
        let network = network(100);
        serve(&network, move |request| {
            let mut reply = reply.clone();
            reply["in_reply_to"] = request["msg_id"].clone();
            (0, reply)
        });
        let result = Client::open(&network).rpc("n1", "read", Map::new()).await;
        assert_eq!(network.elapsed(), Duration::ZERO, "clients are near");
        result
    })
}

fn malformed(reply: Value) -> String {
    match read(reply) {
        Err(error @ RpcError::Malformed(_)) => {
            assert!(!error.is_definite());
            error.to_json()[1].as_str().unwrap().to_owned()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_carries_its_fields_and_a_fresh_id() {
    in_virtual_time(async {
        let network = network(0);
        serve(&network, |request| {
            let id = &request["msg_id"];
            (0, json!({"type": "echo_ok", "in_reply_to": id, "msg_id": 9, "echo": request}))
        });
        let mut client = Client::open(&network);
        assert_eq!(client.id(), "c0");
        for id in 1..3 {
            let fields = Map::from_iter([("echo".to_owned(), json!("hi"))]);
            let reply = client.rpc("n1", "echo", fields).await.unwrap();
            let expected = json!({"echo": {"type": "echo", "echo": "hi", "msg_id": id}});
            assert_eq!(Value::Object(reply), expected);
        }
    });
}

#[test]
fn errors_keep_their_code_and_text() {
    let error = read(json!({"type": "error", "code": 11, "text": "later"})).unwrap_err();
    assert_eq!(error, RpcError::Error { code: Some(11), text: "later".to_owned() });
    assert!(error.is_definite());
    assert_eq!(error.to_json(), json!(["temporarily-unavailable", "later"]));

    let error = read(json!({"type": "error", "code": 1001, "msg_id": null})).unwrap_err();
    assert!(!error.is_definite());
    assert_eq!(error.to_json(), json!(["unknown", ""]));
}

#[test]
fn an_error_without_an_integer_code_is_one_that_nobody_knows() {
    for code in [json!("11"), json!(11.0), json!(null), json!([]), json!(1e30)] {
        let error = read(json!({"type": "error", "code": code, "text": "busy"})).unwrap_err();
        assert_eq!(error, RpcError::Error { code: None, text: "busy".to_owned() }, "{code}");
    }
    let error = read(json!({"type": "error"})).unwrap_err();
    assert!(!error.is_definite());
    assert_eq!(error.to_json(), json!(["unknown", ""]));
    assert_eq!(error.to_string(), "error without a code (unknown): ");
}

#[test]
fn a_request_has_its_keys_in_maelstroms_order() {
    in_virtual_time(async {
        let network = network(0);
        let mut inbox = network.register("n1");
        let mut client = Client::open(&network);
        for (kind, fields, body) in [
            (
                "init",
                json!({"node_id": "n1", "node_ids": ["n1"]}),
                r#"{"type":"init","node_id":"n1","node_ids":["n1"],"msg_id":1}"#,
            ),
            (
                "cas",
                json!({"from": 1, "key": "k", "to": 2}),
                r#"{"type":"cas","key":"k","from":1,"to":2,"msg_id":2}"#,
            ),
            ("read", json!({}), r#"{"type":"read","msg_id":3}"#),
        ] {
            let fields = fields.as_object().unwrap().clone();
            let asking = client.rpc_within(Duration::from_millis(1), "n1", kind, fields);
            assert_eq!(asking.await, Err(RpcError::Timeout));
            assert_eq!(inbox.recv().await.unwrap().body.get(), body);
        }
    });
}

#[test]
fn where_only_the_type_counts_nothing_else_does() {
    in_virtual_time(async {
        for (answer, is_ok) in [
            (json!({"type": "init_ok", "node_ids": [1], "msg_id": null}), true),
            (json!({"type": "init"}), false),
            (json!({"type": "error", "code": 11}), false),
        ] {
            let network = network(0);
            let reply = answer.clone();
            serve(&network, move |request| {
                let mut reply = reply.clone();
                reply["in_reply_to"] = request["msg_id"].clone();
                (0, reply)
            });
            let mut client = Client::open(&network);
            let told = client.is_told_ok(DEFAULT_TIMEOUT, "n1", "init", Map::new()).await;
            assert_eq!(told.is_ok(), is_ok, "{answer}: {told:?}");
        }
    });
}

#[test]
fn definite_are_exactly_these() {
    let definite =
        |code: &i64| RpcError::Error { code: Some(*code), text: String::new() }.is_definite();
    let codes: Vec<i64> = (-1..2000).filter(definite).collect();
    assert_eq!(codes, [1, 10, 11, 12, 14, 20, 21, 22, 30]);
    assert!(!RpcError::Timeout.is_definite());
    let names = [0, 13, 30].map(|code| name(Some(code)));
    assert_eq!(names, ["timeout", "crash", "txn-conflict"]);
}

#[test]
fn malformed_replies_show_what_was_expected_and_what_came() {
    let text = malformed(json!({"type": "write_ok", "value": 3}));
    assert!(
        text.contains("\"read_ok\"") && text.contains(r#""type":"write_ok","value":3"#),
        "{text}"
    );
    assert!(malformed(json!({"value": 3})).contains("\"read_ok\""));
    assert!(malformed(json!({"type": "read_ok", "msg_id": null})).contains("integer msg_id"));
}

#[test]
fn a_reply_that_comes_too_late_is_not_taken_for_the_next_one() {
    in_virtual_time(async {
        let network = network(0);
        serve(&network, |request| {
            let id = request["msg_id"].as_u64().unwrap();
            let delay = if id == 1 { 1_500 } else { 0 };
            (delay, json!({"type": "read_ok", "in_reply_to": id, "value": id}))
        });
        let mut client = Client::open(&network);
        let second = Duration::from_secs(1);
        let result = client.rpc_within(second, "n1", "read", Map::new()).await;
        assert_eq!(result, Err(RpcError::Timeout));
        assert_eq!(result.unwrap_err().to_json(), "net-timeout");
        assert_eq!(network.elapsed(), second);
        let reply = client.rpc_within(second, "n1", "read", Map::new()).await.unwrap();
        assert_eq!(reply["value"], 2);
        assert!(network.muted().is_empty());
    });
}

#[test]
fn replies_that_name_no_request_of_ours_are_passed_over() {
    for in_reply_to in [json!(null), json!("1"), json!(7), json!(1.0)] {
        in_virtual_time(async {
            let network = network(0);
            serve(&network, move |_| (0, json!({"type": "read_ok", "in_reply_to": in_reply_to})));
            let result = Client::open(&network).rpc("n1", "read", Map::new()).await;
            assert_eq!(result, Err(RpcError::Timeout));
            assert_eq!(network.elapsed(), DEFAULT_TIMEOUT);
        });
    }
}

#[test]
fn a_reply_to_a_client_that_has_gone_mutes_the_node() {
    in_virtual_time(async {
        let network = network(0);
        serve(&network, |request| {
            (6_000, json!({"type": "read_ok", "in_reply_to": request["msg_id"]}))
        });
        let mut client = Client::open(&network);
        assert_eq!(client.rpc("n1", "read", Map::new()).await, Err(RpcError::Timeout));
        client.close();
        assert!(!network.is_registered("c0"));
        assert_eq!(Client::open(&network).id(), "c1", "ids are not used twice");
        pass(2_000).await;
        assert_eq!(network.muted()[0].node, "n1");
    });
}

#[test]
fn a_node_that_is_not_there_is_a_definite_error() {
    in_virtual_time(async {
        let network = network(0);
        let result = Client::open(&network).rpc("n1", "read", Map::new()).await;
        assert_eq!(result.unwrap_err().to_json()[0], "node-not-found");
        assert_eq!(network.stats().all().sent, 0);
    });
}
