//! Bad input at live nodes: 200,000 lines, from random bytes to requests that are right but for one
//! field, after which the nodes are as well as before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeMap;

use crate::bad::forms::{self, Target};
use crate::bad::generator::{Expected, Generator, STRAY};
use crate::bad::live_node::{LiveNode, Message, Remains};
use serde_json::{Value, json};

/// As many lines each of the eight nodes gets, in all 200,000 and some.
const LINES: usize = 25_100;

/// As many of them come before the node knows its name.
const EARLY: usize = 600;

/// Feeds a node all that is bad, then lets `check` ask it things, and sees that it ends well.
fn assail(target: &'static Target, check: impl FnOnce(&mut LiveNode, &mut Generator)) {
    let mut generator = Generator::new(target, 1);
    let mut node = LiveNode::start(target.name);
    node.feed((0..EARLY).map(|_| generator.early()));
    node.ask(generator.init());
    let truncated = generator.truncated();
    let left = LINES - EARLY - truncated.len();
    node.feed(truncated);
    node.feed((0..left).map(|_| generator.line()));
    check(&mut node, &mut generator);
    let Remains { status, log, received } = node.end();
    assert!(status.success(), "{status}: {}", log.lines().last().unwrap_or_default());
    assert!(!log.contains("panicked"), "{log}");

    let mut answers: BTreeMap<u64, Message> = BTreeMap::new();
    for message in received {
        assert_eq!(message.src, "n0", "{message:?}");
        match message.field("in_reply_to") {
            Some(id) if STRAY.contains(&id) => assert_form(target, &message),
            Some(id) => {
                assert_form(target, &message);
                let earlier = answers.insert(id, message);
                assert!(earlier.is_none(), "{earlier:?} and {:?}", answers[&id]);
            }
            None => {
                assert_eq!(message.kind(), "gossip", "{message:?}");
                assert!(target.node_ids.contains(&&*message.dest), "{message:?}");
            }
        }
    }
    for (id, message) in &answers {
        assert!(generator.asked.contains_key(id), "nobody asked: {message:?}");
    }
    let mut as_expected = 0;
    for (id, (src, expected)) in &generator.asked {
        let answer = answers.get(id);
        let got = answer.map(|message| (message.kind(), message.field::<i64>("code")));
        let right = match (expected, &got) {
            (Expected::Anything, _) | (Expected::Silence, None) => true,
            (Expected::Reply(kind), Some((got, None))) => kind == got,
            (Expected::Error(code), Some((_, Some(got)))) => code == got,
            _ => false,
        };
        assert!(right, "request {id} from {src}: {expected:?} was expected, and {answer:?} came");
        if let Some(message) = answer.filter(|_| *expected != Expected::Anything) {
            assert_eq!(message.dest, *src, "{message:?}");
            as_expected += 1;
        }
    }
    assert!(as_expected > LINES / 4, "{as_expected} of the lines were requests to be answered");
}

/// A reply has the keys that its type prescribes, and no others.
fn assert_form(target: &Target, message: &Message) {
    let kind = message.kind();
    let keys: Vec<_> = message.body.keys().map(String::as_str).collect();
    let own: &[&str] = match &*kind {
        "init_ok" => &[],
        "error" => {
            assert!(message.field::<i64>("code").is_some(), "{message:?}");
            assert!(message.field::<String>("text").is_some(), "{message:?}");
            &["code", "text"]
        }
        _ => {
            let form = target.forms.iter().find(|form| form.reply.0 == kind);
            form.unwrap_or_else(|| panic!("no reply of this node: {message:?}")).reply.1
        }
    };
    let mut expected = [own, &["in_reply_to", "type"]].concat();
    expected.sort_unstable();
    assert_eq!(keys, expected, "{message:?}");
}

#[test]
fn echo() {
    assail(&forms::ECHO, |node, generator| {
        let reply = node.ask(generator.request("echo", &[("echo", "{\"a\":[1.50,\"ü\"]}")]));
        assert_eq!(reply.body["echo"].get(), "{\"a\":[1.50,\"ü\"]}");
    });
}

#[test]
fn unique_ids() {
    assail(&forms::UNIQUE_IDS, |node, generator| {
        let [a, b]: [Value; 2] =
            [(); 2].map(|()| node.ask(generator.request("generate", &[])).field("id").unwrap());
        assert_ne!(a, b);
    });
}

#[test]
fn broadcast() {
    assail(&forms::BROADCAST, |node, generator| {
        node.ask(generator.request("topology", &[("topology", "{\"n0\":[\"n1\"]}")]));
        node.ask(generator.request("broadcast", &[("message", "\"news\"")]));
        let read = node.ask(generator.request("read", &[]));
        assert!(read.body["messages"].get().contains("\"news\""));
    });
}

#[test]
fn g_set() {
    assail(&forms::G_SET, |node, generator| {
        node.ask(generator.request("add", &[("element", "\"news\"")]));
        let read = node.ask(generator.request("read", &[]));
        assert!(read.body["value"].get().contains("\"news\""));
    });
}

/// The sums after two additions of the same.
fn count(node: &mut LiveNode, generator: &mut Generator, delta: &str) -> [i128; 2] {
    // The first one is answered when all those before it are stored.
    [(); 2].map(|()| {
        node.ask(generator.request("add", &[("delta", delta)]));
        node.ask(generator.request("read", &[])).field("value").unwrap()
    })
}

#[test]
fn g_counter() {
    assail(&forms::G_COUNTER, |node, generator| {
        let [once, twice] = count(node, generator, "5");
        assert_eq!(twice, once + 5);
    });
}

#[test]
fn pn_counter() {
    assail(&forms::PN_COUNTER, |node, generator| {
        let [once, twice] = count(node, generator, "-5");
        assert_eq!(twice, once - 5);
    });
}

#[test]
fn kafka() {
    assail(&forms::KAFKA, |node, generator| {
        let send = generator.request("send", &[("key", "\"new\""), ("msg", "\"news\"")]);
        let offset: u64 = node.ask(send).field("offset").unwrap();
        let offsets = json!({ "new": offset }).to_string();
        let poll = node.ask(generator.request("poll", &[("offsets", &offsets)]));
        assert_eq!(poll.field("msgs"), Some(json!({"new": [[offset, "news"]]})));
        node.ask(generator.request("commit_offsets", &[("offsets", &offsets)]));
        let keys = generator.request("list_committed_offsets", &[("keys", "[\"new\"]")]);
        assert_eq!(node.ask(keys).field("offsets"), Some(json!({ "new": offset })));
    });
}

#[test]
fn txn_rw_register() {
    assail(&forms::TXN_RW_REGISTER, |node, generator| {
        let txn = "[[\"w\",\"new\",5],[\"r\",\"new\",null]]";
        let reply = node.ask(generator.request("txn", &[("txn", txn)]));
        assert_eq!(reply.field("txn"), Some(json!([["w", "new", 5], ["r", "new", 5]])));
    });
}

/// A sender gone wild costs its line, and neither the memory nor the next one.
#[test]
fn a_line_without_end() {
    let mut generator = Generator::new(&forms::ECHO, 1);
    let mut node = LiveNode::start("echo");
    node.ask(generator.init());
    node.feed([vec![b'['; 80 << 20]]);
    node.ask(generator.request("echo", &[("echo", "1")]));
    let Remains { status, log, .. } = node.end();
    assert!(status.success() && log.contains("lines longer than"), "{status}: {log}");
}
