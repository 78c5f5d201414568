mod wide;

use std::collections::BTreeSet;

use chacha20::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use super::evidence::{decide, evidence};
use super::limits::{Limit, Limits};
use super::model::{Action, Call, Id, MISSING};
use super::order::{Verdict, search};
use super::timeline::Timeline;
use super::*;
use crate::check::testing::Script;
use crate::history::Kind;

/// The value after an action, if it can have its result.
fn step(state: Id, action: Action) -> Option<Id> {
    match action {
        Action::Read(shown) => (shown == state).then_some(state),
        Action::Write(value) => Some(value),
        Action::Cas(from, to) => (from == state).then_some(to),
    }
}

/// Every state that some order of `calls` can end in, tried one order after the other: all calls
/// that ended before `end` are in it, and others may be.
fn brute(calls: &[Call], end: usize) -> BTreeSet<Id> {
    fn go(calls: &[Call], end: usize, placed: u32, state: Id, found: &mut BTreeSet<Id>) {
        let ended = |call: &Call| call.returned.is_some_and(|returned| returned < end);
        let open = || (0..calls.len()).filter(|call| placed >> call & 1 == 0);
        if open().all(|call| !ended(&calls[call])) {
            found.insert(state);
        }
        for call in open().filter(|&call| calls[call].invoked < end) {
            let overtakes = |&other: &usize| {
                calls[other].returned.is_some_and(|returned| returned < calls[call].invoked)
            };
            if open().any(|other| overtakes(&other)) {
                continue;
            }
            if let Some(state) = step(state, calls[call].action) {
                go(calls, end, placed | 1 << call, state, found);
            }
        }
    }
    let mut found = BTreeSet::new();
    go(calls, end, 0, MISSING, &mut found);
    found
}

fn random_action(rng: &mut ChaCha8Rng, values: Id) -> Action {
    let mut value = || rng.random_range(1..=values);
    let (a, b) = (value(), value());
    match rng.random_range(0..5) {
        0..2 => Action::Read(rng.random_range(0..=values)),
        2 | 3 => Action::Write(a),
        _ => Action::Cas(a, b),
    }
}

/// A history whose results are drawn at random.
fn random_calls(rng: &mut ChaCha8Rng, most: usize) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for time in 0.. {
        if calls.len() < most && (open.is_empty() || open.len() < 3 && rng.random()) {
            open.push(calls.len());
            calls.push(Call { action: random_action(rng, 2), invoked: time, returned: None });
        } else if open.is_empty() {
            break;
        } else {
            let call = open.swap_remove(rng.random_range(0..open.len()));
            if rng.random_ratio(4, 5) {
                calls[call].returned = Some(time);
            }
        }
    }
    calls
}

fn find(calls: &[Call]) -> Verdict {
    search(&Timeline::of(calls), MISSING, 0, &mut Limits::default())
}

#[test]
fn the_search_agrees_with_trying_every_order() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut counts = [0, 0];
    for round in 0..20_000 {
        let most = rng.random_range(2..=7);
        let calls = random_calls(&mut rng, most);
        // Reads of unknown outcome show nothing.
        let calls: Vec<_> = calls
            .into_iter()
            .filter(|call| call.returned.is_some() || !call.action.is_read())
            .collect();
        let expected = !brute(&calls, usize::MAX).is_empty();
        counts[usize::from(expected)] += 1;
        match find(&calls) {
            Verdict::Linearizable => assert!(expected, "round {round}: {calls:?}"),
            Verdict::Violation(found) => {
                assert!(!expected, "round {round}: {calls:?}");
                let end = calls[found.culprit].returned.unwrap();
                assert_eq!(brute(&calls, end), found.states, "round {round}: {calls:?}");
                assert!(brute(&calls, end + 1).is_empty(), "round {round}: {calls:?}");
                assert_evidence(&calls, found.culprit);
            }
            Verdict::GaveUp(limit, _) => panic!("round {round}: {limit:?}"),
        }
    }
    assert!(counts.iter().all(|&count| count > 4_000), "{counts:?}");
}

/// What is said to be enough is, and less is not: whatever reads have shown otherwise, and whenever
/// else the rest may have happened.
fn assert_evidence(calls: &[Call], culprit: usize) {
    let proof = evidence(calls, culprit);
    assert!(proof.contains(&culprit), "{calls:?}: {proof:?}");
    let end = calls[culprit].returned.unwrap();
    let relevant = calls.iter().enumerate().filter(|(_, call)| call.invoked < end);
    let freed: Vec<_> = relevant
        .filter_map(|(number, &call)| {
            let ended = call.returned.is_some_and(|returned| returned <= end);
            if ended && proof.contains(&number) {
                return Some(call);
            }
            // What had ended before all of the proof began cannot come after it.
            let since = proof.iter().map(|&call| calls[call].invoked).min();
            let returned = call.returned.filter(|&returned| Some(returned) < since);
            let invoked = if ended { 0 } else { call.invoked };
            (!call.action.is_read()).then_some(Call { invoked, returned, ..call })
        })
        .collect();
    assert!(brute(&freed, usize::MAX).is_empty(), "{calls:?}: {proof:?}");
}

/// What a register does that is asked by so many processes at a time; of so many operations in a
/// thousand nobody learns the outcome.
fn real_calls(seed: u64, count: usize, processes: usize, unknown: u32) -> Vec<Call> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut calls: Vec<Call> = Vec::new();
    let mut state = MISSING;
    // What each process is about to do, or has done.
    let mut open: Vec<Option<(usize, bool)>> = vec![None; processes];
    let mut time = 0;
    while calls.len() < count || open.iter().any(Option::is_some) {
        time += 1;
        let process = rng.random_range(0..processes);
        match open[process] {
            None if calls.len() < count => {
                open[process] = Some((calls.len(), false));
                let action = match rng.random_range(0..6) {
                    0..3 => Action::Read(state),
                    3 => Action::Write(rng.random_range(1..=5)),
                    _ => Action::Cas(rng.random_range(1..=5), rng.random_range(1..=5)),
                };
                calls.push(Call { action, invoked: time, returned: None });
            }
            None => {}
            Some((call, false)) => {
                let done = &mut calls[call];
                if let Action::Read(shown) = &mut done.action {
                    *shown = state;
                }
                let next = step(state, done.action);
                let lost = rng.random_ratio(unknown, 1000);
                // Where the outcome stays unknown it may have happened or not.
                if !lost || rng.random() {
                    state = next.unwrap_or(state);
                }
                open[process] = Some((call, true));
                if lost || next.is_none() {
                    open[process] = None;
                    if !lost {
                        done.action = Action::Cas(0, 0); // It has failed.
                    }
                }
            }
            Some((call, true)) => {
                calls[call].returned = Some(time);
                open[process] = None;
            }
        }
    }
    calls.retain(|call| {
        let is_lost_read = call.returned.is_none() && call.action.is_read();
        call.action != Action::Cas(0, 0) && !is_lost_read
    });
    calls
}

/// The verdict, and how many steps it took.
fn count_steps(calls: &[Call]) -> (Verdict, usize) {
    let mut limits = Limits::default();
    let before = limits.steps;
    (decide(calls, &mut limits), before - limits.steps)
}

#[test]
fn ten_thousand_operations_are_judged_at_once() {
    for (processes, unknown) in [(10, 0), (10, 10), (10, 100), (100, 0), (100, 10)] {
        for seed in 0..3 {
            let calls = real_calls(seed, 16_000, processes, unknown);
            assert!(calls.len() > 10_000, "{}", calls.len());
            let (verdict, steps) = count_steps(&calls);
            assert_eq!(verdict, Verdict::Linearizable);
            eprintln!("{processes} processes, {unknown} ‰ unknown, seed {seed}: {steps} steps");
            let most = if processes > 10 { 1 << 24 } else { 200_000 };
            assert!(steps < most, "{processes}, {unknown}: {steps}");
        }
    }
}

#[test]
fn a_stale_read_in_ten_thousand_operations_is_found() {
    for unknown in [0, 2, 100] {
        for seed in 0..3 {
            let mut calls = real_calls(seed, 16_000, 10, unknown);
            // Late in the history somebody reads what nobody writes any more.
            let reads = calls.iter().enumerate().filter(|(_, call)| call.action.is_read());
            let stale = reads.map(|(number, _)| number).rfind(|&it| it > 9_000).unwrap();
            for call in &mut calls {
                // As it was in the beginning.
                if call.action == Action::Read(MISSING) {
                    call.action = Action::Read(6);
                }
            }
            calls[stale].action = Action::Read(6);
            calls.insert(0, Call { action: Action::Write(6), invoked: 0, returned: Some(0) });
            for call in &mut calls {
                call.invoked += 1;
                call.returned = call.returned.map(|end| end + 1);
            }
            calls[0].invoked = 0;
            let (verdict, steps) = count_steps(&calls);
            eprintln!("{unknown} ‰ unknown, seed {seed}: {steps} steps");
            let Verdict::Violation(found) = verdict else { panic!("{verdict:?}") };
            assert_eq!(found.culprit, stale + 1);
            let proof = evidence(&calls, found.culprit);
            assert!(proof.len() <= 3, "{proof:?}");
        }
    }
}

#[test]
fn a_search_gives_up_at_its_limits() {
    // Writes that all overlap, of values that are read in an order which none of their own allows.
    let mut calls = Vec::new();
    for (value, invoked) in (1..=24).zip(0..) {
        let returned = Some(100 + invoked);
        calls.push(Call { action: Action::Write(value), invoked, returned });
    }
    for (value, time) in (1..=3).zip(200..) {
        let invoked = 2 * time;
        calls.push(Call { action: Action::Read(value), invoked, returned: Some(invoked + 1) });
    }
    assert!(matches!(find(&calls), Verdict::Violation(_)));
    for (limits, expected) in [
        (Limits { steps: 100, memory: 1 << 20 }, Limit::Steps),
        (Limits { steps: 1 << 20, memory: 1000 }, Limit::Memory),
    ] {
        let verdict = search(&Timeline::of(&calls), MISSING, 0, &mut limits.clone());
        assert!(matches!(verdict, Verdict::GaveUp(limit, _) if limit == expected), "{verdict:?}");
    }
}

fn write(script: Script, process: u64, key: u64, value: u64) -> Script {
    script.call(process, Kind::Ok, "write", json!([key, value]))
}

fn read(script: Script, process: u64, key: u64, value: &serde_json::Value) -> Script {
    script.invoke(process, "read", json!([key, null])).ok(process, "read", json!([key, value]))
}

#[test]
fn a_finding_tells_what_was_possible_and_what_proves_it() {
    let mut script = write(Script::default(), 0, 7, 1);
    script = write(script, 1, 8, 9);
    script = write(script, 0, 7, 2);
    script = read(script, 1, 7, &json!(2));
    script = read(script, 1, 7, &json!(1));
    let report = lin_kv(&script.history());
    assert_eq!(report.valid, Valid::No);
    assert_eq!(report.figures["failures"], json!([7]));
    assert_eq!((&report.figures["key-count"], &report.figures["op-count"]), (&json!(2), &json!(5)));
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    assert_eq!(
        finding.text,
        "key 7: a read shows 1, but by its end the key can hold 2 only; the 3 operations that ended \
         before it can be put in an order, but not with it"
    );
    assert_eq!(finding.ops, [0, 1, 6, 7, 8, 9]);
    // What the read has missed, and not what it shows.
    assert_eq!((&finding.key, &finding.value), (&Some(json!(7)), &Some(json!(2))));
}

#[test]
fn a_value_that_nobody_wrote_is_called_so() {
    let script = write(Script::default(), 0, 7, 1);
    let report = lin_kv(&write(read(script, 1, 7, &json!(3)), 0, 7, 3).history());
    assert!(report.findings[0].text.contains("which nobody had tried to write"), "{report:?}");
    assert_eq!(report.findings[0].ops, [2, 3]);
    assert_eq!(report.findings[0].value, Some(json!(3)));
}

#[test]
fn what_is_missing_is_nothing_and_null() {
    let script = read(Script::default(), 0, 1, &serde_json::Value::Null);
    assert_eq!(lin_kv(&script.history()).valid, Valid::Yes);
    let script = read(write(Script::default(), 0, 1, 5), 0, 1, &serde_json::Value::Null);
    let report = lin_kv(&script.history());
    assert!(report.findings[0].text.contains("a read shows nothing, but"), "{report:?}");
    assert_eq!(report.findings[0].value, Some(json!(5)));
}

#[test]
fn what_failed_did_not_happen_and_what_is_unknown_may_have() {
    let cas = |kind| write(Script::default(), 0, 1, 5).call(1, kind, "cas", json!([1, [5, 6]]));
    for (kind, shown, valid) in [
        (Kind::Ok, 6, Valid::Yes),
        (Kind::Ok, 5, Valid::No),
        (Kind::Fail, 6, Valid::No),
        (Kind::Fail, 5, Valid::Yes),
        (Kind::Info, 6, Valid::Yes),
        (Kind::Info, 5, Valid::Yes),
    ] {
        let script = read(cas(kind), 2, 1, &json!(shown));
        assert_eq!(lin_kv(&script.history()).valid, valid, "{kind:?} {shown}");
    }
}

#[test]
fn without_an_answer_or_with_a_strange_one_nothing_is_known() {
    assert_eq!(lin_kv(&History::default()).valid, Valid::Unknown);
    let script = write(Script::default(), 0, 1, 5);
    let strange = script.invoke(0, "read", json!([1, null])).ok(0, "read", json!(5));
    let report = lin_kv(&strange.history());
    assert_eq!(report.valid, Valid::Unknown);
    let cause = "operation #3 has not the form of a read, write or cas";
    assert_eq!(report.figures["unknown"], json!([{"key": 1, "cause": cause}]));
}

#[test]
fn a_search_that_gives_up_says_so() {
    // Two writes that overlap, either of which may be the last.
    let script =
        Script::default().invoke(0, "write", json!([1, 5])).invoke(1, "write", json!([1, 6]));
    let script = script.ok(0, "write", json!([1, 5])).ok(1, "write", json!([1, 6]));
    let history = script.history();
    assert_eq!(lin_kv(&history).valid, Valid::Yes);
    let report = judge(&history, Limits { steps: 1 << 20, memory: 1 });
    assert_eq!(report.valid, Valid::Unknown);
    let cause = "the search for an order took too much memory";
    assert_eq!(report.figures["unknown"], json!([{"key": 1, "cause": cause}]));
}
