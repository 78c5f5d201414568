//! What one list has that another has not.

use alloc::vec::Vec;
use core::ops::Range;

use super::cut::Cut;
use super::leaf::Spot;
use super::run::{Atom, Stretch};
use super::tree::{Element, News, Tree};

impl<T: Ord + 'static, R: Ord> Tree<T, R> {
    /// Reports which elements of another tree are news here: both are read in step, by their ids.
    pub(super) fn news_of<'a>(&self, other: &'a Self, report: &mut impl FnMut(Cut<'a, T>, News)) {
        // Our numbers of their replicas.
        let numbers: Vec<Option<u32>> = other.names.iter().map(|name| self.number(name)).collect();
        let none_waits = self.waiting.is_empty() && other.waiting.is_empty();
        for replica in other.sorted.iter().copied() {
            match numbers[replica as usize] {
                None => other.cuts(replica).for_each(|cut| report(cut, News::Added)),
                Some(number) if none_waits => {
                    self.news_of_replica(self.placed(number), other, other.placed(replica), report);
                }
                Some(number) => {
                    self.news_of_replica(self.cuts(number), other, other.cuts(replica), report);
                }
            }
        }
    }

    /// The same of one replica.
    fn news_of_replica<'a, 'b>(
        &'b self,
        mut ours: impl Iterator<Item = Cut<'b, T>>,
        other: &'a Self,
        theirs: impl Iterator<Item = Cut<'a, T>>,
        report: &mut impl FnMut(Cut<'a, T>, News),
    ) {
        let mut next = ours.next();
        for mut theirs in theirs {
            loop {
                while next.is_some_and(|our| our.last() < theirs.id.counter) {
                    next = ours.next();
                }
                let len = theirs.len();
                let Some(our) = next.filter(|our| our.id.counter <= theirs.last()) else {
                    report(theirs, News::Added);
                    break;
                };
                if let Some(before) = our.id.counter.checked_sub(theirs.id.counter)
                    && before > 0
                {
                    report(theirs.slice(0, before), News::Added);
                    theirs = theirs.slice(before, len - before);
                    continue;
                }
                let offset = theirs.id.counter - our.id.counter;
                let shared = len.min(our.len() - offset);
                self.compare_with(
                    &our.slice(offset, shared),
                    other,
                    &theirs.slice(0, shared),
                    report,
                );
                if shared == len {
                    break;
                }
                theirs = theirs.slice(shared, len - shared);
            }
        }
    }

    /// The same of elements that are here, too.
    fn compare_with<'a>(
        &self,
        our: &Cut<'_, T>,
        other: &'a Self,
        their: &Cut<'a, T>,
        report: &mut impl FnMut(Cut<'a, T>, News),
    ) {
        let is_known = our.link.continues(our.id)
            && their.link.continues(their.id)
            && match (our.stretch, their.stretch) {
                (Stretch::Live(our), Stretch::Live(their)) => our == their,
                (our, _) => matches!(our, Stretch::Removed(_)),
            };
        if !is_known {
            compare(&self.atom(our), &other.atom(their), 0, &mut |range: Range<u64>, kind| {
                report(their.slice(range.start, range.end - range.start), kind);
            });
        }
    }

    /// Reports which elements, as another state has them, are news here.
    pub(super) fn news(&self, theirs: &Atom<'_, T, R>, mut report: impl FnMut(Range<u64>, News)) {
        let len = theirs.len();
        let Some(start) = self.id(theirs.start) else { return report(0..len, News::Added) };
        let mut at = 0;
        while at < len {
            let id = start.ahead(at);
            if let Some(piece) = self.find(id) {
                let leaf = self.order.leaf(piece.leaf);
                let Some(Spot { span, offset, before }) = leaf.locate(id) else { return };
                let span = &leaf.spans[span];
                let shared = (span.len() - offset).min(len - at);
                let stretch = if span.is_live() {
                    Stretch::Live(leaf.values_of(span, before))
                } else {
                    Stretch::Removed(span.len())
                };
                let origin = self.origin(piece.link_of(span.start()));
                let ours = Atom { start: self.dot(span.start()), origin, stretch };
                compare(&ours.slice(offset, shared), &theirs.slice(at, shared), at, &mut report);
                at += shared;
            } else if let Some((start, run)) = self.waiting.find(id) {
                let offset = id.counter - start.counter;
                let shared = (run.content.len() - offset).min(len - at);
                let origin = self.origin(run.link);
                let stretch = run.content.stretch();
                let ours = Atom { start: self.dot(start), origin, stretch };
                compare(&ours.slice(offset, shared), &theirs.slice(at, shared), at, &mut report);
                at += shared;
            } else {
                let placed = self.pieces[id.replica as usize].next(id.counter);
                let next = [placed.map(|piece| piece.start), self.waiting.next(id)];
                let next = next.into_iter().flatten().min();
                let gap = next.map_or(u64::MAX, |next| next - id.counter);
                let end = len.min(at.saturating_add(gap));
                report(at..end, News::Added);
                at = end;
            }
        }
    }
}

/// Compares two states of the same elements, the first of which is the nth of those that are told of.
fn compare<T: Ord + 'static, R: Ord>(
    ours: &Atom<'_, T, R>,
    theirs: &Atom<'_, T, R>,
    nth: u64,
    report: &mut impl FnMut(Range<u64>, News),
) {
    let mut from = 0;
    if ours.origin != theirs.origin {
        // Each of the others continues the one before, in both.
        from = 1;
        if Element::new(theirs.origin, theirs.value(0)) > Element::new(ours.origin, ours.value(0)) {
            report(nth..nth + 1, News::Replaced);
        }
    }
    match (ours.stretch, theirs.stretch) {
        (Stretch::Live(_), Stretch::Removed(len)) if from < len => {
            report(nth + from..nth + len, News::Removed);
        }
        (Stretch::Live(ours), Stretch::Live(theirs)) if ours != theirs => {
            let pairs = ours.iter().zip(theirs.iter()).zip(nth..).skip(usize::from(from == 1));
            for ((our, their), at) in pairs {
                if their > our {
                    report(at..at + 1, News::Replaced);
                }
            }
        }
        _ => {}
    }
}
