//! Leaves of the order: spans of elements as they are read, and the values of the live ones beside each other.

use alloc::vec::Vec;

use super::chunks::grow;
use super::id::Id;
use super::values::{Slice, Values};

/// Spans and values in a leaf at most.
pub(super) const SPANS: usize = 128;
pub(super) const VALUES: usize = 1024;

/// Elements in a span at most.
pub(super) const MOST: u64 = (1 << 28) - 1;

const LIVE: u32 = 1 << 31;
const CONTINUES: u32 = 1 << 30;
const HAS_LEFT: u32 = 1 << 29;
const HAS_RIGHT: u32 = 1 << 28;

/// Elements of one run that follow each other, by id and as they are read, and are all live or all removed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    counter: u64,
    replica: u32,
    /// How many, and the flags.
    bits: u32,
}

impl Span {
    pub(super) fn new(start: Id, len: u64, is_live: bool, continues: bool) -> Self {
        // It is at most MOST.
        let len = u32::try_from(len.min(MOST)).unwrap_or(0);
        let flags = if is_live { LIVE } else { 0 } | if continues { CONTINUES } else { 0 };
        Self { counter: start.counter, replica: start.replica, bits: len | flags }
    }

    pub(super) fn start(&self) -> Id {
        Id { replica: self.replica, counter: self.counter }
    }

    pub(super) fn len(&self) -> u64 {
        u64::from(self.bits) & MOST
    }

    pub(super) fn is_live(&self) -> bool {
        self.bits & LIVE != 0
    }

    /// How many of the elements are live. They have values, so that it is not more than memory has.
    pub(super) fn live(&self) -> usize {
        if self.is_live() { usize::try_from(self.len()).unwrap_or(usize::MAX) } else { 0 }
    }

    /// Whether the first element was inserted after the one before it by id.
    pub(super) fn continues(&self) -> bool {
        self.bits & CONTINUES != 0
    }

    /// Whether the first element has left children.
    pub(super) fn has_left(&self) -> bool {
        self.bits & HAS_LEFT != 0
    }

    /// Whether the last element has right children.
    pub(super) fn has_right(&self) -> bool {
        self.bits & HAS_RIGHT != 0
    }

    pub(super) fn set_left(&mut self) {
        self.bits |= HAS_LEFT;
    }

    pub(super) fn set_right(&mut self) {
        self.bits |= HAS_RIGHT;
    }

    pub(super) fn set_removed(&mut self) {
        self.bits &= !LIVE;
    }

    /// Whether the first element has this id.
    pub(super) fn starts_with(&self, id: Id) -> bool {
        self.counter == id.counter && self.replica == id.replica
    }

    /// Takes elements in that go on where it ends, unless they are too many.
    pub(super) fn go_on(&mut self, count: u64) -> bool {
        let goes_on = self.len() + count <= MOST;
        if goes_on {
            // It is at most MOST.
            self.bits += u32::try_from(count).unwrap_or(0);
        }
        goes_on
    }

    /// Which of the elements has this id.
    pub(super) fn offset_of(&self, id: Id) -> Option<u64> {
        let offset = id.counter.wrapping_sub(self.counter);
        (self.replica == id.replica && offset < self.len()).then_some(offset)
    }

    /// Whether the next span goes on with this one, by id.
    fn is_followed_by(&self, next: &Self) -> bool {
        next.continues()
            && self.replica == next.replica
            && self.counter.wrapping_add(self.len()) == next.counter
    }

    /// Keeps the first elements, and returns the rest.
    pub(super) fn split_off(&mut self, offset: u64) -> Self {
        let start = self.start().ahead(offset);
        let mut rest = Self::new(start, self.len() - offset, self.is_live(), true);
        rest.bits |= self.bits & HAS_RIGHT;
        let flags = self.bits & (LIVE | CONTINUES | HAS_LEFT);
        self.bits = Self::new(start, offset, false, false).bits | flags | HAS_RIGHT;
        rest
    }

    /// Takes the span that is read next in, if both are one.
    pub(super) fn absorb(&mut self, next: &Self) -> bool {
        let len = self.len() + next.len();
        let unites = self.is_followed_by(next) && self.is_live() == next.is_live() && len <= MOST;
        if unites {
            let flags = self.bits & (LIVE | CONTINUES | HAS_LEFT);
            let sum = Self::new(self.start(), len, false, false).bits;
            self.bits = sum | flags | (next.bits & HAS_RIGHT);
        }
        unites
    }
}

/// A span of a leaf, and how many live elements come before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    pub(super) span: usize,
    pub(super) before: usize,
}

/// Where an element is in a leaf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) span: usize,
    /// How many elements of the span come before it.
    pub(super) offset: u64,
    /// How many live elements of the leaf come before the span.
    pub(super) before: usize,
}

#[derive(Clone)]
pub(super) struct Leaf<T> {
    pub(super) spans: Vec<Span>,
    /// Of the live elements, in their order.
    pub(super) values: Values<T>,
    /// Of which group of leaves it is.
    pub(super) group: u32,
}

impl<T: 'static> Leaf<T> {
    pub(super) fn new(group: u32) -> Self {
        Self { spans: Vec::new(), values: Values::new(), group }
    }
}

impl<T: Clone + 'static> Leaf<T> {
    /// Takes in a leaf that is read next.
    pub(super) fn append(&mut self, next: Self) {
        let seam = self.spans.len();
        self.spans.extend(next.spans);
        self.values.extend(next.values.all());
        self.unite(seam);
    }
}

impl<T> Leaf<T> {
    /// Where the live element is that comes after so many of the leaf: looked for from some span on.
    pub(super) fn nth_live(&self, nth: usize, from: Mark) -> Option<Spot> {
        let Mark { mut span, mut before } = from;
        while nth < before {
            span -= 1;
            before -= self.spans[span].live();
        }
        loop {
            let live = self.spans.get(span)?.live();
            if nth < before + live {
                return Some(Spot { span, offset: (nth - before) as u64, before });
            }
            before += live;
            span += 1;
        }
    }

    pub(super) fn locate(&self, id: Id) -> Option<Spot> {
        let found = self.spans.iter().enumerate();
        let (span, offset) =
            found.into_iter().find_map(|(nth, span)| Some((nth, span.offset_of(id)?)))?;
        Some(Spot { span, offset, before: self.live_before(span, Mark::default()) })
    }

    /// How many live elements come before a span: counted from another one on.
    pub(super) fn live_before(&self, span: usize, from: Mark) -> usize {
        let live = |spans: &[Span]| spans.iter().map(Span::live).sum::<usize>();
        if span < from.span {
            from.before - live(&self.spans[span..from.span])
        } else {
            from.before + live(&self.spans[from.span..span])
        }
    }

    /// The values of a span, which comes after so many live elements.
    pub(super) fn values_of(&self, span: &Span, before: usize) -> Slice<'_, T> {
        self.values.all().slice(before..before + span.live())
    }

    /// Makes a span begin at this offset, unless one does or it ends there; returns which.
    pub(super) fn split(&mut self, span: usize, offset: u64) -> usize {
        let it = &mut self.spans[span];
        if offset == 0 {
            return span;
        }
        if offset < it.len() {
            let rest = it.split_off(offset);
            grow(&mut self.spans);
            self.spans.insert(span + 1, rest);
        }
        span + 1
    }

    /// Marks elements of a live span as removed, where they are beside removed ones of the same run: one span has
    /// more and the other fewer. Returns whether they are.
    pub(super) fn kill_beside(&mut self, span: usize, offset: u64, len: u64) -> bool {
        // It is at most MOST.
        let count = u32::try_from(len).unwrap_or(u32::MAX);
        let takes = |one: &Span| !one.is_live() && one.len() + len <= MOST;
        let (before, rest) = self.spans.split_at_mut(span);
        match (before.last_mut(), rest) {
            (_, [it, next, ..])
                if offset > 0
                    && offset + len == it.len()
                    && takes(next)
                    && it.is_followed_by(next) =>
            {
                it.bits = (it.bits - count) | HAS_RIGHT;
                next.counter -= len;
                next.bits += count;
                true
            }
            (Some(before), [it, ..])
                if offset == 0 && len < it.len() && takes(before) && before.is_followed_by(it) =>
            {
                before.bits += count;
                it.counter += len;
                it.bits -= count;
                true
            }
            _ => false,
        }
    }

    /// Makes one of a span and the one before, if they are.
    pub(super) fn unite(&mut self, span: usize) {
        if span > 0
            && let Some(next) = self.spans.get(span).copied()
            && self.spans[span - 1].absorb(&next)
        {
            self.spans.remove(span);
        }
    }

    pub(super) fn is_overfull(&self) -> bool {
        self.spans.len() > SPANS || self.values.len() > VALUES
    }

    /// Whether it is better one with another leaf.
    pub(super) fn is_sparse(&self) -> bool {
        self.spans.len() < SPANS / 2 && self.values.len() < VALUES / 2
    }

    /// Whether there is room for another one, and for some more.
    pub(super) fn takes(&self, other: &Self) -> bool {
        self.spans.len() + other.spans.len() <= SPANS * 3 / 4
            && self.values.len() + other.values.len() <= VALUES * 3 / 4
    }
}
