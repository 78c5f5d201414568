//! How a replica is linked to the others: by the plan, and by its place in the tree.

use core::time::Duration;
use std::collections::BTreeMap;

use glomers_crdt::Decompose;

use super::{Replica, reconciliation_key};
use crate::deadline::Itinerary;
use crate::incoming::Speaker;
use crate::peer::{Pace, Peer};
use crate::phase::Phase;
use crate::plan::Plan;
use crate::tree::{Pulse, Step, Tree, Word};
use crate::{Ack, Beat, Due, Event, Standing};

impl<S: Decompose, P: Ord + Clone> Replica<S, P> {
    pub(super) fn rank(&self, name: &P) -> Option<u32> {
        self.cluster.as_ref().and_then(|cluster| cluster.rank(name))
    }

    /// Links up as a plan has it.
    pub(super) fn follow(&mut self, now: Duration, plan: Plan) {
        let Some(cluster) = &mut self.cluster else { return };
        cluster.set_plan(now, plan);
        if let Plan::Hub { period, .. } = plan {
            self.rounds.set_period(now, period);
        }
        let links = cluster.links();
        self.relink(now, links);
    }

    pub(super) fn relink(&mut self, now: Duration, links: impl IntoIterator<Item = (P, Pace)>) {
        let mut links: BTreeMap<P, Pace> = links.into_iter().collect();
        for (name, peer) in &mut self.peers {
            if !links.contains_key(name) {
                peer.leave();
            }
        }
        while let Some((name, pace)) = links.pop_first() {
            self.link(now, &name, pace);
        }
    }

    /// The link to `name`, made if need be.
    fn peer(&mut self, name: &P) -> &mut Peer<S> {
        let rank = self.rank(name);
        // Of another life of ours, whose answers may still come, sessions have other numbers.
        let session = self.epoch.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let session = u32::try_from(session).unwrap_or_default();
        self.peers.entry(name.clone()).or_insert_with(|| Peer::new(rank, session))
    }

    /// Sends to `name` from now on, at that pace. How one that is new differs is found out.
    fn link(&mut self, now: Duration, name: &P, pace: Pace) {
        let hold_until = self.hold_until;
        let peer = self.peer(name);
        if peer.pace.replace(pace).is_none() {
            // The question is also the greeting. A hub sends it with a round, so that it answers
            // those who have greeted it by then.
            let from = if peer.incoming.has_spoken() { now } else { now.max(hold_until) };
            let at = if pace == Pace::Round { self.next_round(from) } else { from };
            self.peer(name).flush_by(at);
            self.inquire(now, name);
        }
    }

    /// Finds out with the next message how the peer's state differs. What came up lately it gets
    /// at once.
    fn inquire(&mut self, now: Duration, name: &P) {
        let key = reconciliation_key(self.epoch);
        let frame = self.frame(now, name);
        if let Some(peer) = self.peers.get_mut(name) {
            peer.outgoing.begin_with(self.recent.all(now));
            peer.inquire(key, self.state.clone(), frame);
        }
    }

    /// When a hub pushes what comes up now: at its round if it is the root; otherwise when the
    /// push of its own hub comes in, for which this is the latest.
    pub(super) fn next_round(&self, now: Duration) -> Duration {
        let own = self.rounds.next(now);
        let Some(parent) = self.parent() else { return own };
        // It leaves with the next batch, and hubs above may hold that for a round.
        let period = parent.phase.as_ref().map_or(self.rounds.period(), Phase::period);
        let latest = parent.next_flush(now, now) + period + parent.outgoing.patience(&self.config);
        // What comes up now is not to wait for a hub that may be gone.
        let tree = self.cluster.as_ref().and_then(|cluster| cluster.tree());
        let is_doubtful = tree.is_some_and(|tree| tree.is_doubtful(now, self.pulse()));
        if is_doubtful { latest.min(own) } else { latest }
    }

    /// Our hub.
    fn parent(&self) -> Option<&Peer<S>> {
        let cluster = self.cluster.as_ref()?;
        self.peers.get(cluster.name(cluster.tree()?.parent()?)?)
    }

    /// How our rounds lie, as far as we know.
    pub(super) fn beat(&self, now: Duration) -> Option<Beat> {
        let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        let cluster = self.cluster.as_ref()?;
        let clock = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let (Some(tree), Plan::Hub { lead, .. }) = (cluster.tree(), cluster.plan()) else {
            // The first of the members makes the plans.
            return cluster.is_first().then_some(Beat { period: 0, since: 0, lead: 0, clock });
        };
        let (period, last) = if tree.parent().is_none() {
            (self.rounds.period(), self.rounds.latest(now))
        } else {
            let phase = self.parent()?.phase.as_ref()?;
            (phase.period(), phase.last_slot(now))
        };
        let since = millis(now.saturating_sub(last));
        Some(Beat { period: millis(period), since, lead: millis(lead), clock })
    }

    pub(super) fn pulse(&self) -> Pulse {
        let patience = self.cluster.as_ref().and_then(|cluster| cluster.patience);
        let (patience, margin) = patience.unwrap_or((self.config.retry, self.config.retry));
        Pulse {
            silence: self.rounds.period() + margin,
            // It costs an answer; the acknowledgement that is owed goes along. Where rounds are far
            // apart, something comes up here meanwhile, and tells as well.
            watch: Some(self.rounds.period() * 2 + margin)
                .filter(|at| *at * 2 < self.config.ack_delay),
            patience,
            pause: self.config.retry_max.max(Duration::from_millis(1)),
        }
    }

    /// A round trip was measured: chooses the links anew if the delays call for it.
    pub(super) fn note_patience(&mut self, now: Duration, patience: (Duration, Duration)) {
        if let Some(cluster) = &mut self.cluster {
            cluster.patience = Some(patience);
            self.reconsider(now, false);
        }
    }

    /// At a round of ours, the weather of the last one is known: how far apart they are follows from
    /// that.
    pub(super) fn begin_round(&mut self, now: Duration) {
        let latest = self.rounds.latest(now);
        // What has waited for this round, and not what has missed one.
        let is_due = |peer: &Peer<S>| {
            peer.pace == Some(Pace::Round) && peer.flush_at.is_some_and(|at| at <= latest)
        };
        if latest <= self.last_round || !self.is_root() || !self.peers.values().any(is_due) {
            return;
        }
        self.last_round = latest;
        // A push that leaves late comes late.
        self.slack.pushes.note(now.saturating_sub(latest));
        self.slack.end_round();
        self.reconsider(now, true);
    }

    fn reconsider(&mut self, now: Duration, is_round: bool) {
        let Some(cluster) = &mut self.cluster else { return };
        let measured = self.peers.values().filter_map(|peer| peer.outgoing.round_trip());
        let plan = cluster.better_plan(now, measured, &self.slack, is_round, &self.config);
        if let Some(plan) = plan {
            self.follow(now, plan);
        }
    }

    fn is_root(&self) -> bool {
        let tree = self.cluster.as_ref().and_then(|cluster| cluster.tree());
        tree.is_some_and(|tree| tree.parent().is_none())
    }

    /// Notes how late the messages of those come who send to us as to their hub.
    pub(super) fn note_lateness(&mut self, late: Duration, due: Due) {
        // Later than a period is no matter of weather.
        if late < self.rounds.period() {
            self.slack.batches.note(late);
        }
        self.slack.pushes.note(Duration::from_millis(due.late.into()).min(self.rounds.period()));
    }

    /// What came up at `born` has just come from `from`, `way` from here, and may have missed its round:
    /// then it goes on alone, and only to those who lack it.
    pub(super) fn hasten(&mut self, now: Duration, born: Duration, way: Duration, from: &P) {
        let Some(cluster) = &self.cluster else { return };
        let (Plan::Hub { period, lead }, Some(tree)) = (cluster.plan(), cluster.tree()) else {
            return;
        };
        let target = self.config.latency_target;
        let margin = self.slack.margin(target);
        let ways = (lead + way * 2) * tree.height();
        let planned = target.saturating_sub(period + ways) / tree.height().max(1);
        let grace = self.slack.grace(margin, planned);
        let (height, depth) = (tree.height(), tree.depth());
        let itinerary = Itinerary { target, period, lead, way, margin, grace, height, depth };
        let slot = self.parent().map(|parent| parent.next_flush(now, now));
        let next = slot.map_or(self.rounds.next(now), |slot| slot + itinerary.turnaround());
        let up = slot.and_then(|slot| itinerary.leave_by(now, born, slot));
        let down = itinerary.push_by(now, born, next);
        for (_, peer) in self.peers.iter_mut().filter(|(name, _)| *name != from) {
            let by = match peer.pace {
                _ if !peer.outgoing.has_news() => None,
                Some(Pace::Slot) => up,
                Some(Pace::Round) => down,
                _ => None,
            };
            peer.flush_at = peer.flush_at.map(|at| by.map_or(at, |by| at.min(by)));
        }
    }

    /// Takes in what a message says of the plan and of its sender's place.
    pub(super) fn hear(
        &mut self,
        now: Duration,
        from: &P,
        epoch: u64,
        beat: Option<Beat>,
        standing: Option<Standing>,
    ) {
        self.meet(now, from, epoch);
        let (pulse, rank) = (self.pulse(), self.rank(from));
        let is_news = self.peers.get_mut(from).is_some_and(|peer| peer.is_news(standing));
        let Some((cluster, rank)) = self.cluster.as_mut().zip(rank) else { return };
        let is_parent = cluster.tree().is_some_and(|tree| tree.parent() == Some(rank));
        match cluster.tree_mut() {
            Some(tree) if is_news => tree.hear(now, pulse, rank, standing),
            Some(tree) => tree.hear_late(now, pulse, rank),
            None => {}
        }
        if is_parent {
            // What waits for our hub's push is passed on with it.
            if now >= self.last_round + self.rounds.period() / 2 {
                self.last_round = now;
                self.slack.end_round();
            }
            self.push_by(now);
        }
        if let Some(beat) = beat.filter(|_| is_parent || rank == 0)
            && let Some(plan) = self.cluster.as_ref().and_then(|it| it.plan_of(beat, &self.config))
        {
            self.follow(now, plan);
        }
    }

    /// If another life has had this epoch, begins one under another: a peer acknowledges what was never
    /// sent, and would go on to, so nothing it says of what it has got can be believed.
    pub(super) fn heed_epoch(&mut self, now: Duration, from: &P, ack: Option<Ack>) {
        let Some(ack) = ack.filter(|ack| ack.epoch == self.epoch) else { return };
        if self.peers.get(from).is_none_or(|peer| peer.outgoing.has_sent_up_to(ack.seq)) {
            return;
        }
        let former = self.epoch;
        // Any that no life is likely to have had, and of no more bits than JSON's readers keep.
        let mixed = (former ^ ack.seq.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.epoch = (mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11;
        let paces = self.peers.iter().filter_map(|(name, peer)| Some((name.clone(), peer.pace?)));
        let links: Vec<_> = paces.collect();
        self.peers.clear();
        self.relink(now, links);
        self.events.push_back(Event::EpochReused { peer: from.clone(), former, epoch: self.epoch });
    }

    /// Notes which life of the peer speaks.
    fn meet(&mut self, now: Duration, from: &P, epoch: u64) {
        let round = self.next_round(now);
        let peer = self.peer(from);
        match peer.incoming.meet(epoch) {
            Speaker::Same => {}
            Speaker::Stranger => {
                // It is up, so the greeting need wait no longer. That it spoke does not mean that
                // it knows of us: an earlier life of ours may have been meant.
                if peer.flush_at.is_some() {
                    peer.flush_by(peer.next_flush(now, round));
                }
            }
            Speaker::Other => {
                peer.start_over();
                if peer.pace.is_some() {
                    peer.flush_by(peer.next_flush(now, round));
                    self.inquire(now, from);
                }
            }
        }
    }

    /// What waits for a push to those below leaves by `time`.
    fn push_by(&mut self, time: Duration) {
        for peer in self.peers.values_mut().filter(|peer| peer.pace == Some(Pace::Round)) {
            peer.flush_at = peer.flush_at.map(|at| at.min(time));
            peer.ack_at = peer.ack_at.map(|at| at.min(time));
        }
    }

    /// Does what the place in the tree calls for.
    pub(super) fn carry_out_steps(&mut self, now: Duration) {
        loop {
            let Some(cluster) = &mut self.cluster else { return };
            let Some(step) = cluster.tree_mut().and_then(Tree::poll) else { return };
            if step == Step::Rise {
                self.push_by(self.rounds.next(now));
                continue;
            }
            let (Step::Adopt { to: rank, .. }
            | Step::Leave(rank)
            | Step::Take(rank)
            | Step::Say(rank)
            | Step::Ask(rank)
            | Step::Refuse(rank)
            | Step::Verify(rank)) = step
            else {
                continue;
            };
            let Some(name) = cluster.name(rank).cloned() else { continue };
            match step {
                Step::Adopt { last, .. } => {
                    let last = last.and_then(|last| self.peers.get(cluster.name(last)?));
                    let debts = last.map_or_else(S::default, |last| last.outgoing.debts());
                    self.adopt(now, &name, &debts);
                }
                Step::Leave(_) => {
                    if let Some(peer) = self.peers.get_mut(&name) {
                        peer.part(now);
                    }
                }
                Step::Take(_) => self.link(now, &name, Pace::Round),
                Step::Say(_) => self.say(now, &name, Word::Say),
                // Who is suspected is asked anyway, which is enough for one who has a hub.
                Step::Ask(_) if self.has_hub() && self.is_suspected(&name) => {}
                Step::Ask(_) => self.say(now, &name, Word::Ask),
                Step::Refuse(_) => self.say(now, &name, Word::Refuse),
                Step::Rise => {}
                Step::Verify(_) => {
                    if let Some(peer) = self.peers.get_mut(&name)
                        && !peer.outgoing.is_suspected()
                        && !peer.outgoing.is_probed()
                    {
                        peer.press();
                        self.say(now, &name, Word::Say);
                    }
                }
            }
        }
    }

    /// Goes through the hub `name` from now on, to which `debts` are owed at once. It is told so until
    /// it acknowledges that: what it heard before may have been that it is our hub no more.
    fn adopt(&mut self, now: Duration, name: &P, debts: &S) {
        self.link(now, name, Pace::Slot);
        if let Some(peer) = self.peers.get_mut(name) {
            peer.outgoing.unsent.merge(debts);
            peer.outgoing.trust();
            peer.outgoing.insist();
            peer.press();
            peer.flush_by(now);
        }
    }

    fn has_hub(&self) -> bool {
        self.parent().is_some()
    }

    fn is_suspected(&self, name: &P) -> bool {
        self.peers.get(name).is_some_and(|peer| peer.outgoing.is_suspected())
    }

    fn say(&mut self, now: Duration, name: &P, word: Word) {
        let hold_until = self.hold_until;
        let peer = self.peer(name);
        peer.say_by(if peer.incoming.has_spoken() { now } else { now.max(hold_until) }, word);
    }
}
