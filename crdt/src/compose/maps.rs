use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::hash::Hash;

use crate::changes::MapChange;
use crate::{Changes, Decompose, Lattice};

/// Key by key; an absent key is below any state, bottom included. As [`GMap`](crate::GMap), which is
/// for large maps: merging is O(m log n), and a clone copies the map. `BTreeMap` may get a method
/// `merge` of its own one day; `Lattice::merge(&mut map, &other)` always means this one.
impl<K: Ord + Clone, L: Lattice> Lattice for BTreeMap<K, L> {
    fn merge(&mut self, other: &Self) -> bool {
        other.iter().fold(false, |changed, (key, theirs)| match self.get_mut(key) {
            Some(ours) => ours.merge(theirs) | changed,
            None => {
                self.insert(key.clone(), theirs.clone());
                true
            }
        })
    }

    fn difference(&self, seen: &Self) -> Self {
        let lacking = self.iter().filter_map(|(key, ours)| {
            let lacking = match seen.get(key) {
                None => ours.clone(),
                Some(seen) => Some(ours.difference(seen)).filter(|lacking| !lacking.is_bottom())?,
            };
            Some((key.clone(), lacking))
        });
        lacking.collect()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    fn includes(&self, other: &Self) -> bool {
        let has = |(key, theirs)| self.get(key).is_some_and(|ours: &L| ours.includes(theirs));
        other.iter().all(has)
    }
}

/// The parts are those of the values, each with its key; the key alone of a value that has none.
impl<K: Ord + Clone + Hash, L: Decompose> Decompose for BTreeMap<K, L> {
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
        group(parts).map(|(key, parts)| (key.clone(), L::from_parts(parts))).collect()
    }
}

/// The view is the values' views by key.
impl<K: Ord + Clone, L: Changes> Changes for BTreeMap<K, L> {
    type View = BTreeMap<K, L::View>;
    type Change = MapChange<K, L::View, L::Change>;

    fn view(&self) -> Self::View {
        self.iter().map(|(key, value)| (key.clone(), value.view())).collect()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
        let mut has_changed = false;
        for (key, theirs) in other {
            if let Some(ours) = self.get_mut(key) {
                let mut changes = Vec::new();
                has_changed |= ours.merge_each(theirs, &mut |change| changes.push(change));
                MapChange::show_inner(key, changes, each);
            } else {
                self.insert(key.clone(), theirs.clone());
                each(MapChange::Inserted { key: key.clone(), value: theirs.view() });
                has_changed = true;
            }
        }
        has_changed
    }
}

/// The parts of a key's value, or the key alone.
pub(crate) fn parts_of<'a, K: 'a, L: Decompose>(
    (key, value): (&'a K, &'a L),
) -> impl Iterator<Item = (&'a K, Option<L::Part<'a>>)> {
    let bare = value.is_bottom().then_some((key, None));
    bare.into_iter().chain(value.parts().map(move |part| (key, Some(part))))
}

/// The parts of each key, ascending.
pub(crate) fn group<'a, K: Ord + 'a, P>(
    parts: impl IntoIterator<Item = (&'a K, Option<P>)>,
) -> impl Iterator<Item = (&'a K, Vec<P>)> {
    let mut grouped = BTreeMap::new();
    for (key, part) in parts {
        grouped.entry(key).or_insert_with(Vec::new).extend(part);
    }
    grouped.into_iter()
}
