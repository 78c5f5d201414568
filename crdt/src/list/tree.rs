//! The tree of elements: what the list's state is. All else follows from it.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::chunks::Chunks;
use super::id::{Id, Link};
use super::leaf::Spot;
use super::order::{At, Gap, Order};
use super::pieces::{Piece, Pieces};
use super::run::{Atom, Origin, Stretch};
use super::siblings::Siblings;
#[cfg(feature = "serde")]
use super::values::Slice;
use super::waiting::Waiting;
use crate::Dot;

#[derive(Clone)]
pub(super) struct Tree<T, R> {
    /// The replicas, in the order in which they were heard of.
    pub(super) names: Vec<R>,
    /// Of the replica that was asked for last.
    pub(super) recent: u32,
    /// The same, sorted.
    pub(super) sorted: Chunks<u32>,
    /// Which elements of each are in the order.
    pub(super) pieces: Vec<Pieces>,
    /// The elements whose ancestors are all known.
    pub(super) order: Order<T>,
    /// The others.
    pub(super) waiting: Waiting<T>,
    /// Found out as soon as it has to be known.
    pub(super) siblings: Option<Siblings>,
}

impl<T, R> Default for Tree<T, R> {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            recent: 0,
            sorted: Chunks::default(),
            pieces: Vec::new(),
            order: Order::default(),
            waiting: Waiting::default(),
            siblings: None,
        }
    }
}

/// An element's state; the join of two of one element is the greater. Two live ones are equal unless
/// two processes went by one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Element<T, R> {
    is_removed: bool,
    pub(super) origin: Origin<R>,
    pub(super) value: Option<T>,
}

impl<T, R> Element<T, R> {
    pub(super) fn new(origin: Origin<R>, value: Option<T>) -> Self {
        Self { is_removed: value.is_none(), origin, value }
    }
}

/// How elements of one state are news to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// They are unknown.
    Added,
    /// They are known as live.
    Removed,
    /// They are known as something else.
    Replaced,
}

/// A stretch of elements of one replica.
pub(super) type Ids = (Id, u64);

impl<T: 'static, R> Tree<T, R> {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.order.is_empty()
    }

    pub(super) fn name(&self, replica: u32) -> &R {
        &self.names[replica as usize]
    }

    pub(super) fn dot(&self, id: Id) -> Dot<&R> {
        Dot { replica: self.name(id.replica), counter: id.counter }
    }

    pub(super) fn origin(&self, link: Link) -> Origin<&R> {
        match link {
            Link::Root => Origin::Root,
            Link::Left(parent) => Origin::Left(self.dot(parent)),
            Link::Right(parent) => Origin::Right(self.dot(parent)),
        }
    }

    /// The piece that an element is in, if it is in the order.
    pub(super) fn find(&self, id: Id) -> Option<&Piece> {
        self.pieces.get(id.replica as usize)?.find(id.counter)
    }

    pub(super) fn locate(&self, id: Id) -> Option<At> {
        let leaf = self.find(id)?.leaf;
        Some(At { leaf, spot: self.order.leaf(leaf).locate(id)? })
    }

    /// How many live elements come before an element; how many, itself included, follow each other from
    /// there on by id and as they are read, all of them live or none; and which.
    pub(super) fn stretch(&self, id: Id) -> Option<(usize, u64, bool)> {
        let At { leaf, spot: Spot { span, offset, before } } = self.locate(id)?;
        let before = self.order.live_before(leaf) + before;
        let span = &self.order.leaf(leaf).spans[span];
        let inside = if span.is_live() { usize::try_from(offset).unwrap_or(0) } else { 0 };
        Some((before + inside, span.len() - offset, span.is_live()))
    }

    /// The id of the element with this index.
    pub(super) fn id_at(&self, index: usize) -> Option<Id> {
        self.order.at(index).map(|at| self.id_of(at))
    }

    pub(super) fn id_of(&self, At { leaf, spot }: At) -> Id {
        self.order.leaf(leaf).spans[spot.span].start().ahead(spot.offset)
    }

    /// The last id of a replica that is known.
    pub(super) fn last_of(&self, replica: u32) -> u64 {
        let placed = self.pieces.get(replica as usize).and_then(Pieces::last);
        let placed = placed.map_or(0, Piece::last);
        placed.max(self.waiting.last_of(replica).unwrap_or(0))
    }

    /// Where an element belongs that is inserted after another one: at the side, next to the gap, of one that
    /// has no children there; and the place in the order.
    pub(super) fn link_after(&self, before: Option<At>) -> Link {
        let Some(At { leaf, spot }) = before else {
            let first = self.order.leaves().find_map(|leaf| leaf.spans.first());
            return first.map_or(Link::Root, |span| Link::Left(span.start()));
        };
        let span = &self.order.leaf(leaf).spans[spot.span];
        let id = span.start().ahead(spot.offset);
        if spot.offset + 1 < span.len() {
            return Link::Left(id.ahead(1));
        }
        if !span.has_right() {
            return Link::Right(id);
        }
        let next = self.order.next(Gap { leaf, span: spot.span + 1 });
        next.map_or(Link::Right(id), |(_, span)| Link::Left(span.start()))
    }

    /// Marks live elements, whose ids follow each other, as removed.
    pub(super) fn kill(&mut self, id: Id, len: u64)
    where
        T: Clone,
    {
        let mut done = 0;
        while done < len {
            let id = id.ahead(done);
            let Some(at) = self.locate(id) else {
                let Some((start, run)) = self.waiting.find(id) else { return };
                let count = (len - done).min(run.content.len() - (id.counter - start.counter));
                self.waiting.kill(id, count);
                done += count;
                continue;
            };
            let span = &self.order.leaf(at.leaf).spans[at.spot.span];
            let count = (len - done).min(span.len() - at.spot.offset);
            if span.is_live() {
                self.kill_at(at, count);
            }
            done += count;
        }
    }

    /// Marks live elements of one span as removed.
    pub(super) fn kill_at(&mut self, at: At, len: u64)
    where
        T: Clone,
    {
        let pieces = &mut self.pieces;
        self.order.kill(at, len, &mut |span, leaf| {
            let start = span.start();
            pieces[start.replica as usize].rehome(start.counter, leaf);
        });
    }

    /// Puts new elements in a place of the order.
    pub(super) fn put(&mut self, gap: Gap, id: Id, link: Link, stretch: Stretch<'_, T>)
    where
        T: Clone,
    {
        let of_replica = &mut self.pieces[id.replica as usize];
        let len = stretch.len();
        let mut done = 0;
        while done < len {
            let part = (len - done).min(super::leaf::MOST);
            let start = id.counter + done;
            let link = if done == 0 { link } else { Link::Right(Id { counter: start - 1, ..id }) };
            // It is at most MOST.
            let part_len = u32::try_from(part).unwrap_or(0);
            of_replica.add(Piece { start, len: part_len, leaf: gap.leaf, link });
            done += part;
        }
        let continues = link.continues(id);
        let pieces = &mut self.pieces;
        self.order.insert(gap, id, continues, stretch, &mut |span, leaf| {
            let start = span.start();
            pieces[start.replica as usize].rehome(start.counter, leaf);
        });
    }

    /// Shows the values, in the order in which they are read, and then those of the elements that wait, by their
    /// ids.
    #[cfg(feature = "serde")]
    pub(super) fn each_value<'a>(&'a self, each: &mut dyn FnMut(Slice<'a, T>)) {
        self.order.leaves().for_each(|leaf| each(leaf.values.all()));
        for replica in self.sorted.iter() {
            for (_, run) in self.waiting.of(*replica) {
                if let Stretch::Live(values) = run.content.stretch() {
                    each(values);
                }
            }
        }
    }

    /// All elements, in stretches by their ids.
    pub(super) fn atoms(&self) -> Vec<Atom<'_, T, R>> {
        let cuts = self.sorted.iter().flat_map(|replica| self.cuts(*replica));
        cuts.map(|cut| self.atom(&cut)).collect()
    }
}

impl<T: 'static, R: Ord> Tree<T, R> {
    /// The number of a replica that was heard of.
    pub(super) fn number(&self, name: &R) -> Option<u32> {
        if self.names.get(self.recent as usize) == Some(name) {
            return Some(self.recent);
        }
        let at = self.sorted.position(|number| self.name(*number) < name);
        self.sorted.from(at).next().copied().filter(|number| self.name(*number) == name)
    }

    /// The ids' order.
    pub(super) fn compare(&self, one: Id, other: Id) -> Ordering {
        if one.replica == other.replica {
            let (one, other) = (one.counter, other.counter);
            return one.cmp(&other);
        }
        self.name(one.replica).cmp(self.name(other.replica))
    }

    /// The id of an element here, if its replica was heard of.
    pub(super) fn id(&self, dot: Dot<&R>) -> Option<Id> {
        Some(Id { replica: self.number(dot.replica)?, counter: dot.counter })
    }
}

impl<T: 'static, R: Ord + Clone> Tree<T, R> {
    /// The number of a replica, which is given one if it was not heard of.
    pub(super) fn intern(&mut self, name: &R) -> u32 {
        if let Some(number) = self.number(name) {
            self.recent = number;
            return number;
        }
        let at = self.sorted.position(|number| self.name(*number) < name);
        // Names take memory, which ends before numbers do.
        let new = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.clone());
        self.pieces.push(Pieces::new(new));
        self.sorted.insert(at, new);
        new
    }

    pub(super) fn intern_id(&mut self, dot: Dot<&R>) -> Id {
        Id { replica: self.intern(dot.replica), counter: dot.counter }
    }

    pub(super) fn intern_link(&mut self, origin: Origin<&R>) -> Link {
        match origin {
            Origin::Root => Link::Root,
            Origin::Left(parent) => Link::Left(self.intern_id(parent)),
            Origin::Right(parent) => Link::Right(self.intern_id(parent)),
        }
    }
}
