//! What Maelstrom bears, and what it does not: nodes with habits of their own are judged as there.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use glomers::run::RunError;
use glomers::workload::Kind;
use glomers_check::check::Valid;
use glomers_check::history::Kind as End;
use glomers_shims::nodes::Running;
use glomers_shims::transport::{MemoryTransport, Transport};
use glomers_tests::{Run, Scenario};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

/// What a node says to a message: lines, each after so many milliseconds.
type Said = Vec<(u64, String)>;

/// Nodes without a runtime, which say to each message what `says` makes of it.
fn nodes(kind: Kind, says: impl Fn(&Value) -> Said + Clone + 'static) -> Scenario {
    let launch = move |_, transport| -> Running { Box::pin(talk(transport, says.clone())) };
    Scenario::launched_by(kind, "odd", Box::new(launch)).nodes(2).seconds(10).seed(1)
}

async fn talk(mut transport: MemoryTransport, says: impl Fn(&Value) -> Said) -> io::Result<()> {
    let mut later: Vec<(Instant, String)> = Vec::new();
    loop {
        let mut input = Vec::new();
        let due = later.iter().map(|(due, _)| *due).min();
        tokio::select! {
            biased;
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            is_more = poll_fn(|context| transport.poll_read(context, &mut input)) => {
                if !is_more {
                    return Ok(());
                }
            }
        }
        let now = Instant::now();
        for line in input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let said = says(&serde_json::from_slice(line).unwrap());
            later
                .extend(said.into_iter().map(|(ms, line)| (now + Duration::from_millis(ms), line)));
        }
        let (said, rest) = later.into_iter().partition(|(due, _)| *due <= now);
        later = rest;
        let lines: Vec<(Instant, String)> = said;
        let mut output: Vec<u8> =
            lines.into_iter().flat_map(|(_, line)| (line + "\n").into_bytes()).collect();
        transport.write(&mut output);
    }
}

/// The answer to a message, with these fields beside the usual ones.
fn answer(message: &Value, fields: &Value) -> String {
    let (body, kind) = (&message["body"], message["body"]["type"].as_str().unwrap());
    let mut reply = json!({ "type": format!("{kind}_ok"), "in_reply_to": body["msg_id"] });
    for (key, value) in fields.as_object().unwrap() {
        reply[key] = value.clone();
    }
    json!({ "src": message["dest"], "dest": message["src"], "body": reply }).to_string()
}

fn at_once(message: &Value, fields: &Value) -> Said {
    vec![(0, answer(message, fields))]
}

fn echo(message: &Value) -> Said {
    match message["body"].get("echo") {
        Some(echo) => at_once(message, &json!({ "echo": echo })),
        None => at_once(message, &json!({})),
    }
}

fn valid(run: &Run) {
    assert_eq!(run.results.valid, Valid::Yes, "{:?}", run.results.findings);
    assert_eq!(run.outcome.muted, []);
}

#[test]
fn of_an_init_ok_only_the_type_counts() {
    let scenario = nodes(Kind::Echo, |message| match message["body"]["type"].as_str() {
        Some("init") => {
            at_once(message, &json!({ "node_ids": message["body"]["node_ids"], "msg_id": null }))
        }
        _ => echo(message),
    });
    valid(&scenario.run().unwrap());
    for (fields, complaint) in [
        (json!({ "type": "init" }), "init_ok"),
        (json!({ "type": "error", "text": "not I" }), "not I"),
    ] {
        let scenario = nodes(Kind::Echo, move |message| at_once(message, &fields));
        match scenario.run().map(drop).unwrap_err() {
            RunError::Init { why, .. } => assert!(why.contains(complaint), "{why}"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_topology_ok_has_nothing_else_in_it() {
    let scenario = |fields: Value| {
        nodes(Kind::Broadcast, move |message| match message["body"]["type"].as_str() {
            Some("topology") => at_once(message, &fields),
            Some("read") => at_once(message, &json!({ "messages": [] })),
            _ => at_once(message, &json!({})),
        })
    };
    assert!(scenario(json!({ "msg_id": 7 })).run().is_ok());
    for fields in [json!({ "topology": {} }), json!({ "msg_id": null }), json!({ "type": "ok" })] {
        match scenario(fields.clone()).run().map(drop).unwrap_err() {
            RunError::Setup { request, why, .. } => assert_eq!(request, "topology", "{why}"),
            other => panic!("{fields}: {other}"),
        }
    }
}

#[test]
fn an_error_without_a_code_says_nothing() {
    for code in [json!(null), json!("11"), json!(11.5)] {
        let (sum, count) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let scenario = nodes(Kind::GCounter, move |message| {
            let body = &message["body"];
            match body["type"].as_str() {
                Some("read") => at_once(message, &json!({ "value": sum.get() })),
                Some("add") => {
                    count.set(count.get() + 1);
                    if count.get() % 4 == 0 {
                        let error = json!({ "type": "error", "code": code, "text": "busy" });
                        return at_once(message, &error);
                    }
                    sum.set(sum.get() + body["delta"].as_i64().unwrap());
                    at_once(message, &json!({}))
                }
                _ => at_once(message, &json!({})),
            }
        });
        let run = scenario.run().unwrap();
        valid(&run);
        let ops = run.outcome.history.ops();
        let doubted = ops.iter().filter(|op| op.f == "add" && op.kind == End::Info);
        let errors: Vec<_> = doubted.map(|op| op.error.clone().unwrap()).collect();
        assert!(errors.len() > 20, "{}", errors.len());
        assert!(errors.iter().all(|error| *error == json!(["unknown", "busy"])), "{errors:?}");
    }
}

#[test]
fn a_control_character_is_none_of_the_networks_business() {
    let scenario = nodes(Kind::Echo, |message| {
        let mut said = echo(message);
        if message["body"]["type"] == "init" {
            let me = message["dest"].as_str().unwrap();
            let body = "{\"type\":\"note\",\"text\":\"a\tb\u{1}\"}";
            said.push((0, format!(r#"{{"src":"{me}","dest":"{me}","body":{body}}}"#)));
        } else if message["body"]["type"] == "note" {
            assert_eq!(message["body"]["text"], "a\tb\u{1}");
            return Vec::new();
        }
        said
    });
    valid(&scenario.run().unwrap());
}

/// Nodes that answer the first request for all elements, and only that, after seven seconds.
fn late(kind: Kind, elements: &'static str) -> Run {
    let is_first = Rc::new(Cell::new(true));
    let scenario = nodes(kind, move |message| match message["body"]["type"].as_str() {
        Some("read") => {
            let delay = if is_first.take() { 7_000 } else { 0 };
            vec![(delay, answer(message, &json!({ elements: [] })))]
        }
        _ => at_once(message, &json!({})),
    });
    scenario.run().unwrap()
}

#[test]
fn who_answers_a_client_of_a_set_too_late_is_muted() {
    let muted = late(Kind::GSet, "value").outcome.muted;
    assert!(
        muted.len() == 1 && muted[0].reason.to_string().contains("a client that has gone"),
        "{muted:?}"
    );
    assert_eq!(late(Kind::Broadcast, "messages").outcome.muted, [], "its clients stay");
}

#[test]
fn a_last_read_is_tried_once_a_worker() {
    for (kind, fields) in [
        (Kind::GSet, json!({ "elements": [] })),
        (Kind::Broadcast, json!({ "messages": {} })),
        (Kind::PnCounter, json!({ "value": "much" })),
    ] {
        let scenario = nodes(kind, move |message| match message["body"]["type"].as_str() {
            Some("read") => at_once(message, &fields),
            _ => at_once(message, &json!({})),
        });
        let run = scenario.clients_per_node(2).run().unwrap();
        let ops = run.outcome.history.ops();
        let finals =
            ops.iter().filter(|op| op.kind == End::Invoke && op.extra.get("final?").is_some());
        assert_eq!(finals.count(), 4, "{kind:?}");
    }
}

/// With its reads filled in, and nothing else changed. Maelstrom's schema does not say so.
#[test]
fn a_transaction_comes_back_as_it_was_sent() {
    type Change = fn(&mut Vec<Value>);
    let is_malformed = |change: Change| {
        let scenario = nodes(Kind::TxnListAppend, move |message| {
            let Some(sent) = message["body"]["txn"].as_array() else {
                return at_once(message, &json!({}));
            };
            let mut txn = sent.clone();
            change(&mut txn);
            at_once(message, &json!({ "txn": txn }))
        });
        scenario.run().unwrap().anomalies().contains("malformed-reply")
    };
    assert!(!is_malformed(|_| {}));
    let changes: [Change; 5] = [
        |txn| drop(txn.pop()),
        |txn| txn.push(json!(["r", 1, null])),
        |txn| txn[0][1] = json!(1_000_000),
        |txn| txn.iter_mut().for_each(|op| op[0] = json!("r")),
        |txn| {
            for op in txn.iter_mut().filter(|op| op[0] == "append") {
                op[2] = json!(1_000_000);
            }
        },
    ];
    for (nth, change) in changes.into_iter().enumerate() {
        assert!(is_malformed(change), "change {nth}");
    }
}
