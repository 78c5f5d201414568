//! Which elements of a replica are in the order, and in which leaf of it.

use super::chunks::{Chunks, Nth};
use super::id::{Id, Link};
use super::leaf::MOST;

/// Elements of one run whose ids follow each other and that are in one leaf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) len: u32,
    pub(super) leaf: u32,
    /// That of the first element.
    pub(super) link: Link,
}

impl Piece {
    /// The counter of the last.
    pub(super) fn last(&self) -> u64 {
        self.start + u64::from(self.len - 1)
    }

    fn holds(&self, counter: u64) -> bool {
        counter.checked_sub(self.start).is_some_and(|offset| offset < u64::from(self.len))
    }

    /// Whether the first element was inserted after the one before by id.
    pub(super) fn continues(&self, replica: u32) -> bool {
        self.link.continues(Id { replica, counter: self.start })
    }

    /// Where an element of it belongs.
    pub(super) fn link_of(&self, id: Id) -> Link {
        if id.counter == self.start {
            return self.link;
        }
        Link::Right(Id { counter: id.counter - 1, ..id })
    }
}

/// The pieces of one replica, by their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    replica: u32,
    chunks: Chunks<Piece>,
}

impl Pieces {
    pub(super) fn new(replica: u32) -> Self {
        Self { replica, chunks: Chunks::default() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Piece> {
        self.chunks.iter()
    }

    pub(super) fn last(&self) -> Option<&Piece> {
        self.chunks.last()
    }

    /// The piece that an element is in.
    pub(super) fn find(&self, counter: u64) -> Option<&Piece> {
        match self.last() {
            Some(last) if last.start <= counter => Some(last).filter(|last| last.holds(counter)),
            _ => self.chunks.get(self.position(counter)?),
        }
    }

    /// The first piece that begins after an element.
    pub(super) fn next(&self, counter: u64) -> Option<&Piece> {
        let at = self.chunks.position(|piece| piece.start <= counter);
        self.chunks.from(at).next()
    }

    /// The last element of the run that this one is of.
    pub(super) fn run_end(&self, counter: u64) -> u64 {
        let at = self.chunks.position(|piece| piece.last() < counter);
        let mut pieces = self.chunks.from(at);
        let mut last = pieces.next().map_or(counter, Piece::last);
        for piece in pieces {
            if piece.start - 1 != last || !piece.continues(self.replica) {
                break;
            }
            last = piece.last();
        }
        last
    }

    fn position(&self, counter: u64) -> Option<Nth> {
        let at = self.chunks.position(|piece| piece.start <= counter);
        let at = self.chunks.before(at)?;
        self.chunks.get(at).is_some_and(|piece| piece.holds(counter)).then_some(at)
    }

    /// Whether an element is the last of all, and the piece that it is in can take more in the same leaf.
    pub(super) fn has_room(&self, last: u64, more: u64, leaf: u32) -> bool {
        let piece = self.chunks.last().filter(|piece| piece.last() == last && piece.leaf == leaf);
        piece.is_some_and(|piece| u64::from(piece.len) + more <= MOST)
    }

    /// Adds elements after the last one, in its piece, which has room.
    pub(super) fn go_on(&mut self, more: u64) {
        if let Some(piece) = self.chunks.last_mut() {
            // It is at most MOST.
            piece.len += u32::try_from(more).unwrap_or(0);
        }
    }

    /// Adds elements that were not there.
    pub(super) fn add(&mut self, piece: Piece) {
        let replica = self.replica;
        if self.last().is_none_or(|last| last.start < piece.start) {
            match self.chunks.last_mut() {
                Some(last) if unites(last, &piece, replica) => last.len += piece.len,
                _ => self.chunks.push(piece),
            }
            return;
        }
        let at = self.chunks.position(|other| other.start < piece.start);
        self.chunks.insert(at, piece);
        if let Some(at) = self.position(piece.start) {
            self.unite_around(at);
        }
    }

    /// Says that an element is in another leaf now, and with it those that come after it in its piece: whatever
    /// moves from a leaf takes along what is read behind it there.
    pub(super) fn rehome(&mut self, counter: u64, leaf: u32) {
        let Some(mut at) = self.position(counter) else { return };
        let Some(piece) = self.chunks.get(at).filter(|piece| piece.leaf != leaf) else { return };
        if piece.start < counter {
            self.split(counter);
            let Some(rest) = self.position(counter) else { return };
            at = rest;
        }
        if let Some(piece) = self.chunks.get_mut(at) {
            piece.leaf = leaf;
            self.unite_around(at);
        }
    }

    /// Makes a piece begin at an element, if it is in one.
    fn split(&mut self, counter: u64) {
        let Some(at) = self.position(counter) else { return };
        let Some(piece) = self.chunks.get_mut(at) else { return };
        let before = counter - piece.start;
        if before == 0 {
            return;
        }
        let replica = self.replica;
        let mut rest = *piece;
        // It is less than the piece's length.
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        rest.start = counter;
        rest.len -= before;
        rest.link = Link::Right(Id { replica, counter: counter - 1 });
        piece.len = before;
        let at = self.chunks.position(|piece| piece.start < counter);
        self.chunks.insert(at, rest);
    }

    /// Makes one of a piece and its neighbours, as far as they are.
    fn unite_around(&mut self, at: Nth) {
        self.unite(at, self.chunks.after(at));
        if let Some(before) = self.chunks.before(at) {
            self.unite(before, at);
        }
    }

    fn unite(&mut self, one: Nth, other: Nth) {
        let replica = self.replica;
        if let Some(next) = self.chunks.get(other).copied()
            && let Some(piece) = self.chunks.get_mut(one)
            && unites(piece, &next, replica)
        {
            piece.len += next.len;
            self.chunks.remove(other);
        }
    }
}

/// Whether a piece and the next one are one.
fn unites(one: &Piece, next: &Piece, replica: u32) -> bool {
    one.last() == next.start - 1
        && one.leaf == next.leaf
        && next.continues(replica)
        && u64::from(one.len) + u64::from(next.len) <= MOST
}
