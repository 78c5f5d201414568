//! What a replica knows of one peer: both ends of the link between them, and when to speak.

use core::time::Duration;
use std::collections::VecDeque;

use glomers_crdt::Decompose;

use crate::incoming::Incoming;
use crate::limit::Frame;
use crate::outgoing::{Next, Outgoing};
use crate::phase::Phase;
use crate::reconcile::{Answer, Comparison, Heard, Inquiry};
use crate::riblt::Key;
use crate::tree::Word;
use crate::{Ack, Batch, Beat, Config, Due, Exchange, Standing};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peer<S> {
    /// Among the members.
    pub(crate) rank: Option<u32>,
    /// None where we only acknowledge what the peer sends.
    pub(crate) pace: Option<Pace>,
    pub(crate) outgoing: Outgoing<S>,
    pub(crate) incoming: Incoming,
    /// Of the peer's rounds, if it is our hub.
    pub(crate) phase: Option<Phase>,
    /// When the next batch leaves.
    pub(crate) flush_at: Option<Duration>,
    /// When an acknowledgement leaves, if no batch has taken it along.
    pub(crate) ack_at: Option<Duration>,
    /// When what is in flight is given up for lost.
    retry_at: Option<Duration>,
    /// When it is told where we stand, and in what words.
    say_at: Option<Duration>,
    word: Word,
    /// The next message asks for an answer at once.
    press: bool,
    /// Of where it stands, as far as it has told in its present life.
    version: u32,
    /// Finds out what the peer lacks, and what it has.
    inquiry: Option<Inquiry<S>>,
    /// Of the last inquiry.
    session: u32,
    /// It does not speak before.
    ask_from: Duration,
    /// When a question that had to wait leaves at the latest.
    ask_at: Option<Duration>,
    /// By when there should be an answer to it, if it has spoken.
    answer_by: Option<Duration>,
    /// The other end of the peer's inquiry.
    comparison: Comparison<S>,
    /// What either of the two has to say.
    exchanges: VecDeque<Exchange<S>>,
}

/// When something new leaves over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pace {
    /// So long after it came up here, or came from another peer; none: not passed on.
    Gather { flush: Duration, relay: Option<Duration> },
    /// At our next round: we are the hub.
    Round,
    /// Just before the next round of the peer, which is our hub.
    Slot,
}

/// What a peer is told, apart from how all stands here.
pub(crate) struct Speech<S> {
    pub(crate) ack: Option<Ack>,
    pub(crate) batch: Option<Batch<S>>,
    pub(crate) due: Option<Due>,
    pub(crate) exchange: Option<Exchange<S>>,
    pub(crate) urgent: bool,
    pub(crate) word: Word,
    /// An answer has not come in time.
    pub(crate) has_failed: bool,
    /// How many pieces are left, if the batch is one.
    pub(crate) left: Option<u32>,
    /// What has come beyond a gap.
    pub(crate) beyond: Vec<(u64, u64)>,
    /// Parts that cannot be sent, and how large messages would be.
    pub(crate) too_large: Vec<(S, usize)>,
}

impl<S: Decompose> Peer<S> {
    /// `session` is where the numbers of the inquiries begin: elsewhere in every life of ours.
    pub(crate) fn new(rank: Option<u32>, session: u32) -> Self {
        Self {
            rank,
            pace: None,
            outgoing: Outgoing::new(S::default()),
            incoming: Incoming::default(),
            phase: None,
            flush_at: None,
            ack_at: None,
            retry_at: None,
            say_at: None,
            word: Word::default(),
            press: false,
            version: 0,
            inquiry: None,
            session,
            ask_from: Duration::ZERO,
            ask_at: None,
            answer_by: None,
            comparison: Comparison::default(),
            exchanges: VecDeque::new(),
        }
    }

    /// From now on only acknowledges.
    pub(crate) fn leave(&mut self) {
        self.pace = None;
        self.phase = None;
        self.outgoing.abandon();
        (self.inquiry, self.answer_by) = (None, None);
        (self.flush_at, self.retry_at, self.ask_at) = (None, None, None);
    }

    /// As [`leave`](Self::leave), since the peer's place is elsewhere, as it seems. What it said may have
    /// been meant for an earlier life of ours, and it may count on that still: it hears of this one.
    pub(crate) fn part(&mut self, now: Duration) {
        let is_known = self.outgoing.is_acknowledged() || self.pace.is_none();
        self.leave();
        if !is_known {
            self.outgoing.insist();
            self.say_by(now, Word::Say);
        }
    }

    /// Finds out with the next message how the peer's state differs from this one. What comes up
    /// from now on is owed to it apart from that.
    pub(crate) fn inquire(&mut self, key: Key, state: S, frame: Option<Frame<S>>) {
        self.session = self.session.wrapping_add(1);
        let inquiry = Inquiry::new(key, self.session, state);
        self.inquiry = Some(match frame {
            Some(frame) => inquiry.within(frame),
            None => inquiry,
        });
        (self.ask_from, self.answer_by) = (Duration::ZERO, None);
        // What was compared before does not tell what came up since.
        self.comparison = Comparison::default();
    }

    /// Whether our inquiry is under way.
    pub(crate) fn awaits_answer(&self) -> bool {
        self.inquiry.is_some() && self.answer_by.is_some()
    }

    /// Leaves it to the peer's inquiry to find out what ours would, as long as that goes on.
    pub(crate) fn postpone_inquiry(&mut self) {
        self.answer_by = None;
    }

    /// Takes in a part of a comparison that the peer has begun; `key` is the peer's, and `own` our
    /// state.
    pub(crate) fn compare(
        &mut self,
        now: Duration,
        key: Key,
        own: &S,
        said: &Exchange<S>,
        frame: Option<Frame<S>>,
        config: &Config,
    ) {
        self.comparison.within(frame);
        let Answer { message, further, they_lack } = self.comparison.hear(key, own, said);
        if matches!(message, Some(Exchange::Wanted { .. } | Exchange::Named { .. })) {
            // It does for both of us, unless it is of an earlier life of the peer or means one of ours:
            // an acknowledgement will tell.
            if self.inquiry.is_some() && self.answer_by.is_none() {
                self.inquiry = None;
                if !self.outgoing.is_acknowledged() {
                    self.outgoing.insist();
                }
            }
        } else {
            // Let it come to its end before we begin one.
            self.ask_from = now + config.ack_delay;
        }
        if self.pace.is_some() {
            self.outgoing.owe(&they_lack);
        }
        if let Some(answer) = message {
            self.exchanges.push_back(answer);
            self.exchanges.extend(further);
            self.acknowledge_by(now);
        }
    }

    /// Notes what the peer has sent in a batch.
    pub(crate) fn note_told(&mut self, now: Duration, delta: &S, config: &Config) {
        if self.comparison.note(delta) {
            // Let that come to its end before we begin one.
            self.ask_from = now + config.ack_delay;
        }
    }

    /// Takes in an answer to our inquiry; returns whether something is owed to the peer by it.
    pub(crate) fn hear_answer(
        &mut self,
        now: Duration,
        said: &Exchange<S>,
        config: &Config,
    ) -> bool {
        let Some(inquiry) = &mut self.inquiry else { return false };
        if inquiry.is_telling() && self.answer_by.is_none() {
            // It is still being told.
            return false;
        }
        match inquiry.hear(said) {
            Heard::Tell(all) => {
                self.answer_by = None;
                self.outgoing.owe(&all);
                true
            }
            Heard::Nothing => false,
            Heard::Next(further) => {
                self.exchanges.extend(further);
                self.answer_by = Some(now + self.outgoing.patience(config));
                self.acknowledge_by(now);
                false
            }
            Heard::Done(they_lack) => {
                (self.inquiry, self.answer_by) = (None, None);
                self.outgoing.owe(&they_lack);
                true
            }
        }
    }

    /// Whether there is something that the peer has not been asked yet.
    fn is_to_ask(&self, now: Duration) -> bool {
        self.asks_from().is_some_and(|from| from <= now)
    }

    /// When an inquiry that waits may speak.
    pub(crate) fn asks_from(&self) -> Option<Duration> {
        let inquiry = self.inquiry.as_ref().filter(|_| self.answer_by.is_none())?;
        let is_being_told = inquiry.is_telling() && self.outgoing.is_in_pieces();
        (!is_being_told).then_some(self.ask_from)
    }

    /// Whether a message is to leave only because there is so much to say.
    pub(crate) fn has_more_to_say(&self) -> bool {
        let has_pieces = !self.outgoing.is_suspected() && self.outgoing.has_piece_to_send();
        !self.exchanges.is_empty() || has_pieces
    }

    /// Whether it hears of our rounds.
    pub(crate) fn is_told_beat(&self) -> bool {
        self.pace == Some(Pace::Round)
    }

    /// Whether it hears when a batch should come.
    pub(crate) fn is_told_due(&self) -> bool {
        self.pace == Some(Pace::Slot) && self.phase.is_some()
    }

    /// Drops the greeting if there is nothing to say in it.
    pub(crate) fn settle_flush(&mut self) {
        if !self.outgoing.has_news() && self.asks_from().is_none() {
            self.flush_at = None;
        }
    }

    /// Sees to it that what is unsent leaves by `time`. A suspected peer gets it once it answers.
    pub(crate) fn flush_by(&mut self, time: Duration) {
        let may_send = self.pace.is_some() || self.outgoing.has_news();
        if may_send && !self.outgoing.is_suspected() {
            self.flush_at = Some(self.flush_at.map_or(time, |at| at.min(time)));
        }
    }

    pub(crate) fn acknowledge_by(&mut self, time: Duration) {
        self.ack_at = Some(self.ack_at.map_or(time, |at| at.min(time)));
    }

    /// Tells the peer where we stand at `time`.
    pub(crate) fn say_by(&mut self, time: Duration, word: Word) {
        self.say_at = Some(self.say_at.map_or(time, |at| at.min(time)));
        self.word = self.word.max(word);
    }

    /// It is another life of the peer that speaks.
    pub(crate) fn start_over(&mut self) {
        self.version = 0;
        self.phase = None;
        self.outgoing.start_over();
        self.comparison = Comparison::default();
        self.exchanges.clear();
    }

    /// Whether what it says of where it stands has not been overtaken.
    pub(crate) fn is_news(&mut self, standing: Option<Standing>) -> bool {
        let version = standing.map_or(0, |standing| standing.version);
        let is_news = version >= self.version;
        self.version = self.version.max(version);
        is_news
    }

    /// Asks for an answer with the next message.
    pub(crate) fn press(&mut self) {
        self.press = true;
    }

    /// When something that is new now shall leave, if the next round of ours is at `round`.
    pub(crate) fn next_flush(&self, now: Duration, round: Duration) -> Duration {
        match (self.pace, &self.phase) {
            (Some(Pace::Gather { flush, .. }), _) => now + flush,
            (Some(Pace::Round), _) => round,
            (Some(Pace::Slot), Some(phase)) => phase.next_slot(now),
            // How the hub's rounds lie is found out by sending.
            (Some(Pace::Slot), None) | (None, _) => now,
        }
    }

    /// Learns how the hub's rounds lie: the batch that left at `sent_at` has lain there for `held`
    /// until the answer left.
    pub(crate) fn time_rounds(&mut self, sent_at: Duration, held: Duration, beat: Beat) {
        if self.pace != Some(Pace::Slot) || beat.period == 0 {
            return;
        }
        let came_at = Duration::from_millis(beat.clock).saturating_sub(held);
        match &mut self.phase {
            Some(phase) => phase.observe(sent_at, came_at),
            None => self.phase = Some(Phase::new(sent_at, came_at, beat)),
        }
    }

    /// How much longer than most a message has taken, as far as it is known.
    pub(crate) fn lateness(
        &mut self,
        now: Duration,
        epoch: u64,
        beat: Option<Beat>,
        due: Option<Due>,
    ) -> Duration {
        if !self.incoming.is_present(epoch) {
            return Duration::ZERO;
        }
        match (self.pace, &mut self.phase, beat, due) {
            (Some(Pace::Slot), Some(phase), Some(beat), _) if beat.period > 0 => {
                phase.hear(now, beat)
            }
            (Some(Pace::Round), _, _, Some(due)) => {
                now.saturating_sub(Duration::from_millis(due.at))
            }
            _ => Duration::ZERO,
        }
    }

    /// Notes by when an answer should have come: a hub gives it at its next round.
    pub(crate) fn await_answer(&mut self, config: &Config) {
        let hold = match (self.pace, &self.phase) {
            (Some(Pace::Slot), Some(phase)) => phase.period(),
            (Some(Pace::Slot), None) => config.latency_target,
            _ => config.ack_delay,
        };
        let batch = self.outgoing.overdue_at(hold, config);
        let comparison = self.answer_by.filter(|_| !self.outgoing.is_suspected());
        self.retry_at = batch.into_iter().chain(comparison).min();
    }

    pub(crate) fn next_wake(&self) -> Option<Duration> {
        let times = [self.flush_at, self.ack_at, self.retry_at, self.say_at, self.ask_at];
        times.into_iter().flatten().min()
    }

    /// Says all there is to say, now that something is due. `late` is how late pushes have been lately.
    pub(crate) fn speak(
        &mut self,
        now: Duration,
        late: Duration,
        frame: Option<&Frame<S>>,
        config: &Config,
    ) -> Speech<S> {
        let is_due = |at: Option<Duration>| at.is_some_and(|at| at <= now);
        let has_failed = is_due(self.retry_at);
        if has_failed {
            self.outgoing.fail();
        }
        let is_suspected = self.outgoing.is_suspected();
        // Once more with all that is owed; from then on a question is enough.
        let says_once_more =
            has_failed && self.outgoing.failures() == 1 && !self.outgoing.is_in_pieces();
        let says_all = !is_suspected || says_once_more;
        // A greeting has a batch, though it be empty: its acknowledgement tells the round trip.
        let greets = self.is_to_ask(now) && !self.outgoing.has_sent();
        let has_news = greets || self.outgoing.has_news();
        let sends = says_all && has_news;
        let overlap = if self.pace == Some(Pace::Round) { late } else { Duration::ZERO };
        let Next { batch, left, urgent: is_last, too_large } = match frame {
            _ if !sends => Next::default(),
            Some(frame) => self.outgoing.next_within(now, overlap, greets, frame),
            None => Next { batch: Some(self.outgoing.next_batch(now, overlap)), ..Next::default() },
        };
        let due = match (self.pace, &mut self.phase) {
            (Some(Pace::Slot), Some(phase)) if batch.is_some() => Some(phase.due(now)),
            _ => None,
        };
        if has_failed {
            self.answer_by = None;
        }
        let exchange = self.exchanges.pop_front().or_else(|| {
            let question =
                self.inquiry.as_ref().filter(|_| says_all && self.is_to_ask(now))?.speak();
            self.answer_by = Some(now + self.outgoing.patience(config));
            Some(question)
        });
        let urgent = has_failed || std::mem::take(&mut self.press) || is_last;
        if urgent && batch.is_none() {
            self.outgoing.probe(now);
        }
        self.flush_at = None;
        // A question that had to wait is mostly answered by the peer's own. If it is not, it leaves in
        // the end, though nothing else may happen until then.
        let asks_from = self.asks_from().filter(|_| self.pace.is_some() && says_all);
        self.ask_at = asks_from.map(|from| from.max(now) + config.ack_delay);
        self.await_answer(config);
        (self.ack_at, self.say_at) = (None, None);
        let mut word = std::mem::take(&mut self.word);
        if is_suspected {
            word = word.max(Word::Ask);
        }
        let is_small =
            batch.as_ref().is_none_or(|batch| batch.delta.is_bottom()) && exchange.is_none();
        let beyond = self.incoming.beyond(if is_small { usize::MAX } else { Incoming::FEW_BEYOND });
        let ack = self.incoming.ack(now);
        Speech { ack, batch, due, exchange, urgent, word, has_failed, left, beyond, too_large }
    }
}
