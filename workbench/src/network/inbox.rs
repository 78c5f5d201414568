use std::cell::RefCell;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::time::{Instant, Sleep, sleep_until};

use super::{Message, Network};

/// What is under way to one recipient.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    queue: BinaryHeap<Envelope>,
    /// What is held up and not yet in the queue: until when, and when it is due then.
    held_up: BinaryHeap<Reverse<HeldUp>>,
    /// The message that the recipient has taken out of the queue and waits for.
    taken: Option<Envelope>,
    waker: Option<Waker>,
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
    fn release(&mut self, now: Instant) {
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
struct Envelope {
    due: Instant,
    message: Message,
}

/// Ordered by when it is let go, and then as in the queue.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct HeldUp {
    from: Instant,
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

/// A recipient's end of the network. Dropping it takes the recipient out of the network.
///
/// An inbox is one queue, and it is as blunt as Maelstrom's: a recipient that is free takes the
/// message due first. At that moment it is decided whether a partition swallows it. Then the
/// recipient waits until the message is due, and while it waits, everything that comes later waits
/// behind it, even if due earlier. While the network is [stalled](Network::stall), nobody takes
/// anything, and nobody gets what was taken.
#[derive(Debug)]
pub struct Inbox {
    network: Network,
    id: Rc<str>,
    mailbox: Rc<RefCell<Mailbox>>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Inbox {
    pub(super) fn new(network: Network, id: Rc<str>, mailbox: Rc<RefCell<Mailbox>>) -> Self {
        Self { network, id, mailbox, timer: None }
    }

    /// Whose inbox it is.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The network that it belongs to.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The next message, when it is due; `None` once the recipient has been removed from the
    /// network.
    ///
    /// Cancel safe: a message that was taken but not yet due is kept for the next call.
    pub async fn recv(&mut self) -> Option<Message> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// [`recv`](Self::recv) for those who poll: once it is pending, the context's task is woken
    /// when there may be more.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        if self.network.is_stalled() && !self.mailbox.borrow().closed {
            // Going on wakes it, and so does removal.
            self.mailbox.borrow_mut().waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        loop {
            let now = Instant::now();
            let wait = match self.take(now) {
                Some(due) if due <= now || self.sleep_until(due, cx).is_ready() => {
                    let taken = self.mailbox.borrow_mut().taken.take();
                    return Poll::Ready(taken.map(|envelope| {
                        self.network.delivered(&envelope.message);
                        envelope.message
                    }));
                }
                Some(_) => None,
                None => {
                    let mailbox = self.mailbox.borrow();
                    if mailbox.closed {
                        return Poll::Ready(None);
                    }
                    mailbox.held_up.peek().map(|Reverse(next)| next.from)
                }
            };
            if wait.is_none_or(|from| self.sleep_until(from, cx).is_pending()) {
                // Removal ends the wait as well.
                self.mailbox.borrow_mut().waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
    }

    /// When the message is due that the recipient has taken, or now takes.
    fn take(&self, now: Instant) -> Option<Instant> {
        let mut mailbox = self.mailbox.borrow_mut();
        mailbox.release(now);
        while mailbox.taken.is_none() {
            let envelope = mailbox.queue.pop()?;
            if self.network.passes(&envelope.message) {
                mailbox.taken = Some(envelope);
            }
        }
        mailbox.taken.as_ref().map(|envelope| envelope.due)
    }

    fn sleep_until(&mut self, due: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(cx)
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.network.retire(&self.id, &self.mailbox);
    }
}
