use alloc::collections::BTreeSet;
use alloc::collections::btree_set;
use core::borrow::Borrow;
use core::hash::Hash;

use crate::{Decompose, Lattice};

/// A grow-only set: elements are added and never removed; the join is the union.
///
/// Shapiro et al., [A comprehensive study of Convergent and Commutative Replicated Data
/// Types](https://inria.hal.science/inria-00555588), 2011, specification 11. Iteration is in the
/// elements' order, so that equal sets are serialised equally.
///
/// ```
/// use glomers_crdt::{GSet, Lattice};
///
/// let mut seen = GSet::default();
/// let delta = seen.insert(7);
/// assert!(seen.contains(&7) && delta.len() == 1);
/// assert!(seen.insert(7).is_bottom(), "nothing new, so nothing to tell anyone");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "serde", serde(bound(deserialize = "T: Ord + serde::Deserialize<'de>")))]
pub struct GSet<T> {
    elements: BTreeSet<T>,
}

impl<T: Ord + Clone> GSet<T> {
    /// Adds `element`; returns the delta: a set of just that element, or bottom if it was there.
    /// O(log n).
    ///
    /// ```
    /// use glomers_crdt::{GSet, Lattice};
    ///
    /// let (mut here, mut there) = (GSet::default(), GSet::default());
    /// there.merge(&here.insert("a"));
    /// assert_eq!(here, there);
    /// ```
    pub fn insert(&mut self, element: T) -> Self {
        let mut delta = Self::default();
        if self.elements.insert(element.clone()) {
            delta.elements.insert(element);
        }
        delta
    }
}

impl<T: Ord> GSet<T> {
    /// Whether `element` was added. O(log n).
    ///
    /// ```
    /// let set = glomers_crdt::GSet::from_iter(["a".to_owned()]);
    /// assert!(set.contains("a"));
    /// ```
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.elements.contains(element)
    }
}

impl<T> GSet<T> {
    /// How many elements there are.
    ///
    /// ```
    /// assert_eq!(glomers_crdt::GSet::from_iter([1, 2, 2]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there are none: the least set.
    ///
    /// ```
    /// assert!(glomers_crdt::GSet::<u8>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The elements in their order.
    ///
    /// ```
    /// let set = glomers_crdt::GSet::from_iter([3, 1, 2]);
    /// assert!(set.iter().eq(&[1, 2, 3]));
    /// ```
    pub fn iter(&self) -> btree_set::Iter<'_, T> {
        self.elements.iter()
    }
}

impl<T> Default for GSet<T> {
    fn default() -> Self {
        Self { elements: BTreeSet::new() }
    }
}

impl<T: Ord> FromIterator<T> for GSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self { elements: BTreeSet::from_iter(elements) }
    }
}

impl<'a, T> IntoIterator for &'a GSet<T> {
    type Item = &'a T;
    type IntoIter = btree_set::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Merging is O(m log n) for m elements merged into n.
impl<T: Ord + Clone> Lattice for GSet<T> {
    fn merge(&mut self, other: &Self) -> bool {
        let before = self.elements.len();
        for element in &other.elements {
            if !self.elements.contains(element) {
                self.elements.insert(element.clone());
            }
        }
        self.elements.len() > before
    }

    fn difference(&self, seen: &Self) -> Self {
        Self { elements: self.elements.difference(&seen.elements).cloned().collect() }
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    fn includes(&self, other: &Self) -> bool {
        other.elements.is_subset(&self.elements)
    }
}

/// The parts are the elements.
impl<T: Ord + Clone + Hash> Decompose for GSet<T> {
    type Part<'a>
        = &'a T
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.iter()
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        parts.into_iter().cloned().collect()
    }
}
