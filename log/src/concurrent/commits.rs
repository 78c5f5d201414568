use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use dashmap::{DashMap, Entry};

/// How far one group has come, by key: offsets that only grow, unless they lie beyond what there is.
pub(crate) struct Commits<K, S> {
    offsets: DashMap<K, u64, S>,
}

impl<K: Hash + Eq, S: BuildHasher + Clone> Commits<K, S> {
    pub(crate) fn new(hasher: S) -> Self {
        Self { offsets: DashMap::with_hasher(hasher) }
    }

    /// Raises the offset of `key`; whether that is further than before.
    pub(crate) fn raise<Q>(&self, key: &Q, offset: u64) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let raise = |committed: &mut u64| {
            let further = *committed < offset;
            *committed = offset.max(*committed);
            further
        };
        if let Some(mut committed) = self.offsets.get_mut(key) {
            return raise(&mut committed);
        }
        match self.offsets.entry(key.to_owned()) {
            Entry::Occupied(mut committed) => raise(committed.get_mut()),
            Entry::Vacant(none) => {
                none.insert(offset);
                true
            }
        }
    }

    /// Has the group go on at the offset `next`, if what it has committed is still `from`, which lies
    /// beyond the end; whether it was.
    pub(crate) fn lower<Q>(&self, key: &Q, from: u64, next: u64) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let Some(last) = next.checked_sub(1) else {
            return self.offsets.remove_if(key, |_, committed| *committed == from).is_some();
        };
        match self.offsets.get_mut(key) {
            Some(mut committed) if *committed == from => {
                *committed = last;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn get<Q>(&self, key: &Q) -> Option<u64>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.offsets.get(key).map(|committed| *committed)
    }

    /// What is committed, by key.
    #[cfg(feature = "store")]
    pub(crate) fn all(&self) -> Vec<(K, u64)>
    where
        K: Clone,
    {
        self.offsets.iter().map(|it| (it.key().clone(), *it.value())).collect()
    }

    /// How many keys are committed.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len()
    }
}
