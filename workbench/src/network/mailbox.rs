use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::task::Waker;

use tokio::time::Instant;

use super::Message;

/// What is under way to one recipient.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    pub(super) queue: BinaryHeap<Envelope>,
    /// What is held up and not yet in the queue: until when, and when it is due then.
    pub(super) held_up: BinaryHeap<Reverse<HeldUp>>,
    /// The message that the recipient has taken out of the queue and waits for.
    pub(super) taken: Option<Envelope>,
    pub(super) waker: Option<Waker>,
    closed: bool,
}

impl Mailbox {
    /// That of a node which is away: nothing gets into it.
    pub(super) fn of_nobody() -> Self {
        Self { closed: true, ..Self::default() }
    }

    /// Whether nothing gets into it any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn push(&mut self, due: Instant, message: Message) {
        self.queue.push(Envelope { due, message });
        self.changed();
    }

    /// As [`push`](Self::push), but until `from` the recipient knows nothing of it, so that what is
    /// due earlier does not wait behind it.
    pub(super) fn push_later(&mut self, from: Instant, due: Instant, message: Message) {
        let envelope = Envelope { due, message };
        self.held_up.push(Reverse(HeldUp { from, envelope }));
        self.changed();
    }

    /// Ends it: what is still in it is lost, and returned.
    pub(super) fn close(&mut self) -> Vec<Message> {
        self.closed = true;
        let held_up = std::mem::take(&mut self.held_up).into_iter().map(|Reverse(it)| it.envelope);
        let queued = std::mem::take(&mut self.queue).into_iter();
        let mut lost: Vec<_> = self
            .taken
            .take()
            .into_iter()
            .chain(queued)
            .chain(held_up)
            .map(|it| it.message)
            .collect();
        // In an order that does not depend on how a heap lies in memory.
        lost.sort_by_key(|message| message.id);
        self.wake();
        lost
    }

    /// While it waits for the message that it has taken, the recipient wants no other.
    fn changed(&mut self) {
        if self.taken.is_none() {
            self.wake();
        }
    }

    /// Lets the recipient look again, now that nothing stands still any more; how many messages have
    /// waited for that.
    pub(super) fn goes_on(&mut self, now: Instant) -> usize {
        self.wake();
        let due = self.queue.iter().chain(&self.taken).map(|envelope| envelope.due);
        let let_go = self.held_up.iter().map(|Reverse(next)| next.from);
        due.chain(let_go).filter(|time| *time <= now).count()
    }

    /// Puts into the queue what has been held up for long enough.
    pub(super) fn release(&mut self, now: Instant) {
        while self.held_up.peek().is_some_and(|Reverse(next)| next.from <= now) {
            self.queue.extend(self.held_up.pop().map(|Reverse(next)| next.envelope));
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) due: Instant,
    pub(super) message: Message,
}

/// Ordered by when it is let go, and then as in the queue.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HeldUp {
    pub(super) from: Instant,
    envelope: Envelope,
}

/// The greatest comes first out of the heap: the one due first, and of those the one sent first.
/// Equal ones are copies of one message, and either may come first.
impl Ord for Envelope {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due, other.message.id).cmp(&(self.due, self.message.id))
    }
}

impl PartialOrd for Envelope {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Envelope {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Envelope {}
