//! The tree of elements: what the list's state is. All else follows from it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::{Bound, Range};

use super::order::Order;
use super::run::{Origin, Run, stretches};
use super::span::Span;
use crate::Dot;

#[derive(Clone, Debug)]
pub(super) struct Tree<T, R> {
    /// By the first id. As long as can be: none continues another.
    pub(super) runs: BTreeMap<Dot<R>, Run<T, R>>,
    /// The elements that were inserted next to each, ascending, but those that continue a run.
    pub(super) children: BTreeMap<Origin<R>, Vec<Dot<R>>>,
    /// The elements whose ancestors are all known.
    pub(super) order: Order<R>,
}

impl<T, R> Default for Tree<T, R> {
    fn default() -> Self {
        Self { runs: BTreeMap::new(), children: BTreeMap::new(), order: Order::default() }
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

impl<T, R: Ord + Clone> Run<T, R> {
    pub(super) fn origin_of(&self, start: &Dot<R>, offset: usize) -> Origin<R> {
        match offset.checked_sub(1) {
            None => self.origin.clone(),
            Some(before) => Origin::Right(start.ahead(before)),
        }
    }
}

impl<T, R: Ord + Clone> Tree<T, R> {
    /// The run of an element, and which of the run's it is.
    pub(super) fn find(&self, id: &Dot<R>) -> Option<(&Dot<R>, &Run<T, R>, usize)> {
        let upto = (Bound::Unbounded, Bound::Included(id));
        let (start, run) = self.runs.range::<Dot<R>, _>(upto).next_back()?;
        let offset = start.offset_to(id).filter(|offset| *offset < run.values.len())?;
        Some((start, run, offset))
    }

    pub(super) fn is_placed(&self, id: &Dot<R>) -> bool {
        self.find(id).is_some_and(|(_, run, _)| run.is_placed)
    }

    /// The value of an element that is live.
    pub(super) fn value(&self, id: &Dot<R>) -> Option<&T> {
        let (_, run, offset) = self.find(id)?;
        run.values[offset].as_ref()
    }

    /// The last id of a replica that is known.
    pub(super) fn last_of(&self, replica: &R) -> u64 {
        let last = Dot { replica: replica.clone(), counter: u64::MAX };
        let upto = (Bound::Unbounded, Bound::Included(&last));
        let run = self.runs.range::<Dot<R>, _>(upto).next_back();
        let run = run.filter(|(start, _)| start.replica == *replica);
        run.map_or(0, |(start, run)| start.ahead(run.values.len() - 1).counter)
    }

    /// Adds elements that are unknown.
    pub(super) fn add(&mut self, start: Dot<R>, origin: Origin<R>, values: Vec<Option<T>>) {
        let (head, offset) = self.add_unplaced(start, origin, values);
        let is_rooted = match self.runs.get(&head) {
            Some(run) if offset > 0 => run.is_placed,
            Some(run) => run.origin.parent().is_none_or(|parent| self.is_placed(parent)),
            None => false,
        };
        if is_rooted {
            self.place(head, offset);
        }
    }

    /// Adds elements that are unknown, and leaves the order as it is; returns in which run they are now,
    /// and from where on.
    pub(super) fn add_unplaced(
        &mut self,
        start: Dot<R>,
        origin: Origin<R>,
        mut values: Vec<Option<T>>,
    ) -> (Dot<R>, usize) {
        let last = start.ahead(values.len() - 1);
        let next = last.ahead(1);
        let follows = Origin::Right(last);
        if self.runs.get(&next).is_some_and(|run| run.origin == follows) {
            if let Some(run) = self.runs.remove(&next) {
                values.extend(run.values);
            }
            self.forget_child(&follows, &next);
        }
        let before = match &origin {
            Origin::Right(parent) if parent.offset_to(&start) == Some(1) => self.find(parent),
            _ => None,
        };
        if let Some((head, offset)) = before.map(|(head, _, offset)| (head.clone(), offset + 1)) {
            if let Some(run) = self.runs.get_mut(&head) {
                run.values.extend(values);
            }
            return (head, offset);
        }
        let siblings = self.children.entry(origin.clone()).or_default();
        if let Err(at) = siblings.binary_search(&start) {
            siblings.insert(at, start.clone());
        }
        self.runs.insert(start.clone(), Run { origin, values, is_placed: false });
        (start, 0)
    }

    fn forget_child(&mut self, origin: &Origin<R>, child: &Dot<R>) {
        if let Some(siblings) = self.children.get_mut(origin) {
            siblings.retain(|sibling| sibling != child);
            if siblings.is_empty() {
                self.children.remove(origin);
            }
        }
    }

    /// Marks elements of one run as removed.
    pub(super) fn kill(&mut self, id: &Dot<R>, len: usize) {
        let Some((start, _, offset)) = self.find(id) else { return };
        let start = start.clone();
        if let Some(run) = self.runs.get_mut(&start) {
            run.values[offset..offset + len].iter_mut().for_each(|value| *value = None);
            if run.is_placed {
                self.order.kill(id, len);
            }
        }
    }

    /// The spans of some elements of a run.
    pub(super) fn spans(&self, head: &Dot<R>, elements: Range<usize>) -> Vec<Span<R>> {
        let values = self.runs.get(head).map_or(&[][..], |run| &run.values[elements.clone()]);
        let spans = stretches(values).map(|(at, stretch, is_live)| Span {
            start: head.ahead(elements.start + at),
            len: stretch.len(),
            is_live,
        });
        spans.collect()
    }
}

impl<T: Ord, R: Ord + Clone> Tree<T, R> {
    /// Reports which elements of a run, as another state has it, are news here.
    pub(super) fn news(
        &self,
        start: &Dot<R>,
        theirs: &Run<T, R>,
        mut report: impl FnMut(Range<usize>, News),
    ) {
        let mut at = 0;
        while at < theirs.values.len() {
            let id = start.ahead(at);
            let Some((head, ours, offset)) = self.find(&id) else {
                let after = (Bound::Excluded(&id), Bound::Unbounded);
                let next = self.runs.range::<Dot<R>, _>(after).next();
                let gap = next.and_then(|(next, _)| id.offset_to(next));
                let end = theirs.values.len().min(at.saturating_add(gap.unwrap_or(usize::MAX)));
                report(at..end, News::Added);
                at = end;
                continue;
            };
            let shared = (ours.values.len() - offset).min(theirs.values.len() - at);
            let pairs = ours.values[offset..].iter().zip(&theirs.values[at..]);
            for (nth, (our, their)) in pairs.enumerate() {
                // Within both runs, each continues the one before.
                let origins = (nth == 0 && (at == 0 || offset == 0))
                    .then(|| (ours.origin_of(head, offset), theirs.origin_of(start, at)));
                match (origins, our, their) {
                    (Some((one, other)), _, _) if one != other => {
                        let other = Element::new(other, their.as_ref());
                        if other > Element::new(one, our.as_ref()) {
                            report(at..at + 1, News::Replaced);
                        }
                    }
                    (_, Some(_), None) => report(at + nth..at + nth + 1, News::Removed),
                    (_, Some(our), Some(their)) if their > our => {
                        report(at + nth..at + nth + 1, News::Replaced);
                    }
                    _ => {}
                }
            }
            at += shared;
        }
    }
}
