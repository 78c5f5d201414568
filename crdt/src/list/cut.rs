//! Elements by their ids, seen where they lie.

use super::id::{Id, Link};
use super::leaf::{Leaf, Span};
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

    /// Its elements from one on, so many.
    pub(super) fn slice(&self, from: u64, len: u64) -> Self {
        let id = self.id.ahead(from);
        let link = if from == 0 { self.link } else { Link::after_the_one_before(id) };
        Self { id, link, stretch: self.stretch.slice(from, len) }
    }
}

/// The elements of a piece, span by span: as in the leaf, where others lie between them.
struct Spans<'a, T> {
    leaf: &'a Leaf<T>,
    spans: core::slice::Iter<'a, Span>,
    /// How many live elements are behind.
    live: usize,
    next: Id,
    link: Link,
    left: u64,
}

impl<'a, T> Iterator for Spans<'a, T> {
    type Item = Cut<'a, T>;

    fn next(&mut self) -> Option<Cut<'a, T>> {
        if self.left == 0 {
            return None;
        }
        for span in self.spans.by_ref() {
            let before = self.live;
            self.live += span.live();
            if span.start() == self.next {
                let stretch = if span.is_live() {
                    Stretch::Live(self.leaf.values_of(span, before))
                } else {
                    Stretch::Removed(span.len())
                };
                let cut = Cut { id: self.next, link: self.link, stretch };
                self.next = self.next.ahead(span.len());
                self.link = Link::after_the_one_before(self.next);
                self.left -= span.len();
                return Some(cut);
            }
        }
        None
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
    fn placed(&self, replica: u32) -> impl Iterator<Item = Cut<'_, T>> {
        self.pieces[replica as usize].iter().flat_map(move |piece| {
            let leaf = self.order.leaf(piece.leaf);
            Spans {
                leaf,
                spans: leaf.spans.iter(),
                live: 0,
                next: Id { replica, counter: piece.start },
                link: piece.link,
                left: u64::from(piece.len),
            }
        })
    }

    /// The same with names.
    pub(super) fn atom<'a>(&'a self, cut: &Cut<'a, T>) -> Atom<'a, T, R> {
        let (start, origin) = (self.dot(cut.id), self.origin(cut.link));
        Atom { start, origin, stretch: cut.stretch }
    }
}
