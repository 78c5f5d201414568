//! Counters: is every final read a sum that can have come about?

use std::collections::BTreeMap;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

use num_bigint::BigInt;
use serde_json::Value;

use super::wording::shown;
use super::{Finding, Report};
use crate::exact;
use crate::history::{History, Kind, Op};
use crate::value::View;

/// Sums are approximated from above, which accuses nobody wrongly, where they form more ranges than
/// this. Only loads of many far-flung deltas get there.
const MAX_RANGES: usize = 1 << 14;

/// Judges g-counter and pn-counter: each final read must be the sum of the acknowledged adds plus
/// that of some of those whose outcome is unknown: `info`, or never completed. Integers may be of any size.
///
/// `acceptable` lists the possible sums as inclusive ranges. Without a final read there is nothing
/// to judge, and the verdict is unknown (in Maelstrom: valid); so it is if what was added is no integer.
/// There, what failed may have happened, since
/// its client takes every error for one of unknown outcome. A finding names the add that accounts
/// for the sum, being missing or counted once too often, where there is exactly one.
pub fn counter(history: &History) -> Report {
    // Nearly always 128 bits hold all that can come up, at a fraction of the time.
    if is_small(history) { judge::<i128>(history) } else { judge::<BigInt>(history) }
}

/// Whether 128 bits hold every sum of adds, and its difference to every read.
fn is_small(history: &History) -> bool {
    let mut left = i128::MAX.unsigned_abs() / 4;
    let of_all = history.pairs().into_iter().filter_map(|(invoked, completed)| match &*invoked.f {
        "add" => Some(invoked.value.view()),
        "read" => completed.map(|op| op.value.view()),
        _ => None,
    });
    for value in of_all.filter(|value| value.is_integer()) {
        let Some(rest) = integer::<i128>(value).and_then(|n| left.checked_sub(n.unsigned_abs()))
        else {
            return false;
        };
        left = rest;
    }
    true
}

/// What sums are made of.
trait Whole:
    Clone
    + Ord
    + Default
    + From<i128>
    + FromStr
    + ToString
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
{
}

impl Whole for i128 {}
impl Whole for BigInt {}

/// The integer that `value` is, if it is one and such numbers hold it.
fn integer<N: Whole>(value: View<'_>) -> Option<N> {
    value.is_integer().then(|| value.to_string().parse().ok()).flatten()
}

fn number<N: Whole>(integer: &N) -> Value {
    exact::integer(&integer.to_string())
}

fn judge<N: Whole>(history: &History) -> Report {
    let mut definite = N::default();
    let mut adds = Adds::<N>::default();
    let mut possible: BTreeMap<N, usize> = BTreeMap::new();
    let mut reads = Vec::new();
    let mut strange = None;
    for (invoked, completed) in history.pairs() {
        let kind = completed.map_or(Kind::Info, |op| op.kind);
        match (&*invoked.f, kind) {
            ("add", _) => {
                let Some(delta) = integer::<N>(invoked.value.view()) else {
                    strange.get_or_insert(invoked);
                    continue;
                };
                if let Some(op) = completed {
                    adds.push(kind, delta.clone(), op.index);
                }
                match kind {
                    Kind::Ok => definite = definite + delta,
                    Kind::Info => *possible.entry(delta).or_default() += 1,
                    Kind::Fail | Kind::Invoke => {}
                }
            }
            ("read", Kind::Ok) => {
                let finals = completed.filter(|op| op.is_final() || invoked.is_final());
                reads.extend(finals.filter(|op| !op.is_unanswered()));
            }
            _ => {}
        }
    }
    let mut sums = Sums::only(definite);
    for (delta, times) in possible {
        sums.add_up_to(times, &delta);
    }
    // Maelstrom takes every error for one that leaves all open.
    let mut theirs = sums.clone();
    for (delta, adds) in &adds.0 {
        theirs.add_up_to(adds.iter().filter(|(kind, _)| *kind == Kind::Fail).count(), delta);
    }
    let is_possible = |op: &&Op| integer(op.value.view()).is_some_and(|sum| sums.contain(&sum));
    let errors: Vec<&Op> = reads.iter().copied().filter(|op| !is_possible(op)).collect();
    let is_error = |op: &&Op| !integer(op.value.view()).is_some_and(|sum| theirs.contain(&sum));
    // It has no name for them but that.
    let errors_there = errors.iter().any(is_error).then(|| "errors".to_owned());
    let findings = errors.iter().map(|op| finding(op, &adds, &sums));
    let values = |ops: &[&Op]| ops.iter().map(|op| op.value.to_json()).collect::<Value>();
    let is_known = strange.is_none();
    let mut report = Report::new(errors.is_empty() || !is_known);
    if let Some(op) = strange {
        report = report.or_unknown(format!("op {} adds what is no integer", op.index));
    } else if reads.is_empty() {
        report = report.or_unknown("there is no final read whose answer is known");
    }
    let mut report = report
        .maelstrom(errors_there.is_none().into(), errors_there)
        .figure("errors", values(&errors))
        .figure("final-reads", values(&reads))
        .figure("acceptable", sums.to_json())
        .findings(findings.filter(|_| is_known));
    if sums.approximate {
        report = report.figure("acceptable-approximate?", true);
    }
    report
}

/// What is wrong with a read; and which add it is about, if there is one that accounts for it.
fn finding<N: Whole>(read: &Op, adds: &Adds<N>, sums: &Sums<N>) -> Finding {
    let node = read.node.as_deref().unwrap_or("a node");
    let what =
        format!("finally {node} reads {}, which no set of adds comes to", shown(&read.value));
    let Some(Account { delta, op, how }) = adds.account_for(read.value.view(), sums) else {
        return Finding::new("wrong-sum", what, [read.index]);
    };
    let text =
        format!("{what}; as if the {} of op {op} {how}", shown(exact::shown(&number(delta))));
    Finding::new("wrong-sum", text, [op, read.index]).about(&number(delta))
}

/// The adds that ended, by what they add.
#[derive(Default)]
struct Adds<N>(BTreeMap<N, Vec<(Kind, usize)>>);

/// How a single add, if it was carried out otherwise than it should be, makes a sum what it is.
struct Account<'a, N> {
    delta: &'a N,
    op: usize,
    how: &'static str,
}

impl<N: Whole> Adds<N> {
    fn push(&mut self, kind: Kind, delta: N, op: usize) {
        if delta != N::default() {
            self.0.entry(delta).or_default().push((kind, op));
        }
    }

    /// The only account of a wrong sum by a single add; nothing if several would do as well.
    fn account_for(&self, sum: View<'_>, sums: &Sums<N>) -> Option<Account<'_, N>> {
        let sum = integer::<N>(sum)?;
        let mut found = None;
        for (delta, adds) in &self.0 {
            let less = sums.contain(&(sum.clone() - delta.clone()));
            let more = sums.contain(&(sum.clone() + delta.clone()));
            for &(kind, op) in adds {
                let hows = match kind {
                    Kind::Ok => [(more, "were missing"), (less, "counted twice")],
                    Kind::Fail => [(less, "counted, though it failed"), (false, "")],
                    Kind::Info | Kind::Invoke => continue,
                };
                for (_, how) in hows.into_iter().filter(|(explains, _)| *explains) {
                    if found.replace(Account { delta, op, how }).is_some() {
                        return None;
                    }
                }
            }
        }
        found
    }
}

/// A set of integers as disjoint inclusive ranges, sorted, none touching the next.
#[derive(Clone)]
struct Sums<N> {
    ranges: Vec<(N, N)>,
    approximate: bool,
}

impl<N: Whole> Sums<N> {
    fn only(sum: N) -> Self {
        Self { ranges: vec![(sum.clone(), sum)], approximate: false }
    }

    /// Each sum may also have grown by `delta`, up to `times` times.
    ///
    /// In steps that double: having allowed for 0 to k times, shifting all by k + 1 or less allows
    /// for up to 2k + 1, so that a thousand equal adds cost ten passes.
    fn add_up_to(&mut self, mut times: usize, delta: &N) {
        let mut step = 1;
        while times > 0 && *delta != N::default() {
            let taken = step.min(times);
            self.or_shifted(&(delta.clone() * N::from(taken as i128)));
            times -= taken;
            step *= 2;
        }
    }

    fn or_shifted(&mut self, by: &N) {
        let shifted = self
            .ranges
            .iter()
            .map(|(low, high)| (low.clone() + by.clone(), high.clone() + by.clone()));
        let mut all: Vec<_> = self.ranges.iter().cloned().chain(shifted).collect();
        // Two sorted runs, which it merges.
        all.sort();
        self.ranges = joined(all, &N::from(1));
        if self.ranges.len() > MAX_RANGES {
            self.approximate = true;
            let gap = |pair: &[(N, N)]| pair[1].0.clone() - pair[0].1.clone();
            let mut gaps: Vec<_> = self.ranges.windows(2).map(gap).collect();
            let (_, gap, _) = gaps.select_nth_unstable(self.ranges.len() - MAX_RANGES / 2);
            self.ranges = joined(std::mem::take(&mut self.ranges), gap);
        }
    }

    fn contain(&self, sum: &N) -> bool {
        let next = self.ranges.partition_point(|(low, _)| low <= sum);
        next > 0 && *sum <= self.ranges[next - 1].1
    }

    fn to_json(&self) -> Value {
        self.ranges
            .iter()
            .map(|(low, high)| Value::Array(vec![number(low), number(high)]))
            .collect()
    }
}

/// Sorted ranges with those joined that are no further apart than `gap`.
fn joined<N: Whole>(sorted: Vec<(N, N)>, gap: &N) -> Vec<(N, N)> {
    let mut ranges: Vec<(N, N)> = Vec::with_capacity(sorted.len());
    for (low, high) in sorted {
        match ranges.last_mut() {
            Some((_, last)) if low.clone() - last.clone() <= *gap => {
                if *last < high {
                    *last = high;
                }
            }
            _ => ranges.push((low, high)),
        }
    }
    ranges
}

#[cfg(test)]
mod tests;
