//! Messages that are bounded.

use core::time::Duration;

use glomers_crdt::Decompose;

use super::Replica;
use crate::incoming::Incoming;
use crate::limit::{Frame, Measure};
use crate::peer::Peer;
use crate::{Ack, Batch, Beat, Due, Event, Message};

impl<S: Decompose, P: Ord + Clone> Replica<S, P> {
    /// By what messages are measured against [`Config::max_message`](crate::Config::max_message): the bytes that
    /// one takes on the caller's network. More is right for more of the same kind, as it is in every format.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let config = Config::default().max_message(NonZeroUsize::new(1_200));
    /// let mut replica: Replica<GSet<u32>, &str> = Replica::new(now, 1, config);
    /// # #[cfg(feature = "serde")]
    /// replica.measure_by(|message| serde_json::to_string(message).map_or(usize::MAX, |it| it.len()));
    /// # #[cfg(not(feature = "serde"))]
    /// # replica.measure_by(|message| 250 + message.batch.iter().map(|it| it.delta.len() * 6).sum::<usize>());
    /// replica.join(now, &"b", ["a", "b"]);
    /// replica.open(now);
    /// replica.update(now, |set| { set.extend(0..1_000); set.clone() });
    /// while let Some((_, message)) = replica.poll_transmit() {
    ///     assert!(message.batch.is_none_or(|batch| batch.delta.len() < 400));
    /// }
    /// ```
    pub fn measure_by(&mut self, measure: fn(&Message<S>) -> usize) {
        self.measure = Measure(measure);
    }

    /// The parts that fit into no message; bottom, as a rule. See [`Event::PartTooLarge`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::{GSet, Lattice};
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let replica: Replica<GSet<u32>, &str> = Replica::new(Duration::ZERO, 1, Config::default());
    /// assert!(replica.too_large().is_bottom());
    /// ```
    pub fn too_large(&self) -> &S {
        &self.too_large
    }

    /// The frame of messages to that peer, where they are bounded.
    pub(super) fn frame(&self, now: Duration, name: &P) -> Option<Frame<S>> {
        let most = self.config.max_message?.get();
        let peer = self.peers.get(name)?;
        Some(frame((most, self.measure), now, self.epoch, peer))
    }

    /// Tells of a part that cannot be sent, unless that was told.
    pub(super) fn note_too_large(&mut self, peer: P, part: &S, size: usize) {
        if self.too_large.merge(part) {
            self.events.push_back(Event::PartTooLarge { peer, size });
        }
    }
}

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
