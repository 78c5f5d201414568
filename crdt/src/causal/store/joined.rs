use alloc::vec::Vec;
use core::fmt;

use super::{Change, Fate, From, Store, Twins, View};
use crate::causal::Edit;
use crate::causal::stability::{Stable, folds};
use crate::sorted::Sorted;
use crate::{Dot, Lattice};

/// A value of any lattice, the join of the updates that are live.
///
/// In an [`OrMap`](crate::OrMap) it makes values of any lattice removable: each update has a dot of
/// its own and holds its delta alone, so that the removal of a key undoes the updates it has seen,
/// and those that are concurrent with it stay.
///
/// Updates add up until [`Causal::compact`](crate::Causal::compact) folds them.
///
/// # Where deltas tell of the past
///
/// What a delta contains comes back with it. A [`GSet`](crate::GSet)'s delta is the element that was
/// added; but a [`GCounter`](crate::GCounter)'s is all that the replica has ever added, so that an
/// increment that is concurrent with a removal brings back what the removal has seen. To count, take
/// [`Counter`](super::Counter), which does not. Baquero, Almeida, Lerche, [The Problem with Embedded
/// CRDT Counters and a Solution](https://doi.org/10.1145/2911151.2911159), PaPoC 2016.
///
/// ```
/// use glomers_crdt::causal::Joined;
/// use glomers_crdt::{GSet, OrMap};
///
/// let mut seen = OrMap::<&str, Joined<GSet<u8>, char>, char>::default();
/// seen.update('a', "ann", |numbers| numbers.update(|set| set.insert(7)))?;
/// assert!(seen.get("ann").unwrap().value().contains(&7));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone)]
pub struct Joined<L, R> {
    updates: Sorted<Dot<R>, L>,
    value: L,
}

impl<L: Lattice, R: Ord + Clone> Joined<L, R> {
    /// Joins `delta` to the value, unless it is bottom. It outlives concurrent removals even where
    /// the value includes it already.
    ///
    /// ```
    /// use glomers_crdt::{Causal, GSet, causal::Joined};
    ///
    /// let mut set = Causal::<Joined<GSet<u8>, char>, char>::default();
    /// set.edit('a', |set| set.merge(GSet::from_iter([1, 2]))).unwrap();
    /// assert_eq!(set.value().len(), 2);
    /// ```
    pub fn merge(&self, delta: L) -> Edit<'_, R, L> {
        if delta.is_bottom() {
            Edit::none()
        } else {
            Edit::new(self, Vec::new(), alloc::vec![delta])
        }
    }

    /// Joins the delta that `mutate` returns of a copy of the value. What adds nothing to the value
    /// is no update, and outlives no removal.
    ///
    /// ```
    /// use glomers_crdt::{Causal, GSet, causal::Joined};
    ///
    /// let mut set = Causal::<Joined<GSet<u8>, char>, char>::default();
    /// set.edit('a', |set| set.update(|set| set.insert(1))).unwrap();
    /// assert_eq!(set.value().len(), 1);
    /// ```
    pub fn update(&self, mutate: impl FnOnce(&mut L) -> L) -> Edit<'_, R, L> {
        self.merge(mutate(&mut self.value.clone()))
    }
}

impl<L, R> Joined<L, R> {
    /// The join of the live updates. O(1).
    ///
    /// ```
    /// use glomers_crdt::{Causal, GSet, causal::Joined};
    ///
    /// assert!(Causal::<Joined<GSet<u8>, char>, char>::default().value().is_empty());
    /// ```
    pub fn value(&self) -> &L {
        &self.value
    }
}

impl<L: Lattice, R> Default for Joined<L, R> {
    fn default() -> Self {
        Self { updates: Sorted::new(), value: L::default() }
    }
}

impl<L: fmt::Debug, R> fmt::Debug for Joined<L, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<L: Lattice, R: Ord + Clone> Store<R> for Joined<L, R> {}

impl<L: Lattice, R: Ord + Clone> View<R> for Joined<L, R> {
    type Payload = L;

    fn twins(ours: &L, theirs: &L) -> Twins<L> {
        let mut joined = ours.clone();
        if joined.merge(theirs) { Twins::Joined(joined) } else { Twins::Same }
    }

    fn apply(&mut self, changes: Vec<Change<R, L>>, _: From<'_, Self, R>) {
        let mut has_lost = false;
        for Change { dot, new, .. } in changes {
            match new {
                Some(update) => {
                    self.value.merge(&update);
                    self.updates.change(&dot, |_| Some(update));
                }
                None => has_lost |= self.updates.remove(&dot).is_some(),
            }
        }
        if has_lost {
            self.value = L::default();
            for (_, update) in self.updates.iter() {
                self.value.merge(update);
            }
        }
    }

    fn dots(&self, each: &mut dyn FnMut(&Dot<R>)) {
        self.updates.iter().for_each(|(dot, _)| each(dot));
    }

    fn is_dead(&self) -> bool {
        self.updates.is_empty()
    }

    fn compact(&self, stable: &Stable<R>) -> Vec<Fate<R, L>> {
        folds(&self.updates, stable, |folded, update| {
            let mut folded = folded.clone();
            folded.merge(update);
            Some(folded)
        })
    }
}
