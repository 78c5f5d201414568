//! What the runtime promises to the network and to a node.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::rc::Rc;
use std::time::Duration;

use glomers_shims::cli::NoArgs;
use glomers_shims::nodes::Echo;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node, PATIENCE, RpcError};
use glomers_shims::testing::{TestNode, in_virtual_time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// Asks another node, or waits, before it answers.
struct Slow(Net);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Ask { whom: String, patience: u64 },
    Wait { millis: u64 },
    Tell { what: Value },
    Fail { code: u32 },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Response {
    AskOk { answer: u64 },
    WaitOk,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Question {
    Question,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    QuestionOk { answer: u64 },
}

impl Node for Slow {
    const NAME: &'static str = "slow";
    const ABOUT: &'static str = "Takes its time";
    type Args = NoArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, _args: NoArgs) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self(net)))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        match request {
            Request::Ask { whom, patience } => {
                let patience = Duration::from_millis(patience);
                let answer = self.0.rpc(&whom, &Question::Question, patience).await;
                if let Err(RpcError::Malformed(what)) = &answer {
                    return Err(Error::new(ErrorCode::Crash, what.to_string()));
                }
                let Answer::QuestionOk { answer } = answer?;
                Ok(Some(Response::AskOk { answer }))
            }
            Request::Wait { millis } => {
                sleep(Duration::from_millis(millis)).await;
                Ok(Some(Response::WaitOk))
            }
            Request::Tell { what } => {
                self.0.send("n2", &json!({ "type": "told", "what": what }));
                Ok(None)
            }
            Request::Fail { code } => Err(Error::new(code.into(), "as you wish")),
        }
    }
}

/// A message of the node.
fn reply(dest: &str, body: &Value) -> Value {
    json!({ "src": "n1", "dest": dest, "body": body })
}

fn error(in_reply_to: u64, code: u32) -> impl Fn(&Value) -> bool {
    move |body| {
        let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        keys == ["code", "in_reply_to", "text", "type"]
            && body["type"] == "error"
            && body["code"] == code
            && body["in_reply_to"] == in_reply_to
            && body["text"].as_str().is_some_and(|text| !text.is_empty())
    }
}

#[test]
fn init_is_answered_once_for_each_request_and_cannot_be_changed() {
    in_virtual_time(async {
        let node = TestNode::started::<Echo>(NoArgs {}, &["n1", "n2"]).await;
        let init = |id, ids: &[&str]| json!({ "type": "init", "msg_id": 2, "node_id": id, "node_ids": ids });
        let again = node.ask(init("n1", &["n1", "n2"])).await;
        assert_eq!(again, json!({ "type": "init_ok", "in_reply_to": 2 }));
        let other = node.ask(init("n2", &["n1", "n2"])).await;
        assert!(error(2, 22)(&other), "{other}");
        let echo = node.ask(json!({ "type": "echo", "msg_id": 3, "echo": 1 })).await;
        assert_eq!(echo, json!({ "type": "echo_ok", "in_reply_to": 3, "echo": 1 }));
    });
}

#[test]
fn a_wrong_init_is_refused_and_a_right_one_still_works() {
    in_virtual_time(async {
        let node = TestNode::new::<Echo>(NoArgs {});
        for wrong in [
            json!({ "type": "init", "msg_id": 1 }),
            json!({ "type": "init", "msg_id": 1, "node_id": 7, "node_ids": ["n1"] }),
            json!({ "type": "init", "msg_id": 1, "node_id": "n1", "node_ids": "n1" }),
            json!({ "type": "init", "msg_id": 1, "node_id": "n1", "node_ids": ["n2"] }),
        ] {
            let refusal = node.ask(wrong.clone()).await;
            assert!(error(1, 12)(&refusal), "{wrong}: {refusal}");
        }
        let right = json!({ "type": "init", "msg_id": 9, "node_id": "n1", "node_ids": ["n1"] });
        assert_eq!(node.ask(right).await, json!({ "type": "init_ok", "in_reply_to": 9 }));
    });
}

#[test]
fn before_init_requests_are_put_off_and_peers_messages_kept() {
    in_virtual_time(async {
        let node = TestNode::new::<Slow>(NoArgs {});
        let early = node.ask(json!({ "type": "wait", "msg_id": 5, "millis": 0 })).await;
        assert!(error(5, 11)(&early), "{early}");
        node.send("n2", &json!({ "type": "tell", "what": "early" }));
        assert!(node.said().await.is_empty());
        node.send(
            "c0",
            &json!({ "type": "init", "msg_id": 1, "node_id": "n1", "node_ids": ["n1", "n2"] }),
        );
        let printed = node.said().await;
        assert_eq!(printed[0]["body"]["type"], "init_ok");
        assert_eq!(printed[1], reply("n2", &json!({ "type": "told", "what": "early" })));
    });
}

#[test]
fn bad_requests_are_answered_with_what_is_wrong() {
    in_virtual_time(async {
        let node = TestNode::started::<Slow>(NoArgs {}, &["n1", "n2"]).await;
        for (body, code) in [
            (json!({ "type": "sing", "msg_id": 4 }), 10),
            (json!({ "type": "wait", "msg_id": 4 }), 12),
            (json!({ "type": "wait", "msg_id": 4, "millis": -1 }), 12),
            (json!({ "type": "wait", "msg_id": 4, "millis": "1" }), 12),
            (json!({ "type": 4, "msg_id": 4 }), 12),
            (json!({ "msg_id": 4 }), 12),
            (json!({ "type": "fail", "msg_id": 4, "code": 14 }), 14),
            (json!({ "type": "fail", "msg_id": 4, "code": 1234 }), 1234),
        ] {
            let refusal = node.ask(body.clone()).await;
            assert!(error(4, code)(&refusal), "{body}: {refusal}");
        }
    });
}

#[test]
fn no_line_stops_a_node() {
    in_virtual_time(async {
        let node = TestNode::started::<Echo>(NoArgs {}, &["n1", "n2"]).await;
        for line in [
            "",
            "   ",
            "{",
            "null",
            "[1,2]",
            "hello",
            r#"{"src":"c1"}"#,
            r#"{"src":"c1","dest":"n1","body":7}"#,
            r#"{"src":"c1","dest":"n1","body":{"type":"echo","msg_id":null,"echo":1}}"#,
            r#"{"src":"c1","dest":"n1","body":{"type":"echo_ok","in_reply_to":77,"echo":1}}"#,
            r#"{"src":"c1","dest":"n1","body":{"type":"init"}}"#,
        ] {
            node.line(line);
        }
        node.line(b"\xff\xfe\x00");
        assert!(node.said().await.is_empty());
        let echo = node.ask(json!({ "type": "echo", "msg_id": 3, "echo": null })).await;
        assert_eq!(echo, json!({ "type": "echo_ok", "in_reply_to": 3, "echo": null }));
    });
}

#[test]
fn an_answer_finds_its_waiter_and_another_does_not() {
    in_virtual_time(async {
        let node = TestNode::started::<Slow>(NoArgs {}, &["n1", "n2"]).await;
        node.send("c1", &json!({ "type": "ask", "msg_id": 1, "whom": "n2", "patience": 1000 }));
        node.send("c2", &json!({ "type": "ask", "msg_id": 1, "whom": "n2", "patience": 1000 }));
        let questions = node.said().await;
        let ids: Vec<_> = questions.iter().map(|q| q["body"]["msg_id"].as_u64().unwrap()).collect();
        assert_eq!(questions[0]["body"]["type"], "question");
        assert_ne!(ids[0], ids[1]);
        // From someone else; then in the other order.
        let id = ids[0];
        node.send("n3", &json!({ "type": "question_ok", "in_reply_to": id, "answer": 44 }));
        for (id, answer) in [(ids[1], 22), (ids[0], 11), (ids[0], 33)] {
            node.send("n2", &json!({ "type": "question_ok", "in_reply_to": id, "answer": answer }));
        }
        let ok = |answer| json!({ "type": "ask_ok", "in_reply_to": 1, "answer": answer });
        assert_eq!(node.said().await, [reply("c2", &ok(22)), reply("c1", &ok(11))]);
    });
}

#[test]
fn a_question_ends_with_its_deadline_its_error_or_nonsense() {
    in_virtual_time(async {
        let node = TestNode::started::<Slow>(NoArgs {}, &["n1", "n2"]).await;
        for (answer, code) in [
            (None, 0),
            (Some(json!({ "type": "error", "code": 22, "text": "no" })), 22),
            (Some(json!({ "type": "error", "code": "x" })), 13),
            (Some(json!({ "type": "question_ok" })), 13),
            (Some(json!({ "type": "dance_ok" })), 13),
        ] {
            node.send("c1", &json!({ "type": "ask", "msg_id": 1, "whom": "n2", "patience": 700 }));
            let question = node.said().await.remove(0);
            if let Some(answer) = answer.clone() {
                node.answer(&question, answer);
            } else {
                sleep(Duration::from_millis(690)).await;
                assert!(node.said().await.is_empty(), "too early");
                sleep(Duration::from_millis(10)).await;
            }
            let printed = node.said().await;
            let body = &printed[0]["body"];
            assert_eq!(
                (&body["type"], &body["code"]),
                (&json!("error"), &json!(code)),
                "{answer:?}"
            );
        }
    });
}

#[test]
fn no_request_is_answered_after_its_client_has_gone() {
    in_virtual_time(async {
        let node = TestNode::started::<Slow>(NoArgs {}, &["n1", "n2"]).await;
        let began = Instant::now();
        node.send("c1", &json!({ "type": "wait", "msg_id": 1, "millis": 60_000 }));
        let answer = loop {
            if let Some(answer) = node.said().await.pop() {
                break answer;
            }
        };
        assert!(error(1, 0)(&answer["body"]), "{answer}");
        assert!(began.elapsed() < PATIENCE + Duration::from_millis(10));
    });
}

#[test]
fn at_the_end_of_the_input_what_is_in_hand_is_finished() {
    in_virtual_time(async {
        let node = TestNode::started::<Slow>(NoArgs {}, &["n1", "n2"]).await;
        node.send("c1", &json!({ "type": "wait", "msg_id": 1, "millis": 500 }));
        node.send("c2", &json!({ "type": "ask", "msg_id": 2, "whom": "n2", "patience": 3000 }));
        node.said().await;
        let began = Instant::now();
        let last = node.end().await;
        assert!(began.elapsed() < Duration::from_millis(510), "nobody can answer the question");
        assert!(error(2, 0)(&last[0]["body"]), "{last:?}");
        assert_eq!(last[1], reply("c1", &json!({ "type": "wait_ok", "in_reply_to": 1 })));
    });
}

#[test]
fn the_last_line_needs_no_newline_and_a_node_without_init_just_ends() {
    in_virtual_time(async {
        let node = TestNode::new::<Echo>(NoArgs {});
        node.line("hello");
        assert!(node.end().await.is_empty());
    });
}
