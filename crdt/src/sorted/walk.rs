//! Many pairs and any number of others, chunk by chunk.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::cursor::Cursor;
use super::joined::Joined;
use super::{Chunk, Pairs, Sorted, push, push_split};

/// A pair that comes into a chunk.
struct Edit<'a, K, V> {
    /// Where it belongs.
    at: usize,
    /// Whether there is one of its key.
    replaces: bool,
    theirs: &'a (K, V),
    /// If it is not their value.
    another: Option<V>,
}

impl<K: Clone, V: Clone> Edit<'_, K, V> {
    fn value(self) -> V {
        self.another.unwrap_or_else(|| self.theirs.1.clone())
    }

    /// Puts what lies between the edit before, which was done up to `done`, and this one at the end of
    /// `pairs`, and then its own pair.
    fn apply(self, ours: &[(K, V)], pairs: &mut Pairs<K, V>, done: &mut usize) {
        pairs.extend(ours[*done..self.at].iter().cloned());
        *done = self.at + usize::from(self.replaces);
        pairs.push((self.theirs.0.clone(), self.value()));
    }
}

/// Joins each pair of `other` to chunks, with `step` where a chunk meets pairs that are not known to
/// be its own; returns also how many keys are new, and whether anything is.
pub(super) fn join_many<K: Ord + Clone, V: Clone, J: FnMut(Option<&V>, &V) -> Joined<V>>(
    ours: Vec<Chunk<K, V>>,
    other: &Sorted<K, V>,
    join: &mut J,
    step: impl Fn(&mut Walk<'_, K, V>, Chunk<K, V>, Option<&K>, &mut J),
) -> (Vec<Chunk<K, V>>, usize, bool) {
    let mut walk = Walk {
        theirs: Cursor::new(other),
        joined: Vec::with_capacity(ours.len()),
        edits: Vec::new(),
        is_settled: true,
        added: 0,
        has_changed: false,
    };
    walk.adopt(ours.first().map(|chunk| &chunk.first), join);
    let mut ours = ours.into_iter().peekable();
    while let Some(chunk) = ours.next() {
        let bound = ours.peek().map(|next| &next.first);
        if walk.theirs.skip(&chunk) {
            walk.keep(chunk);
        } else {
            step(&mut walk, chunk, bound, join);
        }
        walk.adopt(bound, join);
    }
    (walk.joined, walk.added, walk.has_changed)
}

pub(super) struct Walk<'a, K, V> {
    pub(super) theirs: Cursor<'a, K, V>,
    pub(super) joined: Vec<Chunk<K, V>>,
    /// For the chunk at hand.
    edits: Vec<Edit<'a, K, V>>,
    /// Whether the last chunk and the one after it are what they were: neighbours, and not too small.
    pub(super) is_settled: bool,
    pub(super) added: usize,
    pub(super) has_changed: bool,
}

impl<'a, K: Ord + Clone, V: Clone> Walk<'a, K, V> {
    /// Leaves a chunk as it is. Chunks that nothing changes are not even looked at: that takes longer
    /// than all else, if they are in no cache.
    pub(super) fn keep(&mut self, chunk: Chunk<K, V>) {
        if self.is_settled {
            self.joined.push(chunk);
        } else {
            push(&mut self.joined, chunk);
        }
        self.is_settled = true;
    }

    /// Takes whole chunks of theirs that lie before `bound`, where there is nothing of ours.
    fn adopt(&mut self, bound: Option<&K>, join: &mut impl FnMut(Option<&V>, &V) -> Joined<V>) {
        while let Some(chunk) = self.theirs.take_before(bound) {
            self.is_settled = false;
            let mut taken = Vec::new();
            let mut is_whole = true;
            for (at, (key, theirs)) in chunk.pairs.iter().enumerate() {
                let outcome = join(None, theirs);
                if is_whole {
                    if matches!(outcome, Joined::Theirs) {
                        continue;
                    }
                    is_whole = false;
                    taken.extend_from_slice(&chunk.pairs[..at]);
                }
                if let Some(value) = outcome.into_new(theirs) {
                    taken.push((key.clone(), value));
                }
            }
            let count = if is_whole { chunk.pairs.len() } else { taken.len() };
            self.added += count;
            self.has_changed |= count > 0;
            if is_whole {
                push(&mut self.joined, chunk.clone());
            } else {
                push_split(&mut self.joined, taken.into_iter());
            }
        }
    }

    /// What is ahead, and how much of it lies before `bound`.
    pub(super) fn before(&self, bound: Option<&K>) -> (&'a [(K, V)], usize) {
        let ahead = self.theirs.ahead();
        let end = match (bound, ahead) {
            (Some(bound), [.., (last, _)]) if last >= bound => {
                ahead.partition_point(|(key, _)| key < bound)
            }
            _ => ahead.len(),
        };
        (ahead, end)
    }

    /// Joins to a chunk what lies before `bound`, but for whole chunks after the last of ours.
    pub(super) fn join(
        &mut self,
        mut chunk: Chunk<K, V>,
        bound: Option<&K>,
        join: &mut impl FnMut(Option<&V>, &V) -> Joined<V>,
    ) {
        let (begin, ours) = (self.theirs.whole(), chunk.pairs.as_slice());
        // What the two join to before `done`, once that is sure to be neither ours nor theirs.
        let (mut pairs, mut done, mut new) = (Vec::new(), 0, 0);
        // Whether theirs, from there on, is what the two join to.
        let (mut at, mut is_theirs) = (0, begin.is_some());
        'all: loop {
            let (ahead, end) = self.before(bound);
            for (nth, pair @ (key, value)) in ahead[..end].iter().enumerate() {
                let mut order = Ordering::Greater;
                while let Some((candidate, _)) = ours.get(at) {
                    order = candidate.cmp(key);
                    if order.is_ge() {
                        break;
                    }
                    (at, is_theirs) = (at + 1, false);
                }
                if at == ours.len() && nth == 0 && self.theirs.whole().is_some() {
                    break 'all;
                }
                let replaces = order.is_eq();
                let outcome = join(ours.get(at).filter(|_| replaces).map(|(_, ours)| ours), value);
                is_theirs &= match outcome {
                    Joined::Both => replaces,
                    Joined::Theirs => true,
                    Joined::Ours | Joined::Another(_) => false,
                };
                let another = match outcome {
                    Joined::Ours | Joined::Both => {
                        at += usize::from(replaces);
                        continue;
                    }
                    Joined::Theirs => None,
                    Joined::Another(value) => Some(value),
                };
                let edit = Edit { at, replaces, theirs: pair, another };
                new += usize::from(!replaces);
                if is_theirs || new == 0 {
                    self.edits.push(edit);
                } else {
                    if done == 0 {
                        pairs.reserve(ours.len() + ahead.len());
                    }
                    for edit in self.edits.drain(..).chain([edit]) {
                        edit.apply(ours, &mut pairs, &mut done);
                    }
                }
                at += usize::from(replaces);
            }
            self.theirs.advance(end);
            if end < ahead.len() || end == 0 {
                break;
            }
        }
        self.added += new;
        self.has_changed |= new > 0 || !self.edits.is_empty();
        match (begin, self.theirs.whole()) {
            (Some(begin), Some(end)) if is_theirs && at == ours.len() => {
                self.is_settled = false;
                self.edits.clear();
                for chunk in &begin[..begin.len() - end.len()] {
                    push(&mut self.joined, chunk.clone());
                }
            }
            _ if new == 0 => {
                if !self.edits.is_empty() {
                    let pairs = Arc::make_mut(&mut chunk.pairs);
                    for edit in self.edits.drain(..) {
                        pairs[edit.at].1 = edit.another.unwrap_or_else(|| edit.theirs.1.clone());
                    }
                }
                self.keep(chunk);
            }
            _ => {
                self.is_settled = false;
                pairs.reserve(ours.len() - done + self.edits.len());
                for edit in self.edits.drain(..) {
                    edit.apply(ours, &mut pairs, &mut done);
                }
                pairs.extend_from_slice(&ours[done..]);
                push_split(&mut self.joined, pairs.into_iter());
            }
        }
    }
}
