//! Values changed in place, pairs taken out, and walks that begin in the midst.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::borrow::Borrow;

use super::cursor::Cursor;
use super::{CHUNK, Chunk, Layout, Sorted, chunk_of, search, search_chunk};

impl<K: Ord, V> Sorted<K, V> {
    /// The pair of `key`. O(log n).
    pub(crate) fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let (nth, place) = self.place(key);
        let (key, value) = self.pair(nth, place.ok()?);
        Some((key, value))
    }

    /// Shows `each` pair and the value in `other`, except where both are known to be equal without
    /// a look. O(n log m) for few, O(n + m) for many.
    pub(crate) fn compare(&self, other: &Self, mut each: impl FnMut(&K, &V, Option<&V>)) {
        if self.is_same(other) {
            return;
        }
        let mut theirs = Cursor::new(other);
        let mut look = |theirs: &mut Cursor<'_, K, V>, pairs: &[(K, V)]| {
            for (key, value) in pairs {
                each(key, value, theirs.seek(key));
            }
        };
        match &self.0 {
            Layout::Few(pairs) => look(&mut theirs, pairs),
            Layout::Many { chunks, .. } => {
                for chunk in chunks.iter() {
                    if !theirs.skip_to(chunk) {
                        look(&mut theirs, &chunk.pairs);
                    }
                }
            }
        }
    }

    /// The pairs from `key` on. O(log n) to begin.
    pub(crate) fn range_from<'a, Q: Ord + ?Sized>(
        &'a self,
        key: &Q,
    ) -> impl Iterator<Item = (&'a K, &'a V)>
    where
        K: Borrow<Q>,
    {
        let (pairs, rest): (&[(K, V)], &[Chunk<K, V>]) = match &self.0 {
            Layout::Few(pairs) => (pairs, &[]),
            Layout::Many { chunks, .. } => match chunks.get(chunk_of(chunks, key)..) {
                Some([first, rest @ ..]) => (&first.pairs, rest),
                _ => (&[], &[]),
            },
        };
        let at = pairs.partition_point(|(candidate, _)| candidate.borrow() < key);
        let rest = rest.iter().flat_map(|chunk| chunk.pairs.iter());
        pairs[at..].iter().chain(rest).map(|(key, value)| (key, value))
    }
}

impl<K: Ord + Clone, V: Clone> Sorted<K, V> {
    /// The value of `key`, to be changed in place. O(log n), and O(n / 64) if the map is shared.
    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (nth, place) = self.place(key);
        place.ok().map(|at| self.value_mut(nth, at))
    }

    /// Lets `edit` change the value of `key`, or the least value if there is none, and keeps what
    /// comes of it if `edit` says so. O(log n), and O(n / 64) if the map is shared.
    pub(crate) fn edit(&mut self, key: &K, edit: impl FnOnce(&mut V) -> bool)
    where
        V: Default,
    {
        match self.place(key) {
            (nth, Ok(at)) => {
                if !edit(self.value_mut(nth, at)) {
                    self.remove(key);
                }
            }
            (nth, Err(at)) => {
                let mut value = V::default();
                if edit(&mut value) {
                    self.insert_at(nth, at, (key.clone(), value));
                }
            }
        }
    }

    /// Takes a pair out; returns its value. O(log n), and O(n / 64) if the map is shared.
    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        match &mut self.0 {
            Layout::Few(pairs) => {
                let at = search(pairs, key).ok()?;
                Some(pairs.remove(at).1)
            }
            Layout::Many { chunks, len } => {
                let nth = chunk_of(chunks, key);
                let at = search_chunk(&chunks.get(nth)?.pairs, key).ok()?;
                let chunks = Arc::make_mut(chunks);
                let (_, value) = Arc::make_mut(&mut chunks[nth].pairs).remove(at);
                *len -= 1;
                if *len > CHUNK / 2 {
                    tidy(chunks, nth);
                } else {
                    // Well below what makes chunks of few, lest one pair more or less matters.
                    let few = chunks.iter().flat_map(|chunk| chunk.pairs.iter().cloned()).collect();
                    self.0 = Layout::Few(few);
                }
                Some(value)
            }
        }
    }
}

/// After a pair was taken out of a chunk: drops it if it is empty, and joins it with a neighbour if
/// both are small, so that there are never many small chunks.
fn tidy<K: Clone, V: Clone>(chunks: &mut Vec<Chunk<K, V>>, nth: usize) {
    let size = |at: usize| chunks.get(at).map_or(CHUNK, |chunk| chunk.pairs.len());
    let here = size(nth);
    if here == 0 {
        chunks.remove(nth);
        return;
    }
    let lower = if here + size(nth + 1) <= CHUNK / 2 {
        nth
    } else if nth > 0 && size(nth - 1) + here <= CHUNK / 2 {
        nth - 1
    } else {
        if let Some((first, _)) = chunks[nth].pairs.first() {
            chunks[nth].first = first.clone();
        }
        return;
    };
    let upper = chunks.remove(lower + 1);
    let chunk = &mut chunks[lower];
    Arc::make_mut(&mut chunk.pairs).extend(upper.pairs.iter().cloned());
    if let Some((first, _)) = chunk.pairs.first() {
        chunk.first = first.clone();
    }
}
