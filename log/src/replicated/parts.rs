use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use glomers_crdt::{Decompose, Lattice};

use super::dots::Dots;
use super::exclusions::{Fences, Proposal};
use super::topic::Topic;
use super::turn::{Seat, Turn};
use super::{Entry, Rank, ReplicatedLog};

/// A part of a [`ReplicatedLog`]: a message, a promise, a commit, and so on.
pub struct Part<'a, K, V>(Kind<'a, K, V>);

enum Kind<'a, K, V> {
    Message {
        key: &'a K,
        offset: u64,
        entry: &'a Entry<V>,
    },
    Turn {
        key: &'a K,
        rank: Rank,
        turn: Turn,
    },
    Committed {
        group: &'a str,
        key: &'a K,
        offset: u64,
    },
    Holding {
        holder: Rank,
        author: Rank,
        seq: u64,
    },
    Confirmed {
        proposal: &'a Proposal,
        who: Rank,
        fences: &'a Fences,
    },
    /// What was here and is no longer. All in one, since who learned one without the other would
    /// wait for messages that never come, or miss them without noticing.
    Dropped {
        dots: Dots,
        starts: Vec<(&'a K, u64)>,
    },
}

/// A message is named by its author and number, whatever it says.
impl<K: Hash, V> Hash for Part<'_, K, V> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        std::mem::discriminant(&self.0).hash(hasher);
        match &self.0 {
            Kind::Message { key, offset, entry } => {
                (key, offset, entry.author, entry.seq).hash(hasher);
            }
            Kind::Turn { key, rank, turn } => (key, rank, turn).hash(hasher),
            Kind::Committed { group, key, offset } => (group, key, offset).hash(hasher),
            Kind::Holding { holder, author, seq } => (holder, author, seq).hash(hasher),
            Kind::Confirmed { proposal, who, fences } => (proposal, who, fences).hash(hasher),
            Kind::Dropped { dots, starts } => (dots, starts).hash(hasher),
        }
    }
}

impl<K: fmt::Debug, V> fmt::Debug for Part<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Message { key, offset, .. } => write!(f, "message {key:?} {offset}"),
            Kind::Turn { key, rank, turn } => write!(f, "turn {key:?} {rank} {turn:?}"),
            Kind::Committed { group, key, offset } => {
                write!(f, "committed {group:?} {key:?} {offset}")
            }
            Kind::Holding { holder, author, seq } => write!(f, "holding {holder} {author} {seq}"),
            Kind::Confirmed { proposal, who, .. } => write!(f, "confirmed {proposal:?} {who}"),
            Kind::Dropped { dots, starts } => write!(f, "dropped {dots:?} {starts:?}"),
        }
    }
}

impl<K: Ord + Clone + Hash, V: Clone> Decompose for ReplicatedLog<K, V> {
    type Part<'a>
        = Part<'a, K, V>
    where
        Self: 'a;

    /// O(n) for n messages.
    fn parts(&self) -> impl Iterator<Item = Part<'_, K, V>> {
        let messages = self.topics.iter().flat_map(|(key, topic)| {
            let entries = topic.entries.iter();
            entries.map(move |(offset, entry)| Kind::Message { key, offset: *offset, entry })
        });
        let turns = self.topics.iter().flat_map(|(key, topic)| {
            let seats = topic.seats.iter();
            seats.map(move |(rank, seat)| Kind::Turn { key, rank: *rank, turn: seat.turn })
        });
        let committed = self.committed.iter().flat_map(|(group, offsets)| {
            offsets.iter().map(|(key, offset)| Kind::Committed { group, key, offset: *offset })
        });
        let holdings = self.holdings.iter().flat_map(|(holder, held)| {
            let held = held.iter();
            held.map(|(author, seq)| Kind::Holding { holder: *holder, author: *author, seq: *seq })
        });
        let confirmed = self.exclusions.iter().map(|(proposal, who, fences)| Kind::Confirmed {
            proposal,
            who,
            fences,
        });
        messages
            .chain(turns)
            .chain(committed)
            .chain(holdings)
            .chain(confirmed)
            .chain(self.dropped())
            .map(Part)
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Part<'a, K, V>>) -> Self
    where
        Self: 'a,
    {
        let mut log = Self::default();
        for Part(part) in parts {
            match part {
                Kind::Message { key, offset, entry } => {
                    log.known.add(entry.author, entry.seq, entry.seq);
                    log.topic_mut(key).entries.insert(offset, entry.clone());
                }
                Kind::Turn { key, rank, turn } => {
                    log.topic_mut(key).seats.insert(rank, Seat::of(turn));
                }
                Kind::Committed { group, key, offset } => {
                    let group = log.committed.entry(group.to_owned()).or_default();
                    group.insert(key.clone(), offset);
                }
                Kind::Holding { holder, author, seq } => {
                    log.holdings.entry(holder).or_default().insert(author, seq);
                }
                Kind::Confirmed { proposal, who, fences } => {
                    log.exclusions.confirm(proposal.clone(), who, fences.clone());
                }
                Kind::Dropped { dots, starts } => {
                    let topic = |start| Topic { start, ..Topic::default() };
                    let topics = starts.into_iter().map(|(key, start)| (key.clone(), topic(start)));
                    let dropped = Self { topics: topics.collect(), known: dots, ..Self::default() };
                    log.merge(&dropped);
                }
            }
        }
        log
    }
}

impl<K: Ord + Clone, V: Clone> ReplicatedLog<K, V> {
    /// The log of `key`, which must not stay empty.
    pub(super) fn topic_mut(&mut self, key: &K) -> &mut Topic<V> {
        self.topics.entry(key.clone()).or_default()
    }
}

impl<K: Ord, V> ReplicatedLog<K, V> {
    /// The messages that are known and not here. O(n) for n messages.
    pub(super) fn known_only(&self) -> Dots {
        let mut seqs: BTreeMap<Rank, Vec<u64>> = BTreeMap::new();
        for entry in self.topics.values().flat_map(|topic| topic.entries.values()) {
            seqs.entry(entry.author).or_default().push(entry.seq);
        }
        let mut here = Dots::default();
        for (author, mut seqs) in seqs {
            seqs.sort_unstable();
            for seq in seqs {
                here.add(author, seq, seq);
            }
        }
        self.known.difference(&here)
    }

    fn dropped(&self) -> Option<Kind<'_, K, V>> {
        let dots = self.known_only();
        let starts = self.topics.iter().map(|(key, topic)| (key, topic.start));
        let starts: Vec<_> = starts.filter(|(_, start)| *start > 0).collect();
        (!dots.is_empty() || !starts.is_empty()).then_some(Kind::Dropped { dots, starts })
    }
}
