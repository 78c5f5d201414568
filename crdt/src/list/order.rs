//! The elements in the order in which they are read, removed ones included, as spans of ids in chunks.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Bound;

use super::span::Span;
use crate::Dot;

/// Spans in a chunk at most.
const CHUNK: usize = 64;

#[derive(Clone, Debug)]
struct Chunk<R> {
    spans: Vec<Span<R>>,
    /// Which of all chunks it is, in the order.
    rank: usize,
}

/// Where an element is.
#[derive(Clone, Copy, Debug)]
struct At {
    chunk: usize,
    span: usize,
    /// How many elements of the span come before it.
    offset: usize,
}

/// Where elements are to be put.
#[derive(Clone, Debug)]
pub(super) enum Place<R> {
    Start,
    Before(Dot<R>),
    After(Dot<R>),
}

#[derive(Clone, Debug)]
pub(super) struct Order<R> {
    /// Each at the place where it came to be.
    chunks: Vec<Chunk<R>>,
    /// By rank: where the chunk is, and how many of its elements are live.
    ranks: Vec<usize>,
    lives: Vec<usize>,
    live: usize,
    /// The chunk of each span, by the span's first id.
    homes: BTreeMap<Dot<R>, usize>,
}

impl<R> Default for Order<R> {
    fn default() -> Self {
        let (chunks, ranks, lives) = (Vec::new(), Vec::new(), Vec::new());
        Self { chunks, ranks, lives, live: 0, homes: BTreeMap::new() }
    }
}

impl<R> Order<R> {
    /// How many elements are live.
    pub(super) fn live(&self) -> usize {
        self.live
    }

    /// The spans of a chunk, by rank.
    pub(super) fn chunk(&self, rank: usize) -> Option<&[Span<R>]> {
        self.ranks.get(rank).map(|chunk| self.chunks[*chunk].spans.as_slice())
    }

    pub(super) fn spans(&self) -> impl Iterator<Item = &Span<R>> {
        self.ranks.iter().flat_map(|chunk| self.chunks[*chunk].spans.iter())
    }
}

impl<R: Ord + Clone> Order<R> {
    /// The first element, live or not.
    pub(super) fn first(&self) -> Option<Dot<R>> {
        self.spans().next().map(|span| span.start.clone())
    }

    /// The element that follows, live or not.
    pub(super) fn next(&self, id: &Dot<R>) -> Option<Dot<R>> {
        let at = self.locate(id)?;
        let chunk = &self.chunks[at.chunk];
        let span = &chunk.spans[at.span];
        if at.offset + 1 < span.len {
            return Some(span.id(at.offset + 1));
        }
        let next = chunk.spans.get(at.span + 1).or_else(|| {
            let chunk = self.ranks.get(chunk.rank + 1)?;
            self.chunks[*chunk].spans.first()
        });
        next.map(|span| span.start.clone())
    }

    /// The live element of this index.
    pub(super) fn at(&self, index: usize) -> Option<Dot<R>> {
        let mut left = index;
        let rank = self.lives.iter().position(|live| {
            let is_there = left < *live;
            left -= if is_there { 0 } else { *live };
            is_there
        })?;
        for span in self.chunks[self.ranks[rank]].spans.iter().filter(|span| span.is_live) {
            if left < span.len {
                return Some(span.id(left));
            }
            left -= span.len;
        }
        None
    }

    /// How many live elements come before an element, and whether it is live itself.
    pub(super) fn index_of(&self, id: &Dot<R>) -> Option<(usize, bool)> {
        self.stretch(id).map(|(index, _, is_live)| (index, is_live))
    }

    /// How many live elements come before an element; how many, itself included, follow each other from
    /// there on by id and as they are read, all of them live or none; and which.
    pub(super) fn stretch(&self, id: &Dot<R>) -> Option<(usize, usize, bool)> {
        let at = self.locate(id)?;
        let chunk = &self.chunks[at.chunk];
        let before: usize = self.lives[..chunk.rank].iter().sum();
        let inside: usize = chunk.spans[..at.span].iter().map(Span::live).sum();
        let span = &chunk.spans[at.span];
        let index = before + inside + if span.is_live { at.offset } else { 0 };
        Some((index, span.len - at.offset, span.is_live))
    }

    /// Puts spans, which follow each other, in a place.
    pub(super) fn insert(&mut self, place: &Place<R>, spans: impl IntoIterator<Item = Span<R>>) {
        let mut at = match place {
            Place::Start => {
                self.ranks.first().map(|chunk| At { chunk: *chunk, span: 0, offset: 0 })
            }
            Place::Before(id) => self.locate(id),
            Place::After(id) => self.locate(id).map(|at| At { offset: at.offset + 1, ..at }),
        };
        let mut spans = spans.into_iter().peekable();
        while let Some(span) = spans.next() {
            let last = spans.peek().map(|_| span.id(span.len - 1));
            match at {
                Some(at) => self.insert_at(at, span),
                None => self.push(span),
            }
            at = last.and_then(|last| self.locate(&last));
            at = at.map(|at| At { offset: at.offset + 1, ..at });
        }
    }

    /// Appends a span, which follows all others.
    pub(super) fn push(&mut self, span: Span<R>) {
        let last = self.ranks.last().copied();
        let last = last.filter(|chunk| self.chunks[*chunk].spans.len() < CHUNK / 2);
        let chunk = last.unwrap_or_else(|| self.push_chunk(self.ranks.len(), Vec::new()));
        self.count(self.chunks[chunk].rank, span.live(), 0);
        self.homes.insert(span.start.clone(), chunk);
        self.chunks[chunk].spans.push(span);
        self.unite(chunk, self.chunks[chunk].spans.len() - 1);
    }

    /// Marks elements, which follow each other by id, as removed.
    pub(super) fn kill(&mut self, id: &Dot<R>, len: usize) {
        let mut done = 0;
        while done < len {
            let Some(at) = self.locate(&id.ahead(done)) else { return };
            let span = &self.chunks[at.chunk].spans[at.span];
            let killed = (len - done).min(span.len - at.offset);
            if span.is_live {
                self.split(At { offset: at.offset + killed, ..at });
                let span = self.split(at);
                self.chunks[at.chunk].spans[span].is_live = false;
                self.count(self.chunks[at.chunk].rank, 0, killed);
                self.unite(at.chunk, span + 1);
                self.unite(at.chunk, span);
                self.halve(at.chunk);
            }
            done += killed;
        }
    }

    fn count(&mut self, rank: usize, added: usize, removed: usize) {
        self.lives[rank] = self.lives[rank] + added - removed;
        self.live = self.live + added - removed;
    }

    fn locate(&self, id: &Dot<R>) -> Option<At> {
        let upto = (Bound::Unbounded, Bound::Included(id));
        let (start, &chunk) = self.homes.range::<Dot<R>, _>(upto).next_back()?;
        let spans = &self.chunks[chunk].spans;
        let span = spans.iter().position(|span| span.start == *start)?;
        let offset = spans[span].offset_of(id)?;
        Some(At { chunk, span, offset })
    }

    fn insert_at(&mut self, at: At, new: Span<R>) {
        self.count(self.chunks[at.chunk].rank, new.live(), 0);
        let nth = self.split(at);
        self.homes.insert(new.start.clone(), at.chunk);
        self.chunks[at.chunk].spans.insert(nth, new);
        self.unite(at.chunk, nth);
        self.halve(at.chunk);
    }

    /// Makes a span begin here, unless one does or the chunk ends; returns which.
    fn split(&mut self, at: At) -> usize {
        let span = &mut self.chunks[at.chunk].spans[at.span];
        if at.offset == 0 {
            return at.span;
        }
        if at.offset < span.len {
            let rest = span.split_off(at.offset);
            self.homes.insert(rest.start.clone(), at.chunk);
            self.chunks[at.chunk].spans.insert(at.span + 1, rest);
        }
        at.span + 1
    }

    /// Makes one of a span and the one before, if their ids follow each other and both are live or not.
    fn unite(&mut self, chunk: usize, nth: usize) {
        let spans = &mut self.chunks[chunk].spans;
        let Some(before) = nth.checked_sub(1).filter(|_| nth < spans.len()) else { return };
        if spans[before].is_followed_by(&spans[nth]) {
            let span = spans.remove(nth);
            spans[before].len += span.len;
            self.homes.remove(&span.start);
        }
    }

    /// Makes two chunks of one that has grown too large.
    fn halve(&mut self, chunk: usize) {
        let spans = &mut self.chunks[chunk].spans;
        if spans.len() <= CHUNK {
            return;
        }
        let upper = spans.split_off(CHUNK / 2);
        let rank = self.chunks[chunk].rank;
        let moved = upper.iter().map(Span::live).sum();
        self.count(rank, 0, moved);
        let new = self.push_chunk(rank + 1, upper);
        self.count(rank + 1, moved, 0);
        for span in &self.chunks[new].spans {
            self.homes.insert(span.start.clone(), new);
        }
    }

    fn push_chunk(&mut self, rank: usize, spans: Vec<Span<R>>) -> usize {
        for chunk in &self.ranks[rank..] {
            self.chunks[*chunk].rank += 1;
        }
        let chunk = self.chunks.len();
        self.chunks.push(Chunk { spans, rank });
        self.ranks.insert(rank, chunk);
        self.lives.insert(rank, 0);
        chunk
    }
}
