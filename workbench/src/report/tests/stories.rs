//! Of transactions, registers and counters it is told what became of a value, as of sets.

use glomers_check::check::Model;

use super::*;

/// Adds a call at a node, whose process has its number, and which takes a millisecond.
fn call(run: &mut Made, ms: u64, node: u64, f: &str, asked: Value, done: Value) {
    let name = format!("n{node}");
    run.op(ms, node, &name, Kind::Invoke, f, asked);
    run.op(ms + 1, node, &name, Kind::Ok, f, done);
}

/// The same, of what happens after the faults.
fn last_call(run: &mut Made, ms: u64, node: u64, f: &str, asked: Value, done: Value) {
    let before = run.history.ops().len();
    call(run, ms, node, f, asked, done);
    let mut ops = run.history.ops().to_vec();
    for op in &mut ops[before..] {
        op.extra.insert("final?", true);
    }
    run.history = ops.into_iter().collect();
}

/// n0 cannot hear n1 from 50 to 200 ms, and a message between them is dropped at that time.
fn across_a_cut(run: &mut Made, body: &Value) {
    run.fault(50, "start-partition", json!({"shape": "one", "grudge": {"n1": ["n0"]}}));
    let arrives = run.send(100, "n0", "n2", body);
    let dropped = run.send(100, "n0", "n1", body);
    run.then(110, EventKind::Recv, arrives);
    run.then(110, EventKind::Dropped, dropped);
}

#[track_caller]
fn assert_told(run: &mut Made, judged: &check::Report, parts: &[&str]) {
    assert_eq!(judged.valid, Valid::No);
    let text = first_finding(&run.report(judged));
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    assert!(!text.contains("no longer shows it"), "{text}");
}

#[test]
fn of_a_write_that_not_all_nodes_have_in_the_end() {
    let mut run = Made::new();
    let write = |value: u64| json!([["w", 9, value]]);
    call(&mut run, 1, 2, "txn", write(7), write(7));
    // It is no message of the value 8, though it names the number.
    let early = run.send(60, "n2", "n1", &json!({"type": "tell", "writes": [[9, 7]], "time": 8}));
    run.then(61, EventKind::Recv, early);
    across_a_cut(&mut run, &json!({"type": "tell", "writes": [[9, 8]]}));
    call(&mut run, 100, 0, "txn", write(8), write(8));
    // Nor does this write have anything to do with it.
    call(&mut run, 102, 3, "txn", json!([["w", 8, 9]]), json!([["w", 8, 9]]));
    run.fault(200, "stop-partition", json!("network-healed"));
    for (node, value) in [(0, 8), (1, 7), (2, 8)] {
        let (asked, done) = (json!([["r", 9, null]]), json!([["r", 9, value]]));
        last_call(&mut run, 1000 + node, node, "txn", asked, done);
    }
    let judged = check::txn_rw_register(&run.history, &[Model::READ_ATOMIC]);
    let parts = [
        "divergence in the end",
        "Acknowledged byn0, to process 0 at 0.101 s: #3 asked txn, #4 answered",
        "partition from 0.050 s to 0.200 s",
        "to n1, the only one, did not arrive: message 2, n0 → n1 tell",
        "2 messages between nodes and services, of which 1 arrived",
        "Last read lacks itn1 1.001 s",
    ];
    let finding = &judged.findings[0];
    assert_eq!((&finding.key, &finding.value), (&Some(json!("9")), &Some(json!(8))));
    assert_told(&mut run, &judged, &parts);
}

#[test]
fn of_a_write_that_a_stale_read_has_missed() {
    let mut run = Made::new();
    call(&mut run, 1, 1, "write", json!([0, 2]), json!([0, 2]));
    call(&mut run, 3, 1, "write", json!([0, 1]), json!([0, 1]));
    across_a_cut(&mut run, &json!({"type": "replicate", "key": 0, "value": 2}));
    // The same value as before, by another operation; and not key 2.
    call(&mut run, 100, 0, "write", json!([0, 2]), json!([0, 2]));
    call(&mut run, 102, 0, "write", json!([2, 0]), json!([2, 0]));
    run.fault(200, "stop-partition", json!("network-healed"));
    call(&mut run, 300, 1, "read", json!([0, null]), json!([0, 1]));
    call(&mut run, 400, 1, "read", json!([0, null]), json!([0, 2]));
    let judged = check::lin_kv(&run.history);
    let finding = &judged.findings[0];
    assert_eq!((&finding.key, &finding.value), (&Some(json!(0)), &Some(json!(2))));
    let parts = [
        "nonlinearizable key 0: a read shows 1",
        "Acknowledged byn0, to process 0 at 0.101 s: #5 asked write, #6 answered",
        "partition from 0.050 s to 0.200 s",
        "to n1, the only one, did not arrive: message 1, n0 → n1 replicate",
        "First shown byn1 0.400 s",
        "Last read lacks itn1 0.300 s",
    ];
    assert_told(&mut run, &judged, &parts);
}

#[test]
fn of_an_addition_that_one_node_never_heard_of() {
    let mut run = Made::new();
    call(&mut run, 1, 2, "add", json!(40), json!(40));
    across_a_cut(&mut run, &json!({"type": "add", "delta": 3}));
    call(&mut run, 100, 0, "add", json!(3), json!(3));
    run.fault(200, "stop-partition", json!("network-healed"));
    // A sum that happens to be the same number.
    call(&mut run, 300, 3, "read", Value::Null, json!(3));
    for (node, sum) in [(0, 43), (1, 40), (2, 43)] {
        last_call(&mut run, 1000 + node, node, "read", Value::Null, json!(sum));
    }
    let judged = check::counter(&run.history);
    let parts = [
        "wrong-sum finally n1 reads 40, which no set of adds comes to; as if the 3 of op 4 were missing",
        "Acknowledged byn0, to process 0 at 0.101 s: #3 asked add, #4 answered",
        "partition from 0.050 s to 0.200 s",
        "did not arrive: message 1, n0 → n1 add",
        "2 messages between nodes and services, of which 1 arrived",
    ];
    assert_told(&mut run, &judged, &parts);
}
