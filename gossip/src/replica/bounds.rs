//! Messages that are bounded.

use core::time::Duration;

use glomers_crdt::Decompose;

use super::Replica;
use super::fitting::frame;
use crate::limit::{Frame, Measure};
use crate::{Event, Message};

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
