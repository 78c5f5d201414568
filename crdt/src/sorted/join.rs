//! Two maps at once.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;

use super::cursor::Cursor;
use super::{Chunk, Layout, Pairs, Sorted, push_split};

impl<K: Ord + Clone, V: Clone> Sorted<K, V> {
    /// For each pair of `other`, puts what `join` makes of it and of the value here in its place,
    /// unless that is nothing; returns whether it ever was something. What is absent here must be
    /// taken, and a value joined with itself must not change: what both share is passed over.
    /// O(m log n) for few, O(n + m) for many.
    pub(crate) fn join(
        &mut self,
        other: &Self,
        mut join: impl FnMut(Option<&V>, &V) -> Option<V>,
    ) -> bool {
        if self.is_same(other) {
            return false;
        }
        match &mut self.0 {
            Layout::Few(pairs) if other.len() <= super::CHUNK => {
                let changed = join_few(pairs, other, &mut join);
                if pairs.len() > super::CHUNK {
                    *self = Self::of_ascending(mem::take(pairs));
                }
                changed
            }
            Layout::Few(pairs) => {
                let ours = Self(Layout::Few(mem::take(pairs)));
                let (joined, changed) = ours.join_into(other, &mut join);
                *self = joined;
                changed
            }
            // Few are found faster one by one.
            Layout::Many { chunks, .. } if other.len() * 8 < chunks.len() => {
                other.iter().fold(false, |changed, (key, theirs)| {
                    self.change(key, |ours| join(ours, theirs)) | changed
                })
            }
            Layout::Many { chunks, len } => {
                let mut theirs = Cursor::new(other);
                let ours = mem::take(Arc::make_mut(chunks));
                let mut joined = Vec::with_capacity(ours.len());
                let mut changed = false;
                let mut rest = ours.into_iter().peekable();
                while let Some(chunk) = rest.next() {
                    if theirs.skip(&chunk) {
                        joined.push(chunk);
                        continue;
                    }
                    let bound = rest.peek().map(|next| &next.first);
                    let before = chunk.pairs.len();
                    let (chunk, added) = join_chunk(chunk, &mut theirs, bound, &mut join);
                    changed |= added.has_changed;
                    match added.pairs {
                        None => joined.push(chunk),
                        Some(pairs) => {
                            *len += pairs.len() - before;
                            push_split(&mut joined, pairs);
                        }
                    }
                }
                *Arc::make_mut(chunks) = joined;
                changed
            }
        }
    }

    /// The join of these few with the many of `other`, whose chunks are shared as far as can be.
    fn join_into(
        &self,
        other: &Self,
        join: &mut impl FnMut(Option<&V>, &V) -> Option<V>,
    ) -> (Self, bool) {
        let (mut joined, mut changed) = (other.clone(), false);
        for (key, theirs) in other.iter() {
            let ours = self.get(key);
            let value = join(ours, theirs);
            changed |= value.is_some();
            if let Some(value) = ours.map(|ours| value.unwrap_or_else(|| ours.clone())) {
                joined.change(key, |_| Some(value));
            }
        }
        for (key, ours) in self.iter() {
            joined.change(key, |present| present.is_none().then(|| ours.clone()));
        }
        (joined, changed)
    }

    /// The pairs of which `is_lacking`, told the value in `seen`, says so; it is not asked about what
    /// both share. O(n log m) for few, O(n + m) for many.
    pub(crate) fn difference(
        &self,
        seen: &Self,
        mut is_lacking: impl FnMut(&V, Option<&V>) -> bool,
    ) -> Self {
        let mut lacking = Vec::new();
        if self.is_same(seen) {
            return Self::new();
        }
        let mut theirs = Cursor::new(seen);
        let mut look = |theirs: &mut Cursor<'_, K, V>, pairs: &[(K, V)]| {
            for (key, value) in pairs {
                if is_lacking(value, theirs.seek(key)) {
                    lacking.push((key.clone(), value.clone()));
                }
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
        Self::of_ascending(lacking)
    }

    /// Whether there is nothing in `other` of which `is_lacking`, told the value here, says so.
    pub(crate) fn has_all(
        &self,
        other: &Self,
        mut is_lacking: impl FnMut(Option<&V>, &V) -> bool,
    ) -> bool {
        if self.is_same(other) {
            return true;
        }
        let mut ours = Cursor::new(self);
        let mut has = |ours: &mut Cursor<'_, K, V>, pairs: &[(K, V)]| {
            pairs.iter().all(|(key, theirs)| !is_lacking(ours.seek(key), theirs))
        };
        match &other.0 {
            Layout::Few(pairs) => has(&mut ours, pairs),
            Layout::Many { chunks, .. } => {
                chunks.iter().all(|chunk| ours.skip_to(chunk) || has(&mut ours, &chunk.pairs))
            }
        }
    }
}

/// In place, unless there are new keys.
fn join_few<K: Ord + Clone, V: Clone>(
    pairs: &mut Pairs<K, V>,
    other: &Sorted<K, V>,
    join: &mut impl FnMut(Option<&V>, &V) -> Option<V>,
) -> bool {
    let (mut at, mut changed) = (0, false);
    for (key, theirs) in other.iter() {
        while pairs.get(at).is_some_and(|(candidate, _)| candidate < key) {
            at += 1;
        }
        match pairs.get_mut(at).filter(|(candidate, _)| candidate == key) {
            Some((_, ours)) => {
                if let Some(value) = join(Some(ours), theirs) {
                    *ours = value;
                    changed = true;
                }
            }
            None => {
                if let Some(value) = join(None, theirs) {
                    pairs.insert(at, (key.clone(), value));
                    changed = true;
                }
            }
        }
    }
    changed
}

struct Added<K, V> {
    /// All pairs of the chunk, if there are more than before.
    pairs: Option<Pairs<K, V>>,
    has_changed: bool,
}

/// Joins what lies before `bound` into a chunk.
fn join_chunk<K: Ord + Clone, V: Clone>(
    mut chunk: Chunk<K, V>,
    theirs: &mut Cursor<'_, K, V>,
    bound: Option<&K>,
    join: &mut impl FnMut(Option<&V>, &V) -> Option<V>,
) -> (Chunk<K, V>, Added<K, V>) {
    let (mut at, mut has_changed) = (0, false);
    // Where in the chunk each belongs.
    let mut new: Vec<(usize, (K, V))> = Vec::new();
    while let Some((key, value)) = theirs.peek()
        && bound.is_none_or(|bound| key < bound)
    {
        while chunk.pairs.get(at).is_some_and(|(candidate, _)| candidate < key) {
            at += 1;
        }
        let present = chunk.pairs.get(at).filter(|(candidate, _)| candidate == key);
        if let Some(value) = join(present.map(|(_, ours)| ours), value) {
            has_changed = true;
            if present.is_some() {
                Arc::make_mut(&mut chunk.pairs)[at].1 = value;
            } else {
                new.push((at, (key.clone(), value)));
            }
        }
        theirs.advance();
    }
    if new.is_empty() {
        return (chunk, Added { pairs: None, has_changed });
    }
    let mut pairs = Vec::with_capacity(chunk.pairs.len() + new.len());
    let mut done = 0;
    for (at, pair) in new {
        pairs.extend_from_slice(&chunk.pairs[done..at]);
        pairs.push(pair);
        done = at;
    }
    pairs.extend_from_slice(&chunk.pairs[done..]);
    (chunk, Added { pairs: Some(pairs), has_changed })
}
