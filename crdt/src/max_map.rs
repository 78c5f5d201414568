use alloc::collections::BTreeMap;
use alloc::collections::btree_map::{self, Entry};
use core::borrow::Borrow;
use core::hash::Hash;

use crate::{Decompose, Lattice};

/// A map of maxima: for each key the greatest value that any replica has given it.
///
/// The join takes the greater value key by key. A key that is absent is below every value, so a
/// map of the type's least values is not bottom. Committed offsets, high-water marks and version
/// vectors are maps of maxima.
///
/// ```
/// use glomers_crdt::{Lattice, MaxMap};
///
/// let mut committed = MaxMap::default();
/// committed.raise("orders", 41);
/// assert!(committed.raise("orders", 17).is_bottom(), "a maximum never goes back");
/// assert_eq!(committed.get("orders"), Some(&41));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(
    feature = "serde",
    serde(bound(deserialize = "K: Ord + serde::Deserialize<'de>, V: serde::Deserialize<'de>"))
)]
pub struct MaxMap<K, V> {
    maxima: BTreeMap<K, V>,
}

impl<K: Ord + Clone, V: Ord + Clone> MaxMap<K, V> {
    /// Raises `key` to `value` if that is greater than what it holds; returns the delta: the one
    /// pair, or bottom if nothing changed. O(log n).
    ///
    /// ```
    /// use glomers_crdt::{Lattice, MaxMap};
    ///
    /// let (mut here, mut there) = (MaxMap::default(), MaxMap::default());
    /// there.merge(&here.raise('k', 3));
    /// assert_eq!(there.get(&'k'), Some(&3));
    /// ```
    pub fn raise(&mut self, key: K, value: V) -> Self {
        let mut delta = Self::default();
        if self.raise_by_ref(&key, &value, |_| ()) {
            delta.maxima.insert(key, value);
        }
        delta
    }

    /// Raises `key`, clones only if that changes something, and shows `replaced` the old value.
    pub(crate) fn raise_by_ref(
        &mut self,
        key: &K,
        value: &V,
        replaced: impl FnOnce(Option<&V>),
    ) -> bool {
        match self.maxima.get_mut(key) {
            Some(held) if *held >= *value => false,
            Some(held) => {
                replaced(Some(held));
                *held = value.clone();
                true
            }
            None => {
                replaced(None);
                self.maxima.insert(key.clone(), value.clone());
                true
            }
        }
    }
}

impl<K: Ord, V> MaxMap<K, V> {
    /// The greatest value given to `key`, if any was. O(log n).
    ///
    /// ```
    /// let map = glomers_crdt::MaxMap::from_iter([('a', 1), ('a', 5), ('a', 2)]);
    /// assert_eq!(map.get(&'a'), Some(&5));
    /// assert_eq!(map.get(&'b'), None);
    /// ```
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.maxima.get(key)
    }
}

impl<K, V> MaxMap<K, V> {
    /// How many keys hold a value.
    ///
    /// ```
    /// assert_eq!(glomers_crdt::MaxMap::from_iter([('a', 1), ('b', 1)]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.maxima.len()
    }

    /// Whether no key holds a value: the least map.
    ///
    /// ```
    /// assert!(glomers_crdt::MaxMap::<u8, u8>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.maxima.is_empty()
    }

    /// The pairs in the order of their keys.
    ///
    /// ```
    /// let map = glomers_crdt::MaxMap::from_iter([('b', 2), ('a', 1)]);
    /// assert!(map.iter().eq([(&'a', &1), (&'b', &2)]));
    /// ```
    pub fn iter(&self) -> btree_map::Iter<'_, K, V> {
        self.maxima.iter()
    }
}

impl<K, V> Default for MaxMap<K, V> {
    fn default() -> Self {
        Self { maxima: BTreeMap::new() }
    }
}

impl<K: Ord, V: Ord> FromIterator<(K, V)> for MaxMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut maxima = BTreeMap::new();
        for (key, value) in pairs {
            match maxima.entry(key) {
                Entry::Vacant(slot) => {
                    slot.insert(value);
                }
                Entry::Occupied(mut slot) => {
                    if *slot.get() < value {
                        slot.insert(value);
                    }
                }
            }
        }
        Self { maxima }
    }
}

impl<'a, K, V> IntoIterator for &'a MaxMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = btree_map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Merging is O(m log n) for m pairs merged into n.
impl<K: Ord + Clone, V: Ord + Clone> Lattice for MaxMap<K, V> {
    fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (key, value) in &other.maxima {
            changed |= self.raise_by_ref(key, value, |_| ());
        }
        changed
    }

    fn difference(&self, seen: &Self) -> Self {
        let lacking = |(key, value): &(&K, &V)| seen.maxima.get(*key).is_none_or(|s| s < *value);
        let pairs = self.maxima.iter().filter(lacking);
        Self { maxima: pairs.map(|(key, value)| (key.clone(), value.clone())).collect() }
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    /// O(n + m): one walk through both.
    fn includes(&self, other: &Self) -> bool {
        let mut held = self.maxima.iter();
        other.maxima.iter().all(|(key, value)| {
            let found = held.find(|(candidate, _)| *candidate >= key);
            found.is_some_and(|(candidate, held)| candidate == key && held >= value)
        })
    }
}

/// The parts are the pairs.
impl<K: Ord + Clone + Hash, V: Ord + Clone + Hash> Decompose for MaxMap<K, V> {
    type Part<'a>
        = (&'a K, &'a V)
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.iter()
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        parts.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}
