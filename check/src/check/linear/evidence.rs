//! What is enough to prove that there is no order.
//!
//! This is also how a violation is found where a search for orders would try too many: the last few
//! operations alone may rule them all out, whatever the register held before.

use std::collections::BTreeSet;

use super::model::{Action, Call, Id, MISSING};
use super::search::{Limits, Verdict, Violation, search};
use super::timeline::Timeline;

/// Enough for a fraction of a second.
const LIMITS: Limits = Limits { steps: 1 << 22, memory: 1 << 27 };

/// Looks for an order: for a while by trying all, then, where the search has come no further than some
/// call, for a proof that there is none past it, and without one again by trying, to the limits.
pub(super) fn decide(calls: &[Call], limits: &mut Limits) -> Verdict {
    const AWHILE: usize = 1 << 24;

    let line = Timeline::of(calls);
    let steps = calls.len().saturating_mul(256).saturating_add(AWHILE).min(limits.steps);
    for steps in [steps, limits.steps] {
        let mut budget = Limits { steps, ..*limits };
        let verdict = search(&line, MISSING, &mut budget);
        limits.steps = limits.steps.saturating_sub(steps - budget.steps).max(1);
        let Verdict::GaveUp(cause, Some(furthest)) = verdict else { return verdict };
        if last_operations(calls, furthest.culprit).is_some() {
            return Verdict::Violation(Violation { exact: false, ..furthest });
        }
        if steps >= limits.steps {
            return Verdict::GaveUp(cause, Some(furthest));
        }
    }
    Verdict::GaveUp("the search for an order took too many steps", None)
}

/// The fewest last operations before a call's end which rule that call out, whatever the register held
/// before; where there are such.
fn last_operations(calls: &[Call], culprit: usize) -> Option<(Prover<'_>, Vec<usize>)> {
    let mut prover = Prover { calls, end: calls[culprit].returned?, since: None, limits: LIMITS };
    let mut by_end = prover.ended();
    by_end.sort_by_key(|&call| calls[call].returned);
    // The last 1, 2, 4 … by their ends.
    let mut last = 1;
    while last < by_end.len() {
        let (before, after) = by_end.split_at(by_end.len() - last);
        let since = before.last().and_then(|&call| calls[call].returned);
        prover.since = since;
        // What was under way by then may have happened before.
        let began_later = |&call: &usize| Some(calls[call].invoked) > since;
        let needed: Vec<_> = after.iter().copied().filter(began_later).collect();
        // Writes alone are often enough, and leave the fewest choices.
        let is_write = |&call: &usize| matches!(calls[call].action, Action::Write(_));
        let writes =
            needed.iter().copied().filter(|call| *call == culprit || is_write(call)).collect();
        if needed.contains(&culprit) {
            for needed in [writes, needed] {
                prover.limits = LIMITS;
                if prover.proves(&needed) {
                    prover.limits = LIMITS;
                    return Some((prover, needed));
                }
            }
        }
        last *= 2;
    }
    None
}

/// The numbers of calls that by themselves rule out every order, the culprit among them. None of them
/// can be left out, unless the search for less has reached its limits.
///
/// What is needed is found by allowing more and more, as long as there still is no order:
///
/// * The register may have held anything at some time shortly before the culprit's end; so that what
///   had ended by then is left out, and what was under way may have happened or not.
/// * A read after that time is left out; anything else may have happened whenever the others allow,
///   or never.
pub(super) fn evidence(calls: &[Call], culprit: usize) -> Vec<usize> {
    let Some(end) = calls[culprit].returned else { return Vec::new() };
    let (mut prover, mut needed) = last_operations(calls, culprit).unwrap_or_else(|| {
        let prover = Prover { calls, end, since: None, limits: LIMITS };
        let ended = prover.ended();
        (prover, ended)
    });
    // Reads go first, as writes say more; else what is longest past.
    needed.sort_by_key(|&call| (!calls[call].action.is_read(), calls[call].invoked));
    let mut size = needed.len();
    while size > 0 {
        let mut at = 0;
        while at < needed.len() {
            let less: Vec<_> =
                needed[..at].iter().chain(needed.iter().skip(at + size)).copied().collect();
            if less.contains(&culprit) && prover.proves(&less) {
                needed = less;
            } else {
                at += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    needed
}

struct Prover<'a> {
    calls: &'a [Call],
    /// When the culprit ended.
    end: usize,
    /// The time before which nothing is known; none is the beginning.
    since: Option<usize>,
    limits: Limits,
}

impl Prover<'_> {
    /// Those of them that had ended.
    fn ended(&self) -> Vec<usize> {
        let end = Some(self.end);
        self.begun()
            .filter(|&call| self.calls[call].returned.is_some() && self.calls[call].returned <= end)
            .collect()
    }

    /// The calls that had begun by the culprit's end, and had not ended before anything is known.
    fn begun(&self) -> impl Iterator<Item = usize> {
        let (calls, end, since) = (self.calls, self.end, self.since);
        (0..calls.len()).filter(move |&call| {
            calls[call].invoked < end
                && (since.is_none() || calls[call].returned.is_none_or(|end| Some(end) > since))
        })
    }

    /// Whether there is no order even if only these calls have to be in their places.
    fn proves(&mut self, needed: &[usize]) -> bool {
        let needed: BTreeSet<usize> = needed.iter().copied().collect();
        let calls: Vec<_> = self
            .begun()
            .filter_map(|number| {
                let call = self.calls[number];
                if needed.contains(&number) {
                    return Some(call);
                }
                let ended = call.returned.is_some_and(|returned| returned <= self.end);
                let invoked = if ended { 0 } else { call.invoked };
                (!call.action.is_read()).then_some(Call { invoked, returned: None, ..call })
            })
            .collect();
        let initial = match self.since {
            None => BTreeSet::from([MISSING]),
            Some(_) => states(&calls),
        };
        let line = Timeline::of(&calls);
        initial
            .into_iter()
            .all(|state| matches!(search(&line, state, &mut self.limits), Verdict::Violation(_)))
    }
}

/// All values that calls name, and one that stands for all others.
fn states(calls: &[Call]) -> BTreeSet<Id> {
    let named = calls.iter().flat_map(|call| match call.action {
        Action::Read(value) | Action::Write(value) => [value, value],
        Action::Cas(from, to) => [from, to],
    });
    named.chain([Id::MAX]).collect()
}
