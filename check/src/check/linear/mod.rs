//! Linearizability: is there an order of the operations in which each has the result that it had,
//! with each of them at some moment between its invocation and its completion?
//!
//! Histories of different keys are judged apart, which is enough, since linearizability is a local
//! property (Herlihy and Wing, 1990), and is what makes long histories tractable (Horn and Kroening,
//! [Faster linearizability checking via P-compositionality](https://arxiv.org/abs/1504.00204), 2015).
//! Within a key the search is Lowe's just-in-time linearization ([Testing for
//! linearizability](https://doi.org/10.1002/cpe.3928), 2017): events pass one after the other, and an
//! operation is placed when it ends, together with what it needs; not before. As in Wing and Gong's
//! search (1993) with Lowe's memory it goes back to the last choice where it gets stuck, and never twice
//! on from the same configuration. Porcupine and Knossos do so, too, for objects of any kind; what
//! makes the difference where a hundred clients are at one key is what is known of a register. None of
//! it loses an order:
//!
//! * **Reads.** All reads under way that fit are placed whenever the register holds their value, for
//!   nothing else depends on where they are; and a cas from a value to itself is a read.
//! * **Writes hide what is before them.** Right before a write anything can be placed that is under way
//!   by then, whatever it leaves behind. So a write that began before the last write was placed is
//!   *owed* nothing: at its end it may be put before that one, at no cost, and it is of use till then.
//!   This is done in retrospect, when an operation ends that needs it: then no choice has to be made
//!   before it matters. The same holds for cas: the place before a write is a *loose gap*, in which a
//!   cas from the value held there can be placed, and further ones after it. In all other gaps, that is
//!   before a cas, what is placed has to lead back to the value that is held there.
//! * **Shortest ways.** What an operation needs is a walk from value to value: by a write, if any, and
//!   then by cas that pass no value twice, since a detour can be placed in its gap later. Walks are
//!   tried by their length.
//! * **Symmetry.** Of operations that do the same, the one that ends first is placed first: were it
//!   placed later, the two could change places. That needs both to be under way at both places, so that
//!   of cas, which can be placed in gaps of different times, the one that began later may be taken, too.
//! * **Outcomes that are unknown.** Such an operation is one without an end: it is never due, and placed
//!   only where another needs it. They are counted by kind.
//! * **Dominance.** A configuration is what the register holds, what is under way and not placed, the
//!   time of the last write, and the gaps. Where another one was met that holds the same, whose last
//!   write is no earlier, that owes no other reads and the same cas, has all its writes, of which
//!   those that it has more are owed nothing, has used up no more of unknown outcome, and has a gap for
//!   each of its gaps, then all that can follow upon the one can follow upon the other. Times are put
//!   back first as far as that changes nothing, and gaps dropped in which nothing can be placed.
//!
//! A stale read is seldom found so, as all ways to come to it would have to be tried; it is proved by
//! the few last operations that rule it out, whatever was before them. And a search that is lost after a
//! bad choice begins anew with others (both in `evidence`).
//!
//! What is left may still take exponential time, as the problem is NP-complete (Gibbons and Korach,
//! [Testing shared memories](https://doi.org/10.1137/S0097539794279614), 1997). So the search has
//! limits, and says so where it reaches them.

mod calls;
mod configuration;
mod evidence;
mod limits;
mod model;
mod moves;
mod order;
mod search;
#[cfg(test)]
mod tests;
mod timeline;
mod walks;

use serde_json::json;

use self::calls::{Calls, Key};
use self::limits::Limits;
use self::model::{Action, Id, MISSING};
use self::order::Verdict;
use super::wording::shown;
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
        let name = key.name.to_json();
        if let Some(&op) = key.unclear.first() {
            let cause = format!("operation #{op} has not the form of a read, write or cas");
            unknown.push(json!({"key": name, "cause": cause}));
            continue;
        }
        match evidence::decide(&key.calls, limits.of(key.calls.len())) {
            Verdict::Linearizable => {}
            Verdict::GaveUp(limit, _) => {
                unknown.push(json!({"key": name, "cause": limit.text()}));
            }
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
fn finding(calls: &Calls, key: &Key, violation: &search::Violation) -> Finding {
    let culprit = &key.calls[violation.culprit];
    let end = culprit.returned.unwrap_or(culprit.invoked);
    let before = key.calls.iter().filter(|call| call.returned.is_some_and(|it| it < end)).count();
    let value = |id| calls.value(id).map_or("nothing".to_owned(), shown);
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
            call.invoked < end && needed.is_some() && call.action.to() == needed
        })
        .collect();
    let unwritten = writers.is_empty() && needed.is_some_and(|id| id != MISSING);
    let (why, proof) = if unwritten {
        ("which nobody had tried to write".to_owned(), vec![violation.culprit])
    } else {
        let mut proof = evidence::evidence(&key.calls, violation.culprit);
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
        shown(&key.name),
    );
    let ends = |call: usize| [Some(key.calls[call].invoked), key.calls[call].returned];
    let mut ops: Vec<_> = proof.into_iter().flat_map(ends).flatten().collect();
    ops.sort_unstable();
    let finding = Finding::new("nonlinearizable", text, ops);
    match telling(culprit.action, violation, unwritten).and_then(|id| calls.value(id)) {
        Some(value) => finding.about(&value.to_json()).of_key(key.name.to_json()),
        None => finding,
    }
}

/// The value that tells most: the one that the key holds and that the operation has missed, if there
/// is but one; or else what the operation is about.
fn telling(action: Action, violation: &search::Violation, unwritten: bool) -> Option<Id> {
    let states = &violation.states;
    let held = states.first().copied().filter(|_| states.len() == 1 && !unwritten);
    let own = match action {
        Action::Read(shown) => shown,
        Action::Write(written) => written,
        Action::Cas(from, _) => from,
    };
    held.into_iter().chain([own]).find(|&id| id != MISSING)
}
