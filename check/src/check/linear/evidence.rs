//! What is enough to prove that there is no order.
//!
//! This is also how a violation is found where a search for orders would try too many: the last few
//! operations alone may rule them all out, whatever the register held before.

use std::collections::BTreeSet;

use super::limits::{Limit, Limits};
use super::model::{Action, Call, Id, MISSING};
use super::order::{Verdict, search};
use super::search::Violation;
use super::timeline::Timeline;

/// Of one attempt at a proof, at most: enough for a tenth of a second.
const PROOF: Limits = Limits { steps: 1 << 22, memory: 1 << 27 };

/// Of the search for the smallest one: enough for two seconds.
const SMALLEST: Limits = Limits { steps: 1 << 26, memory: 1 << 27 };

/// Looks for an order, to the limits.
///
/// A search that goes back step by step may be lost for very long after one bad choice far back, which
/// another search would not have made (Gomes, Selman, Crato and Kautz, [Heavy-tailed phenomena in
/// satisfiability and constraint satisfaction problems](https://doi.org/10.1023/A:1006314320276), 2000).
/// So it begins anew after a while, with other choices, and goes on for longer and longer. Where it has
/// come no further than some call, a proof is looked for, too, that there is no order past that.
pub(super) fn decide(calls: &[Call], limits: &mut Limits) -> Verdict {
    const AWHILE: usize = 1 << 18;
    const STYLES: u64 = 8;
    /// An attempt at a proof takes this part of a search, for there are some twenty.
    const SHARE: usize = 16;

    let line = Timeline::of(calls);
    let mut steps = calls.len().saturating_mul(32).saturating_add(AWHILE);
    let (mut tried, mut full) = (BTreeSet::new(), 0);
    for style in 0.. {
        let given = steps.min(limits.steps);
        let mut budget = Limits { steps: given, ..*limits };
        let verdict = search(&line, MISSING, style, &mut budget);
        limits.spend(given - budget.steps);
        let Verdict::GaveUp(limit, Some(furthest)) = verdict else { return verdict };
        full += u64::from(limit == Limit::Memory);
        if tried.insert(furthest.culprit)
            && last_operations(calls, furthest.culprit, steps / SHARE, limits).is_some()
        {
            return Verdict::Violation(Violation { exact: false, ..furthest });
        }
        if limits.steps <= 1 || full >= STYLES {
            return Verdict::GaveUp(limit, Some(furthest));
        }
        if (style + 1).is_multiple_of(STYLES) {
            steps = steps.saturating_mul(4);
            tried.clear();
        }
    }
    Verdict::GaveUp(Limit::Steps, None)
}

/// The fewest last operations before a call's end which rule that call out, whatever the register held
/// before; where there are such.
fn last_operations<'a>(
    calls: &'a [Call],
    culprit: usize,
    each: usize,
    limits: &mut Limits,
) -> Option<(Prover<'a>, Vec<usize>)> {
    let attempt = Limits { steps: each.min(PROOF.steps), ..PROOF };
    let mut prover = Prover { calls, end: calls[culprit].returned?, since: None, limits: attempt };
    let mut by_end = prover.ended();
    by_end.sort_by_key(|&call| calls[call].returned);
    // The last 1, 2, 4 … by their ends.
    let mut last = 1;
    while last < by_end.len() {
        let (before, after) = by_end.split_at(by_end.len() - last);
        let since = before.last().and_then(|&call| calls[call].returned);
        prover.since = since;
        if limits.steps <= 1 {
            return None;
        }
        // What was under way by then may have happened before.
        let began_later = |&call: &usize| Some(calls[call].invoked) > since;
        let needed: Vec<_> = after.iter().copied().filter(began_later).collect();
        // Writes alone are often enough, and leave the fewest choices.
        let is_write = |&call: &usize| matches!(calls[call].action, Action::Write(_));
        let writes =
            needed.iter().copied().filter(|call| *call == culprit || is_write(call)).collect();
        if needed.contains(&culprit) {
            for needed in [writes, needed] {
                prover.limits = attempt;
                let is_proof = prover.proves(&needed);
                limits.spend(attempt.steps - prover.limits.steps);
                if is_proof {
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
    let (mut prover, mut needed) =
        last_operations(calls, culprit, PROOF.steps, &mut Limits::default()).unwrap_or_else(|| {
            let prover = Prover { calls, end, since: None, limits: SMALLEST };
            let ended = prover.ended();
            (prover, ended)
        });
    prover.limits = SMALLEST;
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
            .all(|state| matches!(search(&line, state, 0, &mut self.limits), Verdict::Violation(_)))
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
