//! What a replica knows of one peer: both ends of the link between them.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use glomers_crdt::Lattice;

use crate::{Ack, Batch, Config};

/// Batches received out of order are remembered up to this many; a forgotten one is sent again.
const MAX_ISLANDS: usize = 64;

/// So many lives of a peer are told apart. A message of one that was forgotten makes both sides
/// start over, which costs a full state and harms nothing.
const MAX_LIVES: usize = 8;

/// The sending end: what the peer may lack.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Outgoing<S> {
    /// New for the peer, and in no batch yet.
    pub(crate) unsent: S,
    /// Batches that wait for their acknowledgement, oldest first.
    in_flight: VecDeque<Flight<S>>,
    /// The number of the last batch.
    last_seq: u64,
    /// The last batch up to which the peer has acknowledged all.
    acked: u64,
    round_trip: RoundTrip,
    /// How often in a row a batch was not acknowledged in time.
    failures: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Flight<S> {
    seq: u64,
    delta: S,
    sent_at: Duration,
}

impl<S: Lattice> Outgoing<S> {
    pub(crate) fn new(unsent: S) -> Self {
        Self {
            unsent,
            in_flight: VecDeque::new(),
            last_seq: 0,
            acked: 0,
            round_trip: RoundTrip::default(),
            failures: 0,
        }
    }

    /// Puts everything unsent into a batch.
    pub(crate) fn next_batch(&mut self, now: Duration) -> Batch<S> {
        let follows = self.in_flight.back().map_or(self.acked, |flight| flight.seq);
        self.last_seq += 1;
        let delta = std::mem::take(&mut self.unsent);
        let flight = Flight { seq: self.last_seq, delta: delta.clone(), sent_at: now };
        self.in_flight.push_back(flight);
        Batch { follows, seq: self.last_seq, delta }
    }

    /// Takes back what is not acknowledged, to be sent again.
    pub(crate) fn recall(&mut self) {
        for flight in self.in_flight.drain(..) {
            self.unsent.merge(&flight.delta);
        }
    }

    /// Whether the peer has been sent a batch, by which it will know of us.
    pub(crate) fn has_greeted(&self) -> bool {
        self.last_seq > 0
    }

    /// Takes back what must be lost, to be sent again: the peer has just acknowledged no more than
    /// up to `seq`, though what was sent after that has had the time to come. Returns whether
    /// anything was taken back.
    pub(crate) fn recall_lost(&mut self, now: Duration, seq: u64) -> bool {
        let round_trip = self.round_trip.timeout();
        let lost = seq == self.acked
            && !round_trip.is_zero()
            && self.in_flight.front().is_some_and(|oldest| oldest.sent_at + round_trip < now);
        if lost {
            self.recall();
        }
        lost
    }

    /// Notes a time-out: the peer is suspected from the first one on.
    pub(crate) fn fail(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    pub(crate) fn is_suspected(&self) -> bool {
        self.failures > 0
    }

    /// The peer was heard from.
    pub(crate) fn trust(&mut self) {
        self.failures = 0;
    }

    /// Notes a cumulative acknowledgement, given `held` after the batch had come; returns when that
    /// batch was sent, if that is known. One of a batch that was never sent is ignored.
    pub(crate) fn acknowledge(
        &mut self,
        now: Duration,
        seq: u64,
        held: Duration,
    ) -> Option<Duration> {
        if seq <= self.acked || seq > self.last_seq {
            return None;
        }
        let acknowledged = self.in_flight.partition_point(|flight| flight.seq <= seq);
        let last = self.in_flight.drain(..acknowledged).next_back();
        self.acked = seq;
        let sent_at = last.filter(|flight| flight.seq == seq)?.sent_at;
        self.round_trip.sample(now.saturating_sub(sent_at + held));
        Some(sent_at)
    }

    /// The smoothed round-trip time, once one was measured.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.round_trip.smoothed
    }

    /// The peer has lost its memory: it is owed `everything`, and has acknowledged nothing.
    pub(crate) fn start_over(&mut self, everything: S) {
        self.in_flight.clear();
        self.acked = 0;
        self.unsent = everything;
    }

    /// The peer is none of ours any more: nothing is owed to it.
    pub(crate) fn abandon(&mut self) {
        self.in_flight.clear();
        self.unsent = S::default();
        self.failures = 0;
    }

    /// When the oldest batch in flight is overdue, if the peer may hold its answer back for `hold`.
    pub(crate) fn overdue_at(&self, hold: Duration, config: &Config) -> Option<Duration> {
        let oldest = self.in_flight.front()?;
        let patience = hold + self.round_trip.timeout().max(config.retry);
        let backed_off = patience.saturating_mul(1 << self.failures.min(16));
        Some(oldest.sent_at + backed_off.min(config.retry_max.max(patience)))
    }
}

/// A smoothed round-trip time and its deviation, as in RFC 6298.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct RoundTrip {
    smoothed: Option<Duration>,
    deviation: Duration,
}

impl RoundTrip {
    fn sample(&mut self, rtt: Duration) {
        if let Some(smoothed) = self.smoothed {
            self.deviation = (self.deviation * 3 + smoothed.abs_diff(rtt)) / 4;
            self.smoothed = Some((smoothed * 7 + rtt) / 8);
        } else {
            self.deviation = rtt / 2;
            self.smoothed = Some(rtt);
        }
    }

    fn timeout(&self) -> Duration {
        self.smoothed.map_or(Duration::ZERO, |smoothed| smoothed + self.deviation * 4)
    }
}

/// The receiving end: what has come from the peer, in each of its lives.
///
/// Which life is the present one cannot be told for sure: a message of an earlier life may come
/// late, even after the first one of the next. So none is ever written off. Whichever spoke last
/// counts as present; if that was wrong, the next message puts it right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Incoming {
    /// The one that spoke last is at the end.
    lives: Vec<Life>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Life {
    epoch: u64,
    /// Every batch up to this one has come, and when it did.
    received: u64,
    received_at: Duration,
    /// Batches beyond a gap: the greatest number by the one it follows.
    islands: BTreeMap<u64, u64>,
}

/// What a message's epoch says of its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// It was not heard from before.
    Stranger,
    /// The same life as last time.
    Same,
    /// Another life than last time: it has lost its memory since, or the message is late.
    Other,
}

impl Incoming {
    /// Notes the epoch of a message.
    pub(crate) fn meet(&mut self, epoch: u64) -> Speaker {
        let speaker = match self.lives.last() {
            Some(present) if present.epoch == epoch => return Speaker::Same,
            Some(_) => Speaker::Other,
            None => Speaker::Stranger,
        };
        let life = match self.lives.iter().position(|life| life.epoch == epoch) {
            Some(known) => self.lives.remove(known),
            None => {
                Life { epoch, received: 0, received_at: Duration::ZERO, islands: BTreeMap::new() }
            }
        };
        if self.lives.len() == MAX_LIVES {
            self.lives.remove(0);
        }
        self.lives.push(life);
        speaker
    }

    /// Whether the peer was ever heard from.
    pub(crate) fn has_spoken(&self) -> bool {
        !self.lives.is_empty()
    }

    /// Notes the numbers of a batch of the present life; returns whether there is now more to
    /// acknowledge.
    pub(crate) fn note(&mut self, now: Duration, follows: u64, seq: u64) -> bool {
        self.lives.last_mut().is_some_and(|life| life.note(now, follows, seq))
    }

    /// The acknowledgement of everything so far, once there is someone to give it to.
    pub(crate) fn ack(&self, now: Duration) -> Option<Ack> {
        self.lives.last().map(|life| Ack {
            epoch: life.epoch,
            seq: life.received,
            held: u32::try_from(now.saturating_sub(life.received_at).as_millis())
                .unwrap_or(u32::MAX),
        })
    }
}

impl Life {
    fn note(&mut self, now: Duration, follows: u64, seq: u64) -> bool {
        if seq <= self.received || seq <= follows {
            return false;
        }
        if follows > self.received {
            if self.islands.len() < MAX_ISLANDS || self.islands.contains_key(&follows) {
                let known = self.islands.entry(follows).or_insert(seq);
                *known = seq.max(*known);
            }
            return false;
        }
        self.received = seq;
        self.received_at = now;
        while let Some(island) = self.islands.first_entry().filter(|i| *i.key() <= self.received) {
            self.received = island.remove().max(self.received);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glomers_crdt::GSet;

    const SECOND: Duration = Duration::from_secs(1);

    fn outgoing(unsent: &[u32]) -> Outgoing<GSet<u32>> {
        Outgoing::new(unsent.iter().copied().collect())
    }

    #[test]
    fn a_batch_follows_the_last_one_in_flight() {
        let mut out = outgoing(&[1]);
        assert_eq!(out.next_batch(SECOND).follows, 0);
        out.unsent.insert(2);
        let second = out.next_batch(SECOND);
        assert_eq!((second.follows, second.seq), (1, 2));
        assert!(second.delta.iter().eq(&[2]));
    }

    #[test]
    fn what_is_recalled_leaves_again_after_the_last_acknowledged() {
        let mut out = outgoing(&[1]);
        out.next_batch(SECOND);
        out.acknowledge(SECOND, 1, Duration::ZERO);
        out.unsent.insert(2);
        out.next_batch(SECOND);
        out.unsent.insert(3);
        out.recall();
        let again = out.next_batch(SECOND);
        assert_eq!((again.follows, again.seq), (1, 3));
        assert!(again.delta.iter().eq(&[2, 3]));
    }

    #[test]
    fn what_the_peer_should_have_got_by_now_is_lost() {
        let mut out = outgoing(&[1]);
        out.next_batch(Duration::ZERO);
        out.acknowledge(SECOND, 1, Duration::ZERO);
        out.unsent.insert(2);
        out.next_batch(SECOND * 10);
        // The round trip takes 1 s, give or take 2 s.
        assert!(!out.recall_lost(SECOND * 12, 1), "it may be on the way");
        assert!(!out.recall_lost(SECOND * 20, 0), "a late acknowledgement tells nothing");
        assert!(out.recall_lost(SECOND * 20, 1));
        assert!(out.unsent.contains(&2));
    }

    #[test]
    fn acknowledging_what_was_never_sent_changes_nothing() {
        let mut out = outgoing(&[1]);
        out.next_batch(SECOND);
        let before = out.clone();
        assert_eq!(out.acknowledge(SECOND, 2, Duration::ZERO), None);
        assert_eq!(out.acknowledge(SECOND, u64::MAX, Duration::ZERO), None);
        assert_eq!(out, before);
    }

    #[test]
    fn patience_follows_the_round_trip_and_backs_off_to_a_bound() {
        let config = Config { retry: SECOND, retry_max: SECOND * 8, ..Config::default() };
        let mut out = outgoing(&[1]);
        out.next_batch(Duration::ZERO);
        let mut waits = Vec::new();
        for _ in 0..4 {
            waits.push(out.overdue_at(SECOND, &config).unwrap());
            out.fail();
        }
        assert_eq!(waits, [2, 4, 8, 8].map(|n| SECOND * n));
        out.trust();
        assert_eq!(out.acknowledge(SECOND * 25, 1, SECOND * 5), Some(Duration::ZERO));
        assert_eq!(out.round_trip(), Some(SECOND * 20));
        out.unsent.insert(2);
        out.next_batch(SECOND * 25);
        let overdue = out.overdue_at(SECOND, &config);
        assert_eq!(overdue, Some(SECOND * 86), "25 s + 1 s + 20 s + 4 · 10 s");
    }

    #[test]
    fn only_an_unbroken_sequence_is_acknowledged() {
        let mut incoming = Incoming::default();
        assert_eq!(incoming.meet(7), Speaker::Stranger);
        assert!(!incoming.note(SECOND, 1, 2));
        assert_eq!(incoming.ack(SECOND).map(|ack| (ack.epoch, ack.seq)), Some((7, 0)));
        assert!(!incoming.note(SECOND, 2, 3));
        assert!(incoming.note(SECOND, 0, 1));
        assert_eq!(incoming.ack(SECOND).map(|ack| (ack.epoch, ack.seq)), Some((7, 3)));
        assert!(!incoming.note(SECOND, 0, 1), "a duplicate");
        assert!(incoming.note(SECOND, 1, 9), "a recalled batch bridges whatever it covers");
        assert!(!incoming.note(SECOND, 12, 12) && !incoming.note(SECOND, 20, 12), "nonsense");
    }

    #[test]
    fn islands_are_bounded() {
        let mut incoming = Incoming::default();
        incoming.meet(7);
        for n in 1..10_000 {
            incoming.note(SECOND, 2 * n, 2 * n + 1);
        }
        assert!(incoming.lives[0].islands.len() <= MAX_ISLANDS);
    }

    #[test]
    fn lives_are_told_apart_and_none_is_written_off() {
        let mut incoming = Incoming::default();
        assert_eq!(incoming.meet(1), Speaker::Stranger);
        incoming.note(SECOND, 0, 5);
        assert_eq!(incoming.meet(2), Speaker::Other);
        assert_eq!(incoming.ack(SECOND).map(|ack| (ack.epoch, ack.seq)), Some((2, 0)));
        assert_eq!(incoming.meet(1), Speaker::Other);
        assert_eq!(
            incoming.ack(SECOND).map(|ack| (ack.epoch, ack.seq)),
            Some((1, 5)),
            "what it sent is remembered"
        );
        assert_eq!(incoming.meet(1), Speaker::Same);
        for epoch in 3..1000 {
            assert_eq!(incoming.meet(epoch), Speaker::Other);
        }
        assert!(incoming.lives.len() <= MAX_LIVES);
    }
}
