use std::iter;
use std::mem;

use im::Vector;

use super::segment::{Segment, Slots, free_slots};
use super::segments::{Segments, index_of};
use super::waiters::{Waiters, Woken};
use crate::{OutOfRange, Reset, Retention, Snapshot};

/// A segment has at most this many messages …
const LARGEST: usize = 1024;
/// … and takes at most this many bytes for them, where a message is not larger by itself: so that
/// no append has to allocate much at once while it holds its lock.
const LARGEST_BYTES: usize = 100 << 10;
/// Room in the smallest segment, unless a limit to the messages asks for less.
const SMALLEST: u64 = 8;
/// A segment has room for this part of what the log holds, and of the limits: so that of memory
/// little lies idle, before it is filled and after what it held is dropped.
const PART: u64 = 8;

/// The log of one key.
///
/// New messages go to the tail. As long as nobody looks at it, it is a plain `Vec`, to which
/// appending is cheapest, and which nobody can share. The first reader who asks for a message in
/// it has it sealed, which moves no message; and since where one reads at the end others will, the
/// next tail is made of slots, each written once, that can be shared while it fills up. If nobody
/// looks at that one, the next is a plain one again.
pub(crate) struct Topic<V> {
    /// The tail if it is a plain one; at most one of the two is not empty.
    packed: Vec<V>,
    /// As long as `packed` has fewer messages than this, an append is nothing but a push.
    quiet: usize,
    /// The offset of the tail's first message.
    tail: u64,
    /// The tail if it is made of slots.
    slots: Option<Shared<V>>,
    /// How many messages the tail has room for.
    room: usize,
    sealed: Vector<Segment<V>>,
    /// Every offset before it is dropped; the retention may say so of more.
    start: u64,
    /// What the messages weigh, and what those in the tail do; as the retention has it.
    weight: u64,
    tail_weight: u64,
    /// Whether the latest tail was looked at.
    watched: bool,
    waiters: Waiters,
}

struct Shared<V> {
    slots: Slots<V>,
    len: usize,
    seen: bool,
}

/// What is left to do after an append or a truncation, outside of the lock: others are woken and
/// messages dropped, and both may run any code.
#[must_use]
pub(crate) struct Aftermath<V> {
    woken: Woken,
    dropped: Vec<Segment<V>>,
}

impl<V> Aftermath<V> {
    pub(crate) fn settle(self) {
        // First, for to drop may take long.
        self.woken.wake();
        drop(self.dropped);
    }
}

impl<V> Topic<V> {
    /// A log whose next message gets the offset `end`, and that has none before.
    #[cfg(feature = "store")]
    pub(crate) fn beginning_at(end: u64) -> Self {
        Self { tail: end, start: end, ..Self::default() }
    }

    /// Whether the next append can be a [`push`](Self::push).
    #[inline]
    pub(crate) fn is_quiet(&self) -> bool {
        self.packed.len() < self.quiet
    }

    /// Appends where nobody waits, nothing weighs and there is room; returns the offset.
    #[inline]
    pub(crate) fn push(&mut self, value: V) -> u64 {
        debug_assert!(self.is_quiet() && self.slots.is_none(), "this append has more to do");
        let offset = self.tail + self.packed.len() as u64;
        self.packed.push(value);
        offset
    }

    /// Appends, and does all that may be to do besides; returns the offset.
    pub(crate) fn append(&mut self, value: V, retention: &Retention<V>) -> (u64, Aftermath<V>) {
        // This calls the weigher, which may panic: before anything has changed.
        let weight = retention.weight(&value);
        let heavy = self.tail_weight > 0 && self.tail_weight >= retention.byte_limit() / PART;
        if self.tail_len() == self.room || heavy {
            self.seal();
            self.open_tail(retention);
        }
        let offset = self.end();
        match &mut self.slots {
            Some(shared) => {
                let written =
                    shared.slots.get(shared.len).is_some_and(|slot| slot.set(value).is_ok());
                debug_assert!(written, "the slot of offset {offset} exists and is free");
                shared.len += 1;
            }
            None => self.packed.push(value),
        }
        self.weight = self.weight.saturating_add(weight);
        self.tail_weight = self.tail_weight.saturating_add(weight);
        let woken = self.waiters.take_ready(offset + 1);
        self.settle_quiet(retention);
        (offset, Aftermath { woken, dropped: self.retain(retention) })
    }

    /// Drops the messages before the offset `before`, as far as there are any.
    pub(crate) fn truncate(&mut self, before: u64, retention: &Retention<V>) -> Aftermath<V> {
        let target = before.min(self.end());
        while self.start < target {
            self.drop_first(retention, target);
        }
        if self.start == self.end() {
            self.seal();
        }
        Aftermath { woken: Woken::default(), dropped: self.drop_dead() }
    }

    /// The offset of the first message that is kept; the end if there is none.
    pub(crate) fn start(&self, retention: &Retention<V>) -> u64 {
        self.start.max(self.end().saturating_sub(retention.message_limit().max(1)))
    }

    /// The offset of the next message.
    pub(crate) fn end(&self) -> u64 {
        self.tail + self.tail_len() as u64
    }

    /// Where a poll from the offset `from` begins, by what is kept; without a reset, what is beyond the
    /// end is waited for.
    pub(crate) fn resolve(
        &self,
        from: u64,
        reset: Option<Reset>,
        retention: &Retention<V>,
    ) -> Result<u64, OutOfRange> {
        let (start, end) = (self.start(retention), self.end());
        match reset {
            Some(reset) => reset.resolve(from, start, end),
            None => Reset::Error.resolve_start(from, start, end),
        }
    }

    /// At most `limit` messages from the offset `from` on, which is not before the start.
    ///
    /// What it shares are the segments of these messages and no others, so that it does not keep
    /// others in memory. O(log n), and O(1) for each segment.
    pub(crate) fn view(&mut self, from: u64, limit: usize) -> Snapshot<V> {
        let available = self.end().saturating_sub(from);
        let len = usize::try_from(available).map_or(limit, |available| available.min(limit));
        if len == 0 {
            return Snapshot::new(Segments::default(), from, 0);
        }
        let end = from + len as u64;
        if end > self.tail {
            self.share_tail();
        }
        let last = match &self.slots {
            Some(shared) if end > self.tail => {
                Some(Segment::slots(self.tail, shared.len, &shared.slots))
            }
            _ => None,
        };
        let sealed = if from >= self.tail { Vector::new() } else { self.sealed_between(from, end) };
        Snapshot::new(Segments::new(sealed, last), from, len)
    }

    /// Those who wait for messages.
    pub(crate) fn waiters(&mut self) -> &mut Waiters {
        // Appends have to look after them from now on.
        self.quiet = 0;
        &mut self.waiters
    }

    /// Whether there never was a message, and nobody waits for one.
    pub(crate) fn is_unused(&self) -> bool {
        self.end() == 0 && self.waiters.is_empty()
    }

    /// Makes the tail one that readers can share, or seals it and makes the next one such.
    fn share_tail(&mut self) {
        match &mut self.slots {
            Some(shared) => shared.seen = true,
            None => {
                self.seal();
                self.watched = true;
            }
        }
    }

    fn tail_len(&self) -> usize {
        self.slots.as_ref().map_or(self.packed.len(), |shared| shared.len)
    }

    /// Closes the tail; the next append opens another.
    fn seal(&mut self) {
        let end = self.end();
        if end > self.tail {
            self.sealed.push_back(match &self.slots {
                Some(shared) => Segment::slots(self.tail, shared.len, &shared.slots),
                None => Segment::packed(self.tail, mem::take(&mut self.packed)),
            });
        }
        if let Some(shared) = self.slots.take() {
            self.watched = shared.seen;
        }
        (self.tail, self.tail_weight) = (end, 0);
        (self.room, self.quiet) = (0, 0);
    }

    /// Begins a tail, of slots if the last one was looked at.
    fn open_tail(&mut self, retention: &Retention<V>) {
        let smallest = (retention.message_limit() / PART).clamp(1, SMALLEST);
        let largest = (LARGEST_BYTES / size_of::<V>().max(1)).clamp(1, LARGEST) as u64;
        let held = self.end() - self.start(retention);
        self.room = usize::try_from((held / PART).clamp(smallest, largest.max(smallest)))
            .unwrap_or(LARGEST);
        if mem::take(&mut self.watched) {
            let slots = free_slots(self.room);
            self.slots = Some(Shared { slots, len: 0, seen: false });
        } else {
            self.packed = Vec::with_capacity(self.room);
        }
    }

    /// Finds out whether appends have more to do than to push.
    fn settle_quiet(&mut self, retention: &Retention<V>) {
        let quiet = self.slots.is_none() && self.waiters.is_empty() && !retention.weighs_messages();
        self.quiet = if quiet { self.room } else { 0 };
    }

    /// Applies the retention.
    fn retain(&mut self, retention: &Retention<V>) -> Vec<Segment<V>> {
        let target = self.start(retention);
        while self.start < target {
            self.drop_first(retention, target);
        }
        let newest = self.end().saturating_sub(1);
        while self.start < newest && self.weight > retention.byte_limit() {
            self.drop_first(retention, newest);
        }
        self.drop_dead()
    }

    /// Moves the start past the first message; past all before `target` where nothing weighs.
    fn drop_first(&mut self, retention: &Retention<V>, target: u64) {
        if !retention.weighs_messages() {
            self.start = target;
            return;
        }
        let weight = self.first().map_or(0, |message| retention.weight(message));
        self.weight = self.weight.saturating_sub(weight);
        self.start += 1;
    }

    /// The first message that is kept.
    fn first(&self) -> Option<&V> {
        if self.start < self.tail {
            let segment = self.sealed.get(index_of(&self.sealed, self.start))?;
            return segment.run_from(self.start).next();
        }
        let index = usize::try_from(self.start - self.tail).ok()?;
        match &self.slots {
            Some(shared) => shared.slots.get(index)?.get(),
            None => self.packed.get(index),
        }
    }

    /// Takes out the segments that lie before the start.
    fn drop_dead(&mut self) -> Vec<Segment<V>> {
        let start = self.start;
        iter::from_fn(|| {
            let dead = self.sealed.front().is_some_and(|segment| segment.end() <= start);
            dead.then(|| self.sealed.pop_front())?
        })
        .collect()
    }

    /// The segments with the messages from the offset `from` to before `end`, as far as they are
    /// sealed.
    fn sealed_between(&self, from: u64, end: u64) -> Vector<Segment<V>> {
        let begin = index_of(&self.sealed, from);
        if begin == 0 && end >= self.tail {
            return self.sealed.clone();
        }
        let segments = (begin..).map_while(|index| self.sealed.get(index));
        segments.take_while(|segment| segment.first() < end).cloned().collect()
    }
}

impl<V> Default for Topic<V> {
    fn default() -> Self {
        Self {
            packed: Vec::new(),
            quiet: 0,
            tail: 0,
            slots: None,
            room: 0,
            sealed: Vector::new(),
            start: 0,
            weight: 0,
            tail_weight: 0,
            watched: false,
            waiters: Waiters::default(),
        }
    }
}
