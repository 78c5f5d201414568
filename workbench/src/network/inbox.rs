use std::cell::RefCell;
use std::cmp::Reverse;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use super::mailbox::Mailbox;
use super::{Message, Network};

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

impl Network {
    /// Brings a recipient into the network, with an empty inbox. Who has that id already is
    /// removed first, and if it was muted, its successor is not.
    pub fn register(&self, id: &str) -> Inbox {
        let id: Rc<str> = id.into();
        let mailbox = self.add(&id);
        Inbox { network: self.clone(), id, mailbox, timer: None }
    }

    /// Brings a new client into the network, under the next id of `c0`, `c1` …
    pub(crate) fn register_client(&self) -> Inbox {
        self.register(&self.next_client())
    }
}

impl Inbox {
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
        if self.network.is_stalled() && !self.mailbox.borrow().is_closed() {
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
                    if mailbox.is_closed() {
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
