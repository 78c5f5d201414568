use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;

use crate::changes::SetChange;
use crate::iter::{Elements, IntoElements};
use crate::sorted::Sorted;
use crate::{Changes, Decompose, Lattice};

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
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GSet<T> {
    elements: Sorted<T, ()>,
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
        if self.elements.change(&element, |present| present.is_none().then_some(())) {
            delta.elements = Sorted::of_one(element, ());
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
        self.elements.get(element).is_some()
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
    pub fn iter(&self) -> Elements<'_, T> {
        Elements(self.elements.iter())
    }
}

impl<T> Default for GSet<T> {
    fn default() -> Self {
        Self { elements: Sorted::new() }
    }
}

impl<T: Ord + Clone> FromIterator<T> for GSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut elements: Vec<(T, ())> = elements.into_iter().map(|it| (it, ())).collect();
        elements.sort();
        elements.dedup();
        Self { elements: Sorted::of_ascending(elements) }
    }
}

impl<T: fmt::Debug> fmt::Debug for GSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

#[cfg(feature = "serde")]
impl<T: serde::Serialize> serde::Serialize for GSet<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

#[cfg(feature = "serde")]
impl<'de, T: Ord + Clone + serde::Deserialize<'de>> serde::Deserialize<'de> for GSet<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}

/// The join: no delta tells of it, but the set of the elements is one.
impl<T: Ord + Clone> Extend<T> for GSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        self.merge(&elements.into_iter().collect());
    }
}

impl<T: Clone> IntoIterator for GSet<T> {
    type Item = T;
    type IntoIter = IntoElements<T>;

    fn into_iter(self) -> Self::IntoIter {
        let elements = self.elements.into_pairs().into_iter().map(|(element, ())| element);
        IntoElements(elements.collect::<Vec<_>>().into_iter())
    }
}

impl<'a, T> IntoIterator for &'a GSet<T> {
    type Item = &'a T;
    type IntoIter = Elements<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Merging is O(m log n) for m elements merged into n.
impl<T: Ord + Clone> Lattice for GSet<T> {
    fn merge(&mut self, other: &Self) -> bool {
        self.elements.unite(&other.elements)
    }

    fn difference(&self, seen: &Self) -> Self {
        Self { elements: self.elements.difference(&seen.elements, |(), seen| seen.is_none()) }
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    fn includes(&self, other: &Self) -> bool {
        self.elements.has_all(&other.elements, |ours, ()| ours.is_none())
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

/// The view is the elements.
impl<T: Ord + Clone> Changes for GSet<T> {
    type View = BTreeSet<T>;
    type Change = SetChange<T>;

    fn view(&self) -> BTreeSet<T> {
        self.iter().cloned().collect()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(SetChange<T>)) -> bool {
        other.elements.compare(&self.elements, |element, (), ours| {
            if ours.is_none() {
                each(SetChange::Inserted(element.clone()));
            }
        });
        self.merge(other)
    }
}
