//! What one tree has that another has not: both are read in step, as most of what they have is the same.

use alloc::vec::Vec;

use super::id::{Id, Link};
use super::join::push;
use super::leaf::{Leaf, Span};
use super::order::At;
use super::run::{Atom, Run, Stretch};
use super::tree::Tree;

/// Spans of the other tree that are passed over before an element is searched for.
const AHEAD: usize = 4;

/// A walk through the order of a tree.
struct Walk<'a, T, R> {
    tree: &'a Tree<T, R>,
    /// The leaf: the rank of its group, and its place there.
    leaf: (usize, usize),
    span: usize,
    /// How many elements of the span are behind.
    offset: u64,
    /// How many live elements of the leaf come before the span.
    before: usize,
}

impl<'a, T, R> Walk<'a, T, R> {
    fn new(tree: &'a Tree<T, R>) -> Self {
        Self { tree, leaf: (0, 0), span: 0, offset: 0, before: 0 }
    }

    /// The span at hand, and its leaf.
    fn peek(&mut self) -> Option<(&'a Leaf<T>, &'a Span)> {
        loop {
            let order = &self.tree.order;
            match order.nth_leaf(self.leaf.0, self.leaf.1) {
                Some(leaf) => match leaf.spans.get(self.span) {
                    Some(span) => return Some((leaf, span)),
                    None => self.leaf.1 += 1,
                },
                None if self.leaf.1 > 0 => self.leaf = (self.leaf.0 + 1, 0),
                None => return None,
            }
            (self.span, self.offset, self.before) = (0, 0, 0);
        }
    }

    /// The first element at hand.
    fn id(&mut self) -> Option<Id> {
        let offset = self.offset;
        self.peek().map(|(_, span)| span.start().ahead(offset))
    }

    /// So many elements, which are of the span at hand.
    fn atom(&mut self, len: u64) -> Option<Atom<'a, T, R>> {
        let (leaf, span) = self.peek()?;
        let stretch = if span.is_live() {
            Stretch::Live(leaf.values_of(span, self.before))
        } else {
            Stretch::Removed(span.len())
        };
        let start = span.start();
        let link = if span.continues() {
            Link::Right(Id { counter: start.counter - 1, ..start })
        } else {
            self.tree.find(start)?.link_of(start)
        };
        let all = Atom { start: self.tree.dot(start), origin: self.tree.origin(link), stretch };
        Some(all.slice(self.offset, len))
    }

    fn advance(&mut self, len: u64) {
        let Some((_, span)) = self.peek() else { return };
        self.offset += len;
        if self.offset >= span.len() {
            self.before += span.live();
            (self.span, self.offset) = (self.span + 1, 0);
        }
    }

    /// Goes on to an element, if it is not far ahead, or else to where it is.
    fn seek(&mut self, id: Id) -> bool {
        let begin = (self.leaf, self.span, self.offset, self.before);
        for _ in 0..AHEAD {
            let Some((_, span)) = self.peek() else { break };
            if let Some(offset) = span.offset_of(id).filter(|offset| *offset >= self.offset) {
                self.offset = offset;
                return true;
            }
            self.before += span.live();
            (self.span, self.offset) = (self.span + 1, 0);
        }
        (self.leaf, self.span, self.offset, self.before) = begin;
        let Some(At { leaf, spot }) = self.tree.locate(id) else { return false };
        self.leaf = self.tree.order.rank_of(leaf);
        (self.span, self.offset, self.before) = (spot.span, spot.offset, spot.before);
        true
    }
}

impl<T: Ord + Clone, R: Ord + Clone> Tree<T, R> {
    /// What another one lacks, in runs that ascend.
    pub(super) fn lacked_by(&self, seen: &Self) -> Vec<Run<T, R>> {
        // The other's numbers of our replicas, and the last ids that it knows.
        let numbers: Vec<Option<(u32, u64)>> = self
            .names
            .iter()
            .map(|name| seen.number(name).map(|number| (number, seen.last_of(number))))
            .collect();
        let mut lacked: Vec<Atom<'_, T, R>> = Vec::new();
        let (mut ours, mut theirs) = (Walk::new(self), Walk::new(seen));
        while let Some((_, span)) = ours.peek() {
            let len = span.len() - ours.offset;
            let id = span.start().ahead(ours.offset);
            let same = numbers[id.replica as usize].filter(|(_, last)| id.counter <= *last);
            let same = same.map(|(replica, _)| Id { replica, ..id });
            let known = same.filter(|id| theirs.id() == Some(*id) || theirs.seek(*id));
            let Some((_, their)) = known.and_then(|_| theirs.peek()) else {
                let atom = ours.atom(len);
                match same {
                    None => lacked.extend(atom),
                    // Some of it may wait there.
                    Some(_) => lacked.extend(atom.iter().flat_map(|atom| seen.lacks(atom))),
                }
                ours.advance(len);
                continue;
            };
            let len = len.min(their.len() - theirs.offset);
            let is_head = ours.offset == 0 && !span.continues();
            let their_head = theirs.offset == 0 && !their.continues();
            let is_same = !is_head && !their_head && span.is_live() == their.is_live();
            let (Some(our), Some(their)) = (ours.atom(len), theirs.atom(len)) else { break };
            let is_same = match (our.stretch, their.stretch) {
                (Stretch::Live(our), Stretch::Live(their)) => is_same && our == their,
                _ => is_same,
            };
            if !is_same {
                lacked.extend(seen.lacks(&our));
            }
            ours.advance(len);
            theirs.advance(len);
        }
        for (replica, _) in (0..).zip(&self.names) {
            for (id, run) in self.waiting.of(replica) {
                let (start, origin) = (self.dot(id), self.origin(run.link));
                let atom = Atom { start, origin, stretch: run.content.stretch() };
                lacked.extend(seen.lacks(&atom));
            }
        }
        lacked.sort_unstable_by(|one, other| one.start.cmp(&other.start));
        let mut runs = Vec::with_capacity(lacked.len());
        for atom in &lacked {
            push(&mut runs, atom.run());
        }
        runs
    }

    /// What of some elements is news here.
    fn lacks<'a>(&self, atom: &Atom<'a, T, R>) -> Vec<Atom<'a, T, R>> {
        let mut news = Vec::new();
        self.news(atom, |range, _| news.push(atom.slice(range.start, range.end - range.start)));
        news
    }
}
