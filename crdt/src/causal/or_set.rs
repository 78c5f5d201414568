use core::borrow::Borrow;

use super::{AddWins, Causal, CausalError, Observation};

/// A set whose elements can be added and removed again and again; an addition wins over a
/// concurrent removal. It keeps nothing of what was removed but the counters in its context.
///
/// Bieniusa et al., [An Optimized Conflict-free Replicated
/// Set](https://arxiv.org/abs/1210.3368), 2012. Two replicas disagree about an element only as long
/// as one has not seen what the other did. An element is there if and only if some addition of it
/// was not seen by any removal of it, nor by a later addition that took its place.
///
/// Each element lies in memory twice, by its value and by its dot: let it be cheap to clone.
///
/// ```
/// use glomers_crdt::{Lattice, OrSet};
///
/// let (mut a, mut b) = (OrSet::default(), OrSet::default());
/// b.merge(&a.insert('a', "oat")?);
/// a.merge(&b.remove("oat"));
/// assert!(a == b && a.is_empty());
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
pub type OrSet<T, R> = Causal<AddWins<T, R>, R>;

impl<T: Ord + Clone, R: Ord + Clone> OrSet<T, R> {
    /// Adds `element` in the name of `replica`; returns the delta. An element that is there is
    /// added again, so that it outlives concurrent removals. O(log n).
    ///
    /// # Errors
    ///
    /// [`CausalError::DotsUsedUp`]; the set is as it was.
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// assert_eq!(set.insert('a', "oat").unwrap().len(), 1);
    /// ```
    pub fn insert(&mut self, replica: R, element: T) -> Result<Self, CausalError> {
        self.edit(replica, |set| set.insert(element))
    }

    /// Removes `element` as far as it is seen here; returns the delta, which is bottom if it is not
    /// there. O(log n).
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', "oat").unwrap();
    /// set.remove("oat");
    /// assert!(set.is_empty());
    /// ```
    pub fn remove<Q: Ord + ?Sized>(&mut self, element: &Q) -> Self
    where
        T: Borrow<Q>,
    {
        self.cut(|set| set.remove(element))
    }

    /// Removes exactly what was observed, at whatever replica: what is not here yet never comes.
    /// Returns the delta. O(log n).
    ///
    /// # Errors
    ///
    /// [`CausalError::ForeignObservation`] if it contradicts what is here; the set is as it was.
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', "oat")?;
    /// let seen = set.observe("oat").unwrap();
    /// set.insert('a', "oat")?;
    /// set.remove_observed(&seen)?;
    /// assert!(set.contains("oat"), "it was added again since");
    ///
    /// let mut other = glomers_crdt::OrSet::default();
    /// other.insert('a', "rye")?;
    /// assert!(other.remove_observed(&seen).is_err(), "that is no `oat`");
    /// # Ok::<(), glomers_crdt::CausalError>(())
    /// ```
    pub fn remove_observed(&mut self, seen: &Observation<T, R>) -> Result<Self, CausalError> {
        self.carry_out(None, |set| set.remove_observed(seen))
    }
}
