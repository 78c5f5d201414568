use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use glomers_crdt::Lattice;

use crate::peer::{Incoming, Outgoing, Speaker};
use crate::{Config, Link, Message};

/// A state that is kept equal to those of its peers.
///
/// `P` names a peer. Times are durations since a moment of the caller's choice and must not go
/// back. The contract: call one input method ([`update`](Self::update), [`receive`](Self::receive),
/// [`wake`](Self::wake), …), drain the outputs with [`poll_transmit`](Self::poll_transmit), then
/// sleep until [`next_wake`](Self::next_wake). See the crate's page for the protocol.
///
/// What is promised: the state only grows, by what was put in here or at a peer; and if every pair
/// of linked replicas can exchange messages for long enough, all replicas that are connected
/// through links become equal, whatever was lost, repeated, delayed or reordered before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replica<S, P> {
    state: S,
    epoch: u64,
    config: Config,
    /// Nothing is sent to a peer that was not heard from before this time.
    hold_until: Duration,
    peers: BTreeMap<P, Peer<S>>,
    outbox: VecDeque<(P, Message<S>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Peer<S> {
    /// The link's flush interval; none where we only acknowledge what the peer sends.
    flush: Option<Duration>,
    outgoing: Outgoing<S>,
    incoming: Incoming,
    /// When the next batch leaves.
    flush_at: Option<Duration>,
    /// When an acknowledgement leaves, if no batch has taken it along.
    ack_at: Option<Duration>,
    /// When what is in flight is given up for lost.
    retry_at: Option<Duration>,
}

impl<S: Lattice, P: Ord + Clone> Replica<S, P> {
    /// A replica with an empty state and no peers.
    ///
    /// `epoch` tells this life of the replica from earlier ones under the same name, of which
    /// nothing is remembered: draw it at random, or count restarts on disk.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::{GSet, Lattice};
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let replica: Replica<GSet<u8>, &str> = Replica::new(Duration::ZERO, 42, Config::default());
    /// assert!(replica.state().is_bottom() && replica.next_wake().is_none());
    /// ```
    pub fn new(now: Duration, epoch: u64, config: Config) -> Self {
        Self {
            state: S::default(),
            epoch,
            hold_until: now + config.hold,
            config,
            peers: BTreeMap::new(),
            outbox: VecDeque::new(),
        }
    }

    /// The state.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Which life of the replica this is.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Input: replaces the links. A peer that is new among them is owed the whole state; to one
    /// that is gone only acknowledgements are sent.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Config, Replica, Topology};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GSet<u8>, u32> = Replica::new(now, 42, Config::default());
    /// let flush = Duration::from_millis(50);
    /// replica.set_links(now, Topology::Grid.links(&[0, 1, 2, 3], &0, flush));
    /// assert_eq!(replica.next_wake(), Some(Config::default().hold), "it will greet its peers");
    /// ```
    pub fn set_links(&mut self, now: Duration, links: impl IntoIterator<Item = Link<P>>) {
        let mut links: BTreeMap<P, Duration> =
            links.into_iter().map(|link| (link.peer, link.flush)).collect();
        for (name, peer) in &mut self.peers {
            match links.remove(name) {
                Some(flush) if peer.flush.is_some() => peer.flush = Some(flush),
                Some(flush) => {
                    peer.flush = Some(flush);
                    peer.outgoing.unsent = self.state.clone();
                    peer.schedule_flush(now);
                }
                None => {
                    peer.flush = None;
                    peer.outgoing.abandon();
                    (peer.flush_at, peer.retry_at) = (None, None);
                }
            }
        }
        for (name, flush) in links {
            let mut peer = Peer::new(Some(flush), self.state.clone());
            // The first batch is also the greeting, and leaves though it may be empty.
            peer.flush_at = Some(now.max(self.hold_until));
            self.peers.insert(name, peer);
        }
    }

    /// Input: the peers are known to be up, so nothing need be held back any more.
    pub fn open(&mut self, now: Duration) {
        if now < self.hold_until {
            self.hold_until = now;
            for peer in self.peers.values_mut() {
                peer.flush_at = peer.flush_at.map(|at| at.min(now));
            }
            self.wake(now);
        }
    }

    /// Input: changes the state. `mutate` returns the delta of what it did, as every mutator of a
    /// CRDT does.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GSet<u8>, u32> = Replica::new(now, 42, Config::default());
    /// replica.update(now, |set| set.insert(7));
    /// assert!(replica.state().contains(&7));
    /// ```
    pub fn update(&mut self, now: Duration, mutate: impl FnOnce(&mut S) -> S) {
        let delta = mutate(&mut self.state);
        self.spread(now, &delta, None);
        self.wake(now);
    }

    /// Input: merges a delta that did not come from a peer. Returns whether it changed the state.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GSet<u8>, u32> = Replica::new(now, 42, Config::default());
    /// assert!(replica.merge(now, &GSet::from_iter([7, 8])));
    /// ```
    pub fn merge(&mut self, now: Duration, delta: &S) -> bool {
        let novel = delta.difference(&self.state);
        let changed = self.state.merge(&novel);
        self.spread(now, &novel, None);
        self.wake(now);
        changed
    }

    /// Input: a message from `from`, which must be a replica that may be answered. Returns what
    /// was new in it.
    pub fn receive(&mut self, now: Duration, from: &P, message: Message<S>) -> S {
        let Message { epoch, ack, batch, urgent } = message;
        let (follows, seq, delta) = batch
            .map_or_else(|| (0, 0, S::default()), |batch| (batch.follows, batch.seq, batch.delta));
        let novel = delta.difference(&self.state);
        self.state.merge(&novel);
        self.spread(now, &novel, Some(from));

        let peer = self.peers.entry(from.clone()).or_insert_with(|| Peer::new(None, S::default()));
        match peer.incoming.meet(epoch) {
            Speaker::Same => {}
            Speaker::Stranger => {
                // It is up, so the greeting need wait no longer. That it spoke does not mean that
                // it knows of us: an earlier life of ours may have been meant.
                let soon = now + peer.flush.unwrap_or_default();
                peer.flush_at = peer.flush_at.map(|at| at.min(soon));
            }
            Speaker::Other => {
                let everything = peer.flush.map_or_else(S::default, |_| self.state.clone());
                peer.outgoing.start_over(everything);
                peer.retry_at = None;
                peer.schedule_flush(now);
            }
        }
        if !peer.outgoing.unsent.is_bottom() {
            peer.outgoing.unsent = peer.outgoing.unsent.difference(&delta);
            if peer.outgoing.unsent.is_bottom() && peer.outgoing.has_greeted() {
                peer.flush_at = None;
            }
        }
        if peer.outgoing.is_suspected() {
            peer.outgoing.trust();
            peer.schedule_flush(now);
        }
        if let Some(ack) = ack.filter(|ack| ack.epoch == self.epoch) {
            peer.outgoing.acknowledge(now, ack.seq);
        }
        if seq > 0 {
            let advanced = peer.incoming.note(follows, seq);
            let patience = if urgent || !advanced { Duration::ZERO } else { self.config.ack_delay };
            let due = now + patience;
            peer.ack_at = Some(peer.ack_at.map_or(due, |at| at.min(due)));
        }
        peer.retry_at = peer.outgoing.overdue_at(&self.config);
        self.wake(now);
        novel
    }

    /// Input: the time is `now`. Call it when [`next_wake`](Self::next_wake) has come; earlier or
    /// later does no harm.
    pub fn wake(&mut self, now: Duration) {
        for (name, peer) in &mut self.peers {
            if peer.next_wake().is_some_and(|at| at <= now) {
                let message = peer.speak(now, self.epoch, &self.config);
                self.outbox.push_back((name.clone(), message));
            }
        }
    }

    /// Output: the next message, and to whom.
    pub fn poll_transmit(&mut self) -> Option<(P, Message<S>)> {
        self.outbox.pop_front()
    }

    /// Output: when [`wake`](Self::wake) is to be called, if nothing happens before. O(peers).
    pub fn next_wake(&self) -> Option<Duration> {
        self.peers.values().filter_map(Peer::next_wake).min()
    }

    /// Notes that `novel` is owed to every linked peer but the one it came from.
    fn spread(&mut self, now: Duration, novel: &S, from: Option<&P>) {
        if novel.is_bottom() {
            return;
        }
        for (name, peer) in &mut self.peers {
            if peer.flush.is_some() && Some(name) != from {
                peer.outgoing.unsent.merge(novel);
                peer.schedule_flush(now);
            }
        }
    }
}

impl<S: Lattice> Peer<S> {
    fn new(flush: Option<Duration>, unsent: S) -> Self {
        Self {
            flush,
            outgoing: Outgoing::new(unsent),
            incoming: Incoming::default(),
            flush_at: None,
            ack_at: None,
            retry_at: None,
        }
    }

    /// Sees to it that what is unsent leaves after the flush interval at the latest. A suspected
    /// peer gets it with the next probe instead.
    fn schedule_flush(&mut self, now: Duration) {
        if let Some(flush) = self.flush
            && !self.outgoing.unsent.is_bottom()
            && !self.outgoing.is_suspected()
        {
            self.flush_at.get_or_insert(now + flush);
        }
    }

    fn next_wake(&self) -> Option<Duration> {
        [self.flush_at, self.ack_at, self.retry_at].into_iter().flatten().min()
    }

    /// Says all there is to say, now that something is due.
    fn speak(&mut self, now: Duration, epoch: u64, config: &Config) -> Message<S> {
        let is_due = |at: Option<Duration>| at.is_some_and(|at| at <= now);
        let urgent = is_due(self.retry_at);
        if urgent {
            self.outgoing.fail();
            self.outgoing.recall();
        }
        let rides_along = !self.outgoing.unsent.is_bottom() && !self.outgoing.is_suspected();
        let batch =
            (urgent || is_due(self.flush_at) || rides_along).then(|| self.outgoing.next_batch(now));
        if batch.is_some() {
            self.flush_at = None;
            self.retry_at = self.outgoing.overdue_at(config);
        }
        self.ack_at = None;
        Message { epoch, ack: self.incoming.ack(), batch, urgent }
    }
}
