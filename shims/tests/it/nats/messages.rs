use glomers_shims::nats::{Counts, RequestError, request};
use glomers_shims::nodes::{Broadcast, Echo};
use serde_json::{Value, json};

use super::{NatsTransport, SOON, Server, ServerArgs, Until, member, soon, spawn};

#[test]
fn three_nodes_share_what_one_is_told() {
    let Some(server) = Server::start() else { return };
    let nodes = ["n1", "n2", "n3"];
    for id in nodes {
        spawn::<Broadcast>(&server, id, &nodes);
    }
    let told = server.ask("n1", &json!({"type": "broadcast", "message": 7}));
    assert_eq!(told, json!({"type": "broadcast_ok"}));
    for id in nodes {
        soon(|| {
            let read = server.ask(id, &json!({"type": "read"}));
            (read["messages"] == json!([7])).then_some(())
        });
    }
}

#[test]
fn requests_from_outside_are_answered_as_they_are_numbered() {
    let Some(server) = Server::start() else { return };
    let watch = spawn::<Echo>(&server, "n1", &["n1"]);
    let long = "123456789012345678901234567890";
    for (body, answer) in [
        (r#"{"type":"echo","echo":"a"}"#.to_owned(), r#"{"echo":"a","type":"echo_ok"}"#.to_owned()),
        (
            format!("{{\n \"type\": \"echo\",\r\n \"msg_id\": 5, \"echo\": {long}}}"),
            format!(r#"{{"echo":{long},"in_reply_to":5,"type":"echo_ok"}}"#),
        ),
        (
            r#"{"type":"echo","echo":1,"msg_id":"mine","in_reply_to":3}"#.to_owned(),
            r#"{"echo":1,"in_reply_to":"mine","type":"echo_ok"}"#.to_owned(),
        ),
    ] {
        assert_eq!(request(&server.servers(), "demo", "n1", &body, SOON).unwrap(), answer);
    }
    for (body, code) in [(json!({"type": "dance"}), 10), (json!({"type": "echo"}), 12)] {
        assert_eq!(server.ask("n1", &body)["code"], code, "{body}");
    }
    // A second name is not taken.
    let init = json!({"type": "init", "node_id": "n2", "node_ids": ["n2"]});
    assert_eq!(server.ask("n1", &init)["code"], 22);
    assert_eq!(watch.read(), Counts::default());
}

#[test]
fn who_asks_is_told_what_is_wrong() {
    let Some(server) = Server::start() else { return };
    spawn::<Echo>(&server, "n1", &["n1"]);
    let ask = |cluster: &str, node: &str, body: &str| {
        request(&server.servers(), cluster, node, body, SOON).unwrap_err()
    };
    let echo = r#"{"type":"echo","echo":1}"#;
    assert!(matches!(ask("demo", "n2", echo), RequestError::NoNode { .. }));
    assert!(matches!(ask("other", "n1", echo), RequestError::NoNode { .. }));
    for (cluster, node, body) in
        [("de.mo", "n1", echo), ("demo", "*", echo), ("demo", "n1", "[]"), ("demo", "n1", "{")]
    {
        assert!(matches!(ask(cluster, node, body), RequestError::Arguments(_)), "{body}");
    }
    let nowhere = "nats://127.0.0.1:1";
    let found = request(&ServerArgs::of(nowhere), "demo", "n1", echo, SOON).unwrap_err();
    assert!(found.to_string().contains(nowhere), "{found}");
}

#[test]
fn what_does_not_belong_is_dropped_and_counted() {
    let Some(server) = Server::start() else { return };
    let watch = spawn::<Broadcast>(&server, "n1", &["n1", "n2"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let message = |version: &str, cluster: &str, from: &str, body: &str| {
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Glomers-Version", version);
        headers.insert("Glomers-Cluster", cluster);
        headers.insert("Glomers-From", from);
        let body = body.to_owned();
        runtime.block_on(async {
            let client = async_nats::connect(server.url()).await.unwrap();
            client.publish_with_headers("glomers.demo.n1", headers, body.into()).await.unwrap();
            client.flush().await.unwrap();
        });
    };
    let told = |value: u64| format!(r#"{{"type":"broadcast","message":{value}}}"#);
    message("2", "demo", "n2", &told(1));
    message("1", "omed", "n2", &told(2));
    message("1", "demo", "n3", &told(3));
    message("1", "demo", "n1", &told(4));
    message("1", "demo", "n2", "[5]");
    message("1", "demo", "n2", r#"{}},"dest":"n1""#);
    message("1", "demo", "n2", &told(7));
    runtime.block_on(async {
        let client = async_nats::connect(server.url()).await.unwrap();
        let answer = client.request("glomers.demo.n1", "hello".into()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
        assert_eq!(answer["code"], 12);
        // Without anybody to tell.
        client.publish("glomers.demo.n1", "hello".into()).await.unwrap();
        client.publish("glomers.demo.n1", told(8).into()).await.unwrap();
        client.flush().await.unwrap();
    });
    soon(|| {
        let read = server.ask("n1", &json!({"type": "read"}));
        (read["messages"] == json!([7, 8])).then_some(())
    });
    let expected = Counts {
        foreign_version: 1,
        foreign_cluster: 1,
        unknown_sender: 2,
        malformed: 4,
        ..Counts::default()
    };
    assert_eq!(watch.read(), expected);
}

#[test]
fn an_answer_that_is_too_large_is_an_error_and_no_silence() {
    let Some(server) = Server::with("max_payload: 4096") else { return };
    let watch = spawn::<Broadcast>(&server, "n1", &["n1"]);
    let long = "x".repeat(3000);
    for at in 0..2 {
        server.ask("n1", &json!({"type": "broadcast", "message": format!("{long}{at}")}));
    }
    let answer = server.ask("n1", &json!({"type": "read"}));
    assert_eq!(answer["code"], 13, "{answer}");
    assert!(answer["text"].as_str().unwrap().contains("takes 4096"), "{answer}");
    assert_eq!(watch.read().too_large, 1);
}

#[test]
fn a_node_that_is_not_what_it_says_does_not_start() {
    let Some(server) = Server::start() else { return };
    let started = NatsTransport::start(&server.servers(), &member("n2", &["n1"]), Until::Forever);
    assert!(started.err().unwrap().to_string().contains("not among"));
}
