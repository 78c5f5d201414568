use alloc::vec::Vec;
use core::fmt;

use crate::Dot;

/// What a read has seen, so that exactly this can be removed or replaced later, at any replica.
///
/// A client reads at one replica and acts at another, which may have seen less or more by then. What
/// it saw and what is not there yet is removed when it comes; what it did not see stays. `T` says
/// what it is an observation of: an element, a key.
///
/// An observation is made by a read and by decoding one that was (feature `serde`), and in no other
/// way; it is never of nothing. It deserves the trust that a state from the same source does.
///
/// ```
/// use glomers_crdt::{Lattice, OrSet};
///
/// let (mut a, mut b) = (OrSet::default(), OrSet::default());
/// let added = a.insert('a', "oat")?;
/// let seen = a.observe("oat").expect("it is there");
/// b.remove_observed(&seen)?;                // `b` has not even heard of it yet …
/// b.merge(&added);
/// assert!(!b.contains("oat"));              // … and yet it is gone
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Observation<T, R> {
    pub(super) of: T,
    /// Ascending; not empty.
    pub(super) dots: Vec<Dot<R>>,
}

impl<T, R> Observation<T, R> {
    pub(super) fn new(of: T, dots: Vec<Dot<R>>) -> Option<Self> {
        (!dots.is_empty()).then_some(Self { of, dots })
    }

    /// What was observed.
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', 7).unwrap();
    /// assert_eq!(*set.observe(&7).unwrap().of(), 7);
    /// ```
    pub fn of(&self) -> &T {
        &self.of
    }
}

impl<T: fmt::Debug, R: fmt::Debug> fmt::Debug for Observation<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").field("of", &self.of).field("dots", &self.dots).finish()
    }
}
