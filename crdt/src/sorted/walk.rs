//! Many pairs and any number of others, chunk by chunk.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::cursor::Cursor;
use super::join::Joined;
use super::{Chunk, Sorted, push, push_split};

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
    fn value(&mut self) -> V {
        self.another.take().unwrap_or_else(|| self.theirs.1.clone())
    }
}

/// Joins each pair of `other` to chunks; returns also how many keys are new, and whether anything is.
pub(super) fn join_many<K: Ord + Clone, V: Clone>(
    ours: Vec<Chunk<K, V>>,
    other: &Sorted<K, V>,
    join: &mut impl FnMut(Option<&V>, &V) -> Joined<V>,
) -> (Vec<Chunk<K, V>>, usize, bool) {
    let mut walk = Walk {
        theirs: Cursor::new(other),
        joined: Vec::with_capacity(ours.len()),
        edits: Vec::new(),
        added: 0,
        has_changed: false,
    };
    walk.adopt(ours.first().map(|chunk| &chunk.first), join);
    let mut ours = ours.into_iter().peekable();
    while let Some(chunk) = ours.next() {
        let bound = ours.peek().map(|next| &next.first);
        if walk.theirs.skip(&chunk) {
            push(&mut walk.joined, chunk);
        } else {
            walk.join(chunk, bound, join);
        }
        walk.adopt(bound, join);
    }
    (walk.joined, walk.added, walk.has_changed)
}

struct Walk<'a, K, V> {
    theirs: Cursor<'a, K, V>,
    joined: Vec<Chunk<K, V>>,
    /// For the chunk at hand.
    edits: Vec<Edit<'a, K, V>>,
    added: usize,
    has_changed: bool,
}

impl<K: Ord + Clone, V: Clone> Walk<'_, K, V> {
    /// Takes whole chunks of theirs that lie before `bound`, where there is nothing of ours.
    fn adopt(&mut self, bound: Option<&K>, join: &mut impl FnMut(Option<&V>, &V) -> Joined<V>) {
        while let Some(chunk) = self.theirs.take_before(bound) {
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
                push_split(&mut self.joined, taken);
            }
        }
    }

    /// Joins to a chunk what lies before `bound`, but for whole chunks after the last of ours.
    fn join(
        &mut self,
        mut chunk: Chunk<K, V>,
        bound: Option<&K>,
        join: &mut impl FnMut(Option<&V>, &V) -> Joined<V>,
    ) {
        let begin = self.theirs.whole();
        // Whether theirs, from there on, is what the two join to.
        let (mut at, mut is_theirs) = (0, begin.is_some());
        while let Some(pair @ (key, value)) = self.theirs.peek()
            && bound.is_none_or(|bound| key < bound)
        {
            while chunk.pairs.get(at).is_some_and(|(candidate, _)| candidate < key) {
                (at, is_theirs) = (at + 1, false);
            }
            let present = chunk.pairs.get(at).filter(|(candidate, _)| candidate == key);
            if at == chunk.pairs.len() && self.theirs.whole().is_some() {
                break;
            }
            let replaces = present.is_some();
            let outcome = join(present.map(|(_, ours)| ours), value);
            match outcome {
                Joined::Ours => is_theirs = false,
                Joined::Both => is_theirs &= replaces,
                Joined::Theirs => {
                    self.edits.push(Edit { at, replaces, theirs: pair, another: None });
                }
                Joined::Another(value) => {
                    is_theirs = false;
                    self.edits.push(Edit { at, replaces, theirs: pair, another: Some(value) });
                }
            }
            at += usize::from(replaces);
            self.theirs.advance();
        }
        let new = self.edits.iter().filter(|edit| !edit.replaces).count();
        self.added += new;
        self.has_changed |= !self.edits.is_empty();
        match (begin, self.theirs.whole()) {
            (Some(begin), Some(end)) if is_theirs && at == chunk.pairs.len() => {
                self.edits.clear();
                for chunk in &begin[..begin.len() - end.len()] {
                    push(&mut self.joined, chunk.clone());
                }
            }
            _ if new == 0 => {
                if !self.edits.is_empty() {
                    let pairs = Arc::make_mut(&mut chunk.pairs);
                    self.edits.drain(..).for_each(|mut edit| pairs[edit.at].1 = edit.value());
                }
                push(&mut self.joined, chunk);
            }
            _ => {
                let mut pairs = Vec::with_capacity(chunk.pairs.len() + new);
                let mut done = 0;
                for mut edit in self.edits.drain(..) {
                    pairs.extend_from_slice(&chunk.pairs[done..edit.at]);
                    done = edit.at + usize::from(edit.replaces);
                    pairs.push((edit.theirs.0.clone(), edit.value()));
                }
                pairs.extend_from_slice(&chunk.pairs[done..]);
                push_split(&mut self.joined, pairs);
            }
        }
    }
}
