use super::{Causal, CausalError, Observation, Values};

/// A register that keeps all values that were written concurrently, for its reader to choose from.
///
/// Shapiro et al., [A comprehensive study of Convergent and Commutative Replicated Data
/// Types](https://inria.hal.science/inria-00555588), 2011, specification 10. A value is there if and
/// only if no later write has seen it. Values need no order, only equality.
///
/// ```
/// use glomers_crdt::{Lattice, MvRegister};
///
/// let (mut a, mut b) = (MvRegister::default(), MvRegister::default());
/// let tea = a.set('a', "tea")?;
/// a.merge(&b.set('b', "milk")?);
/// assert!(a.values().eq([&"tea", &"milk"]), "concurrent");
/// a.set('a', "tea with milk")?;
/// b.merge(&tea);
/// b.merge(&a);
/// assert!(b.values().eq([&"tea with milk"]));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
pub type MvRegister<V, R> = Causal<Values<V, R>, R>;

impl<V: PartialEq + Clone, R: Ord + Clone> MvRegister<V, R> {
    /// Writes `value` in place of all that is seen here, in the name of `replica`; returns the delta.
    ///
    /// # Errors
    ///
    /// [`CausalError::DotsUsedUp`]; the register is as it was.
    ///
    /// ```
    /// let mut drink = glomers_crdt::MvRegister::default();
    /// drink.set('a', "tea").unwrap();
    /// assert!(drink.values().eq([&"tea"]));
    /// ```
    pub fn set(&mut self, replica: R, value: V) -> Result<Self, CausalError> {
        self.edit(replica, |register| register.set(value))
    }

    /// Writes `value` in place of exactly what a client has observed, at whatever replica. What the
    /// client did not see stays beside it. Returns the delta.
    ///
    /// # Errors
    ///
    /// [`CausalError::DotsUsedUp`]; the register is as it was.
    ///
    /// ```
    /// let mut drink = glomers_crdt::MvRegister::default();
    /// drink.set('a', "tea")?;
    /// let seen = drink.observe().unwrap();
    /// drink.set('a', "juice")?;
    /// drink.set_observed('a', &seen, "milk")?;
    /// assert!(drink.values().eq([&"juice", &"milk"]), "who wrote `milk` did not know of `juice`");
    /// # Ok::<(), glomers_crdt::CausalError>(())
    /// ```
    pub fn set_observed(
        &mut self,
        replica: R,
        seen: &Observation<(), R>,
        value: V,
    ) -> Result<Self, CausalError> {
        self.edit(replica, |register| register.set_observed(seen, value))
    }
}
