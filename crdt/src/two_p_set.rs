use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;

use crate::changes::SetChange;
use crate::iter::{IntoElements, opaque};
use crate::{Changes, Decompose, Lattice, MaxMap, sorted};

/// A two-phase set: an element is added, and then removed for good.
///
/// Shapiro et al., [A comprehensive study of Convergent and Commutative Replicated Data
/// Types](https://inria.hal.science/inria-00555588), 2011, specification 12. For names that are
/// never used twice: sessions, jobs, tickets. An element is nothing, then present, then removed, and
/// the join is the later of these; so a remove wins over an add, concurrent or not, and a removed
/// element takes as much room as a present one. Elements that come back want an add-wins set.
///
/// ```
/// use glomers_crdt::{Lattice, TwoPSet};
///
/// let (mut a, mut b) = (TwoPSet::default(), TwoPSet::default());
/// b.merge(&a.insert("job")?);
/// b.remove("job");
/// a.merge(&b);
/// assert!(!a.contains("job"));
/// assert!(a.insert("job").is_err(), "it is gone for good");
/// # Ok::<(), glomers_crdt::Removed>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TwoPSet<T> {
    /// Whether each element is removed.
    elements: MaxMap<T, bool>,
    /// How many are not.
    live: usize,
}

impl<T: Ord + Clone> TwoPSet<T> {
    /// Adds `element`; returns the delta: just that element, or bottom if it was there. O(log n).
    ///
    /// # Errors
    ///
    /// [`Removed`] if the element was removed, here or as far as is known here; the set is unchanged.
    ///
    /// ```
    /// use glomers_crdt::{Lattice, TwoPSet};
    ///
    /// let mut set = TwoPSet::default();
    /// assert!(set.insert(7)?.contains(&7));
    /// assert!(set.insert(7)?.is_bottom());
    /// # Ok::<(), glomers_crdt::Removed>(())
    /// ```
    pub fn insert(&mut self, element: T) -> Result<Self, Removed> {
        match self.elements.get(&element) {
            Some(true) => Err(Removed),
            Some(false) => Ok(Self::default()),
            None => Ok(self.put(element, false)),
        }
    }

    /// Removes `element` for good, whether it is present or not yet; returns the delta, or bottom if it
    /// was removed before. O(log n).
    ///
    /// ```
    /// use glomers_crdt::TwoPSet;
    ///
    /// let mut set = TwoPSet::from_iter([7]);
    /// set.remove(7);
    /// set.remove(8);
    /// assert!(set.is_empty() && set.is_removed(&8) && set.insert(8).is_err());
    /// ```
    pub fn remove(&mut self, element: T) -> Self {
        if self.is_removed(&element) { Self::default() } else { self.put(element, true) }
    }

    fn put(&mut self, element: T, is_removed: bool) -> Self {
        let delta = MaxMap::from_iter([(element, is_removed)]).into();
        self.merge(&delta);
        delta
    }
}

impl<T: Ord> TwoPSet<T> {
    /// Whether `element` was added and not removed. O(log n).
    ///
    /// ```
    /// assert!(glomers_crdt::TwoPSet::from_iter([7]).contains(&7));
    /// ```
    pub fn contains<Q: Ord + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.elements.get(element) == Some(&false)
    }

    /// Whether `element` was removed. O(log n).
    ///
    /// ```
    /// assert!(!glomers_crdt::TwoPSet::from_iter([7]).is_removed(&7));
    /// ```
    pub fn is_removed<Q: Ord + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.elements.get(element) == Some(&true)
    }
}

impl<T> TwoPSet<T> {
    /// How many elements are present. O(1).
    ///
    /// ```
    /// let mut set = glomers_crdt::TwoPSet::from_iter([7, 8]);
    /// set.remove(7);
    /// assert_eq!(set.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether no element is present; some may have been removed. O(1).
    ///
    /// ```
    /// assert!(glomers_crdt::TwoPSet::<u8>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The elements that are present, in their order.
    ///
    /// ```
    /// let mut set = glomers_crdt::TwoPSet::from_iter([3, 1, 2]);
    /// set.remove(2);
    /// assert!(set.iter().eq(&[1, 3]));
    /// ```
    pub fn iter(&self) -> Present<'_, T> {
        Present(self.elements.iter().0)
    }
}

opaque!(
    /// The elements of a [`TwoPSet`] that are present.
    ///
    /// ```
    /// let set = glomers_crdt::TwoPSet::from_iter([3, 1]);
    /// assert!((&set).into_iter().eq(&[1, 3]));
    /// ```
    Present<'a, T>(sorted::Iter<'a, T, bool>) -> &'a T,
    |pairs| pairs.find_map(|(element, is_removed)| (!is_removed).then_some(element)),
    some
);

/// Those that are present.
impl<'a, T> IntoIterator for &'a TwoPSet<T> {
    type Item = &'a T;
    type IntoIter = Present<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Those that are present.
impl<T: Clone> IntoIterator for TwoPSet<T> {
    type Item = T;
    type IntoIter = IntoElements<T>;

    fn into_iter(self) -> Self::IntoIter {
        let present = self.elements.into_iter().filter(|(_, is_removed)| !is_removed);
        IntoElements(present.map(|(it, _)| it).collect::<Vec<_>>().into_iter())
    }
}

/// The join: what was removed stays so. No delta tells of it, but the set of the elements is one.
impl<T: Ord + Clone> Extend<T> for TwoPSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        self.merge(&elements.into_iter().collect());
    }
}

impl<T> Default for TwoPSet<T> {
    fn default() -> Self {
        Self { elements: MaxMap::default(), live: 0 }
    }
}

/// A set of the given elements, none of them removed.
impl<T: Ord + Clone> FromIterator<T> for TwoPSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        elements.into_iter().map(|element| (element, false)).collect::<MaxMap<_, _>>().into()
    }
}

impl<T> From<MaxMap<T, bool>> for TwoPSet<T> {
    fn from(elements: MaxMap<T, bool>) -> Self {
        let live = elements.iter().filter(|(_, is_removed)| !**is_removed).count();
        Self { elements, live }
    }
}

impl<T: fmt::Debug> fmt::Debug for TwoPSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |(element, is_removed): (_, &bool)| {
            (element, if *is_removed { "removed" } else { "present" })
        };
        f.debug_map().entries(self.elements.iter().map(named)).finish()
    }
}

/// Merging is O(m log n) for m elements merged into n.
impl<T: Ord + Clone> Lattice for TwoPSet<T> {
    fn merge(&mut self, other: &Self) -> bool {
        let live = &mut self.live;
        let mut changed = false;
        self.elements.merge_observed(&other.elements, |old, new| {
            *live += usize::from(!new);
            *live -= usize::from(old == Some(&false));
            changed = true;
        });
        changed
    }

    fn difference(&self, seen: &Self) -> Self {
        self.elements.difference(&seen.elements).into()
    }

    fn is_bottom(&self) -> bool {
        self.elements.is_bottom()
    }

    fn includes(&self, other: &Self) -> bool {
        self.elements.includes(&other.elements)
    }
}

/// The parts are the elements, each with whether it is removed.
impl<T: Ord + Clone + Hash> Decompose for TwoPSet<T> {
    type Part<'a>
        = (&'a T, &'a bool)
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.elements.parts()
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        MaxMap::from_parts(parts).into()
    }
}

/// The view is the elements that are present.
impl<T: Ord + Clone> Changes for TwoPSet<T> {
    type View = BTreeSet<T>;
    type Change = SetChange<T>;

    fn view(&self) -> BTreeSet<T> {
        self.iter().cloned().collect()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(SetChange<T>)) -> bool {
        other.elements.compare_each(&self.elements, |element, is_removed, was_removed| {
            match (was_removed, is_removed) {
                (None, false) => each(SetChange::Inserted(element.clone())),
                (Some(false), true) => each(SetChange::Removed(element.clone())),
                _ => {}
            }
        });
        self.merge(other)
    }
}

/// `a` are the elements that are present, `r` those removed.
#[cfg(feature = "serde")]
mod wire {
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::TwoPSet;
    use crate::MaxMap;

    #[derive(Serialize)]
    struct Out<'a, T> {
        a: Vec<&'a T>,
        r: Vec<&'a T>,
    }

    #[derive(Deserialize)]
    struct In<T> {
        a: Vec<T>,
        r: Vec<T>,
    }

    impl<T: Serialize> Serialize for TwoPSet<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let removed = self.elements.iter().filter(|(_, is_removed)| **is_removed);
            let r = removed.map(|(element, _)| element).collect();
            Out { a: self.iter().collect(), r }.serialize(serializer)
        }
    }

    impl<'de, T: Ord + Clone + Deserialize<'de>> Deserialize<'de> for TwoPSet<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let In { a, r } = In::deserialize(deserializer)?;
            let mut elements = BTreeMap::new();
            let present = a.into_iter().map(|element| (element, false));
            for (element, is_removed) in present.chain(r.into_iter().map(|it| (it, true))) {
                if elements.insert(element, is_removed).is_some() {
                    return Err(D::Error::custom("an element comes twice"));
                }
            }
            Ok(MaxMap::from_iter(elements).into())
        }
    }
}

/// The element was removed, and cannot be added again. The set is as it was before.
///
/// ```
/// use glomers_crdt::{Removed, TwoPSet};
///
/// let mut set = TwoPSet::from_iter([1]);
/// set.remove(1);
/// assert!(matches!(set.insert(1), Err(Removed { .. })));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Removed;

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a removed element cannot be added again; nothing was added")
    }
}

impl core::error::Error for Removed {}
