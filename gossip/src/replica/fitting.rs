//! How messages are brought within bounds.

use core::time::Duration;

use glomers_crdt::Decompose;

use crate::incoming::Incoming;
use crate::limit::{Frame, Measure};
use crate::peer::Peer;
use crate::{Ack, Batch, Beat, Due, Message};

/// The frame of messages to a peer: with what is mostly in one, in numbers as great as they are ever likely to
/// be.
pub(super) fn frame<S: Decompose>(
    (most, measure): (usize, Measure<S>),
    now: Duration,
    epoch: u64,
    peer: &Peer<S>,
) -> Frame<S> {
    // Of times in milliseconds, and of messages to come.
    const LONG: u32 = 99_999;
    let clock = u64::try_from(now.as_millis()).unwrap_or(u64::MAX).saturating_mul(2);
    let mut around = Message::new(epoch);
    around.ack =
        peer.incoming.ack(now).map(|ack| Ack { seq: ack.seq + u64::from(LONG), held: LONG, ..ack });
    let last = peer.outgoing.last_seq() + u64::from(LONG);
    around.batch = Some(Batch { age: 99 * LONG, ..Batch::new(last, last, S::default()) });
    around.urgent = true;
    // Where we stand is seldom told. If all is more than was thought, the batch is split once more.
    around.beat = peer.is_told_beat().then(|| Beat { lead: LONG, clock, ..Beat::new(LONG, LONG) });
    around.due = peer.is_told_due().then(|| Due::new(clock, LONG));
    around.left = Some(LONG);
    around.beyond = peer.incoming.beyond(Incoming::FEW_BEYOND);
    Frame::new(most, measure, around)
}

/// What is made of a message so that it is within bounds.
pub(super) struct Fitted<S> {
    pub(super) first: Message<S>,
    /// If it takes two.
    pub(super) second: Option<Message<S>>,
    /// Parts that are left out.
    pub(super) too_large: Vec<(S, usize)>,
}

/// Brings a message within bounds: what is found out by it goes alone, and a batch is split.
pub(super) fn fitted<S: Decompose>(
    now: Duration,
    frame: &Frame<S>,
    peer: &mut Peer<S>,
    mut message: Message<S>,
) -> Fitted<S> {
    let (mut second, mut too_large) = (None, Vec::new());
    let is_full = message.batch.as_ref().is_some_and(|batch| !batch.delta.is_bottom());
    if is_full && frame.exceeds(&message) {
        let exchange = message.exchange.take();
        if exchange.is_some() {
            second = Some(Message { due: None, left: None, exchange, ..message.around() });
        }
        if frame.exceeds(&message)
            && let Some(batch) = &message.batch
        {
            let next = peer.outgoing.split(now, batch.seq, frame);
            (message.batch, message.left) = (next.batch, next.left);
            message.urgent |= next.urgent;
            too_large = next.too_large;
        }
    }
    Fitted { first: message, second, too_large }
}
