//! What the log's node answers to whom it cannot serve as they would like.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use glomers_crdt::changes::{Apply, Changes};
use glomers_gossip::{Config, Link, Replica};
use glomers_log::{LogChange, Member, ReplicatedLog};
use glomers_shims::cli;
use glomers_shims::nodes::Kafka;
use glomers_shims::testing::{TestNode, in_virtual_time};
use serde_json::{Value, json};

/// The first of some nodes, of which no other is there.
async fn alone_among(nodes: &[&str], args: &str) -> TestNode {
    let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
    let node = TestNode::new::<Kafka>(cli::parse::<Kafka>(&args).unwrap());
    assert_eq!(node.init(nodes).await["type"], "init_ok");
    node
}

async fn ask(node: &TestNode, mut request: Value) -> Value {
    request["msg_id"] = json!(7);
    node.ask(request).await
}

fn send(msg: u64) -> Value {
    json!({ "type": "send", "key": "k", "msg": msg })
}

fn poll(from: u64) -> Value {
    json!({ "type": "poll", "offsets": { "k": from } })
}

#[test]
fn a_send_waits_for_nobody_unless_told_to() {
    in_virtual_time(async {
        let node = alone_among(&["n1", "n2", "n3"], "").await;
        assert_eq!(ask(&node, send(7)).await["offset"], 0);
        assert_eq!(ask(&node, send(8)).await["offset"], 3, "the others' offsets are left out");
        assert_eq!(ask(&node, poll(0)).await["msgs"], json!({ "k": [] }), "not yet settled");
        for acks in ["majority", "all"] {
            let node = alone_among(&["n1", "n2"], &format!("--acks {acks}")).await;
            let mut request = send(7);
            request["msg_id"] = json!(7);
            node.send("c1", &request);
            tokio::time::sleep(Duration::from_secs(5)).await;
            let printed = node.said().await;
            let answer = printed.iter().find(|message| message["dest"] == "c1").unwrap();
            assert_eq!(answer["body"]["code"], 0, "it may come to be acknowledged: {answer}");
            assert!(answer["body"]["text"].as_str().unwrap().contains("may yet"), "{answer}");
            let node = alone_among(&["n1"], &format!("--acks {acks}")).await;
            assert_eq!(ask(&node, send(7)).await["type"], "send_ok");
        }
    });
}

#[test]
fn who_polls_what_is_gone_gets_what_was_chosen() {
    in_virtual_time(async {
        for (reset, first) in [("earliest", Some(15)), ("latest", None), ("error", None)] {
            let args = format!("--retention-messages 5 --offset-reset {reset}");
            let node = alone_among(&["n1"], &args).await;
            for msg in 0..20 {
                assert_eq!(ask(&node, send(msg)).await["offset"], msg);
            }
            let answer = ask(&node, poll(2)).await;
            if reset == "error" {
                assert_eq!(answer["code"], 22, "{answer}");
                assert!(answer["text"].as_str().unwrap().contains("from 15"), "{answer}");
            } else {
                assert_eq!(answer["msgs"]["k"][0][0].as_u64(), first, "{answer}");
            }
            let newest = ask(&node, poll(18)).await;
            assert_eq!(newest["msgs"], json!({ "k": [[18, 18], [19, 19]] }));
        }
        let node = alone_among(&["n1"], "--retention-bytes 6").await;
        for msg in 100..110 {
            ask(&node, send(msg)).await;
        }
        assert_eq!(ask(&node, poll(0)).await["msgs"], json!({ "k": [[8, 108], [9, 109]] }));
    });
}

#[test]
fn one_poll_returns_so_many_at_most() {
    in_virtual_time(async {
        let node = alone_among(&["n1"], "--poll-limit 2").await;
        for msg in 0..5 {
            ask(&node, send(msg)).await;
        }
        assert_eq!(ask(&node, poll(1)).await["msgs"], json!({ "k": [[1, 1], [2, 2]] }));
        assert!(cli::parse::<Kafka>(&["--poll-limit".to_owned(), "0".to_owned()]).is_err());
    });
}

#[test]
fn who_is_gone_is_left_out_on_request() {
    in_virtual_time(async {
        let node = alone_among(&["n1", "n2"], "").await;
        ask(&node, send(7)).await;
        assert_eq!(ask(&node, poll(0)).await["msgs"], json!({ "k": [] }));
        let exclude = |nodes: Value| json!({ "type": "exclude", "nodes": nodes });
        for (nodes, complaint) in [
            (json!(["n9"]), "no node n9"),
            (json!(["n1"]), "leave itself out"),
            (json!([]), "nobody"),
        ] {
            let answer = ask(&node, exclude(nodes)).await;
            assert_eq!(answer["code"], 22, "{answer}");
            assert!(answer["text"].as_str().unwrap().contains(complaint), "{answer}");
        }
        let done = ask(&node, exclude(json!(["n2"]))).await;
        assert_eq!(done, json!({ "type": "exclude_ok", "in_reply_to": 7 }));
        assert_eq!(ask(&node, poll(0)).await["msgs"], json!({ "k": [[0, 7]] }));
        let again = ask(&node, exclude(json!(["n2"]))).await;
        assert!(again["text"].as_str().unwrap().contains("already"), "{again}");
    });
}

/// A screen beside each replica of a log, which is told what comes, and asks the member what is visible.
#[test]
fn replicas_of_the_log_tell_what_they_change() {
    type Log = ReplicatedLog<&'static str, u32>;
    let (now, flush) = (Duration::from_secs(1), Duration::ZERO);
    let replica = |epoch, peer| {
        let mut replica = Replica::<Log, u32>::new(now, epoch, Config::default());
        replica.set_links(now, [Link::new(peer, flush, None)]);
        replica.open(now);
        replica
    };
    let (mut ann, mut bob) = (Member::new(0, 2).unwrap(), Member::new(1, 2).unwrap());
    let (mut here, mut there) = (replica(7, 1), replica(8, 0));
    let mut shown = there.state().view();
    let appends = here.try_update_changes(now, |log| Ok(ann.append(log, &"k", 7)?.1));
    let appended = LogChange::Appended { key: "k", offset: 0, value: 7 };
    let changes = appends.map(|(_delta, changes)| changes);
    assert_eq!(changes, Ok::<_, glomers_log::AppendError>(vec![appended.clone()]));
    here.merge_changes(now, &here.state().clone().commit("g", "k", 0));
    while let Some((_, message)) = here.poll_transmit() {
        let (novel, changes) = there.receive_changes(now, &0, message);
        let (_promise, answer) = there.update_changes(now, |log| bob.follow(log, &novel));
        assert!(answer.is_empty(), "promises are not shown");
        changes.into_iter().try_for_each(|change| change.apply(&mut shown)).unwrap();
    }
    assert_eq!(shown, there.state().view());
    assert_eq!((shown.messages.len(), shown.committed.len()), (1, 1));
    assert_eq!(bob.frontier(there.state(), &"k"), 1, "it is visible");
}
