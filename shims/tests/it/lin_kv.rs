//! What the registers' node passes on, and what it says where no answer comes.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use glomers_shims::cli;
use glomers_shims::nodes::LinKv;
use glomers_shims::testing::{TestNode, in_virtual_time};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

async fn started() -> TestNode {
    TestNode::started::<LinKv>(cli::parse::<LinKv>(&[]).unwrap(), &["n1", "n2"]).await
}

/// Sends a client's request, answers for the service; what the service was asked, and what the client
/// is told.
async fn pass(node: &TestNode, request: &Value, answer: &Value) -> (Value, Value) {
    node.send("c1", request);
    let asked = node.said().await;
    assert_eq!((asked.len(), &asked[0]["dest"]), (1, &json!("lin-kv")), "{asked:?}");
    let mut question = asked[0]["body"].clone();
    question.as_object_mut().unwrap().remove("msg_id");
    node.answer(&asked[0], answer.clone());
    let mut told = node.said().await;
    assert_eq!((told.len(), &told[0]["dest"]), (1, &json!("c1")), "{told:?}");
    (question, told[0]["body"].take())
}

#[test]
fn requests_and_answers_are_passed_on_as_they_are() {
    in_virtual_time(async {
        let node = started().await;
        // No number is rounded, and a key is any JSON.
        let key = json!({"a": [1, 2.5, null]});
        for (request, answer) in [
            (json!({"type": "read", "key": key}), json!({"type": "read_ok", "value": [1]})),
            (json!({"type": "read", "key": 7}), json!({"type": "read_ok", "value": null})),
            (json!({"type": "write", "key": key, "value": null}), json!({"type": "write_ok"})),
            (json!({"type": "cas", "key": "k", "from": 1, "to": "2"}), json!({"type": "cas_ok"})),
        ] {
            let mut asked = request.clone();
            asked["msg_id"] = json!(5);
            let (question, mut told) = pass(&node, &asked, &answer).await;
            assert_eq!(question, request);
            assert_eq!(told["in_reply_to"].take(), 5);
            told.as_object_mut().unwrap().remove("in_reply_to");
            assert_eq!(told, answer);
        }
    });
}

#[test]
fn what_the_service_refuses_is_refused() {
    in_virtual_time(async {
        let node = started().await;
        for code in [20, 22, 13, 1000] {
            let request = json!({"type": "cas", "msg_id": 1, "key": 1, "from": 1, "to": 2});
            let refusal = json!({"type": "error", "code": code, "text": "no"});
            let (_, told) = pass(&node, &request, &refusal).await;
            assert_eq!((&told["type"], &told["code"]), (&json!("error"), &json!(code)));
        }
    });
}

#[test]
fn without_an_answer_nobody_knows() {
    in_virtual_time(async {
        let node = started().await;
        let began = Instant::now();
        node.send("c1", &json!({"type": "write", "msg_id": 1, "key": 1, "value": 2}));
        let mut told = Vec::new();
        while told.is_empty() {
            sleep(Duration::from_millis(50)).await;
            told = node.said().await;
            told.retain(|message| message["dest"] == "c1");
        }
        assert_eq!(told[0]["body"]["code"], 0, "it may have been written: {told:?}");
        assert!((2500..3000).contains(&began.elapsed().as_millis()));
        // An answer that makes no sense is none.
        let request = json!({"type": "write", "msg_id": 2, "key": 1, "value": 2});
        let (_, told) = pass(&node, &request, &json!({"type": "read_ok", "value": 1})).await;
        assert_eq!(told["code"], 0, "{told}");
    });
}
