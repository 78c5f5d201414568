use core::hash::Hash;

use crate::changes::ValueChange;
use crate::{Changes, CounterOverflow, Decompose, GCounter, Lattice};

/// A counter that goes up and down: two grow-only counters, one for each direction.
///
/// Shapiro et al., [A comprehensive study of Convergent and Commutative Replicated Data
/// Types](https://inria.hal.science/inria-00555588), 2011, specification 7. What is said of
/// replicas' names at [`GCounter`] holds here too.
///
/// ```
/// use glomers_crdt::{Lattice, PnCounter};
///
/// let (mut a, mut b) = (PnCounter::default(), PnCounter::default());
/// a.merge(&b.add("b", -5)?);
/// a.add("a", 2)?;
/// assert_eq!(a.value(), -3);
/// # Ok::<(), glomers_crdt::CounterOverflow>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(
        serialize = "R: Ord + Clone + serde::Serialize",
        deserialize = "R: Ord + Clone + serde::Deserialize<'de>"
    ))
)]
pub struct PnCounter<R> {
    #[cfg_attr(feature = "serde", serde(rename = "p"))]
    increments: GCounter<R>,
    #[cfg_attr(feature = "serde", serde(rename = "n"))]
    decrements: GCounter<R>,
}

impl<R: Ord + Clone> PnCounter<R> {
    /// Adds `amount`, which may be negative, on behalf of `replica`; returns the delta. O(log n).
    ///
    /// # Errors
    ///
    /// [`CounterOverflow`] if what the replica has added, or subtracted, would exceed `u64::MAX`
    /// in all; the counter is unchanged.
    ///
    /// ```
    /// use glomers_crdt::{Lattice, PnCounter};
    ///
    /// let (mut here, mut there) = (PnCounter::default(), PnCounter::default());
    /// there.merge(&here.add('a', i64::MIN)?);
    /// assert_eq!(there.value(), i128::from(i64::MIN));
    /// # Ok::<(), glomers_crdt::CounterOverflow>(())
    /// ```
    pub fn add(&mut self, replica: R, amount: i64) -> Result<Self, CounterOverflow> {
        let mut delta = Self::default();
        let (side, change) = if amount < 0 {
            (&mut self.decrements, &mut delta.decrements)
        } else {
            (&mut self.increments, &mut delta.increments)
        };
        *change = side.add(replica, amount.unsigned_abs())?;
        Ok(delta)
    }

    /// A counter in which `replica` alone has added `increments` and subtracted `decrements`.
    ///
    /// ```
    /// let counter = glomers_crdt::PnCounter::of_replica("a", 7, 9);
    /// assert_eq!(counter.value(), -2);
    /// ```
    pub fn of_replica(replica: R, increments: u64, decrements: u64) -> Self {
        Self {
            increments: GCounter::from_iter([(replica.clone(), increments)]),
            decrements: GCounter::from_iter([(replica, decrements)]),
        }
    }

    /// What `replica` has added and what it has subtracted. O(log n).
    ///
    /// ```
    /// let counter = glomers_crdt::PnCounter::of_replica("a", 7, 9);
    /// assert_eq!(counter.slot(&"a"), (7, 9));
    /// ```
    pub fn slot(&self, replica: &R) -> (u64, u64) {
        (self.increments.slot(replica), self.decrements.slot(replica))
    }
}

impl<R> PnCounter<R> {
    /// All that was added less all that was subtracted. O(1).
    ///
    /// ```
    /// let mut counter = glomers_crdt::PnCounter::default();
    /// counter.add('a', -2).unwrap();
    /// assert_eq!(counter.value(), -2);
    /// ```
    pub fn value(&self) -> i128 {
        // Each side is at most (number of replicas)·2^64, far from 2^127.
        self.increments.value().cast_signed() - self.decrements.value().cast_signed()
    }
}

impl<R> Default for PnCounter<R> {
    fn default() -> Self {
        Self { increments: GCounter::default(), decrements: GCounter::default() }
    }
}

/// Merging is O(m log n) for m slots merged into n.
impl<R: Ord + Clone> Lattice for PnCounter<R> {
    fn merge(&mut self, other: &Self) -> bool {
        let up = self.increments.merge(&other.increments);
        let down = self.decrements.merge(&other.decrements);
        up || down
    }

    fn difference(&self, seen: &Self) -> Self {
        Self {
            increments: self.increments.difference(&seen.increments),
            decrements: self.decrements.difference(&seen.decrements),
        }
    }

    fn is_bottom(&self) -> bool {
        self.increments.is_bottom() && self.decrements.is_bottom()
    }
}

/// The parts are what a replica has added, and less than zero what it has subtracted.
impl<R: Ord + Clone + Hash> Decompose for PnCounter<R> {
    type Part<'a>
        = (&'a R, i128)
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        let added = self.increments.iter().map(|(replica, slot)| (replica, i128::from(slot)));
        let subtracted = self.decrements.iter().map(|(replica, slot)| (replica, -i128::from(slot)));
        added.chain(subtracted)
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let mut counter = Self::default();
        for (replica, amount) in parts {
            let side = if amount < 0 { &mut counter.decrements } else { &mut counter.increments };
            let slot = u64::try_from(amount.unsigned_abs()).unwrap_or(u64::MAX);
            side.merge(&GCounter::from_iter([(replica.clone(), slot)]));
        }
        counter
    }
}

/// The view is the value.
impl<R: Ord + Clone> Changes for PnCounter<R> {
    type View = i128;
    type Change = ValueChange<i128>;

    fn view(&self) -> i128 {
        self.value()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(ValueChange<i128>)) -> bool {
        let from = self.value();
        let changed = self.merge(other);
        ValueChange::show(from, self.value(), each);
        changed
    }
}
