use std::cell::RefCell;
use std::rc::Rc;

use glomers_check::check::json::integer;
use glomers_check::check::{Report, Valid};
use glomers_check::history::History;
use rand::SeedableRng;
use serde_json::Value;
use tokio::task::spawn_local;

use super::super::InvokeError;
use super::offsets::Offset;
use super::*;
use crate::client::{Client, RpcError};
use crate::network::Network;
use crate::network::testing::{in_virtual_time, network, pass};

/// A correct node, unless told what to do otherwise.
#[derive(Default)]
struct Broker {
    logs: BTreeMap<String, Vec<Value>>,
    committed: Map<String, Value>,
    requests: Vec<Value>,
}

impl Broker {
    fn answer(&mut self, request: &Value) -> Value {
        self.requests.push(request.clone());
        match request["type"].as_str().unwrap() {
            "send" => {
                let log = self.logs.entry(text(&request["key"])).or_default();
                log.push(request["msg"].clone());
                json!({"type": "send_ok", "offset": log.len() - 1})
            }
            "poll" => {
                let mut messages = Map::new();
                for (key, from) in request["offsets"].as_object().unwrap() {
                    let log = self.logs.get(key).into_iter().flatten().enumerate();
                    let from = usize::try_from(from.as_u64().unwrap()).unwrap();
                    messages.insert(key.clone(), log.skip(from).map(|it| json!(it)).collect());
                }
                json!({"type": "poll_ok", "msgs": messages})
            }
            "commit_offsets" => {
                self.committed.extend(request["offsets"].as_object().unwrap().clone());
                json!({"type": "commit_offsets_ok"})
            }
            "list_committed_offsets" => {
                let keys = request["keys"].as_array().unwrap().iter().map(text);
                let known =
                    keys.filter_map(|key| Some((key.clone(), self.committed.get(&key)?.clone())));
                json!({"type": "list_committed_offsets_ok", "offsets": known.collect::<Map<_, _>>()})
            }
            other => panic!("{other}"),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Runs a node that answers as `answer` says.
fn serve(network: &Network, mut answer: impl FnMut(&Value) -> Value + 'static) {
    let mut inbox = network.register("n0");
    spawn_local(async move {
        while let Some(message) = inbox.recv().await {
            let request: Value = serde_json::from_str(message.body.get()).unwrap();
            let mut reply = answer(&request);
            reply["in_reply_to"] = request["msg_id"].clone();
            let line = json!({"src": "n0", "dest": &*message.src, "body": reply}).to_string();
            let _ = inbox.network().submit_line("n0", line.as_bytes());
        }
    });
}

fn draft(f: &'static str, value: Value) -> Draft {
    Draft { f, value, extra: Map::new() }
}

/// What one session makes of `drafts`, talking to a broker whose answers go through `change`.
fn session(
    drafts: &[Draft],
    mut change: impl FnMut(&Value, Value) -> Value + 'static,
) -> (Vec<Result<Value, InvokeError>>, Vec<Value>) {
    in_virtual_time(async {
        let network = network(0);
        let broker = Rc::new(RefCell::new(Broker::default()));
        let served = Rc::clone(&broker);
        serve(&network, move |request| {
            let answer = served.borrow_mut().answer(request);
            change(request, answer)
        });
        let mut client = Client::open(&network);
        let mut session = Kafka::default().session();
        let mut results = Vec::new();
        for draft in drafts {
            results.push(session.invoke(&mut client, "n0", draft).await);
        }
        let requests = broker.borrow().requests.clone();
        (results, requests)
    })
}

fn unchanged(_: &Value, answer: Value) -> Value {
    answer
}

#[test]
fn a_session_polls_on_from_where_it_was_and_commits() {
    let mut rewind = draft("assign", json!(["a"]));
    rewind.extra.insert("seek-to-beginning?".to_owned(), json!(true));
    let (results, requests) = session(
        &[
            draft("send", json!([["send", "a", 7]])),
            draft("send", json!([["send", "a", 8]])),
            draft("assign", json!(["a"])),
            draft("poll", json!([["poll"]])),
            draft("poll", json!([["poll"]])),
            draft("assign", json!(["b"])),
            draft("assign", json!(["b", "a"])),
            draft("poll", json!([["poll"]])),
            draft("assign", json!(["a"])),
            draft("poll", json!([["poll"]])),
            rewind,
            draft("poll", json!([["poll"]])),
        ],
        unchanged,
    );
    let values: Vec<_> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!(values[1], json!([["send", "a", [1, 8]]]));
    assert_eq!(values[2], json!(["a"]));
    let both = json!([["poll", {"a": [[0, 7], [1, 8]]}]]);
    assert_eq!((&values[3], &values[11]), (&both, &both));

    let of = |kind: &str| requests.iter().filter(|it| it["type"] == kind).collect::<Vec<_>>();
    let polls: Vec<_> = of("poll").iter().map(|poll| poll["offsets"].clone()).collect();
    // Anew from the committed offset; then on from there though others were assigned between.
    let expected = [
        json!({"a": 0}),
        json!({"a": 2}),
        json!({"a": 1, "b": 0}),
        json!({"a": 2}),
        json!({"a": 0}),
    ];
    assert_eq!(polls, expected);
    assert!(of("commit_offsets").iter().all(|commit| commit["offsets"] == json!({"a": 1})));
    // Nothing to commit after the polls that found nothing.
    assert_eq!(of("commit_offsets").len(), 3);
    assert_eq!(of("list_committed_offsets").len(), 4);
}

/// The greatest integer of 128 bits.
const MOST: &str = "170141183460469231731687303715884105727";

#[test]
fn replies_of_the_wrong_form_are_malformed() {
    let large = glomers_check::exact::integer;
    let wrong = [
        ("send", json!({"type": "send_ok", "offset": "0"})),
        ("send", json!({"type": "send_ok", "offset": 0, "more": 1})),
        (
            "send",
            json!({"type": "send_ok", "offset": large("170141183460469231731687303715884105728")}),
        ),
        // There is no next one.
        ("poll", json!({"type": "poll_ok", "msgs": {"a": [[large(MOST), 1]]}})),
        ("poll", json!({"type": "poll_ok", "msgs": {"a": [[0]]}})),
        ("poll", json!({"type": "poll_ok", "msgs": {"a": [[0.5, 1]]}})),
        ("poll", json!({"type": "poll_ok", "msgs": null})),
        ("poll", json!({"type": "poll_ok", "msgs": {"a": 0}})),
        ("commit_offsets", json!({"type": "commit_offsets_ok", "offsets": {}})),
        (
            "list_committed_offsets",
            json!({"type": "list_committed_offsets_ok", "offsets": {"a": null}}),
        ),
        (
            "list_committed_offsets",
            json!({"type": "list_committed_offsets_ok", "offsets": {"a": large(MOST)}}),
        ),
        ("list_committed_offsets", json!({"type": "list_committed_offsets_ok", "offsets": null})),
    ];
    for (kind, reply) in wrong {
        let drafts = [
            draft("send", json!([["send", "a", 7]])),
            draft("assign", json!(["a"])),
            draft("poll", json!([["poll"]])),
        ];
        let failing = reply.clone();
        let (results, _) =
            session(
                &drafts,
                move |request, answer| {
                    if request["type"] == kind { failing.clone() } else { answer }
                },
            );
        let malformed =
            |it: &Result<_, _>| matches!(it, Err(InvokeError::Rpc(RpcError::Malformed(_))));
        assert_eq!(results.iter().filter(|it| malformed(it)).count(), 1, "{reply}");
    }
}

#[test]
fn a_key_without_messages_may_be_null() {
    let drafts = [draft("assign", json!(["a"])), draft("poll", json!([["poll"]]))];
    let (results, _) = session(&drafts, |request, answer| {
        if request["type"] == "poll" {
            json!({"type": "poll_ok", "msgs": {"a": null}})
        } else {
            answer
        }
    });
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

#[test]
fn a_crash_is_a_crash_and_only_assigns_are_idempotent() {
    let (results, requests) = session(&[draft("crash", Value::Null)], unchanged);
    assert!(matches!(results[..], [Err(InvokeError::Crash)]));
    assert!(requests.is_empty());
    let session = Kafka::default().session();
    assert_eq!(["assign", "poll", "send"].map(|f| session.is_idempotent(f)), [true, false, false]);
}

const WORKERS: u64 = 2;

/// Runs the whole workload on one node whose answers go through `change`: one operation a
/// millisecond, then the final ones.
fn run(mut change: impl FnMut(&Value, Value) -> Value + 'static) -> (History, Report) {
    in_virtual_time(async move {
        let network = network(0);
        let mut broker = Broker::default();
        serve(&network, move |request| {
            let answer = broker.answer(request);
            change(request, answer)
        });
        let crash_interval = Duration::from_secs(1);
        let mut kafka = Kafka::new(&Options { crash_interval, ..Options::default() });
        let mut rng = Rng::seed_from_u64(3);
        let mut history = History::default();
        let mut processes: Vec<_> = (0..WORKERS)
            .map(|process| (process, kafka.session(), Client::open(&network)))
            .collect();
        let mut idle = 0;
        for turn in 0.. {
            let at = turn % processes.len();
            let (process, mut session, mut client) = processes.swap_remove(at);
            let draft = if turn < 4000 {
                pass(1).await;
                kafka.next(&mut rng, process)
            } else {
                kafka.next_final(&mut rng, process)
            };
            let Some(draft) = draft else {
                idle += 1;
                processes.insert(at, (process, session, client));
                if idle > processes.len() {
                    break;
                }
                continue;
            };
            idle = 0;
            let mut event = |kind, value: &Value| {
                let op = Op {
                    node: Some("n0".into()),
                    extra: draft.extra.clone().into(),
                    ..Op::new(process, kind, draft.f, value).at(network.elapsed())
                };
                kafka.observe(&op);
                history.push(op);
            };
            event(Kind::Invoke, &draft.value);
            match session.invoke(&mut client, "n0", &draft).await {
                Ok(value) => event(Kind::Ok, &value),
                Err(_) => event(Kind::Info, &draft.value),
            }
            if history.ops().last().unwrap().kind == Kind::Ok {
                processes.insert(at, (process, session, client));
            } else {
                let next = process + WORKERS;
                processes.insert(at, (next, kafka.session(), Client::open(&network)));
            }
        }
        let report = kafka.checker().check(&history);
        (history, report)
    })
}

#[test]
fn a_correct_node_passes_and_everyone_reads_everything_at_the_end() {
    let (history, report) = run(unchanged);
    assert_eq!(report.valid, Valid::Yes, "{report:#?}");
    let (finals, load): (Vec<&Op>, Vec<&Op>) =
        history.ops().iter().filter(|op| op.kind == Kind::Invoke).partition(|op| op.is_final());
    let of = |f: &'static str| load.iter().filter(move |op| op.f == f);
    for (f, range) in
        [("send", 1800..2100), ("poll", 1800..2100), ("assign", 30..100), ("crash", 2..14)]
    {
        assert!(range.contains(&of(f).count()), "{f}: {}", of(f).count());
    }
    assert!(of("assign").any(|op| op.value.view().items().count() > 1));
    let mut sent: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for op in of("send") {
        let value = op.value.to_json();
        sent.entry(text(&value[0][1])).or_default().push(value[0][2].as_u64().unwrap());
    }
    for (key, messages) in &sent {
        assert!((1..).zip(messages).all(|(n, &message)| n == message), "{key}: {messages:?}");
    }
    let order: Vec<_> = finals.iter().map(|op| op.f.as_str()).collect();
    assert_eq!(order, ["crash", "crash", "assign", "assign", "poll", "poll"]);
    assert_eq!(finals[2].value.view().items().count(), sent.len());
    assert!(finals[2].extra.has("seek-to-beginning?"));
}

#[test]
fn the_highest_offset_counts_wherever_it_stands() {
    let highest_offsets = |value| highest_offsets(glomers_check::Value::from(value).view());
    let polled = json!([["poll", {"a": [[2, 0], [7, 0], [3, 0]], "b": []}]]);
    assert_eq!(highest_offsets(polled), Offsets::from([("a".to_owned(), 7)]));
    let sent = json!([["send", "a", [4, 1]]]);
    assert_eq!(highest_offsets(sent), Offsets::from([("a".to_owned(), 4)]));
    assert_eq!(highest_offsets(json!([["send", "a", 1]])), Offsets::new());
}

#[test]
fn a_node_that_hides_messages_is_found_out_within_ten_seconds() {
    let (history, report) = run(|request, mut answer| {
        if request["type"] == "poll" {
            for pairs in answer["msgs"].as_object_mut().unwrap().values_mut() {
                pairs.as_array_mut().unwrap().retain(|pair| pair[0] != 3 && pair[0] != 15);
            }
        }
        answer
    });
    assert_eq!(report.valid, Valid::No);
    assert!(report.findings.iter().any(|finding| finding.anomaly == "lost-write"), "{report:#?}");
    // The keys whose last message is hidden keep everyone waiting.
    let finals: Vec<_> = history.ops().iter().filter(|op| op.is_final()).collect();
    let took = finals.last().unwrap().time - finals[0].time;
    assert!((10_000_000_000..10_500_000_000).contains(&took), "{took}");
    assert!(finals.len() < 300, "{}", finals.len());
}

#[test]
fn a_client_replaced_during_the_final_polls_is_assigned_again() {
    let mut kafka = Kafka::default();
    let mut rng = Rng::seed_from_u64(0);
    let op = |process, kind, f: &str, value: Value| Op::new(process, kind, f, value);
    kafka.next(&mut rng, 0);
    kafka.observe(&op(0, Kind::Ok, "send", json!([["send", "a", [4, 1]]])));
    let mut next = |kafka: &mut Kafka, process| kafka.next_final(&mut rng, process).map(|it| it.f);
    assert_eq!(next(&mut kafka, 0), Some("crash"));
    assert_eq!(next(&mut kafka, 1), Some("assign"));
    kafka.observe(&op(1, Kind::Fail, "assign", json!(["a"])));
    assert_eq!(next(&mut kafka, 1), Some("assign"));
    kafka.observe(&op(1, Kind::Ok, "assign", json!(["a"])));
    assert_eq!(next(&mut kafka, 1), Some("poll"));
    kafka.observe(&op(1, Kind::Info, "poll", json!([["poll"]])));
    assert_eq!(next(&mut kafka, 2), Some("assign"));
    kafka.observe(&op(2, Kind::Ok, "assign", json!(["a"])));
    kafka.observe(&op(2, Kind::Ok, "poll", json!([["poll", {"a": [[3, 0]]}]])));
    assert_eq!(next(&mut kafka, 2), Some("poll"));
    kafka.observe(&op(2, Kind::Ok, "poll", json!([["poll", {"a": [[4, 1]]}]])));
    assert_eq!(next(&mut kafka, 2), None);
}

#[test]
fn what_was_sent_and_not_polled_is_remembered_until_it_is() {
    let (history, _) = run(unchanged);
    let mut kafka = Kafka::default();
    let mut unseen: BTreeMap<String, Offset> = BTreeMap::new();
    for op in history.ops() {
        kafka.observe(op);
        if op.kind == Kind::Ok && op.f == "send" {
            let sent = &op.value.to_json()[0];
            unseen.insert(text(&sent[1]), integer(&sent[2][0]).unwrap());
        } else if op.kind == Kind::Ok && op.f == "poll" {
            let polled = op.value.to_json();
            unseen.retain(|key, offset| {
                polled[0][1].get(key).and_then(Value::as_array).is_none_or(|pairs| {
                    pairs.iter().all(|pair| integer(&pair[0]).unwrap() < *offset)
                })
            });
        }
        assert_eq!(kafka.unseen, unseen);
    }
    assert!(unseen.is_empty());
}
