//! The nodes with transactions, and what they answer when lin-kv does not do as it should.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeMap;
use std::time::Duration;

use glomers_shims::cli;
use glomers_shims::nodes::{TxnListAppend, TxnRwRegister};
use glomers_shims::testing::{TestNode, in_virtual_time};
use serde_json::{Value, json};
use tokio::time::sleep;

async fn txn(node: &TestNode, txn: Value) -> Value {
    node.ask(json!({ "type": "txn", "msg_id": 1, "txn": txn })).await
}

#[test]
fn registers_show_a_transaction_its_own_writes_and_those_before() {
    in_virtual_time(async {
        let args = cli::parse::<TxnRwRegister>(&[]).unwrap();
        let node = TestNode::started::<TxnRwRegister>(args, &["n1", "n2"]).await;
        let first =
            json!([["r", 1, null], ["w", 1, 6], ["w", "b", [9]], ["w", 1, 7], ["r", 1, null]]);
        let reply = txn(&node, first).await;
        let done = json!([["r", 1, null], ["w", 1, 6], ["w", "b", [9]], ["w", 1, 7], ["r", 1, 7]]);
        assert_eq!(reply, json!({ "type": "txn_ok", "in_reply_to": 1, "txn": done }));
        let reply = txn(&node, json!([["r", "b", null], ["r", 1, null], ["r", 2, null]])).await;
        assert_eq!(reply["txn"], json!([["r", "b", [9]], ["r", 1, 7], ["r", 2, null]]));
        assert_eq!(txn(&node, json!([])).await["txn"], json!([]));
        node.end().await;
    });
}

#[test]
fn what_is_no_transaction_is_malformed() {
    in_virtual_time(async {
        let registers = TestNode::started::<TxnRwRegister>(
            cli::parse::<TxnRwRegister>(&[]).unwrap(),
            &["n1", "n2"],
        )
        .await;
        let lists = TestNode::started::<TxnListAppend>(
            cli::parse::<TxnListAppend>(&[]).unwrap(),
            &["n1", "n2"],
        )
        .await;
        for wrong in [json!(null), json!({}), json!([["r", 1]]), json!([["cas", 1, 2]]), json!([7])]
        {
            assert_eq!(txn(&registers, wrong.clone()).await["code"], 12, "{wrong}");
            assert_eq!(txn(&lists, wrong.clone()).await["code"], 12, "{wrong}");
        }
        assert_eq!(txn(&registers, json!([["append", 1, 2]])).await["code"], 12);
        assert_eq!(txn(&lists, json!([["w", 1, 2]])).await["code"], 12);
    });
}

/// lin-kv, as far as it answers.
#[derive(Default)]
struct LinKv {
    held: BTreeMap<String, Value>,
    /// Requests of these types get no answer.
    mute_on: &'static [&'static str],
    /// So many compare-and-sets find that someone was faster.
    conflicts: usize,
}

impl LinKv {
    fn answer(&mut self, body: &Value) -> Option<Value> {
        let kind = body["type"].as_str().unwrap();
        if self.mute_on.contains(&kind) {
            return None;
        }
        let key = body["key"].as_str().unwrap().to_owned();
        let refused = |code: u64| json!({ "type": "error", "code": code, "text": "" });
        Some(match kind {
            "read" => match self.held.get(&key) {
                Some(value) => json!({ "type": "read_ok", "value": value }),
                None => refused(20),
            },
            "write" => {
                self.held.insert(key, body["value"].clone());
                json!({ "type": "write_ok" })
            }
            "cas" if self.conflicts > 0 => {
                self.conflicts -= 1;
                refused(22)
            }
            "cas" => {
                assert_eq!(self.held.get(&key).unwrap_or(&json!({})), &body["from"]);
                self.held.insert(key, body["to"].clone());
                json!({ "type": "cas_ok" })
            }
            other => panic!("{other}"),
        })
    }

    /// Has the node carry out a transaction; what it answers.
    async fn txn(&mut self, node: &TestNode, txn: Value) -> Value {
        node.send("c9", &json!({ "type": "txn", "msg_id": 1, "txn": txn }));
        for _ in 0..1000 {
            for message in node.said().await {
                if message["dest"] == "c9" {
                    return message["body"].clone();
                }
                assert_eq!(message["dest"], "lin-kv");
                if let Some(answer) = self.answer(&message["body"]) {
                    node.answer(&message, answer);
                }
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("no answer in ten seconds");
    }
}

async fn lists() -> TestNode {
    TestNode::started::<TxnListAppend>(cli::parse::<TxnListAppend>(&[]).unwrap(), &["n1", "n2"])
        .await
}

#[test]
fn lists_grow_and_other_nodes_find_them() {
    in_virtual_time(async {
        let (node, other, mut kv) = (lists().await, lists().await, LinKv::default());
        let reply =
            kv.txn(&node, json!([["r", 1, null], ["append", 1, 6], ["append", "b", 9]])).await;
        let done = json!([["r", 1, null], ["append", 1, 6], ["append", "b", 9]]);
        assert_eq!(reply, json!({ "type": "txn_ok", "in_reply_to": 1, "txn": done }));
        let reply = kv.txn(&node, json!([["append", 1, 7], ["r", 1, null]])).await;
        assert_eq!(reply["txn"][1], json!(["r", 1, [6, 7]]));
        let reply = kv.txn(&other, json!([["r", 1, null], ["r", "b", null], ["r", 5, null]])).await;
        assert_eq!(reply["txn"], json!([["r", 1, [6, 7]], ["r", "b", [9]], ["r", 5, null]]));
    });
}

#[test]
fn who_is_too_late_tries_again_and_gives_up_in_time() {
    in_virtual_time(async {
        let node = lists().await;
        let mut kv = LinKv { conflicts: 3, ..LinKv::default() };
        assert_eq!(kv.txn(&node, json!([["append", 1, 6]])).await["type"], "txn_ok");
        kv.conflicts = usize::MAX;
        assert_eq!(kv.txn(&node, json!([["append", 1, 7]])).await["code"], 30);
        kv.conflicts = 0;
        let reply = kv.txn(&node, json!([["r", 1, null]])).await;
        assert_eq!(reply["txn"], json!([["r", 1, [6]]]), "what failed has not happened");
    });
}

#[test]
fn silence_of_lin_kv_is_definite_unless_the_root_may_have_changed() {
    in_virtual_time(async {
        for (mute_on, txn, code) in [
            (&["read"][..], json!([["r", 1, null]]), 11),
            (&["read"][..], json!([["append", 1, 6]]), 11),
            (&["write"][..], json!([["append", 1, 6]]), 11),
            (&["cas"][..], json!([["append", 1, 6]]), 0),
        ] {
            let node = lists().await;
            let mut kv = LinKv { mute_on, ..LinKv::default() };
            assert_eq!(kv.txn(&node, txn.clone()).await["code"], code, "{mute_on:?} {txn}");
            // It goes on when lin-kv does.
            kv.mute_on = &[];
            assert_eq!(kv.txn(&node, json!([["append", 2, 1]])).await["type"], "txn_ok");
        }
    });
}
