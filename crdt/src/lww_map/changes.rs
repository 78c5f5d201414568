use alloc::collections::BTreeMap;

use super::{LwwMap, Write, is_later};
use crate::changes::EntryChange;
use crate::sorted::zip;
use crate::{Changes, Lattice};

/// The view is the values by key. O(d log n) for d writes that are merged, and where a floor of
/// [`prune`](LwwMap::prune) decides, O(n), as merging is.
impl<K: Ord + Clone, V: Ord + Clone, S: Ord + Clone> Changes for LwwMap<K, V, S> {
    type View = BTreeMap<K, V>;
    type Change = EntryChange<K, V>;

    fn view(&self) -> BTreeMap<K, V> {
        self.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(EntryChange<K, V>)) -> bool {
        if self.is_floored_by(other) {
            let before = self.clone();
            let changed = self.merge(other);
            for (key, from, to) in zip(&before.writes, &self.writes) {
                let (from, to) = (from.and_then(value), to.and_then(value));
                EntryChange::show_entry(key, from, to, each);
            }
            return changed;
        }
        other.writes.compare(&self.writes, |key, theirs, ours| {
            if is_later(theirs, ours) {
                EntryChange::show_entry(key, ours.and_then(value), value(theirs), each);
            }
        });
        self.merge(other)
    }
}

fn value<V, S>((_, value): &Write<V, S>) -> Option<&V> {
    value.as_ref()
}
