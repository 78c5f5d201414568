use super::{Causal, CausalError, Counter};

/// A counter that goes up and down and can be [reset](Causal::clear): the reset undoes the additions
/// it has seen, and those that are concurrent with it stay.
///
/// A [`PnCounter`](crate::PnCounter) is smaller and cannot be reset. See [`Counter`] for what it
/// costs, and for counters in maps.
///
/// ```
/// use glomers_crdt::{Lattice, OrCounter};
///
/// let (mut a, mut b) = (OrCounter::default(), OrCounter::default());
/// b.merge(&a.add('a', 5)?);
/// let more = a.add('a', 2)?;
/// b.clear();                                // has seen 5
/// b.merge(&more);
/// assert_eq!(b.value(), 2);
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
pub type OrCounter<R> = Causal<Counter<R>, R>;

impl<R: Ord + Clone> OrCounter<R> {
    /// Adds `amount`, which may be negative, in the name of `replica`; returns the delta, which is
    /// bottom if it is 0. O(log n).
    ///
    /// # Errors
    ///
    /// [`CausalError::DotsUsedUp`]; the counter is as it was.
    ///
    /// ```
    /// let mut count = glomers_crdt::OrCounter::default();
    /// count.add('a', -2).unwrap();
    /// assert_eq!(count.value(), -2);
    /// ```
    pub fn add(&mut self, replica: R, amount: i64) -> Result<Self, CausalError> {
        self.edit(replica, |count| count.add(amount))
    }
}
