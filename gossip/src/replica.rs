use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use glomers_crdt::Decompose;

use crate::cluster::Cluster;
use crate::limit::Measure;
use crate::peer::{Pace, Peer};
use crate::recent::Recent;
use crate::riblt::Key;
use crate::rounds::Rounds;
use crate::slack::Slack;
use crate::{Beat, Config, Due, Event, Exchange, Link, Members, Message, Overdue};

mod bounds;
mod changes;
mod fitting;
mod linking;

/// A state that is kept equal to those of its peers.
///
/// `P` names a peer. Times are durations since a moment of the caller's choice and must not go
/// back. The contract: call one input method ([`update`](Self::update), [`receive`](Self::receive),
/// [`wake`](Self::wake), …), drain the outputs with [`poll_transmit`](Self::poll_transmit), then
/// sleep until [`next_wake`](Self::next_wake). What inputs return is what they have changed, for a
/// [journal](crate#persistence). See the crate's page for the protocol.
///
/// What is promised: the state only grows, by what was put in here or at a peer; and if every pair
/// of linked replicas can exchange messages for long enough, all replicas that are connected
/// through links become equal, whatever was lost, repeated, delayed or reordered before. Where the
/// replicas choose the links themselves, those become equal that can reach each other, be it
/// through others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replica<S, P> {
    state: S,
    epoch: u64,
    config: Config,
    /// Nothing is sent to a peer that was not heard from before this time.
    hold_until: Duration,
    peers: BTreeMap<P, Peer<S>>,
    /// What came up lately.
    recent: Recent<S>,
    /// For a hub's links.
    rounds: Rounds,
    /// The last of them in which something was pushed.
    last_round: Duration,
    /// What they are to allow for.
    slack: Slack,
    /// Where the links are chosen by the latency target.
    cluster: Option<Cluster<P>>,
    overdue: Overdue,
    outbox: VecDeque<(P, Message<S>)>,
    events: VecDeque<Event<P>>,
    /// Of messages, where they are bounded.
    measure: Measure<S>,
    /// The parts that fit into none.
    too_large: S,
}

impl<S: Decompose, P: Ord + Clone> Replica<S, P> {
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
            recent: Recent::new(now, config.latency_target * 2),
            rounds: Rounds::new(now, config.latency_target),
            last_round: now,
            slack: Slack::default(),
            cluster: None,
            overdue: Overdue::default(),
            config,
            peers: BTreeMap::new(),
            outbox: VecDeque::new(),
            events: VecDeque::new(),
            measure: Measure::default(),
            too_large: S::default(),
        }
    }

    /// A replica that has this state from an earlier life, and no peers. The state is old and no news:
    /// nobody is told of it unasked. With whoever is linked, it is compared, at a cost in proportion to
    /// the difference.
    ///
    /// `epoch` must be another than that of any earlier life. See [Persistence](crate#persistence) for
    /// what to save and when.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let saved = GSet::from_iter([7, 8]);
    /// let replica: Replica<GSet<u8>, &str> =
    ///     Replica::restore(Duration::ZERO, 43, Config::default(), saved.clone());
    /// assert_eq!(*replica.state(), saved);
    /// ```
    pub fn restore(now: Duration, epoch: u64, config: Config, state: S) -> Self {
        Self { state, ..Self::new(now, epoch, config) }
    }

    /// The state.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Which life of the replica this is.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// What has come here later than the latency target has it, since the replica joined a cluster.
    pub fn overdue(&self) -> Overdue {
        self.overdue
    }

    /// Input: replaces the links. How a peer that is new among them differs is found out; to one that
    /// is gone only answers are sent.
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

    /// Input: joins the cluster of `members` under the name `me`. The links are chosen, and chosen
    /// anew as delays are measured, such that a value reaches everyone within
    /// [`Config::latency_target`] at the least cost: everyone to everyone, or in rounds through a
    /// hub, the first of the members, and beyond [`Config::fan_out`] of them through a tree of hubs.
    /// When a hub cannot be reached, another takes its place for those who are cut off from it.
    ///
    /// Who is not among the members has no links.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GSet<u8>, u32> = Replica::new(now, 42, Config::default());
    /// replica.join(now, &1, [0, 1, 2]);
    /// replica.update(now, |set| set.insert(7));
    /// replica.open(now);
    /// assert_eq!(replica.poll_transmit().unwrap().0, 0, "to the hub");
    /// assert!(replica.poll_transmit().is_none(), "and to nobody else");
    /// ```
    pub fn join(&mut self, now: Duration, me: &P, members: impl Into<Members<P>>) {
        let Some(cluster) = Cluster::new(now, me, members.into(), &self.config) else {
            self.cluster = None;
            return self.relink(now, std::iter::empty());
        };
        let plan = cluster.plan();
        self.cluster = Some(cluster);
        self.follow(now, plan);
    }

    /// Input: the peers are known to be up, so nothing need be held back any more.
    pub fn open(&mut self, now: Duration) {
        if now < self.hold_until {
            self.hold_until = now;
            let round = self.next_round(now);
            for peer in self.peers.values_mut() {
                if peer.flush_at.is_some() {
                    peer.flush_by(if peer.pace == Some(Pace::Round) { round } else { now });
                }
            }
            self.wake(now);
        }
    }

    /// Input: changes the state. `mutate` returns the delta of what it did, as every mutator of a
    /// CRDT does; so does this.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GSet<u8>, u32> = Replica::new(now, 42, Config::default());
    /// let delta = replica.update(now, |set| set.insert(7));
    /// assert!(replica.state().contains(&7) && delta.contains(&7));
    /// ```
    pub fn update(&mut self, now: Duration, mutate: impl FnOnce(&mut S) -> S) -> S {
        let delta = mutate(&mut self.state);
        self.announce(now, &delta);
        delta
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
    ) -> Result<S, E> {
        let delta = mutate(&mut self.state)?;
        self.announce(now, &delta);
        Ok(delta)
    }

    /// Input: merges a delta that did not come from a peer. Returns what was new in it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GSet<u8>, u32> = Replica::new(now, 42, Config::default());
    /// replica.merge(now, &GSet::from_iter([7]));
    /// assert_eq!(replica.merge(now, &GSet::from_iter([7, 8])), GSet::from_iter([8]));
    /// ```
    pub fn merge(&mut self, now: Duration, delta: &S) -> S {
        let novel = delta.difference(&self.state);
        self.state.merge(&novel);
        self.announce(now, &novel);
        novel
    }

    /// Input: a message from `from`, which must be a replica that may be answered. Returns what
    /// was new in it.
    pub fn receive(&mut self, now: Duration, from: &P, message: Message<S>) -> S {
        self.take_in(now, from, message, |state, novel| {
            state.merge(novel);
        })
    }

    /// Takes in a message, and lets `merge` join what is new in it to the state.
    fn take_in(
        &mut self,
        now: Duration,
        from: &P,
        message: Message<S>,
        merge: impl FnOnce(&mut S, &S),
    ) -> S {
        let Message { epoch, ack, batch, exchange, urgent, beat, due, standing, left, beyond } =
            message;
        let (follows, seq, age, mut delta) = batch.map_or_else(
            || (0, 0, 0, S::default()),
            |batch| (batch.follows, batch.seq, batch.age, batch.delta),
        );
        if let Some(Exchange::Whole { state, .. }) = &exchange {
            delta.merge(state);
        }
        let novel = delta.difference(&self.state);
        merge(&mut self.state, &novel);
        self.heed_epoch(now, from, ack);
        let (way, late) = self.measure(now, from, epoch, beat, due);
        let taken = Duration::from_millis(age.into()) + way + late;
        let born = now.saturating_sub(taken);
        self.spread(now, &novel, born, Some(from));
        if !novel.is_bottom() && seq > 0 {
            self.hasten(now, born, way, from);
            if self.is_promised() && taken > self.config.latency_target {
                self.overdue.note(taken);
            }
        }
        self.hear(now, from, epoch, beat, standing);

        let round = self.next_round(now);
        let frame =
            exchange.as_ref().filter(|said| said.asks()).and_then(|_| self.frame(now, from));
        let Some(peer) = self.peers.get_mut(from) else { return novel };
        // Whether something is to leave that has not been waiting for its time.
        let mut owes_anew = peer.outgoing.is_suspected();
        peer.outgoing.spare(&delta);
        peer.outgoing.trust();
        let mut measured = false;
        if let Some(ack) = ack.filter(|ack| ack.epoch == self.epoch) {
            let held = Duration::from_millis(ack.held.into());
            if let Some(sent_at) = peer.outgoing.acknowledge(now, ack.seq, held, &self.config) {
                if let Some(beat) = beat {
                    peer.time_rounds(sent_at, held, beat);
                }
                measured = true;
            }
            peer.outgoing.acknowledge_beyond(&beyond);
            owes_anew |= peer.outgoing.recall_lost(now, ack.seq, &self.config);
        }
        if seq > 0 {
            if left.is_some() {
                peer.incoming.note_piece();
            }
            let advanced = peer.incoming.note(now, follows, seq);
            peer.note_told(now, &delta, &self.config);
            peer.acknowledge_by(match peer.pace {
                _ if urgent => now,
                // When an answer is due is for who sends the pieces to say.
                _ if left.is_some() => now + self.config.ack_delay,
                _ if !advanced => now,
                Some(Pace::Round) => round,
                _ => now + self.config.ack_delay,
            });
        } else if urgent {
            peer.acknowledge_by(now);
        }
        if let Some(said) = exchange {
            // One inquiry does for both. If both have begun one, that of the lower epoch goes on.
            let prevails = peer.awaits_answer() && self.epoch < epoch;
            if !said.asks() {
                owes_anew |= peer.hear_answer(now, &said, &self.config);
            } else if !prevails {
                peer.postpone_inquiry();
                let key = reconciliation_key(epoch);
                peer.compare(now, key, &self.state, &said, frame, &self.config);
                owes_anew = true;
            }
        }
        if owes_anew && peer.outgoing.has_news() {
            peer.flush_by(peer.next_flush(now, round));
        }
        if peer.outgoing.has_piece_to_send() && !peer.outgoing.is_suspected() {
            peer.flush_by(now);
        }
        if let Some(from) = peer.asks_from() {
            peer.flush_by(peer.next_flush(now, round).max(from));
        }
        peer.settle_flush();
        peer.await_answer(&self.config);
        if measured {
            let patience = peer.outgoing.patience(&self.config);
            let usual = peer.outgoing.round_trip().map_or(Duration::ZERO, |(smoothed, _)| smoothed);
            self.note_patience(now, (patience, patience.saturating_sub(usual)));
        }
        self.wake(now);
        novel
    }

    /// Input: the time is `now`. Call it when [`next_wake`](Self::next_wake) has come; earlier or
    /// later does no harm.
    pub fn wake(&mut self, now: Duration) {
        loop {
            self.carry_out_steps(now);
            self.begin_round(now);
            let (beat, pulse, late) = (self.beat(now), self.pulse(), self.slack.pushes.worst());
            let (mut failures, mut too_large) = (Vec::new(), Vec::new());
            for (name, peer) in &mut self.peers {
                if peer.next_wake().is_none_or(|at| at > now) {
                    continue;
                }
                let bound = self.config.max_message.map(|most| (most.get(), self.measure));
                let frame = bound.map(|bound| fitting::frame(bound, now, self.epoch, peer));
                loop {
                    let speech = peer.speak(now, late, frame.as_ref(), &self.config);
                    if speech.has_failed {
                        let times = (peer.outgoing.failures(), peer.outgoing.is_reliable());
                        failures.extend(peer.rank.map(|rank| (rank, times)));
                    }
                    let cluster = self.cluster.as_ref().zip(peer.rank);
                    let standing = cluster
                        .and_then(|(it, rank)| it.tree()?.standing(now, pulse, rank, speech.word));
                    let heeds = peer.pace == Some(Pace::Round);
                    let mut later = None;
                    too_large.extend(speech.too_large.into_iter().map(|it| (name.clone(), it)));
                    let message = Message {
                        epoch: self.epoch,
                        ack: speech.ack,
                        batch: speech.batch,
                        exchange: speech.exchange,
                        urgent: speech.urgent,
                        beat: beat.filter(|beat| heeds || beat.period == 0),
                        due: speech.due,
                        standing,
                        left: speech.left,
                        beyond: speech.beyond,
                    };
                    let message = match &frame {
                        Some(frame) => {
                            let fitted = fitting::fitted(now, frame, peer, message);
                            let excess = fitted.too_large.into_iter();
                            too_large.extend(excess.map(|it| (name.clone(), it)));
                            later = fitted.second;
                            fitted.first
                        }
                        None => message,
                    };
                    self.outbox.push_back((name.clone(), message));
                    self.outbox.extend(later.map(|message| (name.clone(), message)));
                    if !peer.has_more_to_say() {
                        break;
                    }
                }
            }
            for (peer, (part, size)) in too_large {
                self.note_too_large(peer, &part, size);
            }
            let Some(tree) = self.cluster.as_mut().and_then(Cluster::tree_mut) else { break };
            for (rank, (times, is_reliable)) in failures {
                tree.miss(now, pulse, rank, times, is_reliable);
            }
            tree.wake(now, pulse);
            if !tree.has_steps() {
                break;
            }
        }
    }

    /// Output: the next message, and to whom.
    pub fn poll_transmit(&mut self) -> Option<(P, Message<S>)> {
        self.outbox.pop_front()
    }

    /// Output: what else has happened. Nothing, as a rule.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Ack, Config, Event, Link, Message, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GSet<u8>, &str> = Replica::new(now, 42, Config::default());
    /// replica.set_links(now, [Link::new("peer", now, None)]);
    /// let mut message = Message::new(7);
    /// message.ack = Some(Ack::new(42, 1000, 0));
    /// replica.receive(now, &"peer", message);
    /// let Some(Event::EpochReused { former, epoch, .. }) = replica.poll_event() else {
    ///     panic!("nothing was sent that could be acknowledged")
    /// };
    /// assert!(former == 42 && epoch != 42 && epoch == replica.epoch());
    /// ```
    pub fn poll_event(&mut self) -> Option<Event<P>> {
        self.events.pop_front()
    }

    /// Output: when [`wake`](Self::wake) is to be called, if nothing happens before. O(peers).
    pub fn next_wake(&self) -> Option<Duration> {
        let peers = self.peers.values().filter_map(Peer::next_wake);
        let search = self.cluster.as_ref().and_then(|cluster| cluster.tree()?.next_wake());
        peers.chain(search).min()
    }

    /// Whether the target is for values to be everywhere: where they are to be answered, a round takes as
    /// long as it takes.
    fn is_promised(&self) -> bool {
        self.cluster.is_some() && !self.config.is_answered
    }

    /// For how long a message of that peer's is on its way mostly, and how much longer this one was.
    fn measure(
        &mut self,
        now: Duration,
        from: &P,
        epoch: u64,
        beat: Option<Beat>,
        due: Option<Due>,
    ) -> (Duration, Duration) {
        let assumed = self.config.assumed_delay;
        let Some(peer) = self.peers.get_mut(from) else { return (assumed, Duration::ZERO) };
        let late = peer.lateness(now, epoch, beat, due);
        let way = peer.outgoing.round_trip().map_or(assumed, |(smoothed, _)| smoothed / 2);
        if peer.pace == Some(Pace::Round)
            && let Some(due) = due
        {
            self.note_lateness(late, due);
        }
        (way, late)
    }

    /// Tells the peers, at their links' pace, what has come up here.
    fn announce(&mut self, now: Duration, novel: &S) {
        self.spread(now, novel, now, None);
        self.wake(now);
    }

    /// Notes that `novel`, which came up at `born`, is owed to every linked peer but the one it came from.
    fn spread(&mut self, now: Duration, novel: &S, born: Duration, from: Option<&P>) {
        if novel.is_bottom() {
            return;
        }
        self.recent.note(now, novel);
        let round = self.next_round(now);
        for (name, peer) in &mut self.peers {
            if Some(name) == from {
                continue;
            }
            let leaves_at = match peer.pace {
                None => continue,
                Some(Pace::Gather { relay: None, .. }) if from.is_some() => continue,
                Some(Pace::Gather { relay: Some(flush), .. }) if from.is_some() => now + flush,
                Some(_) => peer.next_flush(now, round),
            };
            peer.outgoing.add(novel, born);
            // Held back from who may not be there yet.
            let is_up = peer.incoming.has_spoken();
            peer.flush_by(if is_up { leaves_at } else { leaves_at.max(self.hold_until) });
        }
    }
}

/// Both ends know it, and a stranger does not.
fn reconciliation_key(epoch: u64) -> Key {
    Key::new(epoch, 0x676c_6f6d_6572_7321)
}
