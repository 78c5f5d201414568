use alloc::vec::Vec;
use core::fmt;
use core::hash::Hash;
use core::ops::RangeInclusive;

use super::iter;
use super::runs::{Run, Runs};
use crate::changes::{Apply, Misfit};
use crate::iter::IntoPairs;
use crate::sorted::{Joined, Sorted};
use crate::{Changes, Decompose, Dot, Lattice, VersionVector};

/// Which events were seen: a set of dots, of which those without a gap take the room of one.
///
/// For each replica it holds runs of consecutive counters. The run that begins at 1 is what a
/// version vector would say; the others, often called the *cloud*, are events that came before
/// their predecessors. A gap that is filled joins its neighbours, so nothing needs compacting.
/// Almeida, Shoker, Baquero, [Delta State Replicated Data
/// Types](https://arxiv.org/abs/1603.01529), 2018.
///
/// The causal types keep theirs to themselves; a context by itself can be read, merged and compared,
/// but nothing takes one as a licence to remove.
///
/// ```
/// use glomers_crdt::{CausalContext, Dot, Lattice};
///
/// let mut seen = CausalContext::from_runs([("a", 1..=3), ("a", 5..=5)])?;
/// assert!(!seen.contains(&Dot { replica: "a", counter: 4 }));
/// seen.insert(Dot { replica: "a", counter: 4 })?;
/// assert!(seen.iter().eq([(&"a", 1..=5)]), "the gap is closed");
/// # Ok::<(), glomers_crdt::InvalidRun>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CausalContext<R> {
    /// No replica has none.
    pub(super) runs: Sorted<R, Runs>,
}

static NONE: Runs = Runs::new();

impl<R: Ord> CausalContext<R> {
    /// What was seen of one replica.
    pub(super) fn of(&self, replica: &R) -> &Runs {
        self.runs.get(replica).unwrap_or(&NONE)
    }

    /// Whether `dot` was seen. O(log n) for n runs.
    ///
    /// ```
    /// use glomers_crdt::{CausalContext, Dot};
    ///
    /// let seen = CausalContext::from_runs([('a', 2..=3)]).unwrap();
    /// assert!(seen.contains(&Dot { replica: 'a', counter: 3 }));
    /// assert!(!seen.contains(&Dot { replica: 'a', counter: 1 }));
    /// ```
    pub fn contains(&self, dot: &Dot<R>) -> bool {
        self.of(&dot.replica).contains(dot.counter)
    }
}

impl<R: Ord + Clone> CausalContext<R> {
    /// The context of the given runs, which may overlap and come in any order. O(n log n).
    ///
    /// # Errors
    ///
    /// [`InvalidRun`] if a run is empty or begins with 0: counters begin with 1.
    ///
    /// ```
    /// use glomers_crdt::CausalContext;
    ///
    /// let seen = CausalContext::from_runs([('b', 1..=1), ('a', 4..=9), ('a', 1..=3)]).unwrap();
    /// assert!(seen.iter().eq([(&'a', 1..=9), (&'b', 1..=1)]));
    /// assert!(CausalContext::from_runs([('a', 0..=9)]).is_err());
    /// ```
    pub fn from_runs(
        runs: impl IntoIterator<Item = (R, RangeInclusive<u64>)>,
    ) -> Result<Self, InvalidRun> {
        let mut context = Self::default();
        for (replica, range) in runs {
            let (first, last) = range.into_inner();
            if first == 0 || last < first {
                return Err(InvalidRun { first, last });
            }
            context.add(&replica, Run { first, last });
        }
        Ok(context)
    }

    /// Notes that `dot` was seen; returns the delta, which is bottom if it was seen before. O(log n).
    ///
    /// # Errors
    ///
    /// [`InvalidRun`] if the dot's counter is 0; nothing is changed.
    ///
    /// ```
    /// use glomers_crdt::{CausalContext, Dot, Lattice};
    ///
    /// let mut seen = CausalContext::default();
    /// assert!(!seen.insert(Dot { replica: 'a', counter: 7 }).unwrap().is_bottom());
    /// assert!(seen.insert(Dot { replica: 'a', counter: 7 }).unwrap().is_bottom());
    /// assert!(seen.insert(Dot { replica: 'a', counter: 0 }).is_err());
    /// ```
    pub fn insert(&mut self, dot: Dot<R>) -> Result<Self, InvalidRun> {
        if dot.counter == 0 {
            return Err(InvalidRun { first: 0, last: 0 });
        }
        let is_new = !self.contains(&dot);
        let Dot { replica, counter } = dot;
        if !is_new {
            return Ok(Self::default());
        }
        let run = Run::one(counter);
        self.add(&replica, run);
        Ok(Self { runs: Sorted::of_ascending(alloc::vec![(replica, Runs::of(run))]) })
    }

    pub(super) fn add(&mut self, replica: &R, run: Run) {
        self.runs.edit(replica, |runs| {
            runs.insert(run);
            true
        });
    }

    /// The event of `replica` that follows all that were seen of it, or `None` after `u64::MAX`.
    /// It may be taken for a new event only by the replica itself, which has seen all of its own.
    /// O(log n).
    ///
    /// ```
    /// let seen = glomers_crdt::CausalContext::from_runs([('a', 3..=4)]).unwrap();
    /// assert_eq!(seen.next_dot('a').unwrap().counter, 5, "gaps are not filled");
    /// assert_eq!(seen.next_dot('b').unwrap().counter, 1);
    /// ```
    pub fn next_dot(&self, replica: R) -> Option<Dot<R>> {
        let counter = self.of(&replica).last().checked_add(1)?;
        Some(Dot { replica, counter })
    }

    /// The events that both have seen. O(n log m).
    ///
    /// ```
    /// use glomers_crdt::CausalContext;
    ///
    /// let a = CausalContext::from_runs([('a', 1..=5), ('b', 1..=1)]).unwrap();
    /// let b = CausalContext::from_runs([('a', 4..=9)]).unwrap();
    /// assert!(a.intersection(&b).iter().eq([(&'a', 4..=5)]));
    /// ```
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let common = self.runs.iter().filter_map(|(replica, runs)| {
            let runs = runs.intersection(other.of(replica));
            (!runs.is_empty()).then(|| (replica.clone(), runs))
        });
        Self { runs: Sorted::of_ascending(common.collect()) }
    }

    /// The part without gaps, as a vector.
    ///
    /// ```
    /// use glomers_crdt::CausalContext;
    ///
    /// let seen = CausalContext::from_runs([('a', 1..=5), ('a', 8..=9), ('b', 2..=2)]).unwrap();
    /// assert!(seen.contiguous().iter().eq([(&'a', 5)]));
    /// ```
    pub fn contiguous(&self) -> VersionVector<R> {
        let all = self.runs.iter();
        all.map(|(replica, runs)| Dot { replica: replica.clone(), counter: runs.contiguous() })
            .collect()
    }
}

impl<R> CausalContext<R> {
    /// The runs, in the order of replicas and counters.
    ///
    /// ```
    /// let seen = glomers_crdt::CausalContext::from_runs([('a', 1..=5), ('a', 8..=9)]).unwrap();
    /// assert!(seen.iter().eq([(&'a', 1..=5), (&'a', 8..=9)]));
    /// ```
    pub fn iter(&self) -> iter::Runs<'_, R> {
        iter::Runs::new(&self.runs)
    }

    /// Whether nothing was seen.
    ///
    /// ```
    /// assert!(glomers_crdt::CausalContext::<u8>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

impl<R> Default for CausalContext<R> {
    fn default() -> Self {
        Self { runs: Sorted::new() }
    }
}

impl<R: fmt::Debug> fmt::Debug for CausalContext<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, R> IntoIterator for &'a CausalContext<R> {
    type Item = (&'a R, RangeInclusive<u64>);
    type IntoIter = iter::Runs<'a, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<R: Clone> IntoIterator for CausalContext<R> {
    type Item = (R, RangeInclusive<u64>);
    type IntoIter = IntoPairs<R, RangeInclusive<u64>>;

    fn into_iter(self) -> Self::IntoIter {
        let runs = self.iter().map(|(replica, run)| (replica.clone(), run));
        IntoPairs(runs.collect::<Vec<_>>().into_iter())
    }
}

/// The join is the union. Merging is O(m log n) for m runs merged into n.
impl<R: Ord + Clone> Lattice for CausalContext<R> {
    fn merge(&mut self, other: &Self) -> bool {
        self.runs.join(&other.runs, |ours, theirs| match ours {
            None => Joined::Theirs,
            Some(ours) => match ours.union(theirs) {
                None if ours == theirs => Joined::Both,
                None => Joined::Ours,
                Some(all) if all == *theirs => Joined::Theirs,
                Some(all) => Joined::Another(all),
            },
        })
    }

    /// The events that `seen` lacks, and no others.
    fn difference(&self, seen: &Self) -> Self {
        let lacking = self.runs.iter().filter_map(|(replica, runs)| {
            let runs = runs.minus(seen.of(replica));
            (!runs.is_empty()).then(|| (replica.clone(), runs))
        });
        Self { runs: Sorted::of_ascending(lacking.collect()) }
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

/// The parts are the runs.
impl<R: Ord + Clone + Hash> Decompose for CausalContext<R> {
    type Part<'a>
        = (&'a R, RangeInclusive<u64>)
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.iter()
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let mut context = Self::default();
        for (replica, range) in parts {
            context.add(replica, Run { first: *range.start(), last: *range.end() });
        }
        context
    }
}

/// The view is the context itself; a change is a run of events that were not seen before.
impl<R: Ord + Clone> Changes for CausalContext<R> {
    type View = Self;
    type Change = (R, RangeInclusive<u64>);

    fn view(&self) -> Self {
        self.clone()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
        other.runs.compare(&self.runs, |replica, theirs, ours| {
            for run in theirs.minus(ours.unwrap_or(&NONE)).as_slice() {
                each((replica.clone(), run.range()));
            }
        });
        self.merge(other)
    }
}

/// A run of events that come to be seen.
impl<R: Ord + Clone> Apply<CausalContext<R>> for (R, RangeInclusive<u64>) {
    fn apply(self, view: &mut CausalContext<R>) -> Result<(), Misfit> {
        let (replica, range) = self;
        let run = Run { first: *range.start(), last: *range.end() };
        let fits = run.first > 0 && run.first <= run.last;
        if !fits || !view.of(&replica).intersection(&Runs::of(run)).is_empty() {
            return Err(Misfit);
        }
        view.add(&replica, run);
        Ok(())
    }
}

/// A run of counters that is empty or begins with 0. Nothing was changed.
///
/// ```
/// use glomers_crdt::{CausalContext, InvalidRun};
///
/// let InvalidRun { first, last, .. } = CausalContext::from_runs([('a', 0..=3)]).unwrap_err();
/// assert_eq!((first, last), (0, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct InvalidRun {
    /// With which counter it was to begin.
    pub first: u64,
    /// With which it was to end.
    pub last: u64,
}

impl fmt::Display for InvalidRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        write!(f, "no run of counters goes from {first} to {last}: it begins with 1 or later")?;
        f.write_str(", and does not end before it begins; nothing was changed")
    }
}

impl core::error::Error for InvalidRun {}
