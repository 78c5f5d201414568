//! Elements by their ids, seen where they lie.

#[cfg(feature = "serde")]
use alloc::vec::Vec;

use super::id::{Id, Link};
use super::leaf::Span;
use super::order::Order;
#[cfg(feature = "serde")]
use super::part::Part;
use super::pieces::Piece;
use super::run::{Atom, Stretch};
use super::tree::Tree;

/// Elements of one run whose ids follow each other, all live or all removed.
pub(super) struct Cut<'a, T> {
    pub(super) id: Id,
    /// That of the first element.
    pub(super) link: Link,
    pub(super) stretch: Stretch<'a, T>,
}

impl<T> Clone for Cut<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Cut<'_, T> {}

impl<T> Cut<'_, T> {
    pub(super) fn len(&self) -> u64 {
        self.stretch.len()
    }

    /// The counter of the last.
    pub(super) fn last(&self) -> u64 {
        self.id.counter + (self.len() - 1)
    }

    /// The same without values.
    #[cfg(feature = "serde")]
    pub(super) fn part(&self) -> Part {
        let Self { id, link, .. } = *self;
        Part { id, len: self.len(), link, is_live: matches!(self.stretch, Stretch::Live(_)) }
    }

    /// Its elements from one on, so many.
    pub(super) fn slice(&self, from: u64, len: u64) -> Self {
        let id = self.id.ahead(from);
        let link = if from == 0 { self.link } else { Link::after_the_one_before(id) };
        Self { id, link, stretch: self.stretch.slice(from, len) }
    }
}

/// The elements of pieces, span by span: as in their leaves, where others lie between them.
struct Placed<'a, T, P> {
    order: &'a Order<T>,
    replica: u32,
    pieces: P,
    /// The leaf of the piece at hand, from which of its spans on, and how many live elements come before it.
    leaf: u32,
    span: usize,
    live: usize,
    /// The next of the piece's elements, where it belongs, and how many are left.
    next: u64,
    link: Link,
    left: u64,
}

impl<'a, T: 'static, P: Iterator<Item = &'a Piece>> Iterator for Placed<'a, T, P> {
    type Item = Cut<'a, T>;

    #[inline]
    fn next(&mut self) -> Option<Cut<'a, T>> {
        if self.left == 0 {
            let Piece { start, len, leaf, link } = *self.pieces.next()?;
            (self.leaf, self.span, self.live) = (leaf, 0, 0);
            (self.next, self.link, self.left) = (start, link, len.into());
        }
        let leaf = self.order.leaf(self.leaf);
        let id = Id { replica: self.replica, counter: self.next };
        let spans = &leaf.spans[self.span..];
        let nth = spans.iter().position(|span| span.starts_with(id))?;
        let span = &spans[nth];
        self.live += spans[..nth].iter().map(Span::live).sum::<usize>();
        let stretch = if span.is_live() {
            Stretch::Live(leaf.values_of(span, self.live))
        } else {
            Stretch::Removed(span.len())
        };
        let cut = Cut { id, link: self.link, stretch };
        self.span += nth + 1;
        self.live += span.live();
        self.next = self.next.saturating_add(span.len());
        self.link = Link::Right(Id { counter: self.next - 1, ..id });
        self.left -= span.len();
        Some(cut)
    }
}

impl<T: 'static, R> Tree<T, R> {
    /// All elements of a replica, by their ids.
    pub(super) fn cuts(&self, replica: u32) -> impl Iterator<Item = Cut<'_, T>> {
        let mut placed = self.placed(replica).peekable();
        let mut waiting = self.waiting.of(replica).peekable();
        core::iter::from_fn(move || {
            let is_next = match (placed.peek(), waiting.peek()) {
                (Some(cut), Some((id, _))) => *id < cut.id,
                (placed, _) => placed.is_none(),
            };
            if !is_next {
                return placed.next();
            }
            let (id, run) = waiting.next()?;
            Some(Cut { id, link: run.link, stretch: run.content.stretch() })
        })
    }

    /// Those that are in the order.
    pub(super) fn placed(&self, replica: u32) -> impl Iterator<Item = Cut<'_, T>> {
        Placed {
            order: &self.order,
            replica,
            pieces: self.pieces[replica as usize].iter(),
            leaf: 0,
            span: 0,
            live: 0,
            next: 0,
            link: Link::Root,
            left: 0,
        }
    }

    /// All elements without their values, by their ids.
    #[cfg(feature = "serde")]
    pub(super) fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::with_capacity(self.order.size());
        for replica in self.sorted.iter() {
            if self.waiting.is_empty() {
                let pieces = self.pieces[*replica as usize].iter();
                pieces.for_each(|piece| self.parts_of(*replica, piece, &mut parts));
            } else {
                parts.extend(self.cuts(*replica).map(|cut| cut.part()));
            }
        }
        parts
    }

    #[cfg(feature = "serde")]
    fn parts_of(&self, replica: u32, piece: &Piece, parts: &mut Vec<Part>) {
        let mut part = Part {
            id: Id { replica, counter: piece.start },
            len: 0,
            link: piece.link,
            is_live: false,
        };
        let mut spans = self.order.leaf(piece.leaf).spans.iter();
        let mut left = u64::from(piece.len);
        while left > 0 {
            let Some(span) = spans.find(|span| span.starts_with(part.id)) else { return };
            (part.len, part.is_live) = (span.len(), span.is_live());
            parts.push(part);
            part.id = part.id.ahead(part.len);
            part.link = Link::after_the_one_before(part.id);
            left -= part.len;
        }
    }

    /// The same with names.
    pub(super) fn atom<'a>(&'a self, cut: &Cut<'a, T>) -> Atom<'a, T, R> {
        let (start, origin) = (self.dot(cut.id), self.origin(cut.link));
        Atom { start, origin, stretch: cut.stretch }
    }
}
