//! What is too large for one message: sent in pieces, of which only so many are on their way at a time, and
//! of which those that are lost are sent again one by one, under the numbers that they had.
//!
//! Pieces are batches like any others, and follow each other. What is peculiar is that the peer says which of
//! them have come beyond a gap, so that these are not sent again. A piece that is sent again tells nothing of
//! round trips (Karn). It counts as lost if one has come that left later, by more than messages overtake each
//! other (as RFC 8985 has it, by time and not by number: those that leave at one moment come in any order); or if
//! it has had the time that an answer may take.

use core::time::Duration;

use glomers_crdt::Decompose;

use super::{Flight, Outgoing};
use crate::limit::Frame;
use crate::{Batch, Config};

/// What leaves next.
pub(crate) struct Next<S> {
    pub(crate) batch: Option<Batch<S>>,
    /// How many pieces are left to send, if it is one.
    pub(crate) left: Option<u32>,
    /// An answer to it shall not wait.
    pub(crate) urgent: bool,
    /// Parts that fit into no message, with the sizes that these would have. They are not sent.
    pub(crate) too_large: Vec<(S, usize)>,
}

impl<S> Default for Next<S> {
    fn default() -> Self {
        Self { batch: None, left: None, urgent: false, too_large: Vec::new() }
    }
}

impl<S: Decompose> Outgoing<S> {
    /// The next batch if messages are bounded: what is new first, then what was lost, then what is left of
    /// what is too large. `greets`: there shall be one, though it be empty.
    pub(crate) fn next_within(
        &mut self,
        now: Duration,
        overlap: Duration,
        greets: bool,
        frame: &Frame<S>,
    ) -> Next<S> {
        let mut next = Next::default();
        let (fits, unsent) = frame.may_hold(std::mem::take(&mut self.unsent));
        if fits {
            self.unsent = unsent;
            let is_due = greets || self.insists || !self.unsent.is_bottom();
            if is_due {
                next.batch = Some(self.next_small(now, overlap, frame));
                return next;
            }
        } else {
            let split = frame.split(unsent);
            let oldest = self.oldest.take();
            self.pieces.extend(split.pieces.into_iter().map(|piece| (piece, oldest)));
            next.too_large = split.too_large;
        }
        self.window = frame.window();
        if let Some(place) = self.in_flight.iter().position(|flight| flight.is_lost) {
            let lost = &mut self.in_flight[place];
            (lost.is_lost, lost.is_again, lost.sent_at) = (false, true, now);
            next.batch = Some(self.alone(now, place));
        } else if self.has_room()
            && let Some((delta, oldest)) = self.pieces.pop_front()
        {
            self.last_seq += 1;
            let insists = std::mem::take(&mut self.insists);
            let flight = Flight::new(self.last_seq, delta, oldest, insists, now);
            self.in_flight.push_back(Flight { is_piece: true, ..flight });
            next.batch = Some(self.alone(now, self.in_flight.len() - 1));
        } else if greets || self.insists {
            next.batch = Some(self.next_batch(now, Duration::ZERO));
            return next;
        }
        let period = u64::try_from((self.window / 8).max(1)).unwrap_or(u64::MAX);
        next.urgent = next.batch.as_ref().is_some_and(|batch| batch.seq.is_multiple_of(period))
            || !self.has_piece_to_send();
        next.left = Some(u32::try_from(self.pieces.len()).unwrap_or(u32::MAX));
        next
    }

    /// What is unsent, which fits; and what may be under way still, if both fit.
    fn next_small(&mut self, now: Duration, overlap: Duration, frame: &Frame<S>) -> Batch<S> {
        let overlap = if self.is_in_pieces() { Duration::ZERO } else { overlap };
        let before = self.in_flight.back().map_or(self.acked, |last| last.seq);
        let batch = self.next_batch(now, overlap);
        if batch.follows == before {
            return batch;
        }
        let (fits, delta) = frame.may_hold(batch.delta);
        if fits { Batch { delta, ..batch } } else { self.alone(now, self.in_flight.len() - 1) }
    }

    /// A batch as it is sent by itself. All between it and the one that it follows have come.
    fn alone(&self, now: Duration, place: usize) -> Batch<S> {
        let before = place.checked_sub(1).map(|before| &self.in_flight[before]);
        let flight = &self.in_flight[place];
        flight.batch(now, before.map_or(self.acked, |before| before.seq), flight.delta.clone())
    }

    /// Splits the batch of that number, which has just left and turns out to be too large: what is left in it, if
    /// any part fits, and how many pieces follow.
    pub(crate) fn split(&mut self, now: Duration, seq: u64, frame: &Frame<S>) -> Next<S> {
        let mut next = Next::default();
        self.window = frame.window();
        let Some(place) = self.in_flight.iter().position(|flight| flight.seq == seq) else {
            return next;
        };
        let flight = &mut self.in_flight[place];
        let mut split = frame.split(std::mem::take(&mut flight.delta));
        flight.delta = split.pieces.pop_front().unwrap_or_default();
        flight.is_piece = true;
        let oldest = flight.oldest;
        for piece in split.pieces.into_iter().rev() {
            self.pieces.push_front((piece, oldest));
        }
        next.batch = Some(self.alone(now, place));
        next.too_large = split.too_large;
        next.left = Some(u32::try_from(self.pieces.len()).unwrap_or(u32::MAX));
        next.urgent = !self.has_piece_to_send();
        next
    }

    /// Whether something is too large to be sent at once, and not all of it has come.
    pub(crate) fn is_in_pieces(&self) -> bool {
        !self.pieces.is_empty() || self.in_flight.iter().any(|flight| flight.is_piece)
    }

    fn has_room(&self) -> bool {
        let is_out = |flight: &&Flight<S>| flight.is_piece && !flight.is_lost;
        self.in_flight.iter().filter(is_out).count() < self.window
    }

    /// Whether a piece may leave now.
    pub(crate) fn has_piece_to_send(&self) -> bool {
        self.in_flight.iter().any(|flight| flight.is_lost)
            || (!self.pieces.is_empty() && (self.has_room() || self.window == 0))
    }

    /// Notes what has come beyond a gap: each time a batch's number and that of the one it follows.
    pub(crate) fn acknowledge_beyond(&mut self, beyond: &[(u64, u64)]) {
        for (follows, seq) in beyond {
            if *seq <= self.last_seq {
                self.in_flight.retain(|flight| {
                    let has_come = flight.seq > *follows && flight.seq <= *seq;
                    if has_come && !flight.is_again {
                        self.reached = self.reached.max(flight.sent_at);
                    }
                    !has_come
                });
            }
        }
    }

    /// Notes what must be lost, to be sent again. Returns whether anything is.
    pub(super) fn lose(&mut self, now: Duration, config: &Config) -> bool {
        let patience = self.patience(config);
        // Messages overtake each other by as much.
        let disorder = self.round_trip().map(|(usual, deviation)| (usual / 4).max(deviation * 2));
        let mut is_any = false;
        for flight in &mut self.in_flight {
            let since = now.saturating_sub(flight.sent_at);
            let is_overtaken =
                disorder.is_some_and(|disorder| flight.sent_at + disorder < self.reached);
            flight.is_lost |= is_overtaken || since > patience;
            is_any |= flight.is_lost;
        }
        is_any
    }
}
