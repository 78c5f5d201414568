//! Elements whose parents, or theirs, are not known yet.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::ops::Bound;

use super::id::{Id, Link};
use super::run::{Content, Stretch};

/// Elements of one run that wait.
#[derive(Clone)]
pub(super) struct Waits<T> {
    pub(super) link: Link,
    pub(super) content: Content<T>,
}

#[derive(Clone)]
pub(super) struct Waiting<T> {
    /// By their first ids.
    runs: BTreeMap<Id, Waits<T>>,
    /// Whom each waits for.
    below: BTreeSet<(Link, Id)>,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self { runs: BTreeMap::new(), below: BTreeSet::new() }
    }
}

impl<T> Waiting<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// How many runs.
    pub(super) fn size(&self) -> usize {
        self.runs.len()
    }

    /// How many elements.
    pub(super) fn len(&self) -> u64 {
        self.runs.values().fold(0, |sum, run| sum.saturating_add(run.content.len()))
    }

    pub(super) fn add(&mut self, id: Id, link: Link, content: Content<T>) {
        self.below.insert((link, id));
        self.runs.insert(id, Waits { link, content });
    }

    /// The run that an element is in, if it waits.
    pub(super) fn find(&self, id: Id) -> Option<(Id, &Waits<T>)> {
        let (start, run) = self.runs.range(..=id).next_back()?;
        let offset = id.counter.checked_sub(start.counter)?;
        (start.replica == id.replica && offset < run.content.len()).then_some((*start, run))
    }

    /// The first of a replica's that begins after an element.
    pub(super) fn next(&self, id: Id) -> Option<u64> {
        let after = (Bound::Excluded(id), Bound::Included(Id { counter: u64::MAX, ..id }));
        self.runs.range(after).next().map(|(next, _)| next.counter)
    }

    /// The last element of a replica.
    pub(super) fn last_of(&self, replica: u32) -> Option<u64> {
        if self.is_empty() {
            return None;
        }
        let all = Id { replica, counter: 0 }..=Id { replica, counter: u64::MAX };
        let (start, run) = self.runs.range(all).next_back()?;
        Some(start.ahead(run.content.len() - 1).counter)
    }

    /// A replica's, by their ids.
    pub(super) fn of(&self, replica: u32) -> impl Iterator<Item = (Id, &Waits<T>)> {
        let all = Id { replica, counter: 0 }..=Id { replica, counter: u64::MAX };
        self.runs.range(all).map(|(id, run)| (*id, run))
    }

    /// Takes those out that wait for some elements, whose ids follow each other.
    pub(super) fn take_below(&mut self, first: Id, last: Id, out: &mut Vec<(Id, Waits<T>)>) {
        if self.is_empty() {
            return;
        }
        for side in [Link::Left, Link::Right] {
            let ids = self.below.range((side(first), Id { replica: 0, counter: 0 })..);
            let ids = ids.take_while(|(link, _)| *link <= side(last));
            let ids: Vec<(Link, Id)> = ids.copied().collect();
            for (link, id) in ids {
                self.below.remove(&(link, id));
                out.extend(self.runs.remove(&id).map(|run| (id, run)));
            }
        }
    }
}

impl<T: Clone + 'static> Waiting<T> {
    /// Marks elements of one run, which are live, as removed.
    pub(super) fn kill(&mut self, id: Id, len: u64) {
        let Some((start, _)) = self.find(id) else { return };
        let Some(Waits { link, content }) = self.runs.remove(&start) else { return };
        let Stretch::Live(values) = content.stretch() else { return };
        let (from, to) =
            (count(id.counter - start.counter), count(id.counter - start.counter + len));
        self.below.remove(&(link, start));
        let mut part = |id: Id, content: Content<T>| {
            let is_first = id == start;
            let before = Id { counter: id.counter - 1, ..id };
            self.add(id, if is_first { link } else { Link::Right(before) }, content);
        };
        if from > 0 {
            part(start, Stretch::Live(values.slice(0..from)).content());
        }
        part(id, Content::Removed(len));
        if to < values.len() {
            part(id.ahead(len), Stretch::Live(values.slice(to..values.len())).content());
        }
    }
}

/// Of elements with values, which memory has.
fn count(len: u64) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}
