//! Linearizability: is there an order of the operations in which each has the result that it had,
//! with each of them at some moment between its invocation and its completion?
//!
//! Histories of different keys are judged apart, which is enough, since linearizability is a local
//! property (Herlihy and Wing, 1990), and is what makes long histories tractable (Horn and Kroening,
//! [Faster linearizability checking via P-compositionality](https://arxiv.org/abs/1504.00204), 2015).
//! Within a key the search is Wing and Gong's, with Lowe's memory of the configurations that it has
//! been in ([Testing for linearizability](https://doi.org/10.1002/cpe.3928), 2017), as in Porcupine.
//!
//! Three things make it fast where there are many choices, none of which loses an order:
//!
//! * A read that fits the present state is placed at once, since nothing else depends on where it is.
//! * Of operations that do the same, the one that ends first is placed first; of operations of
//!   unknown outcome the one that is good for least.
//! * An operation whose outcome is unknown is placed only where the next one would end otherwise
//!   without it. How many of each kind were used up is part of a configuration; one that has used no
//!   more of any kind than another, and is the same besides, makes the other redundant.
//!
//! What is left may still take exponential time, as the problem is NP-complete. So the search has
//! limits, and says so where it reaches them.

mod calls;
mod configuration;
mod evidence;
mod list;
mod model;
mod search;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use self::calls::{Calls, Key};
use self::model::{Action, Id, Register};
use self::search::{Limits, Verdict};
use super::{Finding, Report, Valid};
use crate::history::History;

/// Judges a run of lin-kv. Operations are in Jepsen's form: `read` with `[key, null]`, completed with
/// `[key, value]`; `write` with `[key, value]`; `cas` with `[key, [from, to]]`.
///
/// `failures` lists the keys that no order explains, each of which is a finding: it names the
/// operation that can no longer be placed when it ends, what the key may hold at that time, and
/// operations that are enough to prove it. `unknown` lists the keys on which the search has given up,
/// or which have operations of another form; the verdict is unknown then, unless another key is known
/// to be wrong.
///
/// Stricter than Jepsen in one thing: a read that shows null says that the key was never written, or
/// that null was; there it says nothing.
pub fn lin_kv(history: &History) -> Report {
    judge(history, Limits::default())
}

fn judge(history: &History, mut limits: Limits) -> Report {
    let calls = Calls::of(history);
    let (mut failures, mut unknown) = (Vec::new(), Vec::new());
    let mut findings = Vec::new();
    for key in &calls.keys {
        let name = key.name.clone();
        if let Some(&op) = key.unclear.first() {
            let cause = format!("operation #{op} has not the form of a read, write or cas");
            unknown.push(json!({"key": name, "cause": cause}));
            continue;
        }
        match evidence::decide(&Register, &key.calls, limits.of(key.calls.len())) {
            Verdict::Linearizable => {}
            Verdict::GaveUp(cause, _) => unknown.push(json!({"key": name, "cause": cause})),
            Verdict::Violation(violation) => {
                if findings.len() < super::report::SHOWN {
                    findings.push(finding(&calls, key, &violation));
                }
                failures.push(name);
            }
        }
    }
    let placed = calls.keys.iter().map(|key| key.calls.len()).sum::<usize>();
    let valid = match (failures.is_empty(), unknown.is_empty() && calls.acknowledged > 0) {
        (false, _) => Valid::No,
        (true, true) => Valid::Yes,
        (true, false) => Valid::Unknown,
    };
    let mut report = Report::new(valid)
        .figure("key-count", calls.keys.len())
        .figure("op-count", placed)
        .figure("failures", failures)
        .findings(findings);
    if !unknown.is_empty() {
        report = report.figure("unknown", unknown);
    }
    report
}

/// What is wrong with a key, and what proves it.
fn finding(calls: &Calls, key: &Key, violation: &search::Violation<Id>) -> Finding {
    let culprit = &key.calls[violation.culprit];
    let end = culprit.returned.unwrap_or(culprit.invoked);
    let before = key.calls.iter().filter(|call| call.returned.is_some_and(|it| it < end)).count();
    let value = |id| calls.value(id).map_or("nothing".to_owned(), Value::to_string);
    let states: Vec<_> = violation.states.iter().map(|&id| value(id)).collect();
    let (what, needed) = match culprit.action {
        Action::Read(shown) => (format!("a read shows {}", value(shown)), Some(shown)),
        Action::Write(written) => (format!("a write of {} succeeds", value(written)), None),
        Action::Cas(from, to) => {
            (format!("a cas from {} to {} succeeds", value(from), value(to)), Some(from))
        }
    };
    // Who can have written what it needs.
    let writers: Vec<_> = (0..key.calls.len())
        .filter(|&call| {
            let call = &key.calls[call];
            let to = match call.action {
                Action::Write(to) | Action::Cas(_, to) => Some(to),
                Action::Read(_) => None,
            };
            call.invoked < end && to == needed && needed.is_some()
        })
        .collect();
    let unwritten = writers.is_empty() && needed.is_some_and(|id| id != Register::MISSING);
    let (why, proof) = if unwritten {
        ("which nobody had tried to write".to_owned(), vec![violation.culprit])
    } else {
        let mut proof = evidence::evidence(&Register, &key.calls, violation.culprit);
        // Whence it comes is no part of the proof, but of the story.
        if !writers.iter().any(|writer| proof.contains(writer)) {
            proof.extend(writers.last());
        }
        let tried = if violation.exact { "" } else { " in the orders that were tried" };
        (format!("but by its end the key can hold {} only{tried}", states.join(" or ")), proof)
    };
    let text = format!(
        "key {}: {what}, {why}; the {before} operations that ended before it can be put in an order, \
         but not with it",
        key.name,
    );
    let ends = |call: usize| [Some(key.calls[call].invoked), key.calls[call].returned];
    let mut ops: Vec<_> = proof.into_iter().flat_map(ends).flatten().collect();
    ops.sort_unstable();
    let finding = Finding::new("nonlinearizable", text, ops);
    match telling(culprit.action, violation, unwritten).and_then(|id| calls.value(id)) {
        Some(value) => finding.about(value).of_key(key.name.clone()),
        None => finding,
    }
}

/// The value that tells most: the one that the key holds and that the operation has missed, if there
/// is but one; or else what the operation is about.
fn telling(action: Action, violation: &search::Violation<Id>, unwritten: bool) -> Option<Id> {
    let states = &violation.states;
    let held = states.first().copied().filter(|_| states.len() == 1 && !unwritten);
    let own = match action {
        Action::Read(shown) => shown,
        Action::Write(written) => written,
        Action::Cas(from, _) => from,
    };
    held.into_iter().chain([own]).find(|&id| id != Register::MISSING)
}
