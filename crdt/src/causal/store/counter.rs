use alloc::vec::Vec;
use core::fmt;

use super::{Change, Fate, From, Store, Twins, View};
use crate::Dot;
use crate::causal::Edit;
use crate::causal::stability::{Stable, folds};
use crate::sorted::Sorted;

/// A counter that can be reset, what [`OrCounter`](crate::OrCounter) holds: a reset, or the removal
/// of the key in a map, undoes the additions it has seen and no others.
///
/// Each addition has a dot of its own, so that they add up in room, too, until
/// [`Causal::compact`](crate::Causal::compact) folds them: Younes, Almeida, Baquero, [Compact
/// Resettable Counters through Causal Stability](https://repositorio.inesctec.pt/handle/123456789/4582), PaPoC
/// 2017. A replica can add up locally what nobody else must see at once.
///
/// ```
/// use glomers_crdt::causal::Counter;
/// use glomers_crdt::{Lattice, OrMap};
///
/// let mut a = OrMap::<&str, Counter<char>, char>::default();
/// a.update('a', "bread", |count| count.add(5))?;
/// let mut b = a.clone();
/// let removal = a.remove("bread");
/// b.update('b', "bread", |count| count.add(2))?;     // concurrently
/// b.merge(&removal);
/// assert_eq!(b.get("bread").unwrap().value(), 2);    // of 7
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone)]
pub struct Counter<R> {
    /// What was added and what was subtracted.
    amounts: Sorted<Dot<R>, (u64, u64)>,
    value: i128,
}

impl<R: Ord + Clone> Counter<R> {
    /// Adds `amount`, which may be negative, and nothing if it is 0.
    ///
    /// ```
    /// let mut count = glomers_crdt::OrCounter::default();
    /// count.edit('a', |count| count.add(5).and(count.add(-2))).unwrap();
    /// assert_eq!(count.value(), 3);
    /// ```
    pub fn add(&self, amount: i64) -> Edit<'_, R, (u64, u64)> {
        let size = amount.unsigned_abs();
        match amount.signum() {
            0 => Edit::none(),
            1 => Edit::new(self, Vec::new(), alloc::vec![(size, 0)]),
            _ => Edit::new(self, Vec::new(), alloc::vec![(0, size)]),
        }
    }
}

impl<R> Counter<R> {
    /// The sum of the live additions. O(1).
    ///
    /// ```
    /// assert_eq!(glomers_crdt::OrCounter::<char>::default().value(), 0);
    /// ```
    pub fn value(&self) -> i128 {
        self.value
    }
}

impl<R> Default for Counter<R> {
    fn default() -> Self {
        Self { amounts: Sorted::new(), value: 0 }
    }
}

impl<R> fmt::Debug for Counter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

fn sum((added, subtracted): (u64, u64)) -> i128 {
    i128::from(added) - i128::from(subtracted)
}

impl<R: Ord + Clone> Store<R> for Counter<R> {}

impl<R: Ord + Clone> View<R> for Counter<R> {
    type Payload = (u64, u64);

    /// The one that more was folded into is the greater.
    fn twins(ours: &(u64, u64), theirs: &(u64, u64)) -> Twins<(u64, u64)> {
        let greater = (ours.0.max(theirs.0), ours.1.max(theirs.1));
        if greater == *ours { Twins::Same } else { Twins::Joined(greater) }
    }

    fn apply(&mut self, changes: Vec<Change<R, (u64, u64)>>, _: From<'_, Self, R>) {
        for Change { dot, new, .. } in changes {
            let old = match new {
                Some(amount) => {
                    let mut old = None;
                    self.amounts.change(&dot, |held| {
                        old = held.copied();
                        Some(amount)
                    });
                    old
                }
                None => self.amounts.remove(&dot),
            };
            self.value += new.map_or(0, sum) - old.map_or(0, sum);
        }
    }

    fn dots(&self, each: &mut dyn FnMut(&Dot<R>)) {
        self.amounts.iter().for_each(|(dot, _)| each(dot));
    }

    fn is_dead(&self) -> bool {
        self.amounts.is_empty()
    }

    fn compact(&self, stable: &Stable<R>) -> Vec<Fate<R, (u64, u64)>> {
        folds(&self.amounts, stable, |folded, amount| {
            Some((folded.0.checked_add(amount.0)?, folded.1.checked_add(amount.1)?))
        })
    }
}
