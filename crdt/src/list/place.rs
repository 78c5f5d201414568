//! Where elements go: the order in which the tree is read.
//!
//! An element is read after its left children and before its right children, and siblings in the
//! order of their ids; the elements of a run are each the right child of the one before.

use alloc::vec::Vec;

use super::id::{Id, Link};
use super::order::{At, Gap};
use super::run::Stretch;
use super::siblings::Siblings;
use super::tree::{Ids, Tree};

impl<T: Clone + 'static, R: Ord> Tree<T, R> {
    /// Adds elements that are unknown, and shows what of them and of those that waited for them is in the
    /// order now.
    pub(super) fn add(
        &mut self,
        id: Id,
        link: Link,
        stretch: Stretch<'_, T>,
        placed: &mut impl FnMut(Ids),
    ) {
        if link.parent().is_some_and(|parent| self.find(parent).is_none()) {
            return self.waiting.add(id, link, stretch.content());
        }
        let len = stretch.len();
        self.place(id, link, stretch);
        placed((id, len));
        self.place_waiting(id, len, placed);
    }

    /// Puts elements into the order that waited for some that have come.
    pub(super) fn place_waiting(&mut self, id: Id, len: u64, placed: &mut impl FnMut(Ids)) {
        if self.waiting.is_empty() {
            return;
        }
        let mut ready = Vec::new();
        self.waiting.take_below(id, id.ahead(len - 1), &mut ready);
        while let Some((id, run)) = ready.pop() {
            let len = run.content.len();
            self.place(id, run.link, run.content.stretch());
            placed((id, len));
            self.waiting.take_below(id, id.ahead(len - 1), &mut ready);
        }
    }

    /// Puts elements into the order whose parent is there.
    fn place(&mut self, id: Id, link: Link, stretch: Stretch<'_, T>) {
        let gap = self.gap(id, link);
        self.put(gap, id, link, stretch);
        self.note_sibling(id, link);
    }

    /// The place where the tree is read between an element's siblings.
    fn gap(&mut self, id: Id, link: Link) -> Gap {
        match link {
            Link::Root if self.order.is_empty() => self.order.start(),
            Link::Root => self.gap_of_siblings(id, link),
            Link::Right(parent) => {
                let Some(At { leaf, spot }) = self.locate(parent) else {
                    return self.order.start();
                };
                let span = self.order.span_mut(Gap { leaf, span: spot.span });
                let is_inside = spot.offset + 1 < span.len();
                if !is_inside && !span.has_right() {
                    span.set_right();
                    return Gap { leaf, span: spot.span + 1 };
                }
                // The next one is all that is below on this side, but for what was inserted beside that.
                if is_inside && self.compare(id, parent.ahead(1)).is_lt() {
                    return self.split(leaf, spot.span, spot.offset + 1);
                }
                self.gap_of_siblings(id, link)
            }
            Link::Left(parent) => {
                let Some(At { leaf, spot }) = self.locate(parent) else {
                    return self.order.start();
                };
                if spot.offset == 0 && self.order.leaf(leaf).spans[spot.span].has_left() {
                    return self.gap_of_siblings(id, link);
                }
                let gap = self.split(leaf, spot.span, spot.offset);
                self.order.span_mut(gap).set_left();
                gap
            }
        }
    }

    fn split(&mut self, leaf: u32, span: usize, offset: u64) -> Gap {
        self.order.split_span(Gap { leaf, span }, offset)
    }

    /// The place where there are others beside the same one, on the same side.
    fn gap_of_siblings(&mut self, id: Id, link: Link) -> Gap {
        self.know_siblings();
        let [before, after] = self.neighbours(id, link);
        let continued = match link {
            Link::Right(parent) => self.continued(parent),
            _ => None,
        };
        let continued = continued.filter(|next| self.compare(*next, id).is_lt());
        let before = match (before, continued) {
            (Some(one), Some(other)) if self.compare(one, other).is_lt() => Some(other),
            (one, other) => one.or(other),
        };
        if let Some(before) = before {
            return self.after(self.last_below(before));
        }
        match (link, after) {
            (Link::Right(parent), _) => self.after(parent),
            (Link::Left(parent), after) => {
                self.before(after.map_or(parent, |next| self.first_below(next)))
            }
            (Link::Root, _) => self.order.start(),
        }
    }

    fn after(&mut self, id: Id) -> Gap {
        match self.locate(id) {
            Some(At { leaf, spot }) => self.split(leaf, spot.span, spot.offset + 1),
            None => self.order.start(),
        }
    }

    fn before(&mut self, id: Id) -> Gap {
        match self.locate(id) {
            Some(At { leaf, spot }) => self.split(leaf, spot.span, spot.offset),
            None => self.order.start(),
        }
    }

    /// The next element of the same run.
    fn continued(&self, id: Id) -> Option<Id> {
        let next = id.ahead(1);
        let piece = self.find(next)?;
        (piece.link_of(next).continues(next)).then_some(next)
    }

    /// The siblings next to an element, but those that continue a run.
    fn neighbours(&self, id: Id, link: Link) -> [Option<Id>; 2] {
        let Some(Siblings(all)) = &self.siblings else { return [None, None] };
        let at = all.position(|(other, sibling)| {
            other.cmp(&link).then_with(|| self.compare(*sibling, id)).is_lt()
        });
        let of_link = |entry: &(Link, Id)| (entry.0 == link).then_some(entry.1);
        let before = all.before(at).and_then(|at| all.get(at)).and_then(of_link);
        [before, all.from(at).next().and_then(of_link)]
    }

    /// The element that is read last of those below one, itself included.
    fn last_below(&self, mut id: Id) -> Id {
        let Some(Siblings(all)) = &self.siblings else { return id };
        loop {
            let end = self.pieces[id.replica as usize].run_end(id.counter);
            let last = Id { counter: end, ..id };
            let mut below = None;
            let mut at = all.position(|(link, _)| *link < Link::Right(id));
            while let Some((link @ Link::Right(parent), _)) = all.from(at).next().copied()
                && parent <= last
            {
                // The greatest of those beside one.
                let next = all.position(|(other, _)| *other <= link);
                let child = all.before(next).and_then(|at| all.get(at)).map(|(_, child)| *child);
                let child = child.filter(|child| {
                    parent == last || self.compare(*child, parent.ahead(1)).is_gt()
                });
                if child.is_some() {
                    below = child;
                    break;
                }
                at = next;
            }
            match below {
                Some(child) => id = child,
                None => return last,
            }
        }
    }

    /// The element that is read first of those below one, itself included.
    fn first_below(&self, mut id: Id) -> Id {
        let Some(Siblings(all)) = &self.siblings else { return id };
        loop {
            let at = all.position(|(link, _)| *link < Link::Left(id));
            match all.from(at).next() {
                Some((link, child)) if *link == Link::Left(id) => id = *child,
                _ => return id,
            }
        }
    }

    fn know_siblings(&mut self) {
        if self.siblings.is_some() {
            return;
        }
        let mut all = Vec::new();
        for (replica, pieces) in (0..).zip(&self.pieces) {
            let heads = pieces.iter().filter(|piece| !piece.continues(replica));
            all.extend(heads.map(|piece| (piece.link, Id { replica, counter: piece.start })));
        }
        all.sort_unstable_by(|(one, id), (link, other)| {
            one.cmp(link).then_with(|| self.compare(*id, *other))
        });
        self.siblings = Some(Siblings(all.into_iter().collect()));
    }

    /// Keeps what is known of siblings true as an element comes into the order.
    pub(super) fn note_sibling(&mut self, id: Id, link: Link) {
        if link.continues(id) {
            return;
        }
        let Some(Siblings(mut all)) = self.siblings.take() else { return };
        let at = all.position(|(other, sibling)| {
            other.cmp(&link).then_with(|| self.compare(*sibling, id)).is_lt()
        });
        all.insert(at, (link, id));
        self.siblings = Some(Siblings(all));
    }
}
