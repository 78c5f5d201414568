//! What is enough to prove that there is no order.
//!
//! This is also how a violation is found where a search for orders would try too many: operations of
//! unknown outcome leave so many ways for a key to have come to what it holds that most violations are
//! out of reach, though the last few operations alone rule them all out.

use std::collections::BTreeSet;

use super::model::Model;
use super::search::{Call, Limits, Verdict, Violation, search};

/// Enough for a second.
const LIMITS: Limits = Limits { steps: 1 << 20, memory: 1 << 27 };

/// Looks for an order: for a while by trying all, then, where the search has come no further than some
/// call, for a proof that there is none past it, and without one again by trying, to the limits.
pub(super) fn decide<M: Model>(
    model: &M,
    calls: &[Call<M::Action>],
    limits: &mut Limits,
) -> Verdict<M::State> {
    const AWHILE: usize = 1 << 17;

    let steps = calls.len().saturating_mul(16).saturating_add(AWHILE).min(limits.steps);
    for steps in [steps, limits.steps] {
        let mut budget = Limits { steps, ..*limits };
        let verdict = search(model, model.initial(), calls, &mut budget);
        limits.steps = limits.steps.saturating_sub(steps - budget.steps).max(1);
        let Verdict::GaveUp(cause, Some(furthest)) = verdict else { return verdict };
        if last_operations(model, calls, furthest.culprit).is_some() {
            return Verdict::Violation(Violation { exact: false, ..furthest });
        }
        if steps >= limits.steps || budget.memory == 0 {
            return Verdict::GaveUp(cause, Some(furthest));
        }
    }
    Verdict::GaveUp("the search for an order took too many steps", None)
}

/// The fewest last operations before a call's end which rule that call out, whatever the object was
/// like before; where there are such.
fn last_operations<'a, M: Model>(
    model: &'a M,
    calls: &'a [Call<M::Action>],
    culprit: usize,
) -> Option<(Prover<'a, M>, Vec<usize>)> {
    let mut prover =
        Prover { model, calls, end: calls[culprit].returned?, since: None, limits: LIMITS };
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
        if needed.contains(&culprit) && prover.proves(&needed) {
            prover.limits = LIMITS;
            return Some((prover, needed));
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
/// * The object may have been in any state at some time shortly before the culprit's end; so that what
///   had ended by then is left out, and what was under way may have happened or not.
/// * A read after that time is left out; anything else may have happened whenever the others allow,
///   or never.
pub(super) fn evidence<M: Model>(
    model: &M,
    calls: &[Call<M::Action>],
    culprit: usize,
) -> Vec<usize> {
    let Some(end) = calls[culprit].returned else { return Vec::new() };
    let (mut prover, mut needed) = last_operations(model, calls, culprit).unwrap_or_else(|| {
        let prover = Prover { model, calls, end, since: None, limits: LIMITS };
        let ended = prover.ended();
        (prover, ended)
    });
    // Reads go first, as writes say more; else what is longest past.
    needed.sort_by_key(|&call| (!model.is_read(calls[call].action), calls[call].invoked));
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

struct Prover<'a, M: Model> {
    model: &'a M,
    calls: &'a [Call<M::Action>],
    /// When the culprit ended.
    end: usize,
    /// The time before which nothing is known; none is the beginning.
    since: Option<usize>,
    limits: Limits,
}

impl<M: Model> Prover<'_, M> {
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
        let mut calls: Vec<_> = self
            .begun()
            .filter_map(|number| {
                let call = self.calls[number];
                if needed.contains(&number) {
                    return Some(call);
                }
                let ended = call.returned.is_some_and(|returned| returned <= self.end);
                let invoked = if ended { 0 } else { call.invoked };
                (!self.model.is_read(call.action)).then_some(Call {
                    invoked,
                    returned: None,
                    ..call
                })
            })
            .collect();
        calls.sort_by_key(|call| call.invoked);
        let initial = match self.since {
            None => BTreeSet::from([self.model.initial()]),
            Some(_) => self.model.states(calls.iter().map(|call| call.action)),
        };
        initial.into_iter().all(|state| {
            let verdict = search(self.model, state, &calls, &mut self.limits);
            matches!(verdict, Verdict::Violation(_))
        })
    }
}
