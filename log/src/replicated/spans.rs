/// A set of positive integers, as the spans that are free of gaps: small for what comes mostly in
/// order.
///
/// It is the contiguous part and the cloud of a dotted causal context (Almeida, Shoker, Baquero,
/// [Delta State Replicated Data Types](https://arxiv.org/abs/1603.01529), 2018, section 7.2), for
/// one replica.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Spans {
    /// First and last of each, ascending, with a gap between any two.
    spans: Vec<(u64, u64)>,
}

impl Spans {
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        let at = self.spans.partition_point(|(_, last)| *last < number);
        self.spans.get(at).is_some_and(|(first, _)| *first <= number)
    }

    /// The greatest number up to which none is lacking; 0 if 1 is.
    pub(super) fn contiguous(&self) -> u64 {
        self.spans.first().filter(|(first, _)| *first == 1).map_or(0, |(_, last)| *last)
    }

    /// The greatest number; 0 if there is none.
    pub(super) fn last(&self) -> u64 {
        self.spans.last().map_or(0, |(_, last)| *last)
    }

    /// Adds all from `first` to `last`; returns whether any of them is new.
    pub(super) fn add(&mut self, first: u64, last: u64) -> bool {
        if first == 0 || first > last {
            return false;
        }
        // Those that overlap or touch become one with it.
        let begin = self.spans.partition_point(|span| span.1 < first - 1);
        let touching = self.spans[begin..].partition_point(|span| span.0 <= last.saturating_add(1));
        let end = begin + touching;
        let joined = self.spans[begin..end]
            .iter()
            .fold((first, last), |joined, span| (joined.0.min(span.0), joined.1.max(span.1)));
        if self.spans[begin..end] == [joined] {
            return false;
        }
        self.spans.splice(begin..end, [joined]);
        true
    }

    /// Adds all of `other`; returns whether any of them is new.
    pub(super) fn union(&mut self, other: &Self) -> bool {
        other.spans.iter().fold(false, |new, span| self.add(span.0, span.1) | new)
    }

    /// Takes out all from `first` to `last`.
    pub(super) fn remove(&mut self, first: u64, last: u64) {
        let begin = self.spans.partition_point(|span| span.1 < first);
        let overlapping = self.spans[begin..].partition_point(|span| span.0 <= last);
        let cut = self.spans[begin..begin + overlapping].to_vec();
        let left = cut.first().filter(|span| span.0 < first).map(|span| (span.0, first - 1));
        let right = cut.last().filter(|span| span.1 > last).map(|span| (last + 1, span.1));
        self.spans.splice(begin..begin + overlapping, left.into_iter().chain(right));
    }

    /// Those that are not in `other`.
    pub(super) fn difference(&self, other: &Self) -> Self {
        let mut rest = self.clone();
        for (first, last) in &other.spans {
            rest.remove(*first, *last);
        }
        rest
    }

    /// First and last of each span, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.spans.iter().copied()
    }
}

impl FromIterator<(u64, u64)> for Spans {
    fn from_iter<I: IntoIterator<Item = (u64, u64)>>(spans: I) -> Self {
        let mut all = Self::default();
        for (first, last) in spans {
            all.add(first, last);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn numbers(spans: &Spans) -> BTreeSet<u64> {
        spans.iter().flat_map(|(first, last)| first..=last).collect()
    }

    fn some() -> impl Strategy<Value = Spans> {
        prop::collection::vec((1_u64..30, 0_u64..6), 0..8).prop_map(|spans| {
            spans.into_iter().map(|(first, more)| (first, first + more)).collect()
        })
    }

    proptest! {
        #[test]
        fn they_are_as_a_set_of_numbers(a in some(), b in some(), number in 1_u64..40) {
            let (set_a, set_b) = (numbers(&a), numbers(&b));
            let mut union = a.clone();
            prop_assert_eq!(union.union(&b), !set_b.is_subset(&set_a));
            prop_assert_eq!(numbers(&union), &set_a | &set_b);
            prop_assert_eq!(numbers(&a.difference(&b)), &set_a - &set_b);
            prop_assert_eq!(a.contains(number), set_a.contains(&number));
            let contiguous = (1..=40).take_while(|number| set_a.contains(number)).count();
            prop_assert_eq!(a.contiguous(), contiguous as u64);
            prop_assert_eq!(a.last(), set_a.last().copied().unwrap_or(0));
            // One form for each set.
            let again: Spans = set_a.iter().rev().map(|number| (*number, *number)).collect();
            prop_assert_eq!(a, again);
        }
    }

    #[test]
    fn the_greatest_numbers_do_no_harm() {
        let mut spans = Spans::from_iter([(u64::MAX, u64::MAX), (1, 3)]);
        assert!(spans.add(4, u64::MAX - 1));
        assert_eq!(spans.contiguous(), u64::MAX);
        assert!(!spans.add(0, 9) && !spans.add(5, 4));
    }
}
