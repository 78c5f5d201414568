use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::hash::Hash;

use crate::parts::Either;
use crate::{Decompose, Dot, GCounter, Lattice, PnCounter, VersionVector};

mod error;
mod slots;

pub use error::{RetireError, RetiredError};
pub use slots::Slots;

/// A [`GCounter`], [`PnCounter`] or [`VersionVector`] that folds the slots of replicas that have left
/// into one sum, and does not grow with all replicas that there ever were.
///
/// # Why it is sound
///
/// A state that forgot a replica altogether could not tell a late delta of it from one of a newcomer:
/// names are opaque, so the one would be counted as the other must be, and what was folded be counted
/// twice. Some memory of retired names must stay. Here it is one name, the *floor*: names are ordered,
/// and all below the floor are retired. So let names ascend with time: a number that grows with each
/// membership, then the node, as in `(7, "n3")`. A replica that stays long may take a new name, and
/// retire its old one.
///
/// The state is the floor with the sum of what lies below it, and the slots at or above it. Of two
/// states the higher floor wins, with its sum, and slots below it are dropped, in the join as in what
/// comes later; the other slots are joined as ever. That is a lattice whatever the states are
/// ([`Lexicographic`](crate::Lexicographic) beside the slots). Replicas may fold concurrently, twice and
/// up to different names, and a late delta of a retired replica changes nothing.
///
/// # What must be known
///
/// Values do not change if whoever raises the floor knows the last slot of each replica below it. This
/// is so when these no longer add, each had merged its state into some member's before it left, and no
/// member knows more of them. [`retire_below`](Self::retire_below) checks the latter against the members'
/// states. It takes the former two on trust: what a replica did that never reached a member is lost
/// should it come after the fold, at all replicas alike.
///
/// ```
/// use glomers_crdt::{GCounter, Lattice, Retiring};
///
/// let mut a = Retiring::<GCounter<_>>::default();
/// let mut b = a.clone();
/// let late = a.add((1, "a"), 5)?;
/// b.add((2, "b"), 7)?;
/// b.merge(&a);                                  // "a" leaves
/// b.retire_below((2, ""), [(&(2, "b"), &b.clone())]).unwrap();
/// assert!(!b.merge(&late));
/// assert_eq!((b.value(), b.live().iter().count()), (12, 1));
/// assert!(b.add((1, "a"), 1).is_err(), "it has left");
/// # Ok::<(), glomers_crdt::RetiredError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(serialize = "
        C: serde::Serialize, C::Replica: serde::Serialize, C::Folded: serde::Serialize
    "))
)]
pub struct Retiring<C: Slots> {
    /// All names below are retired. With what their slots come to.
    #[cfg_attr(feature = "serde", serde(rename = "f"))]
    floor: Option<(C::Replica, C::Folded)>,
    /// None is below the floor.
    #[cfg_attr(feature = "serde", serde(rename = "s"))]
    live: C,
}

impl<C: Slots> Retiring<C> {
    /// Folds the slots of all replicas whose names are below `bound`; returns the delta: the floor with
    /// its sum, or bottom if it was as high before. The value does not change. O(n) and a walk through
    /// the members' slots.
    ///
    /// `members` are all current replicas by name, the caller among them, and what each is known to hold. A
    /// replica that has left, but whose name is not below the bound, counts as a member that holds nothing.
    ///
    /// # Errors
    ///
    /// [`RetireError`] if a member's name is below the bound, if a replica at or above the bound has a slot
    /// and is none of the members, so that one may have been forgotten, or if a member knows something of
    /// the replicas below that is not known here; nothing is folded.
    ///
    /// ```
    /// use glomers_crdt::{GCounter, Lattice, RetireError, Retiring};
    ///
    /// let mut b = Retiring::<GCounter<_>>::default();
    /// let mut c = b.clone();
    /// c.add((1, 'a'), 5)?;                        // what "a" did has reached "c"
    /// b.add((2, 'b'), 7)?;
    /// let (old, members) = (b.clone(), [(2, 'b'), (2, 'c')]);
    /// let folded = b.retire_below((2, 'a'), [(&members[0], &old), (&members[1], &c)]);
    /// assert_eq!(folded, Err(RetireError::Behind { member: (2, 'c') }));
    /// b.merge(&c);
    /// b.retire_below((2, 'a'), [(&members[0], &old), (&members[1], &c)]).unwrap();
    /// assert_eq!(b.value(), 12);
    /// # Ok::<(), glomers_crdt::RetiredError>(())
    /// ```
    pub fn retire_below<'a>(
        &mut self,
        bound: C::Replica,
        members: impl IntoIterator<Item = (&'a C::Replica, &'a Self)>,
    ) -> Result<Self, RetireError<C::Replica>>
    where
        Self: 'a,
    {
        let mut known = BTreeSet::new();
        for (member, state) in members {
            if *member < bound {
                return Err(RetireError::Member { member: member.clone() });
            }
            let is_folded = state.floor() <= self.floor();
            let below = state.live.of(|name| *name < bound && !self.is_retired(name));
            if !is_folded || !self.live.includes(&below) {
                return Err(RetireError::Behind { member: member.clone() });
            }
            known.insert(member);
        }
        let unknown = self.live.names().find(|name| **name >= bound && !known.contains(name));
        if let Some(unknown) = unknown.cloned() {
            return Err(RetireError::Unknown { replica: unknown });
        }
        if self.floor() >= Some(&bound) {
            return Ok(Self::default());
        }
        let none = C::Folded::default();
        let before = self.floor.as_ref().map_or(&none, |(_, folded)| folded);
        let folded = self.live.of(|name| *name < bound).fold(before);
        let delta = Self { floor: Some((bound, folded)), live: C::default() };
        self.merge(&delta);
        Ok(delta)
    }

    /// The slots of the replicas that are not retired.
    ///
    /// ```
    /// use glomers_crdt::{GCounter, Retiring};
    ///
    /// let mut counter = Retiring::<GCounter<_>>::default();
    /// counter.add('a', 3).unwrap();
    /// assert_eq!(counter.live().slot(&'a'), 3);
    /// ```
    pub fn live(&self) -> &C {
        &self.live
    }

    /// The name below which all are retired, if any are.
    ///
    /// ```
    /// use glomers_crdt::{GCounter, Retiring};
    ///
    /// let mut counter = Retiring::<GCounter<u8>>::default();
    /// counter.retire_below(7, []).unwrap();
    /// assert_eq!(counter.floor(), Some(&7));
    /// ```
    pub fn floor(&self) -> Option<&C::Replica> {
        self.floor.as_ref().map(|(floor, _)| floor)
    }

    /// Whether the replica of this name is retired.
    ///
    /// ```
    /// use glomers_crdt::{GCounter, Retiring};
    ///
    /// let mut counter = Retiring::<GCounter<u8>>::default();
    /// counter.retire_below(7, []).unwrap();
    /// assert!(counter.is_retired(&6) && !counter.is_retired(&7));
    /// ```
    pub fn is_retired(&self, replica: &C::Replica) -> bool {
        self.floor().is_some_and(|floor| replica < floor)
    }

    /// Mutates the slots, on behalf of a replica that is not retired.
    fn update<E: Into<RetiredError>>(
        &mut self,
        replica: &C::Replica,
        mutate: impl FnOnce(&mut C) -> Result<C, E>,
    ) -> Result<Self, RetiredError> {
        if self.is_retired(replica) {
            return Err(RetiredError::Retired);
        }
        Ok(Self { floor: None, live: mutate(&mut self.live).map_err(Into::into)? })
    }
}

impl<R: Ord + Clone + Hash> Retiring<GCounter<R>> {
    /// Adds `amount` on behalf of `replica`; returns the delta, as [`GCounter::add`]. O(log n).
    ///
    /// # Errors
    ///
    /// [`RetiredError`] if the replica is retired, or its slot would exceed `u64::MAX`; the counter is
    /// unchanged.
    ///
    /// ```
    /// use glomers_crdt::{GCounter, Retiring};
    ///
    /// let mut counter = Retiring::<GCounter<_>>::default();
    /// counter.add('a', 3)?;
    /// assert_eq!(counter.value(), 3);
    /// # Ok::<(), glomers_crdt::RetiredError>(())
    /// ```
    pub fn add(&mut self, replica: R, amount: u64) -> Result<Self, RetiredError> {
        self.update(&replica.clone(), |live| live.add(replica, amount))
    }

    /// All that was ever added. O(1).
    ///
    /// ```
    /// use glomers_crdt::{GCounter, Retiring};
    ///
    /// assert_eq!(Retiring::<GCounter<u8>>::default().value(), 0);
    /// ```
    pub fn value(&self) -> u128 {
        let folded = self.floor.as_ref().and_then(|(_, folded)| folded.get());
        self.live.value().saturating_add(folded.copied().unwrap_or(0))
    }
}

impl<R: Ord + Clone + Hash> Retiring<PnCounter<R>> {
    /// Adds `amount`, which may be negative, on behalf of `replica`; returns the delta, as
    /// [`PnCounter::add`]. O(log n).
    ///
    /// # Errors
    ///
    /// [`RetiredError`] if the replica is retired, or what it has added, or subtracted, would exceed
    /// `u64::MAX` in all; the counter is unchanged.
    ///
    /// ```
    /// use glomers_crdt::{PnCounter, Retiring};
    ///
    /// let mut counter = Retiring::<PnCounter<_>>::default();
    /// counter.add('a', -3)?;
    /// assert_eq!(counter.value(), -3);
    /// # Ok::<(), glomers_crdt::RetiredError>(())
    /// ```
    pub fn add(&mut self, replica: R, amount: i64) -> Result<Self, RetiredError> {
        self.update(&replica.clone(), |live| live.add(replica, amount))
    }

    /// All that was ever added less all that was ever subtracted. O(1).
    ///
    /// ```
    /// use glomers_crdt::{PnCounter, Retiring};
    ///
    /// assert_eq!(Retiring::<PnCounter<u8>>::default().value(), 0);
    /// ```
    pub fn value(&self) -> i128 {
        let folded = self.floor.as_ref().map(|(_, folded)| folded);
        let sum =
            |side: Option<&u128>| i128::try_from(side.copied().unwrap_or(0)).unwrap_or(i128::MAX);
        let added = sum(folded.and_then(|(added, _)| added.get()));
        let subtracted = sum(folded.and_then(|(_, subtracted)| subtracted.get()));
        (added - subtracted).saturating_add(self.live.value())
    }
}

impl<R: Ord + Clone + Hash> Retiring<VersionVector<R>> {
    /// Notes that `dot` and all earlier events of its replica were seen, as [`VersionVector::insert`];
    /// returns the delta. All events of a retired replica are known to be seen. O(log n).
    ///
    /// ```
    /// use glomers_crdt::{Dot, Lattice, Retiring, VersionVector};
    ///
    /// let mut seen = Retiring::<VersionVector<_>>::default();
    /// seen.retire_below('c', []).unwrap();
    /// assert!(seen.insert(Dot { replica: 'b', counter: 9 }).is_bottom());
    /// assert!(!seen.insert(Dot { replica: 'c', counter: 9 }).is_bottom());
    /// ```
    pub fn insert(&mut self, dot: Dot<R>) -> Self {
        let live =
            if self.contains(&dot) { VersionVector::default() } else { self.live.insert(dot) };
        Self { floor: None, live }
    }

    /// Whether `dot` was seen. O(log n).
    ///
    /// ```
    /// use glomers_crdt::{Dot, Retiring, VersionVector};
    ///
    /// let mut seen = Retiring::<VersionVector<_>>::default();
    /// seen.insert(Dot { replica: 'c', counter: 2 });
    /// assert!(seen.contains(&Dot { replica: 'c', counter: 1 }));
    /// ```
    pub fn contains(&self, dot: &Dot<R>) -> bool {
        self.is_retired(&dot.replica) || self.live.contains(dot)
    }
}

impl<C: Slots> Default for Retiring<C> {
    fn default() -> Self {
        Self { floor: None, live: C::default() }
    }
}

/// Merging is that of the slots, and O(n) if the other floor is higher.
impl<C: Slots> Lattice for Retiring<C> {
    fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        if other.floor() > self.floor() {
            self.floor.clone_from(&other.floor);
            self.live = self.live.of(|name| !self.is_retired(name));
            changed = true;
        } else if let (Some((floor, ours)), Some((other, theirs))) = (&mut self.floor, &other.floor)
            && floor == other
        {
            changed = ours.merge(theirs);
        }
        if other.floor() < self.floor() {
            let live = other.live.of(|name| !self.is_retired(name));
            self.live.merge(&live) || changed
        } else {
            self.live.merge(&other.live) || changed
        }
    }

    fn difference(&self, seen: &Self) -> Self {
        let is_lacking = match (&self.floor, &seen.floor) {
            (Some((floor, ours)), Some((other, theirs))) if floor == other => {
                !theirs.includes(ours)
            }
            _ => self.floor() > seen.floor(),
        };
        let live = self.live.difference(&seen.live).of(|name| !seen.is_retired(name));
        Self { floor: self.floor.clone().filter(|_| is_lacking), live }
    }

    fn is_bottom(&self) -> bool {
        self.floor.is_none() && self.live.is_bottom()
    }
}

/// The parts are the floor with its sum, and the slots.
impl<C: Slots<Replica: Hash, Folded: Hash>> Decompose for Retiring<C> {
    type Part<'a>
        = Either<&'a (C::Replica, C::Folded), C::Part<'a>>
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        let slots = self.live.parts().map(Either::Right);
        self.floor.iter().map(Either::Left).chain(slots)
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let (mut folded, mut slots) = (Self::default(), Vec::new());
        for part in parts {
            match part {
                Either::Left(floor) => {
                    folded.merge(&Self { floor: Some(floor.clone()), live: C::default() });
                }
                Either::Right(part) => slots.push(part),
            }
        }
        folded.merge(&Self { floor: None, live: C::from_parts(slots) });
        folded
    }
}

#[cfg(feature = "serde")]
impl<'de, C> serde::Deserialize<'de> for Retiring<C>
where
    C: Slots<Replica: serde::Deserialize<'de>, Folded: serde::Deserialize<'de>>
        + serde::Deserialize<'de>,
{
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Read<F, C> {
            f: Option<F>,
            s: C,
        }
        let Read { f, s } = Read::deserialize(deserializer)?;
        let read = Self { floor: f, live: s };
        if read.live.names().any(|name| read.is_retired(name)) {
            return Err(serde::de::Error::custom("a slot of a retired replica"));
        }
        Ok(read)
    }
}
