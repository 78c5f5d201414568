//! Two maps at once.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;

use super::cursor::Cursor;
use super::walk::{Walk, join_many};
use super::{CHUNK, Chunk, Joined, Layout, Pairs, Sorted};

impl<K: Ord + Clone, V: Clone> Sorted<K, V> {
    /// Joins each pair of `other` to what is here; returns whether anything came here. Values that
    /// are the same must join to [`Joined::Both`]: what the maps share is passed over. Where all that
    /// is there comes here, the maps share it afterwards. O(m log n) for few, O(n + m) for many.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method itself would take walks of one lifetime only"
    )]
    pub(crate) fn join(
        &mut self,
        other: &Self,
        join: impl FnMut(Option<&V>, &V) -> Joined<V>,
    ) -> bool {
        self.join_by(other, join, |walk, chunk, bound, join| walk.join(chunk, bound, join))
    }

    /// As [`join`](Self::join), with `step` for chunks among many.
    pub(super) fn join_by<J: FnMut(Option<&V>, &V) -> Joined<V>>(
        &mut self,
        other: &Self,
        mut join: J,
        step: impl Fn(&mut Walk<'_, K, V>, Chunk<K, V>, Option<&K>, &mut J),
    ) -> bool {
        if self.is_same(other) {
            return false;
        }
        match &mut self.0 {
            Layout::Few(pairs) if other.len() <= CHUNK => {
                let changed = join_few(pairs, other, &mut join);
                if pairs.len() > CHUNK {
                    *self = Self::of_ascending(mem::take(pairs));
                }
                changed
            }
            Layout::Few(pairs) => {
                let (joined, changed) = join_into(mem::take(pairs), other, &mut join);
                *self = joined;
                changed
            }
            // Few are found faster one by one.
            Layout::Many { chunks, .. } if other.len() * 8 < chunks.len() => {
                other.iter().fold(false, |changed, (key, theirs)| {
                    self.change(key, |ours| join(ours, theirs).into_new(theirs)) | changed
                })
            }
            Layout::Many { chunks, len } => {
                let (chunks, len) = (mem::take(chunks), mem::take(len));
                let chunks = Arc::unwrap_or_clone(chunks);
                let (chunks, added, changed) = join_many(chunks, other, &mut join, step);
                *self = Self(Layout::Many { chunks: Arc::new(chunks), len: len + added });
                changed
            }
        }
    }

    /// The values of both, key by key, as long as both begin with the same keys and are few.
    pub(crate) fn beginning_mut<'a>(
        &'a mut self,
        other: &'a Self,
    ) -> impl Iterator<Item = (&'a mut V, &'a V)> {
        let (ours, theirs): (&mut [(K, V)], &[(K, V)]) = match (&mut self.0, &other.0) {
            (Layout::Few(ours), Layout::Few(theirs)) => (ours, theirs),
            _ => (&mut [], &[]),
        };
        let both = ours.iter_mut().zip(theirs);
        let common = both.take_while(|((key, _), (other, _))| key == other);
        common.map(|((_, ours), (_, theirs))| (ours, theirs))
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

/// Few into few, in place.
fn join_few<K: Ord + Clone, V: Clone>(
    pairs: &mut Pairs<K, V>,
    other: &Sorted<K, V>,
    join: &mut impl FnMut(Option<&V>, &V) -> Joined<V>,
) -> bool {
    let (mut at, mut changed) = (0, false);
    let is_sparse = other.len() * 8 < pairs.len();
    let mut theirs = Cursor::new(other);
    while let ahead @ [(key, value), ..] = theirs.ahead() {
        // Mostly both have the same keys.
        let mut count = 0;
        for ((_, ours), (_, value)) in
            pairs[at..].iter_mut().zip(ahead).take_while(|((ours, _), (key, _))| ours == key)
        {
            count += 1;
            if let Some(new) = join(Some(ours), value).into_new(value) {
                *ours = new;
                changed = true;
            }
        }
        at += count;
        if count == 0 {
            let skipped = if is_sparse {
                pairs[at..].partition_point(|(candidate, _)| candidate < key)
            } else {
                pairs[at..].iter().take_while(|(candidate, _)| candidate < key).count()
            };
            at += skipped;
            if skipped > 0 && pairs.get(at).is_some_and(|(candidate, _)| candidate == key) {
                continue;
            }
            if let Some(value) = join(None, value).into_new(value) {
                pairs.insert(at, (key.clone(), value));
                changed = true;
                at += 1;
            }
            count = 1;
        }
        theirs.advance(count);
    }
    changed
}

/// Few and many: mostly what is there.
fn join_into<K: Ord + Clone, V: Clone>(
    ours: Pairs<K, V>,
    other: &Sorted<K, V>,
    join: &mut impl FnMut(Option<&V>, &V) -> Joined<V>,
) -> (Sorted<K, V>, bool) {
    let (mut joined, mut changed, mut refused) = (other.clone(), false, Vec::new());
    let mut ours = ours.into_iter().peekable();
    let restore = |joined: &mut Sorted<K, V>, key: &K, value: V| {
        joined.change(key, |_| Some(value));
    };
    for (key, theirs) in other.iter() {
        while let Some((key, value)) = ours.next_if(|(candidate, _)| candidate < key) {
            restore(&mut joined, &key, value);
        }
        let present = ours.next_if(|(candidate, _)| candidate == key).map(|(_, value)| value);
        match (join(present.as_ref(), theirs), present) {
            (Joined::Theirs, _) => changed = true,
            (Joined::Both, Some(_)) => {}
            (Joined::Another(value), _) => {
                changed = true;
                restore(&mut joined, key, value);
            }
            (Joined::Ours, Some(value)) => restore(&mut joined, key, value),
            (Joined::Ours | Joined::Both, None) => refused.push(key),
        }
    }
    ours.for_each(|(key, value)| restore(&mut joined, &key, value));
    if !refused.is_empty() {
        let mut refused = refused.into_iter().peekable();
        let all = joined.iter().filter(|(key, _)| refused.next_if_eq(key).is_none());
        joined =
            Sorted::of_ascending(all.map(|(key, value)| (key.clone(), value.clone())).collect());
    }
    (joined, changed)
}
