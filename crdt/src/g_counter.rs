use core::fmt;
use core::hash::Hash;

use crate::changes::ValueChange;
use crate::iter::{Counts, IntoPairs};
use crate::{Changes, Decompose, Lattice, MaxMap};

/// A grow-only counter: one slot a replica, which only that replica raises; the value is the sum.
///
/// Shapiro et al., [A comprehensive study of Convergent and Commutative Replicated Data
/// Types](https://inria.hal.science/inria-00555588), 2011, specification 6. `R` names a replica.
/// Two processes must never add under one name at a time, and one that restarts must know its own
/// slot again before it adds: slots are maxima, so what two of them add to one slot is not summed.
///
/// The sum is kept beside the slots: [`value`](GCounter::value) is O(1). A slot holds up to
/// `u64::MAX`; going beyond is an error and changes nothing. The sum is a `u128`, which slots of
/// that size cannot exceed.
///
/// ```
/// use glomers_crdt::{GCounter, Lattice};
///
/// let (mut a, mut b) = (GCounter::default(), GCounter::default());
/// let from_a = a.add("a", 3)?;
/// b.add("b", 4)?;
/// b.merge(&from_a);
/// b.merge(&from_a);                    // repeated: no effect
/// assert_eq!(b.value(), 7);
/// # Ok::<(), glomers_crdt::CounterOverflow>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "MaxMap<R, u64>", from = "MaxMap<R, u64>"))]
#[cfg_attr(
    feature = "serde",
    serde(bound(
        serialize = "R: Ord + Clone + serde::Serialize",
        deserialize = "R: Ord + Clone + serde::Deserialize<'de>"
    ))
)]
pub struct GCounter<R> {
    /// Slots of zero are not kept, so that equal counters are equal maps.
    slots: MaxMap<R, u64>,
    /// The sum of the slots.
    total: u128,
}

impl<R: Ord + Clone> GCounter<R> {
    /// Adds `amount` to the slot of `replica`; returns the delta: that slot's new content, or
    /// bottom if `amount` is zero. O(log n).
    ///
    /// # Errors
    ///
    /// [`CounterOverflow`] if the slot would exceed `u64::MAX`; the counter is unchanged.
    ///
    /// ```
    /// use glomers_crdt::GCounter;
    ///
    /// let mut hits = GCounter::default();
    /// hits.add('a', u64::MAX)?;
    /// assert!(hits.add('a', 1).is_err());
    /// hits.add('b', 1)?;
    /// assert_eq!(hits.value(), u128::from(u64::MAX) + 1);
    /// # Ok::<(), glomers_crdt::CounterOverflow>(())
    /// ```
    pub fn add(&mut self, replica: R, amount: u64) -> Result<Self, CounterOverflow> {
        let slot = self.slot(&replica).checked_add(amount);
        let slot = slot.ok_or_else(|| CounterOverflow { slot: self.slot(&replica), amount })?;
        let delta = Self::from_iter([(replica, slot)]);
        self.merge(&delta);
        Ok(delta)
    }

    /// What `replica` has added; 0 if nothing. O(log n).
    ///
    /// ```
    /// let counter = glomers_crdt::GCounter::from_iter([("a", 3), ("b", 4)]);
    /// assert_eq!((counter.slot(&"a"), counter.slot(&"c")), (3, 0));
    /// ```
    pub fn slot(&self, replica: &R) -> u64 {
        self.slots.get(replica).copied().unwrap_or(0)
    }
}

impl<R> GCounter<R> {
    /// The sum of all slots. O(1).
    ///
    /// ```
    /// let counter = glomers_crdt::GCounter::from_iter([("a", 3), ("b", 4)]);
    /// assert_eq!(counter.value(), 7);
    /// ```
    pub fn value(&self) -> u128 {
        self.total
    }

    /// The slots that are not zero, in the order of their replicas.
    ///
    /// ```
    /// let counter = glomers_crdt::GCounter::from_iter([("b", 4), ("a", 3)]);
    /// assert!(counter.iter().eq([(&"a", 3), (&"b", 4)]));
    /// ```
    pub fn iter(&self) -> Counts<'_, R> {
        Counts(self.slots.iter().0)
    }
}

impl<R> Default for GCounter<R> {
    fn default() -> Self {
        Self { slots: MaxMap::default(), total: 0 }
    }
}

/// A counter with the given slots; of several for one replica the greatest counts.
impl<R: Ord + Clone> FromIterator<(R, u64)> for GCounter<R> {
    fn from_iter<I: IntoIterator<Item = (R, u64)>>(slots: I) -> Self {
        let slots: MaxMap<R, u64> = slots.into_iter().filter(|(_, slot)| *slot > 0).collect();
        let total = slots.iter().map(|(_, slot)| u128::from(*slot)).sum();
        Self { slots, total }
    }
}

/// Raises slots that are lower; no delta tells of it, but the counter with these slots is one.
impl<R: Ord + Clone> Extend<(R, u64)> for GCounter<R> {
    fn extend<I: IntoIterator<Item = (R, u64)>>(&mut self, slots: I) {
        self.merge(&slots.into_iter().collect());
    }
}

impl<R: Clone> IntoIterator for GCounter<R> {
    type Item = (R, u64);
    type IntoIter = IntoPairs<R, u64>;

    fn into_iter(self) -> Self::IntoIter {
        self.slots.into_iter()
    }
}

impl<'a, R> IntoIterator for &'a GCounter<R> {
    type Item = (&'a R, u64);
    type IntoIter = Counts<'a, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<R> From<GCounter<R>> for MaxMap<R, u64> {
    fn from(counter: GCounter<R>) -> Self {
        counter.slots
    }
}

impl<R: Ord + Clone> From<MaxMap<R, u64>> for GCounter<R> {
    fn from(slots: MaxMap<R, u64>) -> Self {
        slots.iter().map(|(replica, slot)| (replica.clone(), *slot)).collect()
    }
}

/// Merging is O(m log n) for m slots merged into n.
impl<R: Ord + Clone> Lattice for GCounter<R> {
    fn merge(&mut self, other: &Self) -> bool {
        // Mostly both have the same slots; then the sum needs no place in memory.
        let (mut gained, mut count) = (0, 0);
        for (ours, theirs) in self.slots.beginning_mut(&other.slots) {
            if theirs > ours {
                gained += u128::from(*theirs - *ours);
                *ours = *theirs;
            }
            count += 1;
        }
        if count < other.slots.len() {
            let mut rest = 0;
            self.slots.merge_observed(&other.slots, |old, new| {
                rest += u128::from(new - old.copied().unwrap_or(0));
            });
            gained += rest;
        }
        self.total += gained;
        gained > 0
    }

    fn difference(&self, seen: &Self) -> Self {
        self.slots.difference(&seen.slots).into()
    }

    fn is_bottom(&self) -> bool {
        self.slots.is_bottom()
    }

    fn includes(&self, other: &Self) -> bool {
        self.slots.includes(&other.slots)
    }
}

/// The parts are the slots that are not zero.
impl<R: Ord + Clone + Hash> Decompose for GCounter<R> {
    type Part<'a>
        = (&'a R, u64)
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.iter()
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        parts.into_iter().map(|(replica, slot)| (replica.clone(), slot)).collect()
    }
}

/// The view is the value.
impl<R: Ord + Clone> Changes for GCounter<R> {
    type View = u128;
    type Change = ValueChange<u128>;

    fn view(&self) -> u128 {
        self.value()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(ValueChange<u128>)) -> bool {
        let from = self.value();
        let changed = self.merge(other);
        ValueChange::show(from, self.value(), each);
        changed
    }
}

/// A counter's slot would exceed `u64::MAX`. The counter is as it was before.
///
/// ```
/// use glomers_crdt::{CounterOverflow, GCounter};
///
/// let mut counter = GCounter::from_iter([("a", u64::MAX)]);
/// let CounterOverflow { slot, amount, .. } = counter.add("a", 1).unwrap_err();
/// assert_eq!((slot, amount), (u64::MAX, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CounterOverflow {
    /// What the slot holds.
    pub slot: u64,
    /// What was to be added.
    pub amount: u64,
}

impl fmt::Display for CounterOverflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slot, amount } = self;
        write!(
            f,
            "a counter's slot of {slot} cannot take {amount} more: {} is the most",
            u64::MAX
        )?;
        f.write_str("; nothing was added")
    }
}

impl core::error::Error for CounterOverflow {}
