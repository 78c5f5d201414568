use core::time::Duration;
use std::collections::VecDeque;

use glomers_crdt::Decompose;

use crate::{Batch, Config};

mod pieces;

pub(crate) use pieces::Next;

/// After a false alarm, so many answers in time restore the trust in further ones.
const WARY: u8 = 20;

/// The sending end: what the peer may lack.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Outgoing<S> {
    /// New for the peer, and in no batch yet.
    pub(crate) unsent: S,
    /// When the oldest of that came up somewhere, as far as it is known.
    oldest: Option<Duration>,
    /// The next batch leaves though there be nothing unsent: the peer shall acknowledge what else the
    /// message says.
    insists: bool,
    /// What was too large for one message, and is not on its way yet, with when it came up.
    pieces: VecDeque<(S, Option<Duration>)>,
    /// So many pieces may be on their way.
    window: usize,
    /// When the last of those left that have come, of which there may be earlier ones that have not.
    reached: Duration,
    /// Batches that wait for their acknowledgement, oldest first.
    in_flight: VecDeque<Flight<S>>,
    /// The number of the last batch.
    last_seq: u64,
    /// The last batch up to which the peer has acknowledged all.
    acked: u64,
    round_trip: RoundTrip,
    /// How often in a row an answer did not come in time.
    failures: u32,
    /// When an answer was asked for without a batch, if nothing has come since.
    probed_at: Option<Duration>,
    /// How many answers must come until a false alarm is forgotten.
    wary: u8,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a batch")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Flight<S> {
    seq: u64,
    delta: S,
    oldest: Option<Duration>,
    insists: bool,
    sent_at: Duration,
    /// Of what was too large for one message.
    is_piece: bool,
    /// It is to be sent again.
    is_lost: bool,
    /// It was sent again.
    is_again: bool,
}

impl<S> Flight<S> {
    fn new(seq: u64, delta: S, oldest: Option<Duration>, insists: bool, sent_at: Duration) -> Self {
        let (is_piece, is_lost, is_again) = (false, false, false);
        Self { seq, delta, oldest, insists, sent_at, is_piece, is_lost, is_again }
    }

    /// As it leaves now, with that in it.
    fn batch(&self, now: Duration, follows: u64, delta: S) -> Batch<S> {
        let age = self.oldest.map_or(Duration::ZERO, |born| now.saturating_sub(born)).as_millis();
        let age = u32::try_from(age).unwrap_or(u32::MAX);
        Batch { follows, seq: self.seq, age, delta }
    }
}

impl<S: Decompose> Outgoing<S> {
    pub(crate) fn new(unsent: S) -> Self {
        Self {
            unsent,
            oldest: None,
            insists: false,
            pieces: VecDeque::new(),
            window: 0,
            reached: Duration::ZERO,
            in_flight: VecDeque::new(),
            last_seq: 0,
            acked: 0,
            round_trip: RoundTrip::default(),
            failures: 0,
            probed_at: None,
            wary: 0,
        }
    }

    /// Notes that the peer lacks this, as far as it is not on its way.
    pub(crate) fn owe(&mut self, lacking: &S) {
        let mut lacking = lacking.clone();
        for flight in &self.in_flight {
            lacking = lacking.difference(&flight.delta);
        }
        if !self.pieces.is_empty() {
            lacking = lacking.difference(&self.waiting());
        }
        self.unsent.merge(&lacking);
    }

    /// All pieces that are not on their way.
    fn waiting(&self) -> S {
        self.pieces.iter().fold(S::default(), |mut all, (piece, _)| {
            all.merge(piece);
            all
        })
    }

    /// Notes that what has come up at `born` is new for the peer.
    pub(crate) fn add(&mut self, novel: &S, born: Duration) {
        self.unsent.merge(novel);
        self.oldest = earlier(self.oldest, Some(born));
    }

    /// Notes that the peer has this: it is not sent.
    pub(crate) fn spare(&mut self, delta: &S) {
        if !self.unsent.is_bottom() {
            self.unsent = self.unsent.difference(delta);
        }
        if self.unsent.is_bottom() {
            self.oldest = None;
        }
    }

    /// Notes that this is new for the peer, instead of what was so far. When it came up is not known.
    pub(crate) fn begin_with(&mut self, unsent: S) {
        (self.unsent, self.oldest) = (unsent, None);
        self.pieces.clear();
    }

    /// Puts everything unsent into a batch, and with it once more what left in the last `overlap`: where
    /// messages are as late as that, this one may well be the first to come.
    pub(crate) fn next_batch(&mut self, now: Duration, overlap: Duration) -> Batch<S> {
        let settled = self.in_flight.partition_point(|flight| flight.sent_at + overlap <= now);
        let follows = settled.checked_sub(1).map_or(self.acked, |last| self.in_flight[last].seq);
        self.last_seq += 1;
        let unsent = std::mem::take(&mut self.unsent);
        let mut delta = unsent.clone();
        for flight in self.in_flight.range(settled..) {
            delta.merge(&flight.delta);
        }
        let insists = std::mem::take(&mut self.insists);
        let flight = Flight::new(self.last_seq, unsent, self.oldest.take(), insists, now);
        let batch = flight.batch(now, follows, delta);
        self.in_flight.push_back(flight);
        batch
    }

    /// Takes back what is not acknowledged, to be sent again.
    pub(crate) fn recall(&mut self) {
        for flight in self.in_flight.drain(..) {
            self.unsent.merge(&flight.delta);
            self.oldest = earlier(self.oldest, flight.oldest);
            self.insists |= flight.insists;
        }
    }

    /// The next message shall not get lost, whatever there is to send.
    pub(crate) fn insist(&mut self) {
        self.insists = true;
    }

    /// Whether there is something to put into a batch.
    pub(crate) fn has_news(&self) -> bool {
        self.insists || !self.unsent.is_bottom() || self.has_piece_to_send()
    }

    /// The number of the last batch.
    pub(crate) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Whether the peer was ever sent a batch.
    pub(crate) fn has_sent(&self) -> bool {
        self.last_seq > 0
    }

    /// Whether there was ever a batch of that number.
    pub(crate) fn has_sent_up_to(&self, seq: u64) -> bool {
        seq <= self.last_seq
    }

    /// Whether the peer has acknowledged a batch, in its present life and ours.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.acked > 0
    }

    /// Everything that the peer may lack.
    pub(crate) fn debts(&self) -> S {
        let mut debts = self.unsent.clone();
        for flight in &self.in_flight {
            debts.merge(&flight.delta);
        }
        debts.merge(&self.waiting());
        debts
    }

    /// Takes back what must be lost, to be sent again: the peer has just acknowledged no more than
    /// up to `seq`, though what was sent after that has had the time to come. Returns whether
    /// anything was taken back.
    pub(crate) fn recall_lost(&mut self, now: Duration, seq: u64, config: &Config) -> bool {
        if self.is_in_pieces() {
            return self.lose(now, config);
        }
        if self.round_trip.smoothed.is_none() {
            return false;
        }
        let patience = self.patience(config);
        let lost = seq == self.acked
            && self.in_flight.front().is_some_and(|oldest| oldest.sent_at + patience < now);
        if lost {
            self.recall();
        }
        lost
    }

    /// An answer was asked for without a batch.
    pub(crate) fn probe(&mut self, now: Duration) {
        self.probed_at.get_or_insert(now);
    }

    pub(crate) fn is_probed(&self) -> bool {
        self.probed_at.is_some()
    }

    /// Notes a time-out: the peer is suspected from the first one on. What is in flight is taken
    /// back.
    pub(crate) fn fail(&mut self) {
        self.failures = self.failures.saturating_add(1);
        self.probed_at = None;
        // Of what was sent in pieces, the answer to a question tells which have come.
        if !self.is_in_pieces() {
            self.recall();
        }
    }

    /// How many answers in a row did not come.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn is_suspected(&self) -> bool {
        self.failures > 0
    }

    /// The peer was heard from.
    pub(crate) fn trust(&mut self) {
        if self.failures == 1 {
            self.wary = WARY;
        }
        self.failures = 0;
        self.probed_at = None;
    }

    /// Whether an answer that does not come in time has not been a false alarm lately.
    pub(crate) fn is_reliable(&self) -> bool {
        self.wary == 0
    }

    /// Notes a cumulative acknowledgement, given `held` after the batch had come; returns when that
    /// batch was sent, if that is known. One of a batch that was never sent is ignored. What is sent
    /// again has a number of its own, so that a round trip is never that of another sending (Karn).
    pub(crate) fn acknowledge(
        &mut self,
        now: Duration,
        seq: u64,
        held: Duration,
        config: &Config,
    ) -> Option<Duration> {
        if seq <= self.acked || seq > self.last_seq {
            return None;
        }
        let acknowledged = self.in_flight.partition_point(|flight| flight.seq <= seq);
        if self.is_in_pieces() {
            let came = self.in_flight.range(..acknowledged).filter(|flight| !flight.is_again);
            self.reached = came.fold(self.reached, |last, flight| last.max(flight.sent_at));
        }
        let last = self.in_flight.drain(..acknowledged).next_back();
        self.acked = seq;
        self.wary = self.wary.saturating_sub(1);
        let sent_at = last.filter(|flight| flight.seq == seq && !flight.is_again)?.sent_at;
        self.round_trip.sample(now.saturating_sub(sent_at + held).min(config.retry_max));
        Some(sent_at)
    }

    /// The smoothed round-trip time and, once it is known well, its deviation.
    pub(crate) fn round_trip(&self) -> Option<(Duration, Duration)> {
        self.round_trip.smoothed.map(|smoothed| (smoothed, self.round_trip.known_deviation()))
    }

    /// How long an answer may take that is given at once. Whatever was measured, it is bounded: where
    /// a peer or a message was held up, the round trip tells nothing about the next one, and for how
    /// long a loss goes unnoticed must not depend on it.
    pub(crate) fn patience(&self, config: &Config) -> Duration {
        let patience = self.round_trip.timeout().unwrap_or(config.retry);
        patience.min(config.retry_max).max(Duration::from_millis(1))
    }

    /// The peer has lost its memory: what it lacks is to be found out, and it has acknowledged
    /// nothing.
    pub(crate) fn start_over(&mut self) {
        self.in_flight.clear();
        self.pieces.clear();
        (self.acked, self.reached) = (0, Duration::ZERO);
        self.unsent = S::default();
        self.oldest = None;
        self.insists = false;
    }

    /// The peer is none of ours any more: nothing is owed to it.
    pub(crate) fn abandon(&mut self) {
        self.in_flight.clear();
        self.pieces.clear();
        self.unsent = S::default();
        self.oldest = None;
        self.insists = false;
        self.trust();
    }

    /// When an answer is overdue, if the peer may hold one to a batch back for `hold`. To a second
    /// question it answers at once; further ones follow at growing intervals.
    pub(crate) fn overdue_at(&self, hold: Duration, config: &Config) -> Option<Duration> {
        let patience = self.patience(config);
        let is_in_pieces = self.is_in_pieces();
        let flight = if is_in_pieces {
            // Of some of them an answer is asked for at once; once more, without one.
            let awaited = self.in_flight.iter().filter(|flight| !flight.is_lost);
            awaited.map(|flight| flight.sent_at).min().filter(|_| self.failures == 0)
        } else {
            self.in_flight.front().map(|oldest| oldest.sent_at)
        };
        let hold = if is_in_pieces { Duration::ZERO } else { hold };
        if let Some(again) = self.failures.checked_sub(1) {
            let backed_off = patience.saturating_mul(1 << again.min(16));
            let asked_at = flight.into_iter().chain(self.probed_at).min()?;
            return Some(asked_at + backed_off.min(config.retry_max).max(patience));
        }
        let answers = [flight.map(|at| at + hold), self.probed_at];
        answers.into_iter().flatten().min().map(|at| at + patience)
    }
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}

/// A smoothed round-trip time and its deviation, as in RFC 6298.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct RoundTrip {
    smoothed: Option<Duration>,
    deviation: Duration,
    /// The same, but for what is assumed at first: the mean of the first few differences.
    jitter: Duration,
    /// How many samples were taken, as far as it matters.
    samples: u8,
}

impl RoundTrip {
    /// Before as many samples, nothing is known of how much they differ.
    const ENOUGH: u8 = 3;

    fn sample(&mut self, rtt: Duration) {
        if let Some(smoothed) = self.smoothed {
            self.deviation = (self.deviation * 3 + smoothed.abs_diff(rtt)) / 4;
            let weight = u32::from(self.samples.clamp(1, 4));
            self.jitter = (self.jitter * (weight - 1) + smoothed.abs_diff(rtt)) / weight;
            self.smoothed = Some((smoothed * 7 + rtt) / 8);
        } else {
            self.deviation = rtt / 2;
            self.smoothed = Some(rtt);
        }
        self.samples = Self::ENOUGH.min(self.samples + 1);
    }

    fn known_deviation(&self) -> Duration {
        if self.samples < Self::ENOUGH { Duration::ZERO } else { self.jitter }
    }

    fn timeout(&self) -> Option<Duration> {
        /// Machines hesitate now and then, whatever the network does.
        const LEAST_MARGIN: Duration = Duration::from_millis(100);
        self.smoothed.map(|smoothed| smoothed + (self.deviation * 4).max(LEAST_MARGIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glomers_crdt::GSet;

    const SECOND: Duration = Duration::from_secs(1);

    /// Waits for as long as it takes, as far as these tests go.
    fn patient() -> Config {
        Config { retry_max: SECOND * 100, ..Config::default() }
    }

    fn outgoing(unsent: &[u32]) -> Outgoing<GSet<u32>> {
        Outgoing::new(unsent.iter().copied().collect())
    }

    #[test]
    fn a_batch_follows_the_last_one_in_flight() {
        let mut out = outgoing(&[1]);
        assert_eq!(out.next_batch(SECOND, Duration::ZERO).follows, 0);
        out.unsent.insert(2);
        let second = out.next_batch(SECOND, Duration::ZERO);
        assert_eq!((second.follows, second.seq), (1, 2));
        assert!(second.delta.iter().eq(&[2]));
    }

    #[test]
    fn what_is_recalled_leaves_again_after_the_last_acknowledged() {
        let mut out = outgoing(&[1]);
        out.next_batch(SECOND, Duration::ZERO);
        out.acknowledge(SECOND, 1, Duration::ZERO, &patient());
        out.unsent.insert(2);
        out.next_batch(SECOND, Duration::ZERO);
        out.unsent.insert(3);
        out.recall();
        let again = out.next_batch(SECOND, Duration::ZERO);
        assert_eq!((again.follows, again.seq), (1, 3));
        assert!(again.delta.iter().eq(&[2, 3]));
    }

    #[test]
    fn what_may_still_be_under_way_goes_along_with_the_next() {
        let mut out = outgoing(&[1]);
        out.next_batch(SECOND, Duration::ZERO);
        out.unsent.insert(2);
        out.next_batch(SECOND * 3, Duration::ZERO);
        out.unsent.insert(3);
        let third = out.next_batch(SECOND * 4, SECOND * 2);
        assert_eq!((third.follows, third.seq), (1, 3));
        assert!(third.delta.iter().eq(&[2, 3]));
        out.unsent.insert(4);
        let fourth = out.next_batch(SECOND * 5, SECOND * 2);
        assert_eq!((fourth.follows, fourth.seq), (2, 4));
        assert!(fourth.delta.iter().eq(&[3, 4]), "what went along does not go along again");
        out.acknowledge(SECOND * 5, 3, Duration::ZERO, &patient());
        out.recall();
        assert!(out.unsent.iter().eq(&[4]), "two came with the third");
    }

    #[test]
    fn what_is_insisted_on_leaves_until_it_is_acknowledged() {
        let mut out = outgoing(&[]);
        assert!(!out.has_news());
        out.insist();
        for _ in 0..3 {
            assert!(out.has_news());
            out.next_batch(SECOND, Duration::ZERO);
            assert!(!out.has_news(), "it is on its way");
            out.fail();
        }
        out.next_batch(SECOND, Duration::ZERO);
        out.acknowledge(SECOND, 4, Duration::ZERO, &patient());
        out.fail();
        assert!(!out.has_news());
    }

    #[test]
    fn what_the_peer_should_have_got_by_now_is_lost() {
        let mut out = outgoing(&[1]);
        out.next_batch(Duration::ZERO, Duration::ZERO);
        out.acknowledge(SECOND, 1, Duration::ZERO, &patient());
        out.unsent.insert(2);
        out.next_batch(SECOND * 10, Duration::ZERO);
        // The round trip takes 1 s, give or take 2 s.
        assert!(!out.recall_lost(SECOND * 12, 1, &patient()), "it may be on the way");
        assert!(
            !out.recall_lost(SECOND * 20, 0, &patient()),
            "a late acknowledgement tells nothing"
        );
        assert!(out.recall_lost(SECOND * 20, 1, &patient()));
        assert!(out.unsent.contains(&2));
    }

    #[test]
    fn acknowledging_what_was_never_sent_changes_nothing() {
        let mut out = outgoing(&[1]);
        out.next_batch(SECOND, Duration::ZERO);
        let before = out.clone();
        assert_eq!(out.acknowledge(SECOND, 2, Duration::ZERO, &patient()), None);
        assert_eq!(out.acknowledge(SECOND, u64::MAX, Duration::ZERO, &patient()), None);
        assert_eq!(out, before);
    }

    #[test]
    fn patience_follows_the_round_trip_and_backs_off_to_a_bound() {
        let config = Config { retry: SECOND, retry_max: SECOND * 3, ..Config::default() };
        let mut out = outgoing(&[1]);
        let mut now = SECOND * 100;
        out.next_batch(now, Duration::ZERO);
        let mut waits = Vec::new();
        for _ in 0..5 {
            let overdue = out.overdue_at(SECOND * 4, &config).unwrap();
            waits.push(overdue.saturating_sub(now));
            now = overdue;
            out.fail();
            out.probe(now);
        }
        assert_eq!(
            waits,
            [5, 1, 2, 3, 3].map(|n| SECOND * n),
            "who is asked again answers at once"
        );
        out.trust();
        assert_eq!(out.overdue_at(SECOND, &config), None);
        out.next_batch(now, Duration::ZERO);
        out.acknowledge(now + SECOND * 25, 2, SECOND * 5, &patient());
        assert_eq!(out.round_trip(), Some((SECOND * 20, Duration::ZERO)));
        out.unsent.insert(2);
        out.next_batch(now, Duration::ZERO);
        let overdue = out.overdue_at(SECOND, &patient());
        assert_eq!(overdue, Some(now + SECOND * 61), "1 s + 20 s + 4 · 10 s");
    }

    #[test]
    fn patience_is_bounded_whatever_was_measured() {
        let config = Config { retry_max: SECOND * 3, ..Config::default() };
        let mut out = outgoing(&[1]);
        out.next_batch(SECOND, Duration::ZERO);
        // Either end did not run for a minute.
        out.acknowledge(SECOND * 61, 1, Duration::ZERO, &config);
        assert_eq!(out.round_trip(), Some((SECOND * 3, Duration::ZERO)), "as far as it counts");
        assert_eq!(out.patience(&config), SECOND * 3);
        out.unsent.insert(2);
        out.next_batch(SECOND * 61, Duration::ZERO);
        assert_eq!(out.overdue_at(SECOND, &config), Some(SECOND * 65));
        assert!(!out.recall_lost(SECOND * 64, 1, &config));
        for again in 0..20 {
            out.fail();
            out.probe(SECOND * 65);
            assert_eq!(out.overdue_at(SECOND, &config), Some(SECOND * 68), "{again}");
        }
        out.next_batch(SECOND * 65, Duration::ZERO);
        out.trust();
        assert!(out.recall_lost(SECOND * 69, 1, &config));
    }

    #[test]
    fn a_deviation_is_known_after_some_samples() {
        let after = |samples: &[u32]| {
            let mut rtt = RoundTrip::default();
            for sample in samples {
                rtt.sample(SECOND * *sample);
            }
            (rtt.known_deviation(), rtt.timeout())
        };
        assert_eq!(after(&[8, 16]).0, Duration::ZERO, "two samples tell little");
        assert_eq!(after(&[8, 16, 17]).0, SECOND * 8, "of 8 and 9, and then as much");
        assert_eq!(after(&[8, 8, 8]), (Duration::ZERO, Some(SECOND * 17)), "4 s were assumed");
        assert_eq!(after(&[1; 12]), (Duration::ZERO, Some(SECOND * 11 / 10)), "machines hesitate");
    }
}
