use std::ops::Range;

use super::model::Id;
use super::timeline::{Moment, Timeline};

const BITS: usize = u64::BITS as usize;

/// What matters of an order of the operations so far.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    /// What the register holds.
    pub(super) state: Id,
    /// When the last write was placed; 0 if none was.
    pub(super) reset: Moment,
    /// The operations under way that are not placed yet, by their slots.
    open: Box<[u64]>,
    /// How many of the first were placed of the classes of which any was, sorted by their numbers.
    used: Vec<(u32, u32)>,
    /// Which others were, by class and number, sorted.
    apart: Vec<(u32, u32)>,
    /// Where else more can be placed.
    pub(super) gaps: Vec<Gap>,
}

/// A moment in the past at which the register held a value, and at which more can be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) value: Id,
    pub(super) time: Moment,
    /// Whether a write comes next, so that it does not matter what is held then. What is placed in
    /// another gap has to lead back to its value.
    pub(super) loose: bool,
}

impl Configuration {
    pub(super) fn new(state: Id, line: &Timeline) -> Self {
        let open = vec![0; line.word_count()].into();
        Self { state, reset: 0, open, used: Vec::new(), apart: Vec::new(), gaps: Vec::new() }
    }

    pub(super) fn is_open(&self, slot: usize) -> bool {
        self.open[slot / BITS] >> (slot % BITS) & 1 == 1
    }

    pub(super) fn begin(&mut self, slot: usize) {
        self.open[slot / BITS] |= 1 << (slot % BITS);
    }

    pub(super) fn place(&mut self, slot: usize) {
        self.open[slot / BITS] &= !(1 << (slot % BITS));
    }

    /// The slots of open operations among some words.
    pub(super) fn open(&self, words: Range<usize>) -> impl Iterator<Item = usize> {
        bits(words.clone().zip(self.open[words].iter().copied()))
    }

    /// How many of the first of a class were placed.
    pub(super) fn used(&self, class: u32) -> u32 {
        let at = self.used.binary_search_by_key(&class, |&(class, _)| class);
        at.map_or(0, |at| self.used[at].1)
    }

    pub(super) fn is_used(&self, class: u32, index: u32) -> bool {
        self.apart.contains(&(class, index)) || index < self.used(class)
    }

    pub(super) fn use_up(&mut self, class: u32, index: u32) {
        let at = self.apart.partition_point(|&it| it < (class, index));
        self.apart.insert(at, (class, index));
    }

    /// Of calls of a class that can be placed everywhere it does not matter which are used up: let it
    /// be the first ones.
    pub(super) fn forget_order(&mut self, begins: impl Fn(u32, u32) -> Moment) {
        if self.apart.is_empty() {
            return;
        }
        let first = self.gaps.iter().map(|gap| gap.time).chain([self.reset]).min().unwrap_or(0);
        for (class, index) in std::mem::take(&mut self.apart) {
            let next = self.used(class);
            if index > next && begins(class, index) >= first {
                self.apart.push((class, index));
                continue;
            }
            match self.used.binary_search_by_key(&class, |&(class, _)| class) {
                Ok(at) => self.used[at].1 += 1,
                Err(at) => self.used.insert(at, (class, 1)),
            }
        }
    }

    /// Whether something can be placed at a time after the first and not after the second.
    pub(super) fn has_place_between(&self, first: Moment, second: Moment) -> bool {
        let mut times = self.gaps.iter().map(|gap| gap.time).chain([self.reset]);
        times.any(|time| first < time && time <= second)
    }

    /// Notes that the register held a value at some time.
    pub(super) fn leave(&mut self, gap: Gap) {
        let better = |of: &Gap, than: &Gap| of.value == than.value && of.time >= than.time;
        if !gap.loose && self.gaps.iter().any(|other| better(other, &gap)) {
            return;
        }
        self.gaps.retain(|other| other.loose || !better(&gap, other));
        self.gaps.push(gap);
    }

    /// Whether all that can follow upon `other` can follow upon this.
    ///
    /// `begins` tells when the operation in a slot has begun.
    pub(super) fn dominates(
        &self,
        other: &Self,
        line: &Timeline,
        begins: impl Fn(usize) -> Moment,
    ) -> bool {
        if self.state != other.state || self.reset < other.reset {
            return false;
        }
        let pairs = |words: Range<usize>| self.open[words.clone()].iter().zip(&other.open[words]);
        if !pairs(line.cas()).all(|(mine, theirs)| mine == theirs)
            || !pairs(line.reads()).all(|(mine, theirs)| mine & !theirs == 0)
            || !pairs(line.writes()).all(|(mine, theirs)| theirs & !mine == 0)
        {
            return false;
        }
        let more = pairs(line.writes()).map(|(mine, theirs)| mine & !theirs);
        bits(line.writes().zip(more)).all(|slot| begins(slot) < self.reset)
            && self.uses_no_more_than(other)
            && self.gaps_as_in(other)
    }

    fn uses_no_more_than(&self, other: &Self) -> bool {
        let mut more = other.used.iter();
        let first = self.used.iter().all(|&(class, count)| {
            more.find(|(other, _)| *other >= class)
                .is_some_and(|&(other, more)| other == class && more >= count)
        });
        first && self.apart.iter().all(|&(class, index)| other.is_used(class, index))
    }

    /// Whether there is a gap of ours for each of the other's.
    fn gaps_as_in(&self, other: &Self) -> bool {
        let mut free: u64 = u64::MAX;
        if self.gaps.len() > BITS {
            return false;
        }
        other.gaps.iter().all(|gap| {
            let fits = |&(at, mine): &(usize, &Gap)| {
                let better = mine.value == gap.value && mine.time >= gap.time;
                better && (!gap.loose || mine.loose && free >> at & 1 == 1)
            };
            let found = self.gaps.iter().enumerate().filter(fits).min_by_key(|(_, gap)| gap.time);
            if gap.loose
                && let Some((at, _)) = found
            {
                free &= !(1 << at);
            }
            found.is_some()
        })
    }

    /// About how much memory it takes.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>()
            + size_of_val(&*self.open)
            + (self.used.len() + self.apart.len()) * size_of::<(u32, u32)>()
            + self.gaps.len() * size_of::<Gap>()
    }
}

fn bits(words: impl Iterator<Item = (usize, u64)>) -> impl Iterator<Item = usize> {
    words.flat_map(|(at, mut word)| {
        std::iter::from_fn(move || {
            let bit = word.trailing_zeros() as usize;
            (bit < BITS).then(|| {
                word &= word - 1;
                at * BITS + bit
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::linear::model::{Action, Call};

    #[test]
    fn a_write_that_is_left_is_better_only_if_it_may_be_put_before_the_last_one() {
        let call = Call { action: Action::Write(1), invoked: 5, returned: Some(9) };
        let line = Timeline::of(&[call]);
        let (begins, slot) = (|_| 5, line.op(0).slot);
        let placed = Configuration { reset: 5, ..Configuration::new(1, &line) };
        let mut left = placed.clone();
        left.begin(slot);
        assert!(
            !left.dominates(&placed, &line, begins),
            "it has to be placed after the last write"
        );
        assert!(!placed.dominates(&left, &line, begins), "it can't be used any more");
        left.reset = 6;
        assert!(left.dominates(&placed, &line, begins));
    }

    #[test]
    fn a_gap_is_as_good_as_earlier_ones_of_its_value_and_each_loose_one_counts() {
        let line = Timeline::of(&[]);
        let with = |gaps: &[(Id, Moment, bool)]| {
            let gap = |&(value, time, loose)| Gap { value, time, loose };
            Configuration { gaps: gaps.iter().map(gap).collect(), ..Configuration::new(1, &line) }
        };
        let is_as_good =
            |gaps: &[_], others: &[_]| with(gaps).dominates(&with(others), &line, |_| 0);
        assert!(is_as_good(&[(1, 5, true)], &[(1, 5, false)]));
        assert!(!is_as_good(&[(1, 5, false)], &[(1, 5, true)]));
        assert!(is_as_good(&[(1, 6, true)], &[(1, 5, true)]));
        assert!(!is_as_good(&[(1, 4, true)], &[(1, 5, true)]));
        assert!(!is_as_good(&[(2, 6, true)], &[(1, 5, true)]));
        assert!(!is_as_good(&[(1, 6, true)], &[(1, 5, true), (1, 4, true)]));
        assert!(is_as_good(&[(1, 6, true), (1, 5, true)], &[(1, 4, true), (1, 5, true)]));
    }

    #[test]
    fn which_of_a_kind_are_used_up_is_forgotten_where_it_does_not_matter() {
        let line = Timeline::of(&[]);
        let mut configuration = Configuration { reset: 20, ..Configuration::new(1, &line) };
        configuration.gaps.push(Gap { value: 1, time: 12, loose: true });
        configuration.use_up(0, 1);
        configuration.use_up(0, 2);
        // Those of the class begin at 0, 10, 20: the second can be placed wherever the first can.
        configuration.forget_order(|_, index| 10 * index);
        assert_eq!(configuration.used(0), 1);
        let used = (0..3).map(|index| configuration.is_used(0, index)).collect::<Vec<_>>();
        assert_eq!(used, [true, false, true]);
    }
}
