use super::{Causal, CausalError, DisableWins, EnableWins, Observation};

/// A flag, at first off, which is on if an enabling and a disabling are concurrent.
///
/// Almeida, Shoker, Baquero, [Delta State Replicated Data Types](https://arxiv.org/abs/1603.01529),
/// 2018. It is on if and only if some enabling was not seen by any disabling, nor by a
/// later enabling that took its place.
///
/// ```
/// use glomers_crdt::{EwFlag, Lattice};
///
/// let mut a = EwFlag::default();
/// a.enable('a')?;
/// let mut b = a.clone();
/// let on = a.enable('a')?;
/// b.disable();                              // concurrently
/// b.merge(&on);
/// assert!(b.is_enabled());
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
pub type EwFlag<R> = Causal<EnableWins<R>, R>;

impl<R: Ord + Clone> EwFlag<R> {
    /// Turns it on in the name of `replica`; returns the delta.
    ///
    /// # Errors
    ///
    /// [`CausalError::DotsUsedUp`]; the flag is as it was.
    ///
    /// ```
    /// let mut flag = glomers_crdt::EwFlag::default();
    /// flag.enable('a').unwrap();
    /// assert!(flag.is_enabled());
    /// ```
    pub fn enable(&mut self, replica: R) -> Result<Self, CausalError> {
        self.edit(replica, EnableWins::enable)
    }

    /// Turns it off as far as it is seen to be on; returns the delta.
    ///
    /// ```
    /// let mut flag = glomers_crdt::EwFlag::default();
    /// flag.enable('a').unwrap();
    /// flag.disable();
    /// assert!(!flag.is_enabled());
    /// ```
    pub fn disable(&mut self) -> Self {
        self.clear()
    }

    /// Undoes exactly the enablings that were observed, at whatever replica; returns the delta.
    ///
    /// ```
    /// let mut flag = glomers_crdt::EwFlag::default();
    /// flag.enable('a').unwrap();
    /// let seen = flag.observe().unwrap();
    /// flag.disable_observed(&seen);
    /// assert!(!flag.is_enabled());
    /// ```
    pub fn disable_observed(&mut self, seen: &Observation<(), R>) -> Self {
        self.kill(seen.dots.clone())
    }
}

/// A flag, at first off, which is off if an enabling and a disabling are concurrent.
///
/// Baquero, Almeida, Shoker, [Pure Operation-Based Replicated Data
/// Types](https://arxiv.org/abs/1710.04469), 2017, has it by operations. It is on if and only if it
/// was enabled and each disabling was seen by a later enabling.
///
/// ```
/// use glomers_crdt::{DwFlag, Lattice};
///
/// let mut a = DwFlag::default();
/// a.enable('a')?;
/// let mut b = a.clone();
/// let on = a.enable('a')?;
/// b.disable('b')?;                          // concurrently
/// b.merge(&on);
/// assert!(!b.is_enabled());
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
pub type DwFlag<R> = Causal<DisableWins<R>, R>;

impl<R: Ord + Clone> DwFlag<R> {
    /// Turns it on in the name of `replica`; returns the delta.
    ///
    /// # Errors
    ///
    /// [`CausalError::DotsUsedUp`]; the flag is as it was.
    ///
    /// ```
    /// let mut flag = glomers_crdt::DwFlag::default();
    /// flag.enable('a').unwrap();
    /// assert!(flag.is_enabled());
    /// ```
    pub fn enable(&mut self, replica: R) -> Result<Self, CausalError> {
        self.edit(replica, DisableWins::enable)
    }

    /// Turns it off in the name of `replica`; returns the delta.
    ///
    /// # Errors
    ///
    /// [`CausalError::DotsUsedUp`]; the flag is as it was.
    ///
    /// ```
    /// let mut flag = glomers_crdt::DwFlag::default();
    /// flag.enable('a').unwrap();
    /// flag.disable('a').unwrap();
    /// assert!(!flag.is_enabled());
    /// ```
    pub fn disable(&mut self, replica: R) -> Result<Self, CausalError> {
        self.edit(replica, DisableWins::disable)
    }
}
