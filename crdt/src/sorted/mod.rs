//! A sorted map whose clones share what they have in common: what sets, counters and maps of maxima
//! are made of.
//!
//! Few pairs lie in one sorted vector, which is as small and quick as can be. Many lie in sorted
//! chunks of up to 64 pairs, each in one piece with its reference count, so that memory is waited for
//! once and not twice; the list of chunks lies behind another count. So a clone takes constant time,
//! and two maps that were one lately have most of their chunks in common: merging and comparing them
//! skips these, and takes time in proportion to what changed, and to a fiftieth of the rest for
//! walking the list. Where a merge brings one map to what the other is, it takes the other's chunks:
//! maps that merge each other now and then go on sharing.
//!
//! Two neighbouring chunks hold more than 32 pairs together: what many merges leave behind is not
//! much larger than what is inserted at once.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::mem;

use arrayvec::ArrayVec;

mod cursor;
mod edit;
mod equal;
mod iter;
mod join;
mod joined;
#[cfg(test)]
mod tests;
mod unite;
mod walk;
#[cfg(feature = "serde")]
mod wire;
mod zip;

pub(crate) use iter::Iter;
pub(crate) use joined::Joined;
#[cfg(feature = "serde")]
pub(crate) use wire::deserialize;
pub(crate) use zip::zip;

/// Pairs in a chunk at most.
const CHUNK: usize = 64;

/// Pairs that two neighbouring chunks hold together, or fewer, lie in one.
const SPARSE: usize = CHUNK / 2;

type Pairs<K, V> = Vec<(K, V)>;

/// A part of a large map.
#[derive(Clone, Debug)]
struct Chunk<K, V> {
    /// Nothing in here comes before this, and nothing in the chunk before comes after it.
    first: K,
    /// Ascending; not empty.
    pairs: Arc<ArrayVec<(K, V), CHUNK>>,
}

#[derive(Clone, Debug)]
enum Layout<K, V> {
    /// At most a chunk.
    Few(Pairs<K, V>),
    /// Ascending; more than one chunk once there were more pairs than fit into one.
    Many { chunks: Arc<Vec<Chunk<K, V>>>, len: usize },
}

#[derive(Clone, Debug)]
pub(crate) struct Sorted<K, V>(Layout<K, V>);

impl<K, V> Chunk<K, V> {
    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.pairs, &other.pairs)
    }
}

/// Where `key` is, or where it belongs.
fn search<K: Borrow<Q>, V, Q: Ord + ?Sized>(pairs: &[(K, V)], key: &Q) -> Result<usize, usize> {
    pairs.binary_search_by(|(candidate, _)| candidate.borrow().cmp(key))
}

/// As [`search`], in one of many chunks, which is likely to be in no cache: three places are looked at
/// at once, so that memory is waited for once and not twice.
fn search_chunk<K: Borrow<Q>, V, Q: Ord + ?Sized>(
    pairs: &[(K, V)],
    key: &Q,
) -> Result<usize, usize> {
    const QUARTER: usize = CHUNK / 4;
    let is_before = |at: usize| pairs.get(at).is_some_and(|(it, _)| it.borrow() <= key);
    let passed = [QUARTER, 2 * QUARTER, 3 * QUARTER].map(is_before).map(usize::from);
    let from = QUARTER * passed.iter().sum::<usize>();
    let to = pairs.len().min(from + QUARTER);
    search(&pairs[from..to], key).map(|at| from + at).map_err(|at| from + at)
}

/// The chunk in which `key` is, if it is anywhere.
fn chunk_of<K: Borrow<Q>, V, Q: Ord + ?Sized>(chunks: &[Chunk<K, V>], key: &Q) -> usize {
    chunks.partition_point(|chunk| chunk.first.borrow() <= key).saturating_sub(1)
}

impl<K, V> Sorted<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Layout::Few(Vec::new()))
    }

    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Layout::Few(pairs) => pairs.len(),
            Layout::Many { len, .. } => *len,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// O(log n).
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        match &self.0 {
            Layout::Few(pairs) => search(pairs, key).ok().map(|at| &pairs[at].1),
            Layout::Many { chunks, .. } => {
                let pairs = &chunks.get(chunk_of(chunks, key))?.pairs;
                search_chunk(pairs, key).ok().map(|at| &pairs[at].1)
            }
        }
    }

    /// In which chunk `key` is, or where it belongs, and where therein. Few are one chunk.
    #[inline]
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> (usize, Result<usize, usize>)
    where
        K: Borrow<Q>,
    {
        match &self.0 {
            Layout::Few(pairs) => (0, search(pairs, key)),
            Layout::Many { chunks, .. } => {
                let nth = chunk_of(chunks, key);
                (nth, search_chunk(&chunks[nth].pairs, key))
            }
        }
    }

    /// The pair at a place that there is.
    fn pair(&self, nth: usize, at: usize) -> &(K, V) {
        match &self.0 {
            Layout::Few(pairs) => &pairs[at],
            Layout::Many { chunks, .. } => &chunks[nth].pairs[at],
        }
    }

    /// Whether both are known to be equal without a look at the pairs.
    fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Layout::Many { chunks: ours, .. }, Layout::Many { chunks: theirs, .. }) => {
                Arc::ptr_eq(ours, theirs)
            }
            _ => false,
        }
    }
}

impl<K: Clone, V: Clone> Sorted<K, V> {
    /// The pairs in the order of their keys; those that nobody shares are not copied. O(n).
    pub(crate) fn into_pairs(self) -> Pairs<K, V> {
        let (chunks, len) = match self.0 {
            Layout::Few(pairs) => return pairs,
            Layout::Many { chunks, len } => (Arc::unwrap_or_clone(chunks), len),
        };
        let mut all = Vec::with_capacity(len);
        for Chunk { pairs, .. } in chunks {
            match Arc::try_unwrap(pairs) {
                Ok(own) => all.extend(own),
                Err(shared) => all.extend(shared.iter().cloned()),
            }
        }
        all
    }
}

impl<K: Ord + Clone, V: Clone> Sorted<K, V> {
    /// Puts what `change` makes of the present value in its place, unless that is nothing; returns
    /// whether it is something. O(log n), and O(n / 64) if the map is shared.
    pub(crate) fn change(&mut self, key: &K, change: impl FnOnce(Option<&V>) -> Option<V>) -> bool {
        let (nth, place) = self.place(key);
        let Some(value) = change(place.ok().map(|at| &self.pair(nth, at).1)) else { return false };
        match place {
            Ok(at) => *self.value_mut(nth, at) = value,
            Err(at) => self.insert_at(nth, at, (key.clone(), value)),
        }
        true
    }

    /// Inserts a pair where it belongs.
    fn insert_at(&mut self, nth: usize, at: usize, pair: (K, V)) {
        match &mut self.0 {
            Layout::Few(pairs) => {
                pairs.insert(at, pair);
                if pairs.len() > CHUNK {
                    *self = Self::of_ascending(mem::take(pairs));
                }
            }
            Layout::Many { chunks, len } => {
                insert(Arc::make_mut(chunks), nth, at, pair);
                *len += 1;
            }
        }
    }

    /// The value at a place that there is.
    fn value_mut(&mut self, nth: usize, at: usize) -> &mut V {
        match &mut self.0 {
            Layout::Few(pairs) => &mut pairs[at].1,
            Layout::Many { chunks, .. } => {
                &mut Arc::make_mut(&mut Arc::make_mut(chunks)[nth].pairs)[at].1
            }
        }
    }

    /// Of one pair.
    pub(crate) fn of_one(key: K, value: V) -> Self {
        Self(Layout::Few(alloc::vec![(key, value)]))
    }

    /// From pairs with ascending keys. O(n).
    pub(crate) fn of_ascending(pairs: Pairs<K, V>) -> Self {
        if pairs.len() <= CHUNK {
            return Self(Layout::Few(pairs));
        }
        let len = pairs.len();
        let mut chunks = Vec::with_capacity(len.div_ceil(CHUNK));
        push_split(&mut chunks, pairs.into_iter());
        Self(Layout::Many { chunks: Arc::new(chunks), len })
    }
}

/// Inserts a pair at a place in a chunk, and makes two of it if it gets too large.
fn insert<K: Ord + Clone, V: Clone>(
    chunks: &mut Vec<Chunk<K, V>>,
    nth: usize,
    at: usize,
    pair: (K, V),
) {
    let is_last = nth + 1 == chunks.len();
    let chunk = &mut chunks[nth];
    if at == 0 {
        chunk.first = pair.0.clone();
    }
    let pairs = Arc::make_mut(&mut chunk.pairs);
    if pairs.len() < CHUNK {
        pairs.insert(at, pair);
        return;
    }
    // What comes in ascending order fills its chunks.
    let middle = if is_last && at == CHUNK { CHUNK } else { CHUNK / 2 };
    let mut upper: ArrayVec<_, CHUNK> = pairs.drain(middle..).collect();
    if at < middle || (at == middle && middle < CHUNK) {
        pairs.insert(at, pair);
    } else {
        upper.insert(at - middle, pair);
    }
    let first = upper[0].0.clone();
    chunks.insert(nth + 1, Chunk { first, pairs: Arc::new(upper) });
}

/// Appends a chunk, which comes after all others; it becomes one with the last if both are small.
fn push<K: Clone, V: Clone>(chunks: &mut Vec<Chunk<K, V>>, chunk: Chunk<K, V>) {
    match chunks.last_mut() {
        Some(last) if last.pairs.len() + chunk.pairs.len() <= SPARSE => {
            Arc::make_mut(&mut last.pairs).extend(chunk.pairs.iter().cloned());
        }
        _ => chunks.push(chunk),
    }
}

/// Appends pairs, which come after all others, in chunks of about the same size.
fn push_split<K: Clone, V: Clone>(
    chunks: &mut Vec<Chunk<K, V>>,
    pairs: impl ExactSizeIterator<Item = (K, V)>,
) {
    let (mut left, mut pairs) = (pairs.len(), pairs);
    for parts in (1..=left.div_ceil(CHUNK)).rev() {
        let size = left.div_ceil(parts);
        left -= size;
        let part: ArrayVec<_, CHUNK> = pairs.by_ref().take(size).collect();
        if let Some((first, _)) = part.first() {
            push(chunks, Chunk { first: first.clone(), pairs: Arc::new(part) });
        }
    }
}

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self::new()
    }
}
