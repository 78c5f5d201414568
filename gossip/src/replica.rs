use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use glomers_crdt::Lattice;

use crate::peer::{Incoming, Outgoing, Speaker};
use crate::plan::Plan;
use crate::rounds::{Phase, Rounds};
use crate::{Config, Link, Message, Topology};

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
    /// For a hub's links.
    rounds: Rounds,
    /// Where the links are chosen by the latency target.
    cluster: Option<Cluster<P>>,
    outbox: VecDeque<(P, Message<S>)>,
}

/// All replicas, the hub first, and how they are linked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Cluster<P> {
    me: P,
    nodes: Vec<P>,
    plan: Plan,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Peer<S> {
    /// None where we only acknowledge what the peer sends.
    pace: Option<Pace>,
    outgoing: Outgoing<S>,
    incoming: Incoming,
    /// Of the peer's rounds, if it is our hub.
    phase: Option<Phase>,
    /// When the next batch leaves.
    flush_at: Option<Duration>,
    /// When an acknowledgement leaves, if no batch has taken it along.
    ack_at: Option<Duration>,
    /// When what is in flight is given up for lost.
    retry_at: Option<Duration>,
}

/// When something new leaves over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Pace {
    /// So long after it came up here, or came from another peer; none: not passed on.
    Gather { flush: Duration, relay: Option<Duration> },
    /// At our next round: we are the hub.
    Round,
    /// Just before the next round of the peer, which is our hub.
    Slot,
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
            rounds: Rounds::new(now, config.latency_target),
            cluster: None,
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
        self.cluster = None;
        let pace =
            |link: Link<P>| (link.peer, Pace::Gather { flush: link.flush, relay: link.relay });
        self.relink(now, links.into_iter().map(pace));
    }

    /// Input: joins the cluster of `nodes`, which every replica must list in the same order, under
    /// the name `me`. The links are chosen, and chosen anew as delays are measured, such that a
    /// value reaches everyone within [`Config::latency_target`] at the least cost: everyone to
    /// everyone, or in rounds through a hub, the first of `nodes`.
    ///
    /// While the hub cannot be reached, those that go through it wait for it; the others go on.
    /// Nothing is lost, but where the first node may be gone for good, link up otherwise.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GSet<u8>, u32> = Replica::new(now, 42, Config::default());
    /// replica.join(now, 1, [0, 1, 2]);
    /// replica.update(now, |set| set.insert(7));
    /// replica.open(now);
    /// assert_eq!(replica.poll_transmit().unwrap().0, 0, "to the hub");
    /// assert!(replica.poll_transmit().is_none(), "and to nobody else");
    /// ```
    pub fn join(&mut self, now: Duration, me: P, nodes: impl IntoIterator<Item = P>) {
        let nodes = nodes.into_iter().collect();
        let target = self.config.latency_target;
        let plan = Plan::choose(target, self.config.assumed_delay * 2, None);
        self.cluster = Some(Cluster { me, nodes, plan });
        self.follow(now, plan);
    }

    /// Links up as a plan has it.
    fn follow(&mut self, now: Duration, plan: Plan) {
        if let Plan::Hub { period } = plan {
            self.rounds.set_period(now, period);
        }
        let Some(cluster) = &mut self.cluster else { return };
        cluster.plan = plan;
        let Cluster { me, nodes, .. } = cluster;
        let is_hub = nodes.first() == Some(me);
        let links: Vec<(P, Pace)> = match plan {
            Plan::Mesh { flush } => {
                let links = Topology::Mesh.links(nodes, me, flush).into_iter();
                let pace = |relay| Pace::Gather { flush, relay };
                links.map(|link| (link.peer, pace(link.relay))).collect()
            }
            Plan::Hub { .. } if is_hub => {
                nodes.iter().map(|node| (node.clone(), Pace::Round)).collect()
            }
            Plan::Hub { .. } => nodes.iter().take(1).map(|hub| (hub.clone(), Pace::Slot)).collect(),
        };
        let me = me.clone();
        self.relink(now, links.into_iter().filter(|(node, _)| *node != me));
    }

    /// Chooses the links anew if the delays measured by now call for it.
    fn reconsider(&mut self, now: Duration) {
        let Some(Cluster { plan, .. }) = self.cluster else { return };
        let measured = self.peers.values().filter_map(|peer| peer.outgoing.round_trip());
        let (sum, count) = measured.fold((Duration::ZERO, 0), |(sum, n), rtt| (sum + rtt, n + 1));
        if count == 0 {
            return;
        }
        let next = Plan::choose(self.config.latency_target, sum / count, Some(plan));
        match (plan, next) {
            (Plan::Hub { period: old }, Plan::Hub { period: new })
                if old.abs_diff(new) * 10 < old => {}
            (Plan::Mesh { flush: old }, Plan::Mesh { flush: new })
                if old.abs_diff(new) * 10 < old => {}
            _ => self.follow(now, next),
        }
    }

    fn relink(&mut self, now: Duration, links: impl Iterator<Item = (P, Pace)>) {
        let mut links: BTreeMap<P, Pace> = links.collect();
        for (name, peer) in &mut self.peers {
            match links.remove(name) {
                Some(pace) if peer.pace.is_some() => peer.pace = Some(pace),
                Some(pace) => {
                    peer.pace = Some(pace);
                    peer.outgoing.unsent = self.state.clone();
                    peer.schedule_flush(now, &self.rounds);
                }
                None => {
                    peer.pace = None;
                    peer.outgoing.abandon();
                    (peer.flush_at, peer.retry_at) = (None, None);
                }
            }
        }
        for (name, pace) in links {
            let mut peer = Peer::new(Some(pace), self.state.clone());
            // The first batch is also the greeting, and leaves though it may be empty.
            peer.flush_at = Some(pace.greeting_at(now.max(self.hold_until), &self.rounds));
            self.peers.insert(name, peer);
        }
    }

    /// Input: the peers are known to be up, so nothing need be held back any more.
    pub fn open(&mut self, now: Duration) {
        if now < self.hold_until {
            self.hold_until = now;
            for peer in self.peers.values_mut() {
                let soon = peer.pace.map_or(now, |pace| pace.greeting_at(now, &self.rounds));
                peer.flush_at = peer.flush_at.map(|at| at.min(soon));
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
        self.announce(now, &delta);
    }

    /// Input: as [`update`](Self::update), for a mutator that may refuse.
    ///
    /// # Errors
    ///
    /// What `mutate` returns; it must have changed nothing then.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GCounter;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GCounter<&str>, u32> = Replica::new(now, 42, Config::default());
    /// replica.try_update(now, |counter| counter.add("me", u64::MAX))?;
    /// assert!(replica.try_update(now, |counter| counter.add("me", 1)).is_err());
    /// # Ok::<(), glomers_crdt::CounterOverflow>(())
    /// ```
    pub fn try_update<E>(
        &mut self,
        now: Duration,
        mutate: impl FnOnce(&mut S) -> Result<S, E>,
    ) -> Result<(), E> {
        let delta = mutate(&mut self.state)?;
        self.announce(now, &delta);
        Ok(())
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
        self.announce(now, &novel);
        changed
    }

    /// Input: a message from `from`, which must be a replica that may be answered. Returns what
    /// was new in it.
    pub fn receive(&mut self, now: Duration, from: &P, message: Message<S>) -> S {
        let Message { epoch, ack, batch, urgent, period } = message;
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
                let soon = peer.next_flush(now, &self.rounds);
                peer.flush_at = peer.flush_at.map(|at| at.min(soon));
            }
            Speaker::Other => {
                let everything = peer.pace.map_or_else(S::default, |_| self.state.clone());
                peer.outgoing.start_over(everything);
                peer.retry_at = None;
                peer.schedule_flush(now, &self.rounds);
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
            peer.schedule_flush(now, &self.rounds);
        }
        let mut measured = false;
        if let Some(ack) = ack.filter(|ack| ack.epoch == self.epoch) {
            let held = Duration::from_millis(ack.held.into());
            if let Some(sent_at) = peer.outgoing.acknowledge(now, ack.seq, held) {
                peer.time_rounds(sent_at + held, period);
                measured = true;
            }
            if peer.outgoing.recall_lost(now, ack.seq) {
                peer.schedule_flush(now, &self.rounds);
            }
        }
        if seq > 0 {
            let advanced = peer.incoming.note(now, follows, seq);
            let due = match peer.pace {
                Some(Pace::Round) => self.rounds.next(now),
                _ if urgent || !advanced => now,
                _ => now + self.config.ack_delay,
            };
            peer.ack_at = Some(peer.ack_at.map_or(due, |at| at.min(due)));
        }
        peer.await_answer(&self.config);
        if measured {
            self.reconsider(now);
        }
        self.wake(now);
        novel
    }

    /// Input: the time is `now`. Call it when [`next_wake`](Self::next_wake) has come; earlier or
    /// later does no harm.
    pub fn wake(&mut self, now: Duration) {
        for (name, peer) in &mut self.peers {
            if peer.next_wake().is_some_and(|at| at <= now) {
                let message = peer.speak(now, self.epoch, &self.rounds, &self.config);
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

    /// Tells the peers, at their links' pace, what has come up here.
    fn announce(&mut self, now: Duration, novel: &S) {
        self.spread(now, novel, None);
        self.wake(now);
    }

    /// Notes that `novel` is owed to every linked peer but the one it came from.
    fn spread(&mut self, now: Duration, novel: &S, from: Option<&P>) {
        if novel.is_bottom() {
            return;
        }
        for (name, peer) in &mut self.peers {
            if Some(name) == from {
                continue;
            }
            let leaves_at = match peer.pace {
                None => continue,
                Some(Pace::Gather { relay: None, .. }) if from.is_some() => continue,
                Some(Pace::Gather { relay: Some(flush), .. }) if from.is_some() => now + flush,
                Some(_) => peer.next_flush(now, &self.rounds),
            };
            peer.outgoing.unsent.merge(novel);
            // Held back from who may not be there yet.
            let is_up = peer.incoming.has_spoken();
            peer.flush_by(if is_up { leaves_at } else { leaves_at.max(self.hold_until) });
        }
    }
}

impl Pace {
    /// When a peer that may be greeted from `time` on is greeted: by a hub with its next round, so
    /// that it answers those who have greeted it by then.
    fn greeting_at(self, time: Duration, rounds: &Rounds) -> Duration {
        if self == Self::Round { rounds.next(time) } else { time }
    }
}

impl<S: Lattice> Peer<S> {
    fn new(pace: Option<Pace>, unsent: S) -> Self {
        Self {
            pace,
            outgoing: Outgoing::new(unsent),
            incoming: Incoming::default(),
            phase: None,
            flush_at: None,
            ack_at: None,
            retry_at: None,
        }
    }

    /// Sees to it that what is unsent leaves at the link's pace. A suspected peer gets it with the
    /// next probe instead.
    fn schedule_flush(&mut self, now: Duration, rounds: &Rounds) {
        if self.pace.is_some() && !self.outgoing.unsent.is_bottom() {
            self.flush_by(self.next_flush(now, rounds));
        }
    }

    fn flush_by(&mut self, time: Duration) {
        if !self.outgoing.is_suspected() {
            self.flush_at = Some(self.flush_at.map_or(time, |at| at.min(time)));
        }
    }

    /// When something that is new now shall leave.
    fn next_flush(&self, now: Duration, rounds: &Rounds) -> Duration {
        match (self.pace, &self.phase) {
            (Some(Pace::Gather { flush, .. }), _) => now + flush,
            (Some(Pace::Round), _) => rounds.next(now),
            (Some(Pace::Slot), Some(phase)) => phase.next_slot(now),
            // How the hub's rounds lie is found out by sending.
            (Some(Pace::Slot), None) | (None, _) => now,
        }
    }

    /// Learns how the hub's rounds lie: a batch would have come just in time for one if it had been
    /// sent at `latest`.
    fn time_rounds(&mut self, latest: Duration, period: Option<u32>) {
        let Some(period) = period.filter(|_| self.pace == Some(Pace::Slot)) else { return };
        let period = Duration::from_millis(period.into());
        match &mut self.phase {
            Some(phase) => phase.observe(latest, period),
            None => self.phase = Some(Phase::new(latest, period)),
        }
    }

    /// Notes by when what is in flight should be acknowledged: a hub does so at its next round.
    fn await_answer(&mut self, config: &Config) {
        let hold = match (self.pace, &self.phase) {
            (Some(Pace::Slot), Some(phase)) => phase.period(),
            (Some(Pace::Slot), None) => config.latency_target,
            _ => config.ack_delay,
        };
        self.retry_at = self.outgoing.overdue_at(hold, config);
    }

    fn next_wake(&self) -> Option<Duration> {
        [self.flush_at, self.ack_at, self.retry_at].into_iter().flatten().min()
    }

    /// Says all there is to say, now that something is due.
    fn speak(&mut self, now: Duration, epoch: u64, rounds: &Rounds, config: &Config) -> Message<S> {
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
            self.await_answer(config);
        }
        self.ack_at = None;
        let period = (self.pace == Some(Pace::Round))
            .then(|| u32::try_from(rounds.period().as_millis()).unwrap_or(u32::MAX));
        Message { epoch, ack: self.incoming.ack(now), batch, urgent, period }
    }
}
