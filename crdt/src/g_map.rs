use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::convert::Infallible;
use core::fmt;
use core::hash::Hash;

use crate::changes::MapChange;
use crate::compose::{group, parts_of};
use crate::iter::{IntoPairs, Pairs};
use crate::sorted::{Joined, Sorted};
use crate::{Changes, Decompose, Lattice};

/// A grow-only map of lattices: keys are added and never removed, and the values of a key are joined.
///
/// Almeida, Shoker, Baquero, [Delta State Replicated Data Types](https://arxiv.org/abs/1603.01529),
/// 2018, appendix B. An absent key is below any state, bottom included; so a map of bottoms is not
/// bottom. Clones share what they have in common.
///
/// ```
/// use glomers_crdt::{GMap, GSet, Lattice};
///
/// let (mut here, mut there) = (GMap::default(), GMap::default());
/// there.merge(&here.update("fruit", |set: &mut GSet<_>| set.insert("pear")));
/// here.merge(&there.update("fruit", |set| set.insert("plum")));
/// assert!(here.get("fruit").unwrap().iter().eq(&["pear", "plum"]));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GMap<K, L> {
    values: Sorted<K, L>,
}

impl<K: Ord + Clone, L: Lattice> GMap<K, L> {
    /// Lets `mutate` change the value of `key`, from bottom if there is none yet, and return its delta,
    /// as mutators do; returns the delta of the map: that key with that delta, or bottom if nothing
    /// changed. O(log n), and what the mutator and a clone of the value cost.
    ///
    /// It is the delta that counts: what `mutate` does to the value beyond it is dropped.
    ///
    /// ```
    /// use glomers_crdt::{GMap, Lattice, Max};
    ///
    /// let mut highest = GMap::default();
    /// let delta = highest.update('k', |max: &mut Max<_>| max.raise(3));
    /// assert_eq!(delta.get(&'k'), Some(&Max::of(3)));
    /// assert!(highest.update('k', |max| max.raise(2)).is_bottom());
    /// ```
    pub fn update(&mut self, key: K, mutate: impl FnOnce(&mut L) -> L) -> Self {
        match self.try_update(key, |value| Ok::<_, Infallible>(mutate(value))) {
            Ok(delta) => delta,
            Err(never) => match never {},
        }
    }

    /// As [`update`](Self::update), for a mutator that can fail.
    ///
    /// # Errors
    ///
    /// What the mutator returns; the map is unchanged.
    ///
    /// ```
    /// use glomers_crdt::{GCounter, GMap};
    ///
    /// let mut hits = GMap::default();
    /// hits.try_update("home", |counter: &mut GCounter<_>| counter.add('a', u64::MAX))?;
    /// assert!(hits.try_update("home", |counter| counter.add('a', 1)).is_err());
    /// # Ok::<(), glomers_crdt::CounterOverflow>(())
    /// ```
    pub fn try_update<E>(
        &mut self,
        key: K,
        mutate: impl FnOnce(&mut L) -> Result<L, E>,
    ) -> Result<Self, E> {
        let mut value = self.values.get(&key).cloned().unwrap_or_default();
        let change = mutate(&mut value)?;
        if change.is_bottom() {
            return Ok(Self::default());
        }
        let delta = Self { values: Sorted::of_ascending(alloc::vec![(key, change)]) };
        self.merge(&delta);
        Ok(delta)
    }
}

impl<K: Ord, L> GMap<K, L> {
    /// The value of `key`, if there is one. O(log n).
    ///
    /// ```
    /// use glomers_crdt::{GMap, Max};
    ///
    /// let map = GMap::from_iter([("k".to_owned(), Max::of(1))]);
    /// assert_eq!((map.get("k"), map.get("l")), (Some(&Max::of(1)), None));
    /// ```
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&L>
    where
        K: Borrow<Q>,
    {
        self.values.get(key)
    }
}

impl<K, L> GMap<K, L> {
    /// How many keys there are. O(1).
    ///
    /// ```
    /// use glomers_crdt::{GMap, Max};
    ///
    /// assert_eq!(GMap::from_iter([('a', Max::of(1)), ('b', Max::of(1))]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none: the least map. O(1).
    ///
    /// ```
    /// assert!(glomers_crdt::GMap::<u8, bool>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The keys in their order, with their values.
    ///
    /// ```
    /// use glomers_crdt::{GMap, Max};
    ///
    /// let map = GMap::from_iter([('b', Max::of(2)), ('a', Max::of(1))]);
    /// assert!(map.iter().eq([(&'a', &Max::of(1)), (&'b', &Max::of(2))]));
    /// ```
    pub fn iter(&self) -> Pairs<'_, K, L> {
        Pairs(self.values.iter())
    }
}

impl<K, L> Default for GMap<K, L> {
    fn default() -> Self {
        Self { values: Sorted::new() }
    }
}

/// Of several values of one key the join counts.
impl<K: Ord + Clone, L: Lattice> FromIterator<(K, L)> for GMap<K, L> {
    fn from_iter<I: IntoIterator<Item = (K, L)>>(pairs: I) -> Self {
        let mut pairs: Vec<(K, L)> = pairs.into_iter().collect();
        pairs.sort_by(|(key, _), (other, _)| key.cmp(other));
        pairs.dedup_by(|(later, value), (key, joined)| {
            let is_same = later == key;
            if is_same {
                joined.merge(value);
            }
            is_same
        });
        Self { values: Sorted::of_ascending(pairs) }
    }
}

impl<K: fmt::Debug, L: fmt::Debug> fmt::Debug for GMap<K, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

#[cfg(feature = "serde")]
impl<K: serde::Serialize, L: serde::Serialize> serde::Serialize for GMap<K, L> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

#[cfg(feature = "serde")]
impl<'de, K, L> serde::Deserialize<'de> for GMap<K, L>
where
    K: Ord + Clone + serde::Deserialize<'de>,
    L: Lattice + serde::Deserialize<'de>,
{
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { values: crate::sorted::deserialize(deserializer)? })
    }
}

/// The join: no delta tells of it, but the map of the pairs is one.
impl<K: Ord + Clone, L: Lattice> Extend<(K, L)> for GMap<K, L> {
    fn extend<I: IntoIterator<Item = (K, L)>>(&mut self, pairs: I) {
        self.merge(&pairs.into_iter().collect());
    }
}

impl<K: Clone, L: Clone> IntoIterator for GMap<K, L> {
    type Item = (K, L);
    type IntoIter = IntoPairs<K, L>;

    fn into_iter(self) -> Self::IntoIter {
        IntoPairs(self.values.into_pairs().into_iter())
    }
}

impl<'a, K, L> IntoIterator for &'a GMap<K, L> {
    type Item = (&'a K, &'a L);
    type IntoIter = Pairs<'a, K, L>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The join of a key's values.
fn joined<L: Lattice>(ours: Option<&L>, theirs: &L) -> Joined<L> {
    let Some(ours) = ours else { return Joined::Theirs };
    match (ours.includes(theirs), theirs.includes(ours)) {
        (true, true) => Joined::Both,
        (true, false) => Joined::Ours,
        (false, true) => Joined::Theirs,
        (false, false) => {
            let mut joined = ours.clone();
            joined.merge(theirs);
            Joined::Another(joined)
        }
    }
}

/// Merging is O(m log n) for m keys merged into n, and what merging their values costs, and clones of
/// these.
impl<K: Ord + Clone, L: Lattice> Lattice for GMap<K, L> {
    fn merge(&mut self, other: &Self) -> bool {
        self.values.join(&other.values, joined)
    }

    fn difference(&self, seen: &Self) -> Self {
        let mut lacking = Vec::new();
        // Keys are told apart first, as what both share is passed over.
        let keys = self
            .values
            .difference(&seen.values, |ours, seen| seen.is_none_or(|seen| !seen.includes(ours)));
        for (key, ours) in keys.iter() {
            let value = seen.values.get(key).map_or_else(|| ours.clone(), |it| ours.difference(it));
            lacking.push((key.clone(), value));
        }
        Self { values: Sorted::of_ascending(lacking) }
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    fn includes(&self, other: &Self) -> bool {
        let is_lacking = |ours: Option<&L>, theirs: &L| ours.is_none_or(|it| !it.includes(theirs));
        self.values.has_all(&other.values, is_lacking)
    }
}

/// The parts are those of the values, each with its key; the key alone of a value that has none.
impl<K: Ord + Clone + Hash, L: Decompose> Decompose for GMap<K, L> {
    type Part<'a>
        = (&'a K, Option<L::Part<'a>>)
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.iter().flat_map(parts_of)
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let pairs = group(parts).map(|(key, parts)| (key.clone(), L::from_parts(parts)));
        Self { values: Sorted::of_ascending(pairs.collect()) }
    }
}

/// The view is the values' views by key.
impl<K: Ord + Clone, L: Changes> Changes for GMap<K, L> {
    type View = BTreeMap<K, L::View>;
    type Change = MapChange<K, L::View, L::Change>;

    fn view(&self) -> Self::View {
        self.iter().map(|(key, value)| (key.clone(), value.view())).collect()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
        other.values.compare(&self.values, |key, theirs, ours| match ours {
            None => each(MapChange::Inserted { key: key.clone(), value: theirs.view() }),
            Some(ours) if ours.includes(theirs) => {}
            Some(ours) => {
                MapChange::show_inner(key, ours.clone().merge_changes(theirs), each);
            }
        });
        self.merge(other)
    }
}
