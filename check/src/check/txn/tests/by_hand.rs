use super::*;
use crate::check::Valid;

#[track_caller]
fn found(history: &History, model: &str, expected: &[&str]) -> Report {
    let report = judge(history, model);
    let expected: BTreeSet<String> = expected.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(anomalies(&report), expected, "{report:#?}");
    report
}

use Kind::{Fail, Info, Ok};

#[test]
fn interleaved_appends_are_g0() {
    let history = concurrent(&[
        (Ok, "append x 1, append y 1"),
        (Ok, "append x 2, append y 2"),
        (Ok, "r x [1 2], r y [2 1]"),
    ]);
    let report = found(&history, "read-uncommitted", &["G0"]);
    assert_eq!(report.valid, Valid::No);
    assert_eq!(
        report.findings[0].text,
        "of the transactions T1 of op 3, T2 of op 4: T1 appended 1 to x before T2 appended 2 \
         (T1 ww→ T2); T2 appended 2 to y before T1 appended 1 (T2 ww→ T1)"
    );
    assert_eq!(report.findings[0].ops, [3, 4]);
    assert_eq!(report.figures["not"], json!(["read-uncommitted"]));
}

#[test]
fn circular_information_flow_is_g1c() {
    let history = concurrent(&[(Ok, "append x 1, r y [1]"), (Ok, "append y 1, r x [1]")]);
    let report = found(&history, "read-committed", &["G1c"]);
    assert_eq!(
        report.findings[0].text,
        "of the transactions T1 of op 2, T2 of op 3: T1 appended 1 to x and T2 read x = [1] \
         (T1 wr→ T2); T2 appended 1 to y and T1 read y = [1] (T2 wr→ T1)"
    );
    assert_eq!(judge(&history, "read-uncommitted").valid, Valid::Yes);
}

#[test]
fn half_of_a_transaction_is_g_single() {
    let history = concurrent(&[(Ok, "append x 1, append y 1"), (Ok, "r x [1], r y []")]);
    let report = found(&history, "snapshot-isolation", &["G-single-item"]);
    assert_eq!(report.valid, Valid::No);
    assert!(report.findings[0].text.contains("T1 read y = [] without the 1 that T2 appended"));
    assert_eq!(judge(&history, "read-committed").valid, Valid::Yes);
}

#[test]
fn a_long_fork_is_g_nonadjacent() {
    let history = concurrent(&[
        (Ok, "append x 1"),
        (Ok, "append y 1"),
        (Ok, "r x [1], r y []"),
        (Ok, "r x [], r y [1]"),
    ]);
    let report = found(&history, "snapshot-isolation", &["G-nonadjacent-item"]);
    assert_eq!(report.valid, Valid::No);
}

#[test]
fn write_skew_is_g2() {
    let history = concurrent(&[(Ok, "r x [], append y 1"), (Ok, "r y [], append x 1")]);
    let report = found(&history, "serializable", &["G2-item"]);
    assert_eq!(report.valid, Valid::No);
    assert_eq!(judge(&history, "snapshot-isolation").valid, Valid::Yes);
    assert_eq!(report.figures["allowed-anomaly-types"], json!([]));
}

#[test]
fn a_stale_read_breaks_the_order_of_its_process_or_of_real_time() {
    let history = sequential(&[(0, "append x 1"), (0, "r x []")]);
    found(&history, "strong-session-serializable", &["G-single-item-process"]);
    // Where real time counts, what a process does in order is in that order.
    found(&history, "strict-serializable", &["G-single-item-realtime"]);
    let history = sequential(&[(0, "append x 1"), (1, "r x []")]);
    let report = found(&history, "strict-serializable", &["G-single-item-realtime"]);
    assert!(
        report.findings[0].text.contains("T2 ended at op 1, before T1 began at op 2"),
        "{report:?}"
    );
    found(&history, "strong-session-serializable", &[]);
    let history =
        sequential(&[(0, "append x 1"), (1, "append y 1"), (2, "append z 1"), (3, "r x []")]);
    found(&history, "strict-serializable", &["G-single-item-realtime"]);
}

#[test]
fn what_failed_must_not_be_read_and_what_may_have_happened_may() {
    let history = concurrent(&[(Fail, "append x 1"), (Ok, "r x [1]")]);
    let report = found(&history, "read-committed", &["G1a"]);
    assert_eq!(
        report.findings[0].text,
        "the transaction of op 3 read x = [1], whose element 1 was written by the transaction of op \
         2, which failed"
    );
    let history = concurrent(&[(Info, "append x 1"), (Ok, "r x [1]")]);
    found(&history, "strict-serializable", &[]);
    let history = concurrent(&[(Fail, "append x 1"), (Ok, "append x 2"), (Ok, "r x [1 2]")]);
    found(&history, "read-committed", &["G1a", "dirty-update"]);
}

#[test]
fn what_was_overwritten_within_must_not_be_read() {
    let history = concurrent(&[(Ok, "append x 1, append x 2"), (Ok, "r x [1]")]);
    // Besides, it lies between the two.
    found(&history, "read-committed", &["G1b", "G-single-item"]);
}

#[test]
fn a_transaction_must_see_its_own_doings() {
    found(
        &concurrent(&[(Ok, "append x 1, r x [2]"), (Ok, "append x 2")]),
        "serializable",
        &["internal"],
    );
    found(&concurrent(&[(Ok, "r x [], append x 1, r x [1]")]), "strict-serializable", &[]);
    found(&concurrent(&[(Ok, "append x 1, r x [2 1]"), (Ok, "append x 2")]), "serializable", &[]);
    found(&concurrent(&[(Ok, "w x 1, r x _")]), "serializable", &["internal"]);
    found(&concurrent(&[(Ok, "r x [1], append x 1")]), "read-committed", &["future-read"]);
    found(&concurrent(&[(Ok, "r x 1, w x 1")]), "read-committed", &["future-read"]);
}

#[test]
fn lists_must_be_beginnings_of_one_list_without_repetitions() {
    let appends = [(Ok, "append x 1"), (Ok, "append x 2"), (Ok, "append x 3")];
    let history = |reads: &[(Kind, &'static str)]| concurrent(&[&appends[..], reads].concat());
    found(
        &history(&[(Ok, "r x [1 2]"), (Ok, "r x [1 3 2]")]),
        "read-committed",
        &["incompatible-order"],
    );
    found(&history(&[(Ok, "r x [1 2 1]")]), "read-uncommitted", &["duplicate-elements"]);
    found(&history(&[(Ok, "r x [4]")]), "read-uncommitted", &["unexpected"]);
    found(&history(&[(Ok, "r x [1]"), (Ok, "r x [1 3]")]), "strict-serializable", &[]);
}

#[test]
fn updates_of_the_same_version_are_lost() {
    let history = concurrent(&[(Ok, "r x _, w x 1"), (Ok, "r x _, w x 2")]);
    found(&history, "repeatable-read", &["lost-update", "G2-item"]);
    let history = concurrent(&[(Ok, "w x 0"), (Ok, "r x 0, w x 1"), (Ok, "r x 0, w x 2")]);
    found(&history, "repeatable-read", &["lost-update", "G2-item"]);
    assert_eq!(judge(&history, "read-committed").valid, Valid::Yes);
}

#[test]
fn versions_of_a_register_must_come_one_after_another() {
    let history = concurrent(&[(Ok, "r x 2, w x 1"), (Ok, "r x 1, w x 2")]);
    found(&history, "read-uncommitted", &["cyclic-versions", "G1c"]);
}

#[test]
fn blind_writes_that_were_interleaved_show_in_the_end() {
    let script = |x: u64, y: u64| {
        let writes = [
            [json!(["w", "x", 1]), json!(["w", "y", 1])],
            [json!(["w", "x", 2]), json!(["w", "y", 2])],
        ];
        let mut script = Script::default();
        for (process, write) in (0..).zip(&writes) {
            script = script.invoke(process, "txn", json!(write));
        }
        for (process, write) in (0..).zip(&writes) {
            script = script.ok(process, "txn", json!(write));
        }
        script
            .with("final?")
            .invoke(0, "txn", json!([["r", "x", null], ["r", "y", null]]))
            .ok(0, "txn", json!([["r", "x", x], ["r", "y", y]]))
            .history()
    };
    found(&script(2, 2), "strict-serializable", &[]);
    let report = found(&script(1, 2), "read-uncommitted", &["G0"]);
    assert!(report.findings[0].text.contains("which everyone read in the end"), "{report:?}");
}

fn in_the_end(before: &[(Kind, &str)], finals: &[&str]) -> History {
    let mut history = concurrent(before);
    for (process, text) in (10..).zip(finals) {
        let txn = txn(text);
        let last = Script::default()
            .with("final?")
            .invoke(process, "txn", asked(&txn))
            .ok(process, "txn", txn)
            .history();
        for op in last.ops() {
            history.push(op.clone());
        }
    }
    history
}

#[test]
fn in_the_end_everyone_must_see_the_same_and_all_of_it() {
    let two = [(Ok, "w x 1"), (Ok, "w x 2")];
    found(&in_the_end(&two, &["r x 1", "r x 1"]), "read-uncommitted", &[]);
    let report = found(&in_the_end(&two, &["r x 1", "r x 2"]), "read-uncommitted", &["divergence"]);
    assert_eq!(report.valid, Valid::No);
    found(&in_the_end(&two, &["r x _"]), "read-uncommitted", &["lost-write"]);
    let update = [(Ok, "w x 1"), (Ok, "r x 1, w x 2")];
    found(&in_the_end(&update, &["r x 1"]), "read-uncommitted", &["lost-write"]);
    // It may happen between the two.
    let open = [(Ok, "w x 1"), (Info, "w x 2")];
    found(&in_the_end(&open, &["r x 1", "r x 2"]), "read-uncommitted", &[]);

    let two = [(Ok, "append x 1"), (Ok, "append x 2")];
    found(&in_the_end(&two, &["r x [1 2]", "r x [1 2]"]), "read-uncommitted", &[]);
    found(&in_the_end(&two, &["r x [1]", "r x [1 2]"]), "read-uncommitted", &["divergence"]);
    found(&in_the_end(&two, &["r x [1]", "r x [1]"]), "read-uncommitted", &["lost-write"]);
    let open = [(Ok, "append x 1"), (Info, "append x 2")];
    found(&in_the_end(&open, &["r x [1]", "r x [1 2]"]), "read-uncommitted", &[]);
}

#[test]
fn registers_follow_real_time_where_the_model_promises_it() {
    let history = sequential(&[(0, "w x 1"), (1, "w x 2"), (2, "r x 1")]);
    found(&history, "serializable", &[]);
    found(&history, "strict-serializable", &["G-single-item-realtime"]);
    let history = sequential(&[(0, "w x 1"), (0, "w x 2"), (0, "r x 1")]);
    found(&history, "strong-session-serializable", &["G-single-item-process"]);
    // Values that come and go: worse is not proved.
    let history =
        sequential(&[(0, "w x 1"), (1, "r x 1"), (2, "w x 2"), (1, "r x 2"), (1, "r x 1")]);
    let report = judge(&history, "strict-serializable");
    assert!(anomalies(&report).iter().all(|name| name.starts_with("G-single")), "{report:?}");
}

#[test]
fn findings_name_the_key_and_the_value_that_they_are_about() {
    let cases: [(&str, Value, &[(Kind, &str)]); 12] = [
        ("G1a", json!(1), &[(Fail, "append x 1"), (Ok, "r x [1]")]),
        ("G1b", json!(1), &[(Ok, "append x 1, append x 2"), (Ok, "r x [1]")]),
        ("internal", json!(1), &[(Ok, "append x 1, r x [2]"), (Ok, "append x 2")]),
        ("internal", json!(1), &[(Ok, "w x 1, r x _")]),
        ("future-read", json!(1), &[(Ok, "r x 1, w x 1")]),
        ("unexpected", json!("?"), &[(Ok, "r x \"?\"")]),
        ("duplicate-elements", json!(1), &[(Ok, "append x 1"), (Ok, "r x [1 1]")]),
        (
            "incompatible-order",
            json!(1),
            &[(Ok, "append x 1"), (Ok, "append x 2"), (Ok, "r x [2 1]"), (Ok, "r x [1]")],
        ),
        ("dirty-update", json!(1), &[(Fail, "append x 1"), (Ok, "append x 2"), (Ok, "r x [1 2]")]),
        ("lost-update", json!(2), &[(Ok, "w x 1"), (Ok, "r x 1, w x 2"), (Ok, "r x 1, w x 3")]),
        ("cyclic-versions", json!(2), &[(Ok, "r x 2, w x 1"), (Ok, "r x 1, w x 2")]),
        // What was not seen, rather than what was.
        ("G-single-item", json!(2), &[(Ok, "append y 1, append x 2"), (Ok, "r y [1], r x []")]),
    ];
    for (anomaly, value, txns) in cases {
        let report = judge(&concurrent(txns), "strict-serializable");
        let finding = report.findings.iter().find(|finding| finding.anomaly == anomaly);
        let finding = finding.unwrap_or_else(|| panic!("no {anomaly} in {report:#?}"));
        let about = (finding.key.clone(), finding.value.clone());
        assert_eq!(about, (Some(json!("x")), Some(value)), "{finding:?}");
    }
}

#[test]
fn what_cannot_be_judged_is_unknown() {
    for (history, anomaly) in [
        (concurrent(&[(Ok, "w x 1"), (Ok, "w x 1")]), "not-unique"),
        (concurrent(&[(Ok, "cas x 1")]), "unreadable"),
        (Script::default().call(0, Ok, "txn", json!({"r": 1})).history(), "unreadable"),
        (Script::default().call(0, Ok, "txn", json!([["r", "x"]])).history(), "unreadable"),
    ] {
        let report = txn_rw_register(&history, &[Model::STRICT_SERIALIZABLE]);
        assert_eq!((report.valid, &*report.findings[0].anomaly), (Valid::Unknown, anomaly));
    }
    let report = judge(&concurrent(&[(Ok, "w x 1")]), "sequential");
    assert_eq!(report.valid, Valid::Unknown);
    assert_eq!(report.findings[0].anomaly, "nothing-forbidden");
}
