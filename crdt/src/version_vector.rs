use core::cmp::Ordering;
use core::hash::Hash;

use crate::{Decompose, Lattice, MaxMap};

/// One event of one replica: the `counter`-th, counting from 1.
///
/// Almeida, Baquero, Gonçalves, Preguiça, Fonte, [Scalable and Accurate Causality Tracking for
/// Eventually Consistent Stores](https://doi.org/10.1007/978-3-662-43352-2_6), DAIS 2014.
///
/// ```
/// use glomers_crdt::{Dot, VersionVector};
///
/// let seen = VersionVector::from_iter([Dot { replica: 'a', counter: 2 }]);
/// assert!(seen.contains(&Dot { replica: 'a', counter: 1 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dot<R> {
    /// Whose event it is.
    pub replica: R,
    /// Which of its events, from 1.
    pub counter: u64,
}

/// A version vector: for each replica, how many of its events have been seen, without gaps.
///
/// Parker et al., [Detection of Mutual Inconsistency in Distributed
/// Systems](https://doi.org/10.1109/TSE.1983.236733), IEEE TSE 1983. `PartialOrd` is the causal
/// order: `None` means concurrent.
///
/// ```
/// use glomers_crdt::{Lattice, VersionVector};
///
/// let mut a = VersionVector::default();
/// let mut b = a.clone();
/// a.insert(a.next_dot("a").unwrap());
/// b.insert(b.next_dot("b").unwrap());
/// assert_eq!(a.partial_cmp(&b), None);
/// a.merge(&b);
/// assert!(a > b);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "MaxMap<R, u64>", from = "MaxMap<R, u64>"))]
#[cfg_attr(
    feature = "serde",
    serde(bound(
        serialize = "R: Ord + Clone + serde::Serialize",
        deserialize = "R: Ord + Clone + serde::Deserialize<'de>"
    ))
)]
pub struct VersionVector<R> {
    /// Zeros are not kept, so that equal vectors are equal maps.
    seen: MaxMap<R, u64>,
}

impl<R: Ord + Clone> VersionVector<R> {
    /// Notes that `dot` and all earlier events of its replica were seen; returns the delta.
    /// O(log n).
    ///
    /// ```
    /// use glomers_crdt::{Dot, VersionVector};
    ///
    /// let mut seen = VersionVector::default();
    /// seen.insert(Dot { replica: 'a', counter: 3 });
    /// assert_eq!(seen.get(&'a'), 3);
    /// ```
    pub fn insert(&mut self, dot: Dot<R>) -> Self {
        let delta = Self::from_iter([dot]);
        let changed = self.merge(&delta);
        if changed { delta } else { Self::default() }
    }

    /// The event of `replica` that follows the ones seen, or `None` after `u64::MAX` of them.
    /// O(log n).
    ///
    /// ```
    /// let seen = glomers_crdt::VersionVector::default();
    /// assert_eq!(seen.next_dot('a').unwrap().counter, 1);
    /// ```
    pub fn next_dot(&self, replica: R) -> Option<Dot<R>> {
        let counter = self.get(&replica).checked_add(1)?;
        Some(Dot { replica, counter })
    }

    /// How many events of `replica` were seen. O(log n).
    ///
    /// ```
    /// assert_eq!(glomers_crdt::VersionVector::default().get(&'a'), 0);
    /// ```
    pub fn get(&self, replica: &R) -> u64 {
        self.seen.get(replica).copied().unwrap_or(0)
    }

    /// Whether `dot` was seen. O(log n).
    ///
    /// ```
    /// use glomers_crdt::{Dot, VersionVector};
    ///
    /// let seen = VersionVector::from_iter([Dot { replica: 'a', counter: 3 }]);
    /// assert!(!seen.contains(&Dot { replica: 'a', counter: 4 }));
    /// ```
    pub fn contains(&self, dot: &Dot<R>) -> bool {
        dot.counter <= self.get(&dot.replica)
    }
}

impl<R> VersionVector<R> {
    /// The replicas of which events were seen, and how many, in the replicas' order.
    ///
    /// ```
    /// use glomers_crdt::{Dot, VersionVector};
    ///
    /// let seen = VersionVector::from_iter([Dot { replica: 'a', counter: 3 }]);
    /// assert!(seen.iter().eq([(&'a', 3)]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&R, u64)> {
        self.seen.iter().map(|(replica, counter)| (replica, *counter))
    }
}

impl<R> Default for VersionVector<R> {
    fn default() -> Self {
        Self { seen: MaxMap::default() }
    }
}

impl<R: Ord + Clone> FromIterator<Dot<R>> for VersionVector<R> {
    fn from_iter<I: IntoIterator<Item = Dot<R>>>(dots: I) -> Self {
        let dots = dots.into_iter().filter(|dot| dot.counter > 0);
        Self { seen: dots.map(|dot| (dot.replica, dot.counter)).collect() }
    }
}

impl<R> From<VersionVector<R>> for MaxMap<R, u64> {
    fn from(vector: VersionVector<R>) -> Self {
        vector.seen
    }
}

impl<R: Ord + Clone> From<MaxMap<R, u64>> for VersionVector<R> {
    fn from(seen: MaxMap<R, u64>) -> Self {
        seen.iter()
            .map(|(replica, counter)| Dot { replica: replica.clone(), counter: *counter })
            .collect()
    }
}

/// The causal order. O(n).
impl<R: Ord + Clone> PartialOrd for VersionVector<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.seen.compare(&other.seen)
    }
}

/// Merging is O(m log n) for m replicas merged into n.
impl<R: Ord + Clone> Lattice for VersionVector<R> {
    fn merge(&mut self, other: &Self) -> bool {
        self.seen.merge(&other.seen)
    }

    fn difference(&self, seen: &Self) -> Self {
        Self { seen: self.seen.difference(&seen.seen) }
    }

    fn is_bottom(&self) -> bool {
        self.seen.is_bottom()
    }

    fn includes(&self, other: &Self) -> bool {
        self.seen.includes(&other.seen)
    }
}

/// The parts are the last event seen of each replica.
impl<R: Ord + Clone + Hash> Decompose for VersionVector<R> {
    type Part<'a>
        = Dot<&'a R>
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.iter().map(|(replica, counter)| Dot { replica, counter })
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let own = |dot: Dot<&R>| Dot { replica: dot.replica.clone(), counter: dot.counter };
        parts.into_iter().map(own).collect()
    }
}
