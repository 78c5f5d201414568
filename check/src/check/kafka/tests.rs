use serde_json::{Value, json};

use super::super::testing::Script;
use super::super::{Judgement, Report, Valid};
use super::*;
use crate::exact;

/// The report on `script`, which has only these anomalies.
fn judge(script: Script, anomalies: &[&str]) -> Report {
    let report = kafka(&script.history());
    assert_eq!(report.figures["error-types"], json!(anomalies), "{report:#?}");
    let allowed = anomalies.iter().all(|anomaly| *anomaly == "int-send-skip");
    assert_eq!(report.valid, Valid::from(allowed));
    report
}

/// The operations that prove the first finding.
fn proof(report: &Report) -> &[usize] {
    &report.findings[0].ops
}

/// Messages 1 and 2 of key "7" at offsets 0 and 1; operations 0 to 3.
fn two_sent() -> Script {
    Script::default().send(0, "7", 1, 0).send(0, "7", 2, 1)
}

/// The same with three messages, the third at offset 10; operations 0 to 5.
fn three_sent() -> Script {
    two_sent().send(0, "7", 3, 10)
}

#[test]
fn polling_what_was_sent_in_order_is_valid() {
    let script = three_sent()
        .call(1, Kind::Info, "crash", Value::Null)
        .assign(2, json!(["7"]))
        .poll(2, json!({"7": [[0, 1], [1, 2]]}))
        .poll(2, json!({}))
        .poll(2, json!({"7": []}))
        .poll(2, json!({"7": [[10, 3]]}));
    let report = judge(script, &[]);
    assert!(report.findings.is_empty());
    assert_eq!(report.valid, Valid::Yes);
    judge(Script::default(), &[]);
}

#[test]
fn a_poll_whose_answer_is_not_on_record_may_have_shown_anything() {
    // What was sent before it ended may have been seen by it; what was sent later was not.
    let script = || two_sent().poll(1, json!({"7": [[0, 1]]}));
    let unanswered = |script: Script| script.call(1, Kind::Ok, "poll", json!([["poll"]]));
    let report = kafka(&unanswered(script()).history());
    assert_eq!((report.valid, report.findings.len()), (Valid::Unknown, 0), "{report:#?}");
    assert!(report.cause.unwrap().contains("what a poll showed is not on record"));
    let report = kafka(&unanswered(script()).send(0, "7", 3, 2).history());
    assert_eq!(report.figures["unseen"]["messages"], json!({"7": [3]}));
    // Its process may have got anywhere.
    let later = unanswered(three_sent().poll(1, json!({"7": [[0, 1]]})));
    let report = kafka(&later.poll(1, json!({"7": [[10, 3]]})).history());
    assert_eq!(report.figures["error-types"], json!([]), "{report:#?}");
    // Where everything was seen otherwise, all is known.
    let all = unanswered(two_sent().poll(1, json!({"7": [[0, 1], [1, 2]]})));
    assert_eq!(kafka(&all.history()).valid, Valid::Yes);
}

#[test]
fn a_skip_past_a_poll_of_nothing_is_seen_here_alone() {
    let skips = |between: Value| {
        let script = three_sent().poll(2, json!({"7": [[0, 1], [1, 2], [10, 3]]}));
        let script = script.poll(1, json!({"7": [[0, 1]]})).poll(1, between);
        judge(script.poll(1, json!({"7": [[10, 3]]})), &["poll-skip"]).maelstrom_says()
    };
    assert_eq!(skips(json!({"7": []})), Judgement::default());
    assert_eq!(skips(json!({"7": null})), Judgement::default());
    // A key that is left out hides nothing.
    assert_eq!(skips(json!({})).valid, Valid::No);
    assert!(skips(json!({})).anomalies.contains("poll-skip"));
}

#[test]
fn a_lost_write_lies_below_what_someone_read() {
    let report = judge(three_sent().poll(1, json!({"7": [[1, 2]]})), &["lost-write", "unseen"]);
    assert_eq!(report.figures["lost-write"]["count"], 1);
    assert_eq!(
        report.figures["lost-write"]["errs"][0],
        json!({
            "key": "7", "value": 1, "index": 0, "max-read-index": 1, "writer": 1, "max-read": 7
        })
    );
    assert_eq!(proof(&report), [1, 7]);
    assert_eq!(
        report.figures["unseen"],
        json!({"time": 7_000_000, "unseen": {"7": 2}, "messages": {"7": [1, 3]}})
    );
}

#[test]
fn indeterminate_and_failed_writes_cannot_be_lost() {
    let script = Script::default()
        .send_as(0, Kind::Info, "7", 1)
        .send_as(1, Kind::Fail, "7", 2)
        .invoke(2, "send", json!([["send", "7", 3]]))
        .send(3, "7", 4, 8)
        .poll(4, json!({"7": [[8, 4]]}));
    judge(script, &[]);
}

#[test]
fn a_message_that_comes_again_further_on_is_not_yet_lost() {
    let script = two_sent().send(1, "7", 1, 5).poll(2, json!({"7": [[1, 2]]}));
    judge(script, &["duplicate", "nonmonotonic-send", "unseen"]);
}

#[test]
fn what_is_read_again_further_on_proves_no_loss_before_that() {
    let script = Script::default().send(0, "7", 1, 0).send(1, "7", 2, 1);
    let script = script.poll(2, json!({"7": [[0, 1]]})).poll(3, json!({"7": [[5, 1]]}));
    judge(script, &["duplicate", "unseen"]);
}

#[test]
fn a_message_whose_offset_shows_another_is_lost() {
    let script = Script::default().send(0, "7", 1, 0).send(1, "7", 2, 0);
    let script = script.poll(2, json!({"7": [[0, 1]]}));
    judge(script, &["inconsistent-offsets", "lost-write", "unseen"]);
}

#[test]
fn an_acknowledged_message_that_nobody_read_is_unseen() {
    let report = judge(two_sent().poll(1, json!({"7": [[0, 1]]})), &["unseen"]);
    assert_eq!(report.figures["unseen"]["unseen"], json!({"7": 1}));
    assert_eq!(proof(&report), [3]);
}

#[test]
fn two_messages_at_one_offset_are_inconsistent() {
    let script = two_sent().poll(1, json!({"7": [[0, 1], [1, 2]]})).poll(2, json!({"7": [[0, 2]]}));
    let report = judge(script, &["duplicate", "inconsistent-offsets"]);
    let case = &report.figures["inconsistent-offsets"]["errs"][0];
    assert_eq!(*case, json!({"key": "7", "offset": 0, "index": 0, "values": [1, 2]}));
    assert_eq!(proof(&report), [7, 3]);
    assert_eq!(report.findings[1].ops, [1, 7]);
}

#[test]
fn offsets_are_told_apart_however_large_they_are() {
    let large = "18446744073709551616";
    let polls = |second: &str| {
        let shown = |offset: &str, message: u64| json!({"7": [[exact::integer(offset), message]]});
        let script = Script::default().send(0, "7", 1, 0).send(0, "7", 2, 1);
        let script = script.poll(1, shown(large, 1)).poll(2, shown(second, 2));
        kafka(&script.history()).figures["error-types"].clone()
    };
    assert!(polls(large).as_array().unwrap().contains(&"inconsistent-offsets".into()));
    let apart = polls("18446744073709551617");
    assert!(!apart.as_array().unwrap().contains(&"inconsistent-offsets".into()), "{apart}");
}

#[test]
fn an_offset_that_is_too_large_to_be_followed_makes_the_verdict_unknown() {
    let judge = |offset: &str| {
        let shown = json!({"7": [[exact::integer(offset), 1]]});
        kafka(&Script::default().send(0, "7", 1, 0).poll(1, shown).history())
    };
    let most = calls::Offset::MAX;
    for beyond in [most.to_string(), format!("{most}0"), format!("-{most}0")] {
        let report = judge(&beyond);
        let cause = report.cause.clone().unwrap_or_default();
        assert!(cause.starts_with("op 3 tells an offset that 128 bits"), "{beyond}: {report:?}");
    }
    let report = judge(&(most - 1).to_string());
    assert_eq!(report.cause, None, "{report:?}");
    let density = &report.figures["offsets-per-message"]["highest-offset"];
    assert_eq!(exact::shown(density), (most - 1).to_string());
}

#[test]
fn what_every_poll_says_again_is_claimed_once_by_the_first() {
    let mut script = two_sent();
    for process in 1..200 {
        script = script.poll(process, json!({"7": [[0, 1], [1, 2]]}));
    }
    let report =
        judge(script.poll(300, json!({"7": [[0, 2]]})), &["duplicate", "inconsistent-offsets"]);
    // The second message at the first offset is claimed by the very last poll alone.
    assert_eq!(proof(&report), [403, 3]);
    assert_eq!(report.findings[1].ops, [1, 403]);
}

#[test]
fn one_message_at_two_offsets_is_a_duplicate() {
    let script = Script::default().send(0, "7", 1, 0).send(1, "7", 2, 1);
    let script = script.poll(2, json!({"7": [[0, 1], [1, 2], [2, 1]]}));
    let report = judge(script, &["duplicate", "int-nonmonotonic-poll"]);
    assert_eq!(
        report.figures["duplicate"]["errs"][0],
        json!({"key": "7", "value": 1, "count": 2, "offsets": [0, 2]})
    );
}

#[test]
fn successive_polls_must_not_skip() {
    let all = json!({"7": [[0, 1], [1, 2], [10, 3]]});
    let script = three_sent().poll(2, all).poll(1, json!({"7": [[0, 1]]}));
    let report =
        judge(script.poll(1, json!({"7": []})).poll(1, json!({"7": [[10, 3]]})), &["poll-skip"]);
    assert_eq!(
        report.figures["poll-skip"]["errs"][0],
        json!({"key": "7", "values": [1, 3], "delta": 2, "skipped": [2], "ops": [9, 13]})
    );
    assert_eq!(proof(&report), [9, 13]);
}

#[test]
fn successive_polls_must_not_go_back() {
    for again in [1, 2] {
        let script = two_sent().poll(1, json!({"7": [[0, 1], [1, 2]]}));
        let script = script.poll(1, json!({"7": [[again - 1, again]]}));
        let report = judge(script, &["nonmonotonic-poll"]);
        assert_eq!(report.figures["nonmonotonic-poll"]["errs"][0]["values"], json!([2, again]));
        assert_eq!(proof(&report), [5, 7]);
    }
}

#[test]
fn an_assign_forgets_the_keys_given_up_and_only_those() {
    let polled = || two_sent().poll(1, json!({"7": [[0, 1], [1, 2]]}));
    let again = json!({"7": [[0, 1]]});
    judge(polled().assign(1, json!(["8"])).poll(1, again.clone()), &[]);
    judge(polled().assign(1, json!(["7", "8"])).poll(1, again.clone()), &["nonmonotonic-poll"]);
    let failed = polled().call(1, Kind::Fail, "assign", json!(["8"]));
    judge(failed.poll(1, again.clone()), &["nonmonotonic-poll"]);
    let rewound = polled().with("seek-to-beginning?").assign(1, json!(["7"])).plain();
    judge(rewound.poll(1, again), &[]);
}

#[test]
fn one_poll_must_neither_skip_nor_go_back() {
    let all = json!({"7": [[0, 1], [1, 2], [10, 3]]});
    let skip = three_sent().poll(2, all.clone()).poll(1, json!({"7": [[0, 1], [10, 3]]}));
    assert_eq!(proof(&judge(skip, &["int-poll-skip"])), [9]);
    let back = three_sent().poll(2, all).poll(1, json!({"7": [[1, 2], [0, 1]]}));
    assert_eq!(proof(&judge(back, &["int-nonmonotonic-poll"])), [9]);
}

#[test]
fn a_process_sends_forward() {
    let script = || Script::default().send(0, "7", 1, 5).send(1, "7", 2, 3);
    let all = json!({"7": [[3, 2], [5, 1]]});
    judge(script().poll(2, all), &[]);
    let all = json!({"7": [[3, 2], [4, 3], [5, 1]]});
    let report = judge(script().send(0, "7", 3, 4).poll(2, all), &["nonmonotonic-send"]);
    assert_eq!(
        report.figures["nonmonotonic-send"]["errs"][0],
        json!({"key": "7", "values": [1, 3], "delta": -1, "ops": [1, 5]})
    );
}

#[test]
fn an_assign_forgets_what_was_sent_to_the_keys_given_up() {
    let script = |keys: Value| {
        let script = Script::default().send(0, "7", 1, 5).assign(0, keys);
        script.send(0, "7", 3, 4).poll(2, json!({"7": [[4, 3], [5, 1]]}))
    };
    judge(script(json!(["8"])), &[]);
    judge(script(json!(["8", "7"])), &["nonmonotonic-send"]);
}

#[test]
fn sends_of_one_operation_go_forward_but_may_have_others_between() {
    let sends = |first: u64, second: u64| {
        let both = json!([["send", "7", [first, 1]], ["send", "7", [second, 2]]]);
        Script::default()
            .invoke(0, "send", json!([["send", "7", 1], ["send", "7", 2]]))
            .ok(0, "send", both)
    };
    let between = sends(0, 2).send(1, "7", 3, 1).poll(2, json!({"7": [[0, 1], [1, 3], [2, 2]]}));
    let report = judge(between, &["int-send-skip"]);
    assert_eq!(report.figures["bad-error-types"], json!([]));
    assert!(report.findings.is_empty());
    let back = sends(1, 0).poll(2, json!({"7": [[0, 2], [1, 1]]}));
    judge(back, &["int-nonmonotonic-send"]);
}

#[test]
fn a_failed_send_must_not_be_read() {
    let script = Script::default().send_as(0, Kind::Fail, "7", 1).poll(1, json!({"7": [[0, 1]]}));
    let report = judge(script, &["G1a"]);
    assert_eq!(proof(&report), [1, 3]);
    let undecided = Script::default().send_as(0, Kind::Info, "7", 1);
    judge(undecided.poll(1, json!({"7": [[0, 1]]})), &[]);
    let open = Script::default().invoke(0, "send", json!([["send", "7", 1]]));
    judge(open.poll(1, json!({"7": [[0, 1]]})), &[]);
}

#[test]
fn nobody_reads_what_is_sent_only_later() {
    let read = || Script::default().poll(1, json!({"7": [[0, 1]]}));
    assert_eq!(proof(&judge(read().send(0, "7", 1, 0), &["G1c-realtime"])), [3, 1]);
    assert_eq!(proof(&judge(read().send(1, "7", 1, 0), &["G1c-realtime"])), [3, 1]);
    // While it is being sent it may be read.
    let concurrent = Script::default()
        .invoke(0, "send", json!([["send", "7", 1]]))
        .poll(1, json!({"7": [[0, 1]]}))
        .ok(0, "send", json!([["send", "7", [0, 1]]]));
    judge(concurrent, &[]);
}

#[test]
fn nobody_reads_what_nobody_sent() {
    let report = judge(Script::default().poll(1, json!({"7": [[0, "x"]]})), &["unexpected"]);
    assert_eq!(proof(&report), [1]);
}

#[test]
fn offsets_may_be_huge_sparse_or_negative() {
    let offsets = [i64::MIN, -1, i64::MAX];
    let script = (1..)
        .zip(offsets)
        .fold(Script::default(), |script, (message, offset)| script.send(0, "7", message, offset));
    judge(script.poll(1, json!({"7": [[offsets[0], 1], [-1, 2], [offsets[2], 3]]})), &[]);
}

#[test]
fn lag_counts_from_when_an_offset_was_known() {
    // The second message is known at 3 ms; a poll from 100 ms lacks it; one that ends at 201 has it.
    let script = two_sent()
        .assign(1, json!(["7"]))
        .poll(1, json!({"7": [[0, 1]]}))
        .at(100)
        .poll(1, json!({}))
        .at(200)
        .poll(1, json!({"7": [[1, 2]]}));
    let report = judge(script, &[]);
    assert_eq!(
        report.figures["worst-realtime-lag"],
        json!({"time": 0.1, "process": 1, "key": "7", "lag": 0.097})
    );
    assert_eq!(
        report.figures["visibility-lag"],
        json!({
            "lower-ms": {"0.5": 97, "0.95": 97, "0.99": 97, "1": 97},
            "upper-ms": {"0.5": 198, "0.95": 198, "0.99": 198, "1": 198},
            "unseen-count": 0,
            "worst": {"key": "7", "value": 2, "lower-ms": 97, "upper-ms": 198, "ops": [3, 11]},
        })
    );
}

#[test]
fn the_sparsest_key_is_the_one_with_the_most_offsets_a_message() {
    let density = |script: Script| {
        let figures = kafka(&script.history()).figures;
        figures.get("offsets-per-message").cloned()
    };
    let sparsest = |max: f64, key: &str, highest: i64, count: usize| {
        Some(json!({
            "max": max, "key": key, "highest-offset": highest, "message-count": count,
        }))
    };
    assert_eq!(density(Script::default()), None);
    assert_eq!(density(two_sent()), sparsest(1.0, "7", 1, 2));
    // Nine offsets for two messages are more than eleven for three.
    let both = || three_sent().send(0, "8", 1, 0).send(0, "8", 2, 8);
    assert_eq!(density(both()), sparsest(4.5, "8", 8, 2));
    // A send may have happened, and a poll shows that it has: one message more, at offset 4.
    let known = both().send_as(1, Kind::Info, "8", 3).poll(2, json!({"8": [[0, 1], [4, 3]]}));
    assert_eq!(density(known), sparsest(11.0 / 3.0, "7", 10, 3));
    let huge = two_sent().send(0, "9", 1, i64::MAX);
    assert_eq!(density(huge), sparsest(9_223_372_036_854_775_808.0, "9", i64::MAX, 1));
}

#[test]
fn the_worst_message_is_the_one_that_took_longest_for_certain() {
    // Message 1 may have taken 200 ms; message 2 has taken 49 at least.
    let script = Script::default().send(0, "7", 1, 0).at(150).send(0, "7", 2, 1);
    let script = script.assign(1, json!(["7"])).at(200).poll(1, json!({"7": [[0, 1]]}));
    let report = judge(script.at(210).poll(1, json!({"7": [[1, 2]]})), &[]);
    let worst = &report.figures["visibility-lag"]["worst"];
    let ops = json!([3, 9]);
    assert_eq!(*worst, json!({"key": "7", "value": 2, "lower-ms": 49, "upper-ms": 60, "ops": ops}));
}

#[test]
fn lag_goes_on_from_where_a_process_was_when_it_is_assigned_the_key_again() {
    let script = two_sent().assign(1, json!(["7"])).poll(1, json!({"7": [[0, 1], [1, 2]]}));
    let report = judge(script.at(500).assign(1, json!(["7"])).poll(1, json!({})), &[]);
    // The first poll began 5 ms after the first message was known; the last lacked nothing.
    assert_eq!(report.figures["worst-realtime-lag"], json!({"time": 0.0, "lag": 0.0}));
}

#[test]
fn the_causes_of_indeterminacy_are_listed_once() {
    let script = two_sent().send_as(1, Kind::Info, "7", 4).send_as(2, Kind::Info, "7", 5);
    let mut ops = script.poll(3, json!({"7": [[0, 1], [1, 2]]})).history().ops().to_vec();
    ops[5].error = Some("net-timeout".into());
    ops[7].error = Some("net-timeout".into());
    let report = kafka(&ops.into_iter().collect());
    assert_eq!(report.figures["info-txn-causes"], json!(["net-timeout"]));
}

#[test]
fn twenty_thousand_operations_take_no_time() {
    let mut script = Script::default();
    for n in 0..10_000_u64 {
        let (key, message) = ((n / 16).to_string(), n % 16);
        let offset = i64::try_from(message).unwrap();
        let shown: Vec<_> = (0..=message).map(|it| json!([it, it])).collect();
        script = script
            .send(n % 4, &key, message, offset)
            .assign(4 + n, json!([key]))
            .poll(4 + n, json!({ &*key: shown }));
    }
    let history = script.history();
    let started = std::time::Instant::now();
    assert_eq!(kafka(&history).valid, Valid::Yes);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
