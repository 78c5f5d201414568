use alloc::vec::Vec;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::Hash;

use crate::iter::Pairs;
use crate::sorted::{Joined, Sorted};
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
/// committed.insert("orders", 41);
/// assert!(committed.insert("orders", 17).is_bottom(), "a maximum never goes back");
/// assert_eq!(committed.get("orders"), Some(&41));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MaxMap<K, V> {
    maxima: Sorted<K, V>,
}

/// The greater of two values.
fn greater<V: Ord>(ours: Option<&V>, theirs: &V) -> Joined<V> {
    match ours.map(|ours| ours.cmp(theirs)) {
        None | Some(Ordering::Less) => Joined::Theirs,
        Some(Ordering::Equal) => Joined::Both,
        Some(Ordering::Greater) => Joined::Ours,
    }
}

impl<K: Ord + Clone, V: Ord + Clone> MaxMap<K, V> {
    /// Gives `key` the value `value`, unless it holds one that is as great; returns the delta: the one
    /// pair, or bottom if nothing changed. O(log n).
    ///
    /// ```
    /// use glomers_crdt::{Lattice, MaxMap};
    ///
    /// let (mut here, mut there) = (MaxMap::default(), MaxMap::default());
    /// there.merge(&here.insert('k', 3));
    /// assert_eq!(there.get(&'k'), Some(&3));
    /// ```
    pub fn insert(&mut self, key: K, value: V) -> Self {
        let mut delta = Self::default();
        let is_greater = |held: Option<&V>| held.is_none_or(|held| *held < value);
        if self.maxima.change(&key, |held| is_greater(held).then(|| value.clone())) {
            delta.maxima = Sorted::of_one(key, value);
        }
        delta
    }

    /// The values of both, key by key, as long as both begin with the same keys and are few.
    pub(crate) fn beginning_mut<'a>(
        &'a mut self,
        other: &'a Self,
    ) -> impl Iterator<Item = (&'a mut V, &'a V)> {
        self.maxima.beginning_mut(&other.maxima)
    }

    /// Merges, and shows `replaced` each value that is taken and the one that gives way.
    pub(crate) fn merge_observed(
        &mut self,
        other: &Self,
        mut replaced: impl FnMut(Option<&V>, &V),
    ) -> bool {
        self.maxima.join(&other.maxima, |ours, theirs| {
            let joined = greater(ours, theirs);
            if matches!(joined, Joined::Theirs) {
                replaced(ours, theirs);
            }
            joined
        })
    }
}

impl<K: Ord, V: Ord> MaxMap<K, V> {
    /// How two maps compare by inclusion; `None` if neither includes the other.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        self.maxima.partial_cmp_by(&other.maxima, |ours, theirs| Some(ours.cmp(theirs)))
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
    pub fn iter(&self) -> Pairs<'_, K, V> {
        Pairs(self.maxima.iter())
    }
}

impl<K, V> Default for MaxMap<K, V> {
    fn default() -> Self {
        Self { maxima: Sorted::new() }
    }
}

impl<K: Ord + Clone, V: Ord + Clone> FromIterator<(K, V)> for MaxMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut pairs: Vec<(K, V)> = pairs.into_iter().collect();
        // Of equal keys the greatest value comes first, and stays.
        pairs.sort_by(|(key, value), (other, others)| key.cmp(other).then(others.cmp(value)));
        pairs.dedup_by(|(later, _), (key, _)| later == key);
        Self { maxima: Sorted::of_ascending(pairs) }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for MaxMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

#[cfg(feature = "serde")]
impl<K: serde::Serialize, V: serde::Serialize> serde::Serialize for MaxMap<K, V> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

#[cfg(feature = "serde")]
impl<'de, K, V> serde::Deserialize<'de> for MaxMap<K, V>
where
    K: Ord + Clone + serde::Deserialize<'de>,
    V: Ord + Clone + serde::Deserialize<'de>,
{
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { maxima: crate::sorted::deserialize(deserializer)? })
    }
}

impl<'a, K, V> IntoIterator for &'a MaxMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Pairs<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Merging is O(m log n) for m pairs merged into n.
impl<K: Ord + Clone, V: Ord + Clone> Lattice for MaxMap<K, V> {
    fn merge(&mut self, other: &Self) -> bool {
        self.maxima.join(&other.maxima, greater)
    }

    fn difference(&self, seen: &Self) -> Self {
        let maxima =
            self.maxima.difference(&seen.maxima, |ours, seen| seen.is_none_or(|seen| seen < ours));
        Self { maxima }
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    /// O(n + m): one walk through both.
    fn includes(&self, other: &Self) -> bool {
        let is_lacking = |ours: Option<&V>, theirs: &V| ours.is_none_or(|ours| ours < theirs);
        self.maxima.has_all(&other.maxima, is_lacking)
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
