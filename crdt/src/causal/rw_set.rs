use super::{Causal, CausalError, RemoveWins};

/// A set whose elements can be added and removed again and again; a removal wins over a concurrent
/// addition.
///
/// Baquero, Almeida, Shoker, [Pure Operation-Based Replicated Data
/// Types](https://arxiv.org/abs/1710.04469), 2017, has it by operations. An element is there if and
/// only if it was added and each removal of it was seen by a later addition. What was removed and
/// not added again is remembered, until [`compact`](Causal::compact) finds that everyone has seen
/// the removal. ([`clear`](Causal::clear) forgets what is seen; concurrent additions survive it.)
///
/// ```
/// use glomers_crdt::{Lattice, RwSet};
///
/// let (mut a, mut b) = (RwSet::default(), RwSet::default());
/// b.merge(&a.insert('a', "bob")?);
/// let again = b.insert('b', "bob")?;
/// let gone = a.remove('a', "bob")?;         // concurrently
/// a.merge(&again);
/// b.merge(&gone);
/// assert!(a == b && !a.contains("bob"));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
pub type RwSet<T, R> = Causal<RemoveWins<T, R>, R>;

impl<T: Ord + Clone, R: Ord + Clone> RwSet<T, R> {
    /// Adds `element` in the name of `replica`; returns the delta. O(log n).
    ///
    /// # Errors
    ///
    /// [`CausalError::DotsUsedUp`]; the set is as it was.
    ///
    /// ```
    /// let mut set = glomers_crdt::RwSet::default();
    /// set.insert('a', "bob").unwrap();
    /// assert!(set.contains("bob"));
    /// ```
    pub fn insert(&mut self, replica: R, element: T) -> Result<Self, CausalError> {
        self.edit(replica, |set| set.insert(element))
    }

    /// Removes `element`, whether it is here or not, in the name of `replica`; returns the delta.
    /// O(log n).
    ///
    /// # Errors
    ///
    /// [`CausalError::DotsUsedUp`]; the set is as it was.
    ///
    /// ```
    /// let mut set = glomers_crdt::RwSet::default();
    /// set.insert('a', "bob").unwrap();
    /// set.remove('a', "bob").unwrap();
    /// assert!(set.is_empty());
    /// ```
    pub fn remove(&mut self, replica: R, element: T) -> Result<Self, CausalError> {
        self.edit(replica, |set| set.remove(element))
    }
}
