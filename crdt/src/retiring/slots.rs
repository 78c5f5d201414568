use crate::{Decompose, Dot, GCounter, Lattice, Max, PnCounter, VersionVector};

/// A lattice of slots, one a replica, which [`Retiring`](crate::Retiring) can fold; the types that
/// implement it are those that this crate has.
///
/// ```
/// fn names<C: glomers_crdt::Slots>(state: &C) -> usize {
///     state.names().count()
/// }
/// assert_eq!(names(&glomers_crdt::GCounter::from_iter([('a', 1), ('b', 2)])), 2);
/// ```
pub trait Slots: Decompose + sealed::Sealed {
    /// What names a replica.
    type Replica: Ord + Clone;

    /// What is left of slots once they are folded. None are its bottom.
    type Folded: Lattice + Eq;

    /// The replicas that have a slot, some perhaps more than once.
    ///
    /// ```
    /// use glomers_crdt::{GCounter, Slots};
    ///
    /// assert!(GCounter::from_iter([('a', 1), ('b', 2)]).names().eq(&['a', 'b']));
    /// ```
    fn names(&self) -> impl Iterator<Item = &Self::Replica>;

    /// The slots of the replicas that are wanted.
    ///
    /// ```
    /// use glomers_crdt::{GCounter, Slots};
    ///
    /// let counter = GCounter::from_iter([('a', 1), ('b', 2)]);
    /// assert_eq!(counter.of(|name| *name > 'a').value(), 2);
    /// ```
    #[must_use]
    fn of(&self, wanted: impl Fn(&Self::Replica) -> bool) -> Self;

    /// What these slots come to, on top of what is folded already.
    ///
    /// ```
    /// use glomers_crdt::{GCounter, Max, Slots};
    ///
    /// assert_eq!(GCounter::from_iter([('a', 1), ('b', 2)]).fold(&Max::of(4)), Max::of(7));
    /// ```
    fn fold(&self, folded: &Self::Folded) -> Self::Folded;
}

mod sealed {
    pub trait Sealed {}

    impl<R> Sealed for crate::GCounter<R> {}

    impl<R> Sealed for crate::PnCounter<R> {}

    impl<R> Sealed for crate::VersionVector<R> {}
}

impl<R: Ord + Clone + core::hash::Hash> Slots for GCounter<R> {
    type Replica = R;
    type Folded = Max<u128>;

    fn names(&self) -> impl Iterator<Item = &R> {
        self.iter().map(|(replica, _)| replica)
    }

    fn of(&self, wanted: impl Fn(&R) -> bool) -> Self {
        let slots = self.iter().filter(|(replica, _)| wanted(replica));
        slots.map(|(replica, slot)| (replica.clone(), slot)).collect()
    }

    fn fold(&self, folded: &Max<u128>) -> Max<u128> {
        Max::of(folded.get().copied().unwrap_or(0).saturating_add(self.value()))
    }
}

impl<R: Ord + Clone + core::hash::Hash> Slots for PnCounter<R> {
    type Replica = R;
    /// What was added, and what was subtracted.
    type Folded = (Max<u128>, Max<u128>);

    fn names(&self) -> impl Iterator<Item = &R> {
        self.parts().map(|(replica, _)| replica)
    }

    fn of(&self, wanted: impl Fn(&R) -> bool) -> Self {
        self.select(|(replica, _)| wanted(replica))
    }

    fn fold(&self, folded: &Self::Folded) -> Self::Folded {
        let (mut added, mut subtracted) =
            (folded.0.get().copied().unwrap_or(0), folded.1.get().copied().unwrap_or(0));
        for (_, amount) in self.parts() {
            let side = if amount < 0 { &mut subtracted } else { &mut added };
            *side = side.saturating_add(amount.unsigned_abs());
        }
        (Max::of(added), Max::of(subtracted))
    }
}

impl<R: Ord + Clone + core::hash::Hash> Slots for VersionVector<R> {
    type Replica = R;
    /// That all was seen says the floor.
    type Folded = ();

    fn names(&self) -> impl Iterator<Item = &R> {
        self.iter().map(|(replica, _)| replica)
    }

    fn of(&self, wanted: impl Fn(&R) -> bool) -> Self {
        let seen = self.iter().filter(|(replica, _)| wanted(replica));
        seen.map(|(replica, counter)| Dot { replica: replica.clone(), counter }).collect()
    }

    fn fold(&self, (): &()) {}
}
