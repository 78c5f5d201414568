use super::{Chunk, Layout, Sorted};

/// A walk through a map, pair by pair or chunk by chunk.
pub(super) struct Cursor<'a, K, V> {
    chunks: &'a [Chunk<K, V>],
    /// Of the chunk at hand, which is no more among `chunks`, what is left.
    pairs: &'a [(K, V)],
}

impl<'a, K, V> Cursor<'a, K, V> {
    pub(super) fn new(map: &'a Sorted<K, V>) -> Self {
        match &map.0 {
            Layout::Few(pairs) => Self { chunks: &[], pairs },
            Layout::Many { chunks, .. } => Self { chunks, pairs: &[] },
        }
    }

    /// The chunks to come, if nothing is left of the one before them.
    pub(super) fn whole(&self) -> Option<&'a [Chunk<K, V>]> {
        self.pairs.is_empty().then_some(self.chunks)
    }

    /// Passes over the next chunk if it is `other`, and nothing of the one before is left.
    pub(super) fn skip(&mut self, other: &Chunk<K, V>) -> bool {
        let is_next =
            self.pairs.is_empty() && self.chunks.first().is_some_and(|chunk| chunk.is_same(other));
        if is_next {
            self.chunks = &self.chunks[1..];
        }
        is_next
    }

    /// Passes over the chunks that come next in both.
    pub(super) fn skip_same(&mut self, other: &mut Self) {
        while let Some([chunk, ..]) = other.whole()
            && self.skip(chunk)
        {
            other.chunks = &other.chunks[1..];
        }
    }

    pub(super) fn peek(&self) -> Option<&'a (K, V)> {
        self.ahead().first()
    }

    /// What is left of the chunk at hand, or the next one.
    pub(super) fn ahead(&self) -> &'a [(K, V)] {
        // A chunk is begun with its first pair, so that it can be passed over until then.
        match (self.pairs, self.chunks) {
            ([], [next, ..]) => &next.pairs,
            (pairs, _) => pairs,
        }
    }

    /// Passes over some of what is ahead.
    pub(super) fn advance(&mut self, count: usize) {
        if count > 0
            && self.pairs.is_empty()
            && let [chunk, rest @ ..] = self.chunks
        {
            (self.chunks, self.pairs) = (rest, &chunk.pairs);
        }
        self.pairs = self.pairs.get(count..).unwrap_or_default();
    }
}

impl<'a, K: Ord, V> Cursor<'a, K, V> {
    /// Takes the next chunk if nothing is left of the one before, and all of it lies before `bound`.
    pub(super) fn take_before(&mut self, bound: Option<&K>) -> Option<&'a Chunk<K, V>> {
        let (chunk, rest) = self.whole()?.split_first()?;
        // The pairs are mostly in no cache.
        let is_before = bound.is_none_or(|bound| {
            chunk.first < *bound && chunk.pairs.last().is_some_and(|(last, _)| last < bound)
        });
        is_before.then(|| {
            self.chunks = rest;
            chunk
        })
    }

    /// Passes over what comes before a chunk, and over the chunk itself if it is among those to come.
    pub(super) fn skip_to(&mut self, chunk: &Chunk<K, V>) -> bool {
        let is_at =
            |at: usize| self.chunks.get(at).is_some_and(|candidate| candidate.is_same(chunk));
        // Mostly it is the next one.
        let next = if is_at(0) {
            0
        } else {
            self.chunks.partition_point(|candidate| candidate.first < chunk.first)
        };
        let is_there = is_at(next);
        if is_there {
            (self.chunks, self.pairs) = (&self.chunks[next + 1..], &[]);
        }
        is_there
    }

    /// The value of `key`, which comes after those sought before.
    pub(super) fn seek(&mut self, key: &K) -> Option<&'a V> {
        if self.pairs.last().is_none_or(|(last, _)| last < key) {
            let next = self.chunks.partition_point(|chunk| chunk.first <= *key);
            let at = next.checked_sub(1)?;
            (self.pairs, self.chunks) = (&self.chunks[at].pairs, &self.chunks[next..]);
        }
        // Mostly it is near.
        let near = self.pairs.iter().take(4).position(|(candidate, _)| candidate >= key);
        let at = near.unwrap_or_else(|| self.pairs.partition_point(|(it, _)| it < key));
        self.pairs = &self.pairs[at..];
        self.pairs.first().filter(|(candidate, _)| candidate == key).map(|(_, value)| value)
    }
}
