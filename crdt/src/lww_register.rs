use core::hash::Hash;

use crate::{Chain, Decompose, Lattice, StaleStamp, Stamp};

/// A register in which the last write wins.
///
/// Shapiro et al., [A comprehensive study of Convergent and Commutative Replicated Data
/// Types](https://inria.hal.science/inria-00555588), 2011, specification 8. Of two writes that do not
/// know of each other one is lost; where both should stay, take a multi-value register.
///
/// `S` orders the writes: a [`Stamp`], or any ordered type. No two different writes should bear the
/// same stamp. If they do all the same, because two processes wrote under one name, the greater value
/// wins: so the join is the maximum of an order that is total, and replicas agree whatever comes in.
/// The mutator does not let one replica do this: [`set`](Self::set).
///
/// ```
/// use glomers_crdt::{Lattice, LwwRegister, Stamp};
///
/// let (mut a, mut b) = (LwwRegister::default(), LwwRegister::default());
/// let from_a = a.set("oat", Stamp { time: 1, replica: 'a' })?;
/// let from_b = b.set("rye", Stamp { time: 1, replica: 'b' })?;
/// a.merge(&from_b);
/// b.merge(&from_a);
/// assert_eq!((a.get(), b.get()), (Some(&"rye"), Some(&"rye")));
/// # Ok::<(), glomers_crdt::StaleStamp>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct LwwRegister<T, S = Stamp<u64>> {
    written: Option<(S, T)>,
}

impl<T: Ord + Clone, S: Ord + Clone> LwwRegister<T, S> {
    /// Writes `value` with the stamp `stamp`; returns the delta: a register that holds just that, or
    /// bottom if this very write is held already. O(1).
    ///
    /// # Errors
    ///
    /// [`StaleStamp`] if a write with a later stamp is held, or another with the same; the register
    /// is unchanged.
    ///
    /// ```
    /// use glomers_crdt::LwwRegister;
    ///
    /// let mut register = LwwRegister::default();
    /// register.set('x', 5)?;
    /// assert!(register.set('y', 4).is_err(), "it would be lost");
    /// assert!(register.set('y', 5).is_err(), "the stamp is taken");
    /// register.set('y', 6)?;
    /// assert_eq!(register.get(), Some(&'y'));
    /// # Ok::<(), glomers_crdt::StaleStamp>(())
    /// ```
    pub fn set(&mut self, value: T, stamp: S) -> Result<Self, StaleStamp> {
        match &self.written {
            Some((held, present)) if *held == stamp && *present == value => Ok(Self::default()),
            Some((held, _)) if *held >= stamp => Err(StaleStamp),
            _ => {
                self.written = Some((stamp, value));
                Ok(self.clone())
            }
        }
    }
}

impl<T, S> LwwRegister<T, S> {
    /// The value last written, if any was.
    ///
    /// ```
    /// assert_eq!(glomers_crdt::LwwRegister::<u8>::default().get(), None);
    /// ```
    pub fn get(&self) -> Option<&T> {
        self.written.as_ref().map(|(_, value)| value)
    }

    /// The stamp of the value last written: the next write's must be later.
    ///
    /// ```
    /// let mut register = glomers_crdt::LwwRegister::default();
    /// register.set('x', 5).unwrap();
    /// assert_eq!(register.stamp(), Some(&5));
    /// ```
    pub fn stamp(&self) -> Option<&S> {
        self.written.as_ref().map(|(stamp, _)| stamp)
    }
}

impl<T, S> Default for LwwRegister<T, S> {
    fn default() -> Self {
        Self { written: None }
    }
}

/// Merging is O(1).
impl<T: Ord + Clone, S: Ord + Clone> Lattice for LwwRegister<T, S> {
    fn merge(&mut self, other: &Self) -> bool {
        let is_later = other.written > self.written;
        if is_later {
            self.written.clone_from(&other.written);
        }
        is_later
    }

    fn difference(&self, seen: &Self) -> Self {
        if self.written > seen.written { self.clone() } else { Self::default() }
    }

    fn is_bottom(&self) -> bool {
        self.written.is_none()
    }

    fn includes(&self, other: &Self) -> bool {
        self.written >= other.written
    }
}

impl<T: Ord + Clone, S: Ord + Clone> Chain for LwwRegister<T, S> {}

/// The only part is the write.
impl<T: Ord + Clone + Hash, S: Ord + Clone + Hash> Decompose for LwwRegister<T, S> {
    type Part<'a>
        = (&'a S, &'a T)
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.written.iter().map(|(stamp, value)| (stamp, value))
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let last = parts.into_iter().max();
        Self { written: last.map(|(stamp, value)| (stamp.clone(), value.clone())) }
    }
}
