use alloc::vec::Vec;
use core::ops::Range;

use super::id::{Id, Link};
use super::loose::Loose;
use super::order::{At, Gap};
use super::part::Part;
use super::run::{Content, Origin, Run, Stretch};
use super::tree::Tree;
use super::{List, ListError, State};
use crate::Dot;

impl<T: Ord + Clone + 'static, R: Ord + Clone> List<T, R> {
    /// Inserts `value` as the element with this index, on behalf of `replica`; returns the delta.
    ///
    /// # Errors
    ///
    /// [`ListError::OutOfBounds`] if the index is greater than the length, [`ListError::Exhausted`] if the
    /// replica has no id left; the list is unchanged.
    ///
    /// ```
    /// use glomers_crdt::{Lattice, List};
    ///
    /// let (mut here, mut there) = (List::default(), List::default());
    /// there.merge(&here.insert('a', 0, "rye")?);
    /// there.merge(&here.insert('a', 0, "oat")?);
    /// assert!(there.iter().eq(&["oat", "rye"]));
    /// assert!(there.insert('b', 3, "corn").is_err());
    /// # Ok::<(), glomers_crdt::ListError>(())
    /// ```
    pub fn insert(&mut self, replica: R, index: usize, value: T) -> Result<Self, ListError> {
        self.insert_all(replica, index, [value])
    }

    /// Inserts values one after the other, the first as the element with this index, on behalf of
    /// `replica`; returns the delta: one run, or bottom if there are none.
    ///
    /// # Errors
    ///
    /// As for [`insert`](Self::insert); the list is unchanged.
    ///
    /// ```
    /// use glomers_crdt::List;
    ///
    /// let mut list = List::default();
    /// list.insert_all('a', 0, [1, 4])?;
    /// list.insert_all('a', 1, [2, 3])?;
    /// assert!(list.iter().eq(&[1, 2, 3, 4]));
    /// # Ok::<(), glomers_crdt::ListError>(())
    /// ```
    pub fn insert_all(
        &mut self,
        replica: R,
        index: usize,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Self, ListError> {
        let (start, values) = match self.checked(replica, index, values)? {
            (_, None) => return Ok(Self::default()),
            (start, Some(values)) => (start, values),
        };
        let tree = self.tree_mut();
        if let Some(origin) = tree.go_on(&start, index, &values) {
            return Ok(Self { state: State::One(Run { start, origin, content: values }) });
        }
        let before = index.checked_sub(1).and_then(|before| tree.order.look(before));
        let link = tree.link_after(before);
        let origin = tree.origin(link).own();
        let id = tree.intern_id(start.as_ref());
        let gap = tree.gap_after(before, link);
        tree.put(gap, id, link, values.stretch());
        tree.note_sibling(id, link);
        // None does, unless two processes go by one name.
        tree.place_waiting(id, values.len(), &mut |_| {});
        Ok(Self { state: State::One(Run { start, origin, content: values }) })
    }

    /// The id of the first of some values, and them, if there are any.
    pub(super) fn checked(
        &self,
        replica: R,
        index: usize,
        values: impl IntoIterator<Item = T>,
    ) -> Result<(Dot<R>, Option<Content<T>>), ListError> {
        let len = self.len();
        if index > len {
            return Err(ListError::OutOfBounds { index, len });
        }
        let last = self.last_of(&replica);
        let mut values = values.into_iter();
        let content = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => Some(Content::One(value)),
            (Some(one), Some(two)) => {
                Some(Content::Many([one, two].into_iter().chain(values).collect()))
            }
        };
        if last.checked_add(content.as_ref().map_or(0, Content::len)).is_none() {
            return Err(ListError::Exhausted);
        }
        Ok((Dot { replica, counter: last.saturating_add(1) }, content))
    }

    /// The last id of a replica that is known.
    fn last_of(&self, replica: &R) -> u64 {
        match &self.state {
            State::Tree(tree) => tree.number(replica).map_or(0, |number| tree.last_of(number)),
            State::One(run) if run.start.replica == *replica => {
                run.start.counter + (run.content.len() - 1)
            }
            State::Empty | State::One(_) => 0,
            State::Loose(loose) => loose.last_of(replica),
        }
    }

    /// Removes the element with this index; returns the delta: its tombstone.
    ///
    /// # Errors
    ///
    /// [`ListError::OutOfBounds`] if there is none; the list is unchanged.
    ///
    /// ```
    /// use glomers_crdt::List;
    ///
    /// let mut list = List::default();
    /// list.insert_all('a', 0, "toast".chars())?;
    /// list.remove(1)?;
    /// assert!(list.iter().eq(&['t', 'a', 's', 't']));
    /// assert!(list.remove(4).is_err());
    /// # Ok::<(), glomers_crdt::ListError>(())
    /// ```
    pub fn remove(&mut self, index: usize) -> Result<Self, ListError> {
        let len = self.len();
        if index >= len {
            return Err(ListError::OutOfBounds { index, len });
        }
        self.remove_all(index..index + 1)
    }

    /// Removes the elements with these indices; returns the delta: their tombstones, or bottom if there
    /// are none.
    ///
    /// # Errors
    ///
    /// [`ListError::NoRange`] if the range ends beyond the list or begins beyond its own end; the list is
    /// unchanged.
    ///
    /// ```
    /// use glomers_crdt::List;
    ///
    /// let mut list = List::default();
    /// list.insert_all('a', 0, "toast".chars())?;
    /// list.remove_all(1..3)?;
    /// assert!(list.iter().eq(&['t', 's', 't']));
    /// # Ok::<(), glomers_crdt::ListError>(())
    /// ```
    pub fn remove_all(&mut self, indices: Range<usize>) -> Result<Self, ListError> {
        self.check(&indices)?;
        if indices.is_empty() {
            return Ok(Self::default());
        }
        let tree = self.tree_mut();
        let mut left = indices.len() as u64;
        let mut next = || {
            if left == 0 {
                return None;
            }
            // The next one has moved up.
            let at = tree.order.look(indices.start)?;
            let part = tree.tombstones(at, left);
            left -= part.len;
            tree.kill_at(at, part.len);
            Some(part)
        };
        let Some(first) = next() else { return Ok(Self::default()) };
        let Some(second) = next() else { return Ok(tree.delta_of(first)) };
        let mut parts = Vec::with_capacity(16);
        parts.extend([first, second]);
        parts.extend(core::iter::from_fn(next));
        Ok(tree.delta_of_all(parts))
    }

    pub(super) fn check(&self, indices: &Range<usize>) -> Result<(), ListError> {
        let len = self.len();
        if indices.end > len || indices.start > indices.end {
            return Err(ListError::NoRange { start: indices.start, end: indices.end, len });
        }
        Ok(())
    }
}

impl<T: Clone + 'static, R: Ord + Clone> Tree<T, R> {
    /// Puts elements where the last edit was, if they go on with its run, as what someone types does; returns
    /// where the first belongs.
    fn go_on(&mut self, start: &Dot<R>, index: usize, content: &Content<T>) -> Option<Origin<R>> {
        let (leaf, span) = self.order.typed(index)?;
        let Id { replica, counter } = span.start();
        let last = counter + (span.len() - 1);
        let is_next = last.checked_add(1) == Some(start.counter)
            && self.name(replica) == &start.replica
            && !span.has_right()
            && self.waiting.is_empty();
        let Stretch::Live(values) = content.stretch() else { return None };
        let pieces = self.pieces.get_mut(replica as usize).filter(|_| is_next)?;
        if !pieces.has_room(last, content.len(), leaf) || !self.order.go_on(values) {
            return None;
        }
        pieces.go_on(content.len());
        Some(Origin::Right(Dot { replica: start.replica.clone(), counter: last }))
    }
}

impl<T: Clone + 'static, R: Ord + Clone> Tree<T, R> {
    /// The same of some, in any order.
    pub(super) fn delta_of_all(&self, mut parts: Vec<Part>) -> List<T, R> {
        parts.sort_unstable_by(|one, other| self.compare(one.id, other.id));
        let mut loose = Loose::new(Vec::new());
        for part in parts {
            loose.push(part.id, part.link, Stretch::Removed(part.len));
        }
        List::of_loose(loose.named(self))
    }
}

impl<T: 'static, R: Ord + Clone> Tree<T, R> {
    /// What of one span, from an element on and at most so many, is as it was removed.
    pub(super) fn tombstones(&self, at: At, most: u64) -> Part {
        let span = &self.order.leaf(at.leaf).spans[at.spot.span];
        let id = span.start().ahead(at.spot.offset);
        let link = if at.spot.offset > 0 || span.continues() {
            Link::Right(Id { counter: id.counter - 1, ..id })
        } else {
            self.find(id).map_or(Link::Root, |piece| piece.link_of(id))
        };
        let len = most.min(span.len() - at.spot.offset);
        Part { id, len, link, is_live: false }
    }

    /// Removed elements as a delta.
    fn delta_of(&self, Part { id, link, len, .. }: Part) -> List<T, R> {
        let (start, origin) = (self.dot(id).own(), self.origin(link).own());
        List { state: State::One(Run { start, origin, content: Content::Removed(len) }) }
    }

    /// The place right after an element, for one that belongs there: see [`link_after`](Self::link_after).
    fn gap_after(&mut self, before: Option<At>, link: Link) -> Gap {
        let Some(At { leaf, spot }) = before else {
            let gap = self.order.start();
            self.mark_left(gap, link);
            return gap;
        };
        let span = Gap { leaf, span: spot.span };
        if matches!(link, Link::Right(_)) {
            self.order.span_mut(span).set_right();
            return Gap { leaf, span: spot.span + 1 };
        }
        let gap = self.order.split_span(span, spot.offset + 1);
        self.mark_left(gap, link);
        gap
    }

    /// Notes that what is read next has a left child.
    fn mark_left(&mut self, gap: Gap, link: Link) {
        if let Link::Left(_) = link
            && let Some((next, _)) = self.order.next(gap)
        {
            self.order.span_mut(next).set_left();
        }
    }
}
