use std::collections::BTreeMap;

use im::OrdMap;

use super::dots::Dots;
use super::exclusions::Fences;
use super::turn::{Seat, Turn};
use super::{Entry, Rank};

/// The log of one key.
#[derive(Clone, Debug)]
pub(super) struct Topic<V> {
    /// By offset.
    pub(super) entries: OrdMap<u64, Entry<V>>,
    /// None has said nothing.
    pub(super) seats: BTreeMap<Rank, Seat>,
    /// There are no messages below this any more.
    pub(super) start: u64,
}

impl<V> Default for Topic<V> {
    fn default() -> Self {
        Self { entries: OrdMap::new(), seats: BTreeMap::new(), start: 0 }
    }
}

impl<V: PartialEq> PartialEq for Topic<V> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, &self.seats) == (other.start, &other.seats) && self.entries == other.entries
    }
}

impl<V> Topic<V> {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.seats.is_empty() && self.start == 0
    }

    /// What `rank` has last said.
    pub(super) fn turn(&self, rank: Rank) -> Turn {
        self.seats.get(&rank).map(|seat| seat.turn).unwrap_or_default()
    }

    /// The offset after the highest, of which nobody may know yet whether it is the next.
    pub(super) fn end(&self) -> u64 {
        self.entries.get_max().map_or(0, |(offset, _)| offset.saturating_add(1))
    }
}

impl<V: Clone> Topic<V> {
    /// What is in here and not in `seen`, whose messages are those `known`.
    pub(super) fn difference(&self, seen: Option<&Self>, known: &Dots) -> Self {
        let is_new = |(_, entry): &(&u64, &Entry<V>)| !known.contains(entry.author, entry.seq);
        let entries = self.entries.iter().filter(is_new);
        let seats = self
            .seats
            .iter()
            .filter(|(rank, seat)| seen.is_none_or(|seen| seen.turn(**rank) < seat.turn));
        let start = if seen.is_none_or(|seen| seen.start < self.start) { self.start } else { 0 };
        Self {
            entries: entries.map(|(offset, entry)| (*offset, entry.clone())).collect(),
            seats: seats.map(|(rank, seat)| (*rank, Seat::of(seat.turn))).collect(),
            start,
        }
    }

    /// Joins `other` into this, whose messages are those `known`, but for those beyond `fences`;
    /// returns whether anything changed.
    pub(super) fn merge(&mut self, other: &Self, known: &Dots, fences: &Fences) -> bool {
        let mut changed = false;
        for (offset, entry) in &other.entries {
            let is_void = entry.is_beyond(fences);
            if *offset >= self.start && !is_void && !known.contains(entry.author, entry.seq) {
                self.insert(*offset, entry);
                changed = true;
            }
        }
        for (rank, seat) in &other.seats {
            let mine = self.seats.entry(*rank).or_default();
            changed |= mine.raise(seat.turn, known.contiguous(*rank));
        }
        changed | self.truncate(other.start)
    }

    fn insert(&mut self, offset: u64, entry: &Entry<V>) {
        // No two members give out one offset. Should one of them err, all keep the same message.
        let rival = self.entries.get(&offset).map(|rival| (rival.author, rival.seq));
        if rival.is_none_or(|rival| (entry.author, entry.seq) < rival) {
            self.entries.insert(offset, entry.clone());
        }
    }

    /// Drops the messages beyond `fences`.
    pub(super) fn void(&mut self, fences: &Fences) {
        let void = self.entries.iter().filter(|(_, entry)| entry.is_beyond(fences));
        for offset in void.map(|(offset, _)| *offset).collect::<Vec<_>>() {
            self.entries.remove(&offset);
        }
    }

    /// Drops the messages below `start`; returns whether that is further than before.
    pub(super) fn truncate(&mut self, start: u64) -> bool {
        let is_further = start > self.start;
        if is_further {
            self.start = start;
            while let Some(&(offset, _)) = self.entries.get_min()
                && offset < start
            {
                self.entries.remove(&offset);
            }
        }
        is_further
    }
}
