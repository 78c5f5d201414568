use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Apply, Misfit, ValueChange};
use crate::sorted::Sorted;

/// What changed in a map whose values' views are `V` and change by `C`.
///
/// ```
/// use glomers_crdt::causal::Counter;
/// use glomers_crdt::changes::{Changes, MapChange, ValueChange};
/// use glomers_crdt::{Lattice, OrMap};
///
/// let mut here = OrMap::<&str, Counter<char>, char>::default();
/// here.update('h', "oat", |count| count.add(3))?;
/// here.update('h', "tea", |count| count.add(1))?;
/// let mut there = here.clone();
/// let mut delta = there.update('t', "oat", |count| count.add(2))?;
/// delta.merge(&there.update('t', "rye", |count| count.add(7))?);
/// delta.merge(&there.remove("tea"));
/// assert_eq!(
///     here.merge_changes(&delta),
///     [
///         MapChange::Changed { key: "oat", changes: vec![ValueChange { from: 3, to: 5 }] },
///         MapChange::Inserted { key: "rye", value: 7 },
///         MapChange::Removed { key: "tea" },
///     ]
/// );
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MapChange<K, V, C> {
    /// A key came.
    Inserted {
        /// The key.
        key: K,
        /// The view of its value.
        value: V,
    },
    /// A key and its value went.
    Removed {
        /// The key.
        key: K,
    },
    /// The value of a key changed.
    Changed {
        /// The key.
        key: K,
        /// What changed in the value, in the order in which it can be applied; not empty.
        changes: Vec<C>,
    },
}

/// What changed in a map of plain values: `changes` has one, from the old value to the new one.
///
/// ```
/// use glomers_crdt::MaxMap;
/// use glomers_crdt::changes::{Changes, EntryChange, MapChange, ValueChange};
///
/// let mut map = MaxMap::from_iter([('a', 1)]);
/// let changes: Vec<EntryChange<char, u8>> = map.merge_changes(&MaxMap::from_iter([('a', 3)]));
/// let raised = ValueChange { from: 1, to: 3 };
/// assert_eq!(changes, [MapChange::Changed { key: 'a', changes: vec![raised] }]);
/// ```
pub type EntryChange<K, V> = MapChange<K, V, ValueChange<V>>;

impl<K: Ord, V, C: Apply<V>> Apply<BTreeMap<K, V>> for MapChange<K, V, C> {
    fn apply(self, view: &mut BTreeMap<K, V>) -> Result<(), Misfit> {
        match self {
            Self::Inserted { key, .. } if view.contains_key(&key) => Err(Misfit),
            Self::Inserted { key, value } => {
                view.insert(key, value);
                Ok(())
            }
            Self::Removed { key } => view.remove(&key).map(drop).ok_or(Misfit),
            Self::Changed { key, changes } => {
                let value = view.get_mut(&key).ok_or(Misfit)?;
                changes.into_iter().try_for_each(|change| change.apply(value))
            }
        }
    }
}

impl<K: Clone, V: Clone + PartialEq> EntryChange<K, V> {
    /// Shows `each` what it means that the plain value of a key was `from` and is `to`.
    pub(crate) fn show_entry(
        key: &K,
        from: Option<&V>,
        to: Option<&V>,
        each: &mut dyn FnMut(Self),
    ) {
        match (from, to) {
            (None, None) => {}
            (None, Some(to)) => each(Self::Inserted { key: key.clone(), value: to.clone() }),
            (Some(_), None) => each(Self::Removed { key: key.clone() }),
            (Some(from), Some(to)) if from == to => {}
            (Some(from), Some(to)) => {
                let change = ValueChange { from: from.clone(), to: to.clone() };
                each(Self::Changed { key: key.clone(), changes: alloc::vec![change] });
            }
        }
    }
}

impl<K: Clone, V, C> MapChange<K, V, C> {
    /// Shows `each` that the value of a key changed, if it did.
    pub(crate) fn show_inner(key: &K, changes: Vec<C>, each: &mut dyn FnMut(Self)) {
        if !changes.is_empty() {
            each(Self::Changed { key: key.clone(), changes });
        }
    }
}

/// What `theirs` changes in `ours`, where the greater value stays.
pub(crate) fn entry_changes<K: Ord + Clone, V: Ord + Clone>(
    ours: &Sorted<K, V>,
    theirs: &Sorted<K, V>,
    each: &mut dyn FnMut(EntryChange<K, V>),
) {
    theirs.compare(ours, |key, to, from| {
        if from.is_none_or(|from| from < to) {
            EntryChange::show_entry(key, from, Some(to), each);
        }
    });
}
