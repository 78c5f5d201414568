use alloc::vec::Vec;
use core::ops::RangeInclusive;

/// Consecutive counters, from 1 on at the earliest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) first: u64,
    pub(super) last: u64,
}

impl Run {
    pub(super) const fn one(counter: u64) -> Self {
        Self { first: counter, last: counter }
    }

    pub(super) fn range(self) -> RangeInclusive<u64> {
        self.first..=self.last
    }
}

/// Counters of one replica: ascending runs, each two of them with a gap between.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Runs(Vec<Run>);

impl Runs {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn of(run: Run) -> Self {
        Self(alloc::vec![run])
    }

    pub(super) fn as_slice(&self) -> &[Run] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, counter: u64) -> bool {
        let at = self.0.partition_point(|run| run.last < counter);
        self.0.get(at).is_some_and(|run| run.first <= counter)
    }

    /// The greatest counter, or 0.
    pub(super) fn last(&self) -> u64 {
        self.0.last().map_or(0, |run| run.last)
    }

    /// Up to which counter there is no gap.
    pub(super) fn contiguous(&self) -> u64 {
        self.0.first().filter(|run| run.first == 1).map_or(0, |run| run.last)
    }

    /// How many counters there are, or `u64::MAX`.
    pub(super) fn count(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |count, run| count.saturating_add(run.last - run.first).saturating_add(1))
    }

    /// Adds a run; returns whether it was not there. O(log n), and what lies after it moves.
    pub(super) fn insert(&mut self, run: Run) -> bool {
        let start = self.0.partition_point(|held| held.last < run.first.saturating_sub(1));
        let end = self.0.partition_point(|held| held.first <= run.last.saturating_add(1));
        // Those between touch it.
        let touching = self.0.get(start..end).unwrap_or_default();
        let (Some(first), Some(last)) = (touching.first(), touching.last()) else {
            self.0.insert(start, run);
            return true;
        };
        let joined = Run { first: first.first.min(run.first), last: last.last.max(run.last) };
        if *first == joined {
            return false;
        }
        self.0[start] = joined;
        self.0.drain(start + 1..end);
        true
    }

    /// The union, unless `other` adds nothing.
    pub(super) fn union(&self, other: &Self) -> Option<Self> {
        let lacking = other.minus(self);
        if lacking.is_empty() {
            return None;
        }
        let mut all = self.clone();
        for run in lacking.0 {
            all.insert(run);
        }
        Some(all)
    }

    /// The counters that are not in `other`. O(n log m + the runs of `other` within).
    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        for run in &self.0 {
            let mut next = Some(run.first);
            for cut in other.touching(*run) {
                if let Some(first) = next.filter(|first| *first < cut.first) {
                    rest.push(Run { first, last: cut.first - 1 });
                }
                next = cut.last.checked_add(1);
            }
            if let Some(first) = next.filter(|first| *first <= run.last) {
                rest.push(Run { first, last: run.last });
            }
        }
        Self(rest)
    }

    /// The counters that are in `other`, too.
    pub(super) fn intersection(&self, other: &Self) -> Self {
        let common = self.0.iter().flat_map(|run| {
            other
                .touching(*run)
                .map(|it| Run { first: it.first.max(run.first), last: it.last.min(run.last) })
        });
        Self(common.collect())
    }

    /// The runs that have a counter in common with `run`.
    fn touching(&self, run: Run) -> impl Iterator<Item = Run> {
        let from = self.0.partition_point(|held| held.last < run.first);
        self.0[from..].iter().take_while(move |held| held.first <= run.last).copied()
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn runs_of(counters: &BTreeSet<u64>) -> Runs {
        let mut runs = Runs::new();
        for counter in counters {
            runs.insert(Run::one(*counter));
        }
        runs
    }

    /// Near either end of what can be counted.
    fn counters() -> impl Strategy<Value = BTreeSet<u64>> {
        let counter = prop_oneof![4 => 1..16_u64, 1 => u64::MAX - 6..=u64::MAX];
        prop::collection::btree_set(counter, 0..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn runs_are_sets(a in counters(), b in counters(), first in 1..16_u64, more in 0..6_u64) {
            let (ours, theirs) = (runs_of(&a), runs_of(&b));
            for pair in ours.as_slice().windows(2) {
                prop_assert!(pair[0].first <= pair[0].last && pair[0].last + 1 < pair[1].first);
            }
            prop_assert!(ours.as_slice().iter().copied().flat_map(Run::range).eq(a.iter().copied()));
            prop_assert_eq!(ours.count(), a.len() as u64);
            prop_assert_eq!(ours.last(), a.last().copied().unwrap_or(0));
            prop_assert_eq!(ours.contiguous(), (1..=u64::MAX).take_while(|it| a.contains(it)).count() as u64);
            for counter in (0..18).chain(u64::MAX - 7..=u64::MAX) {
                prop_assert_eq!(ours.contains(counter), a.contains(&counter));
            }
            let expected = &a | &b;
            prop_assert_eq!(ours.union(&theirs), (expected != a).then(|| runs_of(&expected)));
            prop_assert_eq!(ours.minus(&theirs), runs_of(&(&a - &b)));
            prop_assert_eq!(ours.intersection(&theirs), runs_of(&(&a & &b)));
            let run = Run { first, last: first + more };
            let (mut grown, mut expected) = (ours.clone(), a.clone());
            expected.extend(run.range());
            prop_assert_eq!(grown.insert(run), expected != a);
            prop_assert_eq!(grown, runs_of(&expected));
        }
    }
}
