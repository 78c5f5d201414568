//! The serialised form: a map with short keys, from which absent parts are left out where the
//! format names fields. Decoding rejects what no member can say.

use std::collections::{BTreeMap, BTreeSet};

use glomers_crdt::MaxMap;
use im::OrdMap;
use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exclusions::{Exclusions, Proposal};
use super::topic::Topic;
use super::turn::{Loan, Seat, Turn};
use super::{Entry, Rank, ReplicatedLog};

/// Offset, author, number, message.
type Message<V> = (u64, Rank, u64, V);
/// Rank, clock, after.
type Promise = (Rank, u64, u64);
/// Rank, since, to.
type Lent = (Rank, u64, Rank);
/// Generation, gone, stay, who, fences.
type Confirmed = (u32, BTreeSet<Rank>, BTreeSet<Rank>, Rank, BTreeMap<Rank, u64>);

#[derive(Deserialize)]
#[serde(rename = "ReplicatedLog")]
#[serde(bound(deserialize = "K: Ord + Clone + Deserialize<'de>, V: Deserialize<'de>"))]
struct Log<K, V> {
    #[serde(rename = "k", default = "BTreeMap::new")]
    topics: BTreeMap<K, Parts<V>>,
    #[serde(rename = "d", default)]
    dropped: Vec<(Rank, u64, u64)>,
    #[serde(rename = "c", default = "BTreeMap::new")]
    committed: BTreeMap<String, MaxMap<K, u64>>,
    #[serde(rename = "h", default)]
    holdings: Vec<(Rank, Rank, u64)>,
    #[serde(rename = "x", default)]
    exclusions: Vec<Confirmed>,
}

#[derive(Deserialize)]
#[serde(rename = "Topic")]
struct Parts<V> {
    #[serde(rename = "m", default = "Vec::new")]
    messages: Vec<Message<V>>,
    #[serde(rename = "t", default)]
    promises: Vec<Promise>,
    #[serde(rename = "l", default)]
    loans: Vec<Lent>,
    #[serde(rename = "s", default)]
    start: u64,
}

/// A struct of which the empty fields are left out, unless they are told apart by their order.
struct Sparse<S: Serializer> {
    is_named: bool,
    fields: S::SerializeStruct,
}

impl<S: Serializer> Sparse<S> {
    fn new(serializer: S, name: &'static str, present: &[bool]) -> Result<Self, S::Error> {
        let is_named = serializer.is_human_readable();
        let len = present.iter().filter(|present| **present || !is_named).count();
        Ok(Self { is_named, fields: serializer.serialize_struct(name, len)? })
    }

    fn field<T: Serialize>(
        &mut self,
        name: &'static str,
        is_present: bool,
        value: impl FnOnce() -> T,
    ) -> Result<(), S::Error> {
        if is_present || !self.is_named {
            self.fields.serialize_field(name, &value())
        } else {
            self.fields.skip_field(name)
        }
    }
}

impl<K: Ord + Serialize, V: Serialize> Serialize for ReplicatedLog<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dropped = self.known_only();
        let present = [
            !self.topics.is_empty(),
            !dropped.is_empty(),
            !self.committed.is_empty(),
            !self.holdings.is_empty(),
            !self.exclusions.is_empty(),
        ];
        let mut log = Sparse::<S>::new(serializer, "ReplicatedLog", &present)?;
        log.field("k", present[0], || Map(&self.topics))?;
        log.field("d", present[1], || dropped.iter().collect::<Vec<_>>())?;
        log.field("c", present[2], || &self.committed)?;
        log.field("h", present[3], || {
            let all = self.holdings.iter();
            let all = all.flat_map(|(who, held)| held.iter().map(move |(of, seq)| (who, of, seq)));
            all.collect::<Vec<_>>()
        })?;
        log.field("x", present[4], || {
            let all = self.exclusions.iter().map(|(proposal, who, fences)| {
                (proposal.generation, &proposal.gone, &proposal.stay, who, fences)
            });
            all.collect::<Vec<_>>()
        })?;
        log.fields.end()
    }
}

struct Map<'a, K, V>(&'a OrdMap<K, Topic<V>>);

impl<K: Ord + Serialize, V: Serialize> Serialize for Map<'_, K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0)
    }
}

impl<V: Serialize> Serialize for Topic<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let loan =
            |(rank, seat): (&Rank, &Seat)| seat.turn.loan.map(|loan| (*rank, loan.since, loan.to));
        let loans: Vec<Lent> = self.seats.iter().filter_map(loan).collect();
        let present =
            [!self.entries.is_empty(), !self.seats.is_empty(), !loans.is_empty(), self.start > 0];
        let mut topic = Sparse::<S>::new(serializer, "Topic", &present)?;
        topic.field("m", present[0], || {
            let all = self.entries.iter();
            all.map(|(offset, entry)| (offset, entry.author, entry.seq, &entry.value))
                .collect::<Vec<_>>()
        })?;
        topic.field("t", present[1], || {
            let all = self.seats.iter();
            all.map(|(rank, seat)| (rank, seat.turn.clock, seat.turn.after)).collect::<Vec<_>>()
        })?;
        topic.field("l", present[2], || &loans)?;
        topic.field("s", present[3], || self.start)?;
        topic.fields.end()
    }
}

impl<'de, K, V> Deserialize<'de> for ReplicatedLog<K, V>
where
    K: Ord + Clone + Deserialize<'de>,
    V: Clone + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Log::deserialize(deserializer)?;
        Self::from_wire(wire).map_err(D::Error::custom)
    }
}

fn require(is_met: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if is_met { Ok(()) } else { Err(otherwise) }
}

impl<K: Ord + Clone, V: Clone> ReplicatedLog<K, V> {
    fn from_wire(wire: Log<K, V>) -> Result<Self, &'static str> {
        let mut log = Self::default();
        for (author, first, last) in wire.dropped {
            require(log.known.add(author, first, last), "dropped messages are named twice or not")?;
        }
        for (key, parts) in wire.topics {
            let mut topic = Topic { start: parts.start, ..Topic::default() };
            for (offset, author, seq, value) in parts.messages {
                require(offset >= topic.start, "a message lies below the start of its log")?;
                require(offset < u64::MAX, "an offset is too great")?;
                let is_new = !log.known.contains(author, seq) && log.known.add(author, seq, seq);
                require(is_new, "two messages have one number, or one has none")?;
                let entry = Entry { author, seq, value };
                require(topic.entries.insert(offset, entry).is_none(), "two have one offset")?;
            }
            for (rank, clock, after) in parts.promises {
                require(clock > 0, "a clock begins above 0")?;
                let seat = Seat::of(Turn { clock, after, loan: None });
                require(topic.seats.insert(rank, seat).is_none(), "a member has two clocks")?;
            }
            for (rank, since, to) in parts.loans {
                let seat = topic.seats.get_mut(&rank).ok_or("a loan without a clock")?;
                let is_right = since < seat.turn.clock && to != rank && seat.turn.loan.is_none();
                require(is_right, "a loan is empty, to oneself, or the second")?;
                seat.turn.loan = Some(Loan { since, to });
            }
            require(!topic.is_empty(), "a key has nothing")?;
            log.topics.insert(key, topic);
        }
        require(wire.committed.values().all(|it| it.iter().next().is_some()), "an empty group")?;
        log.committed = wire.committed;
        for (holder, author, seq) in wire.holdings {
            require(seq > 0, "nothing is held")?;
            log.holdings.entry(holder).or_default().insert(author, seq);
        }
        for (generation, gone, stay, who, fences) in wire.exclusions {
            let is_right = stay.contains(&who)
                && !gone.is_empty()
                && gone.is_disjoint(&stay)
                && fences.keys().eq(&gone);
            require(is_right, "an exclusion is confirmed by who does not stay, or of others")?;
            log.confirm_from_wire(Proposal { generation, gone, stay }, who, fences);
        }
        Ok(log)
    }

    fn confirm_from_wire(&mut self, proposal: Proposal, who: Rank, fences: BTreeMap<Rank, u64>) {
        let mut confirmed = Exclusions::default();
        confirmed.confirm(proposal, who, fences);
        self.exclusions.merge(&confirmed);
    }
}
