use std::collections::BTreeMap;

use im::OrdMap;
use im::ordmap::DiffItem;

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
        // Entries are compared by name.
        let mut both = self.entries.values().zip(other.entries.values());
        (self.start, &self.seats) == (other.start, &other.seats)
            && self.entries == other.entries
            && (self.entries.ptr_eq(&other.entries)
                || both.all(|(our, their)| our.value == their.value))
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
    /// What is in here and not in `seen`, whose messages are those `known`. What both share is skipped:
    /// O(d log n) for a fork that d messages have come to since, O(n) for one that shares nothing.
    pub(super) fn difference(&self, seen: Option<&Self>, known: &Dots) -> Self {
        let nothing = OrdMap::new();
        let others = seen.map_or(&nothing, |seen| &seen.entries);
        let differing = others.diff(&self.entries).filter_map(|item| match item {
            DiffItem::Add(offset, entry) | DiffItem::Update { new: (offset, entry), .. } => {
                Some((offset, entry))
            }
            DiffItem::Remove(..) => None,
        });
        let is_new = |(_, entry): &(&u64, &Entry<V>)| !known.contains(entry.author, entry.seq);
        let entries = differing.filter(is_new);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a message at each offset, by its author, who has numbered them so.
    fn topic(entries: &[(u64, Rank, u64)]) -> (Topic<char>, Dots) {
        let (mut topic, mut known) = (Topic::default(), Dots::default());
        for &(offset, author, seq) in entries {
            topic.entries.insert(offset, Entry { author, seq, value: 'x' });
            known.add(author, seq, seq);
        }
        (topic, known)
    }

    fn lacking(ours: &Topic<char>, (seen, known): &(Topic<char>, Dots)) -> Vec<u64> {
        ours.difference(Some(seen), known).entries.keys().copied().collect()
    }

    #[test]
    fn a_difference_has_what_a_fork_has_not_seen_wherever_it_lies() {
        let all: Vec<_> = (0..1_000).map(|nth| (2 * nth, 0, nth + 1)).collect();
        let fork = topic(&all);
        let mut ours = fork.0.clone();
        for (offset, seq) in [(1, 1), (777, 2), (1_999, 3)] {
            ours.entries.insert(offset, Entry { author: 1, seq, value: 'y' });
        }
        assert_eq!(lacking(&ours, &fork), [1, 777, 1_999]);
        // One that shares nothing with it.
        assert_eq!(lacking(&ours, &topic(&all)), [1, 777, 1_999]);
        // What the other knows and has dropped is not sent.
        let (mut dropped, known) = fork;
        dropped.truncate(900);
        assert_eq!(lacking(&ours, &(dropped, known)), [1, 777, 1_999]);
    }

    #[test]
    fn a_difference_has_the_rival_at_an_offset_that_was_given_out_twice() {
        let (ours, theirs) = (topic(&[(0, 0, 1), (3, 0, 2)]), topic(&[(0, 1, 1), (3, 0, 2)]));
        assert_eq!(lacking(&ours.0, &theirs), [0]);
        assert_eq!(lacking(&theirs.0, &ours), [0]);
    }

    #[test]
    fn messages_of_one_name_that_say_different_things_are_not_equal() {
        let one = topic(&[(0, 0, 1)]).0;
        let mut other = one.clone();
        assert_eq!(one, other);
        other.entries.insert(0, Entry { author: 0, seq: 1, value: 'y' });
        assert_ne!(one, other);
    }
}
