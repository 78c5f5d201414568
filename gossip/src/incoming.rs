use core::time::Duration;
use std::collections::BTreeMap;

use crate::Ack;

/// Batches received out of order are remembered up to this many; a forgotten one is sent again.
const MAX_ISLANDS: usize = 64;

/// So many lives of a peer are told apart. A message of one that was forgotten makes both sides
/// start over, which costs a full state and harms nothing.
const MAX_LIVES: usize = 8;

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
    /// Something comes in pieces, so that it matters which have come.
    is_in_pieces: bool,
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
    /// So much of what has come beyond gaps is told beside something else.
    pub(crate) const FEW_BEYOND: usize = 8;

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
                let (received, received_at, islands) = (0, Duration::ZERO, BTreeMap::new());
                Life { epoch, received, received_at, islands, is_in_pieces: false }
            }
        };
        if self.lives.len() == MAX_LIVES {
            self.lives.remove(0);
        }
        self.lives.push(life);
        speaker
    }

    /// Whether it is this life that spoke last.
    pub(crate) fn is_present(&self, epoch: u64) -> bool {
        self.lives.last().is_some_and(|life| life.epoch == epoch)
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

    /// Notes that what has just come is a piece of something.
    pub(crate) fn note_piece(&mut self) {
        if let Some(life) = self.lives.last_mut() {
            life.is_in_pieces = true;
        }
    }

    /// What has come beyond a gap, if that matters: of what follows each other, the number that is followed
    /// first, and the last one. Not more than `most`, for there is not always room.
    pub(crate) fn beyond(&self, most: usize) -> Vec<(u64, u64)> {
        let life = self.lives.last().filter(|life| life.is_in_pieces);
        let islands = life.into_iter().flat_map(|life| &life.islands);
        islands.take(most).map(|(follows, seq)| (*follows, *seq)).collect()
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
    /// Keeps what has come beyond a gap, with what it follows and what follows it as one: of pieces there are
    /// many.
    fn keep(&mut self, mut follows: u64, mut seq: u64) {
        if let Some((before, last)) = self.islands.range(..=follows).next_back()
            && *last >= follows
        {
            (follows, seq) = (*before, seq.max(*last));
        }
        while let Some((next, last)) = self.islands.range(follows + 1..=seq).next() {
            let (next, last) = (*next, *last);
            self.islands.remove(&next);
            seq = seq.max(last);
        }
        if self.islands.len() < MAX_ISLANDS || self.islands.contains_key(&follows) {
            self.islands.insert(follows, seq);
        }
    }

    fn note(&mut self, now: Duration, follows: u64, seq: u64) -> bool {
        if seq <= self.received || seq <= follows {
            return false;
        }
        if follows > self.received && self.is_in_pieces {
            self.keep(follows, seq);
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

    const SECOND: Duration = Duration::from_secs(1);

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
