use core::fmt;
use core::hash::Hash;

use crate::parts::Either;
use crate::{Decompose, GCounter, Lattice, MaxMap};

/// A counter that is never below zero: a replica subtracts only what it has the *right* to.
///
/// Balegas, Serra, Duarte, Ferreira, Rodrigues, Preguiça, Shapiro, Najafzadeh, [Extending Eventually
/// Consistent Cloud Databases for Enforcing Numeric
/// Invariants](https://doi.org/10.1109/SRDS.2015.32), SRDS 2015. Who adds to the counter gets the right
/// to subtract as much, and may [transfer](Self::transfer) rights to others; who subtracts uses them up.
/// All of a replica's rights are known to itself, and what it does not know of can only be more; so no
/// one needs to ask before subtracting, and tickets, stock and credit are not oversold, whatever the
/// network does. Who has too few rights is told, and may ask others to transfer some of theirs.
///
/// What is said of replicas' names at [`GCounter`] holds here, and more depends on it: two processes
/// that subtract under one name use rights twice.
///
/// ```
/// use glomers_crdt::{BoundedCounter, Lattice};
///
/// let (mut shop, mut stall) = (BoundedCounter::default(), BoundedCounter::default());
/// shop.add("shop", 10)?;
/// shop.transfer(&"shop", "stall", 4)?;
/// stall.merge(&shop);
/// stall.subtract("stall", 3)?;
/// assert!(stall.subtract("stall", 2).is_err(), "just one left here");
/// assert!(shop.subtract("shop", 7).is_err(), "the stall may have sold the others");
/// shop.merge(&stall);
/// assert_eq!(shop.value(), 7);
/// # Ok::<(), glomers_crdt::BoundedError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BoundedCounter<R> {
    /// What each replica has added.
    added: GCounter<R>,
    /// What each has subtracted.
    used: GCounter<R>,
    /// What one has given to another in all. None is zero, and none goes to the giver.
    given: MaxMap<(R, R), u64>,
}

impl<R: Ord + Clone> BoundedCounter<R> {
    /// Adds `amount`, and gives `replica` the right to subtract as much; returns the delta. O(log n).
    ///
    /// # Errors
    ///
    /// [`BoundedError::Overflow`] if what the replica has added would exceed `u64::MAX` in all; the
    /// counter is unchanged.
    ///
    /// ```
    /// let mut stock = glomers_crdt::BoundedCounter::default();
    /// stock.add('a', 5)?;
    /// assert_eq!((stock.value(), stock.rights(&'a')), (5, 5));
    /// # Ok::<(), glomers_crdt::BoundedError>(())
    /// ```
    pub fn add(&mut self, replica: R, amount: u64) -> Result<Self, BoundedError> {
        let added = self.added.add(replica, amount).map_err(|_| BoundedError::Overflow)?;
        Ok(Self { added, ..Self::default() })
    }

    /// Subtracts `amount`, and as much from the rights of `replica`; returns the delta. O(n).
    ///
    /// # Errors
    ///
    /// [`BoundedError::TooFewRights`] if the replica has not as many, [`BoundedError::Overflow`] if what
    /// it has subtracted would exceed `u64::MAX` in all; the counter is unchanged.
    ///
    /// ```
    /// use glomers_crdt::{BoundedCounter, BoundedError};
    ///
    /// let mut stock = BoundedCounter::default();
    /// stock.add('a', 5)?;
    /// stock.subtract('a', 4)?;
    /// assert_eq!(stock.subtract('a', 2), Err(BoundedError::TooFewRights { rights: 1 }));
    /// # Ok::<(), BoundedError>(())
    /// ```
    pub fn subtract(&mut self, replica: R, amount: u64) -> Result<Self, BoundedError> {
        self.require(&replica, amount)?;
        let used = self.used.add(replica, amount).map_err(|_| BoundedError::Overflow)?;
        Ok(Self { used, ..Self::default() })
    }

    /// Transfers rights from one replica to another; returns the delta. Only `from` may call it. O(n).
    ///
    /// # Errors
    ///
    /// [`BoundedError::TooFewRights`] if `from` has not as many, [`BoundedError::Overflow`] if what it has
    /// given to the other would exceed `u64::MAX` in all; the counter is unchanged.
    ///
    /// ```
    /// let mut stock = glomers_crdt::BoundedCounter::default();
    /// stock.add('a', 5)?;
    /// stock.transfer(&'a', 'b', 2)?;
    /// assert_eq!((stock.rights(&'a'), stock.rights(&'b'), stock.value()), (3, 2, 5));
    /// # Ok::<(), glomers_crdt::BoundedError>(())
    /// ```
    pub fn transfer(&mut self, from: &R, to: R, amount: u64) -> Result<Self, BoundedError> {
        self.require(from, amount)?;
        if *from == to || amount == 0 {
            return Ok(Self::default());
        }
        let pair = (from.clone(), to);
        let before = self.given.get(&pair).copied().unwrap_or(0);
        let given = before.checked_add(amount).ok_or(BoundedError::Overflow)?;
        Ok(Self { given: self.given.insert(pair, given), ..Self::default() })
    }

    /// How much `replica` may subtract, as far as is known here: for a replica that asks about itself all
    /// that it has, but for what is on its way to it. O(n) for n replicas and pairs of which one gave to
    /// the other.
    ///
    /// ```
    /// let mut stock = glomers_crdt::BoundedCounter::default();
    /// stock.add('a', 5)?;
    /// assert_eq!((stock.rights(&'a'), stock.rights(&'b')), (5, 0));
    /// # Ok::<(), glomers_crdt::BoundedError>(())
    /// ```
    pub fn rights(&self, replica: &R) -> u128 {
        let mut has = u128::from(self.added.slot(replica));
        let mut gone = u128::from(self.used.slot(replica));
        for ((from, to), amount) in &self.given {
            has += if to == replica { u128::from(*amount) } else { 0 };
            gone += if from == replica { u128::from(*amount) } else { 0 };
        }
        has.saturating_sub(gone)
    }

    fn require(&self, replica: &R, amount: u64) -> Result<(), BoundedError> {
        let rights = self.rights(replica);
        if rights < u128::from(amount) {
            Err(BoundedError::TooFewRights { rights })
        } else {
            Ok(())
        }
    }
}

impl<R> BoundedCounter<R> {
    /// All that was added less all that was subtracted. O(1).
    ///
    /// In a state that lacks what others rest on, a lone delta or one that merged deltas out of order, it
    /// is what is known, and zero if that is less than nothing.
    ///
    /// ```
    /// let mut stock = glomers_crdt::BoundedCounter::default();
    /// stock.add('a', 5)?;
    /// let delta = stock.subtract('a', 2)?;
    /// assert_eq!((stock.value(), delta.value()), (3, 0));
    /// # Ok::<(), glomers_crdt::BoundedError>(())
    /// ```
    pub fn value(&self) -> u128 {
        self.added.value().saturating_sub(self.used.value())
    }
}

impl<R> Default for BoundedCounter<R> {
    fn default() -> Self {
        let (added, used) = (GCounter::default(), GCounter::default());
        Self { added, used, given: MaxMap::default() }
    }
}

/// Merging is O(m log n) for m amounts merged into n.
impl<R: Ord + Clone> Lattice for BoundedCounter<R> {
    fn merge(&mut self, other: &Self) -> bool {
        let added = self.added.merge(&other.added);
        let used = self.used.merge(&other.used);
        self.given.merge(&other.given) || added || used
    }

    fn difference(&self, seen: &Self) -> Self {
        Self {
            added: self.added.difference(&seen.added),
            used: self.used.difference(&seen.used),
            given: self.given.difference(&seen.given),
        }
    }

    fn is_bottom(&self) -> bool {
        self.added.is_bottom() && self.used.is_bottom() && self.given.is_bottom()
    }

    fn includes(&self, other: &Self) -> bool {
        self.added.includes(&other.added)
            && self.used.includes(&other.used)
            && self.given.includes(&other.given)
    }
}

/// The parts are the amounts: added, used, and given by one to another.
impl<R: Ord + Clone + Hash> Decompose for BoundedCounter<R> {
    type Part<'a>
        = Either<Either<(&'a R, u64), (&'a R, u64)>, (&'a (R, R), &'a u64)>
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        let added = self.added.parts().map(|part| Either::Left(Either::Left(part)));
        let used = self.used.parts().map(|part| Either::Left(Either::Right(part)));
        added.chain(used).chain(self.given.parts().map(Either::Right))
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let mut counter = Self::default();
        for part in parts {
            match part {
                Either::Left(Either::Left(part)) => {
                    counter.added.merge(&GCounter::from_parts([part]))
                }
                Either::Left(Either::Right(part)) => {
                    counter.used.merge(&GCounter::from_parts([part]))
                }
                Either::Right(part) => counter.given.merge(&MaxMap::from_parts([part])),
            };
        }
        counter
    }
}

/// `p` is what was added, `n` what was subtracted, and `t` what was given, as from, to, amount.
#[cfg(feature = "serde")]
mod wire {
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::BoundedCounter;
    use crate::GCounter;

    #[derive(Serialize, Deserialize)]
    #[serde(bound(
        serialize = "R: Ord + Clone + Serialize",
        deserialize = "R: Ord + Clone + Deserialize<'de>"
    ))]
    struct Amounts<R> {
        p: GCounter<R>,
        n: GCounter<R>,
        t: Vec<(R, R, u64)>,
    }

    impl<R: Ord + Clone + Serialize> Serialize for BoundedCounter<R> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let given = self.given.iter();
            let t = given.map(|((from, to), amount)| (from.clone(), to.clone(), *amount)).collect();
            Amounts { p: self.added.clone(), n: self.used.clone(), t }.serialize(serializer)
        }
    }

    impl<'de, R: Ord + Clone + Deserialize<'de>> Deserialize<'de> for BoundedCounter<R> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let Amounts { p, n, t } = Amounts::<R>::deserialize(deserializer)?;
            let pairs: BTreeSet<_> = t.iter().map(|(from, to, _)| (from, to)).collect();
            if pairs.len() < t.len() {
                return Err(D::Error::custom("what one gave to another comes twice"));
            }
            if t.iter().any(|(from, to, amount)| from == to || *amount == 0) {
                return Err(D::Error::custom("nothing is given, or given to oneself"));
            }
            let given = t.into_iter().map(|(from, to, amount)| ((from, to), amount)).collect();
            Ok(Self { added: p, used: n, given })
        }
    }
}

/// What a bounded counter cannot do. It is as it was before.
///
/// ```
/// use glomers_crdt::{BoundedCounter, BoundedError};
///
/// let mut stock = BoundedCounter::default();
/// stock.add("a", 3)?;
/// assert_eq!(stock.subtract("a", 4), Err(BoundedError::TooFewRights { rights: 3 }));
/// # Ok::<(), BoundedError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoundedError {
    /// The replica's rights do not suffice: others must transfer some, or the value is too low.
    TooFewRights {
        /// What it has.
        rights: u128,
    },
    /// An amount would exceed `u64::MAX`.
    Overflow,
}

impl fmt::Display for BoundedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewRights { rights } => {
                write!(f, "the replica has the right to no more than {rights}; nothing was changed")
            }
            Self::Overflow => {
                write!(f, "an amount cannot exceed {}; nothing was changed", u64::MAX)
            }
        }
    }
}

impl core::error::Error for BoundedError {}
