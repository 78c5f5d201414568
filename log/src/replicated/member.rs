use std::collections::{BTreeMap, BTreeSet};

use glomers_crdt::Lattice;
use im::OrdMap;

use super::dots::Dots;
use super::exclusions::{Fences, Proposal};
use super::topic::Topic;
use super::turn::{Seat, Turn};
use super::{AppendError, Batch, Entry, ExcludeError, Rank, ReplicatedLog};
use crate::{OutOfRange, Reset, Retention};

/// When a message counts as appended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Acks {
    /// Once the member has it that was asked to append it.
    #[default]
    Local,
    /// Once more than half of the members have it.
    Majority,
    /// Once all have it.
    All,
}

/// Where a message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Appended {
    /// Its place in the log of its key.
    pub offset: u64,
    /// Its number among those that its author has appended, to whatever key.
    pub seq: u64,
}

/// One member's part in a [`ReplicatedLog`]: it appends, answers what it hears of, and polls.
///
/// It keeps no messages itself. There must be one for each rank, and the log that is handed to it
/// must always be the same, or one that includes what that has become.
#[derive(Clone, Debug)]
pub struct Member<K, V> {
    me: Rank,
    size: Rank,
    /// Whether the others are told what is held here.
    acks: Acks,
    retention: Retention<V>,
    /// Of each key: what has come in since something happened.
    pace: BTreeMap<K, Pace>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    /// Messages of others since one of our own.
    quiet: u64,
    /// Messages since it was seen whether there are too many.
    unretained: u64,
}

impl<K: Ord + Clone, V: Clone> Member<K, V> {
    /// The member of rank `me` among `size`; none if there is no such member.
    pub fn new(me: Rank, size: Rank) -> Option<Self> {
        (me < size).then(|| Self {
            me,
            size,
            acks: Acks::Local,
            retention: Retention::forever(),
            pace: BTreeMap::new(),
        })
    }

    /// With acknowledgements by others: all members must have the same.
    #[must_use]
    pub fn with_acks(mut self, acks: Acks) -> Self {
        self.acks = acks;
        self
    }

    /// With limits to what is kept of each key; the strictest of any member holds for all.
    #[must_use]
    pub fn with_retention(mut self, retention: Retention<V>) -> Self {
        self.retention = retention;
        self
    }

    /// Appends `value` to the log of `key`; returns where, and the delta. O(log n).
    ///
    /// # Errors
    ///
    /// If this member is left out, or there are no offsets left.
    pub fn append(
        &mut self,
        log: &mut ReplicatedLog<K, V>,
        key: &K,
        value: V,
    ) -> Result<(Appended, ReplicatedLog<K, V>), AppendError> {
        if log.exclusions.proposed().contains(&self.me) {
            return Err(AppendError::Excluded);
        }
        let offset = self.next_offset(log, key).ok_or(AppendError::Exhausted)?;
        let seq = log.known.contiguous(self.me) + 1;
        let turn = Turn { clock: offset + 1, after: seq, loan: None };
        let pace = self.pace.entry(key.clone()).or_default();
        pace.quiet = 0;
        pace.unretained += 1;
        let topic = Topic {
            entries: OrdMap::unit(offset, Entry { author: self.me, seq, value }),
            seats: BTreeMap::from([(self.me, Seat::of(turn))]),
            start: 0,
        };
        let mut delta = ReplicatedLog {
            topics: OrdMap::unit(key.clone(), topic),
            known: Dots::one(self.me, seq),
            ..ReplicatedLog::default()
        };
        log.merge(&delta);
        delta.merge(&self.retain(log, key));
        Ok((Appended { offset, seq }, delta))
    }

    /// The lowest offset from our clock on that is ours, or that its owner has lent us.
    fn next_offset(&self, log: &ReplicatedLog<K, V>, key: &K) -> Option<u64> {
        let topic = log.topics.get(key);
        let clock = topic.map_or(0, |topic| topic.turn(self.me).clock);
        let is_ours = |offset: &u64| {
            // Less than the size, which fits.
            let owner = Rank::try_from(offset % u64::from(self.size)).unwrap_or(0);
            owner == self.me || topic.is_some_and(|it| it.turn(owner).lends(*offset, self.me))
        };
        // The greatest is left, so that a clock can be past every offset.
        (clock..u64::MAX).take(self.size as usize).find(is_ours)
    }

    /// Takes notice of what has come from others, `novel`, which has been merged into `log`;
    /// returns the delta by which the others learn that nothing will appear behind it.
    pub fn follow(
        &mut self,
        log: &mut ReplicatedLog<K, V>,
        novel: &ReplicatedLog<K, V>,
    ) -> ReplicatedLog<K, V> {
        let mut delta = self.confirm(log);
        for (key, news) in &novel.topics {
            if news.entries.is_empty() {
                continue;
            }
            if let Some(turn) = self.next_turn(log, key, news) {
                let seats = BTreeMap::from([(self.me, Seat::of(turn))]);
                delta.topics.insert(key.clone(), Topic { seats, ..Topic::default() });
            }
        }
        if self.acks != Acks::Local {
            let mut held = glomers_crdt::MaxMap::default();
            let authors: BTreeSet<Rank> = novel.known.iter().map(|(author, ..)| author).collect();
            for author in authors {
                // With the first lacking, there is nothing to tell.
                match log.known.contiguous(author) {
                    0 => {}
                    seq => drop(held.raise(author, seq)),
                }
            }
            if !held.is_bottom() {
                delta.holdings.insert(self.me, held);
            }
        }
        let mut delta = delta.difference(log);
        log.merge(&delta);
        for key in novel.topics.keys() {
            delta.merge(&self.retain(log, key));
        }
        delta
    }

    /// What to promise, now that `news` of `key` have come.
    fn next_turn(&mut self, log: &ReplicatedLog<K, V>, key: &K, news: &Topic<V>) -> Option<Turn> {
        let mut writers: BTreeMap<Rank, u64> = BTreeMap::new();
        for (_, entry) in &news.entries {
            *writers.entry(entry.author).or_default() += 1;
        }
        let count: u64 = writers.values().sum();
        let pace = self.pace.entry(key.clone()).or_default();
        pace.quiet = pace.quiet.saturating_add(count);
        pace.unretained = pace.unretained.saturating_add(count);

        let topic = log.topics.get(key)?;
        let (turn, needed) = (topic.turn(self.me), topic.end());
        let ahead = (count * 4).min(pace.quiet / 2);
        if turn.clock >= needed.saturating_add(ahead / 2) {
            return None;
        }
        let after = log.known.contiguous(self.me);
        let clock = needed.saturating_add(ahead);
        // Those who write most are lent to by turns.
        let most = writers.values().max().copied().unwrap_or(0);
        let busy: Vec<Rank> = writers
            .iter()
            .filter(|(rank, count)| **count * 2 >= most && **rank != self.me)
            .map(|(rank, _)| *rank)
            .collect();
        let favoured = busy.get(self.me as usize % busy.len().max(1));
        let loan_to = favoured.filter(|_| ahead > 0);
        Some(match loan_to {
            Some(to) => turn.lending(clock, after, *to),
            None => Turn { clock, after, loan: None },
        })
    }

    /// Where the log of `key` can still grow: all below is visible, and nothing will appear there
    /// any more.
    pub fn frontier(&self, log: &ReplicatedLog<K, V>, key: &K) -> u64 {
        let Some(topic) = log.topics.get(key) else { return 0 };
        let (fences, proposed) = (log.exclusions.decided(), log.exclusions.proposed());
        let clock = |rank: Rank| {
            let known = log.known.contiguous(rank);
            if fences.get(&rank).is_some_and(|fence| known >= *fence) {
                return u64::MAX;
            }
            let seat = topic.seats.get(&rank);
            seat.map_or(0, |seat| seat.clock(known, proposed.contains(&rank)))
        };
        (0..self.size).map(clock).min().unwrap_or(0)
    }

    /// The visible messages of `key` from the offset `from` on, at most `limit` of them.
    /// O(limit + log n).
    ///
    /// # Errors
    ///
    /// With [`Reset::Error`], if messages from there on are not kept any more.
    pub fn poll(
        &self,
        log: &ReplicatedLog<K, V>,
        key: &K,
        from: u64,
        limit: usize,
        reset: Reset,
    ) -> Result<Batch<V>, OutOfRange> {
        let end = self.frontier(log, key);
        let from = reset.resolve(from, log.start(key), end)?;
        let entries = log.topics.get(key).map(|topic| topic.entries.clone()).unwrap_or_default();
        Ok(Batch::new(entries, from, end, limit))
    }

    /// Whether our message of the number `seq` is held by as many as `acks` asks for.
    pub fn is_acknowledged(&self, log: &ReplicatedLog<K, V>, seq: u64) -> bool {
        let gone = log.exclusions.decided();
        let others = (0..self.size).filter(|rank| *rank != self.me && !gone.contains_key(rank));
        let (mut members, mut holders) = (1, 1);
        for rank in others {
            let held = log.holdings.get(&rank).and_then(|held| held.get(&self.me));
            members += 1;
            holders += u32::from(held.is_some_and(|held| *held >= seq));
        }
        match self.acks {
            Acks::Local => true,
            Acks::Majority => holders > members / 2,
            Acks::All => holders == members,
        }
    }

    /// Drops what is more than is to be kept, once that is an eighth of it.
    fn retain(&mut self, log: &mut ReplicatedLog<K, V>, key: &K) -> ReplicatedLog<K, V> {
        let is_unlimited =
            self.retention.message_limit() == u64::MAX && self.retention.byte_limit() == u64::MAX;
        let Some(topic) = log.topics.get(key).filter(|_| !is_unlimited) else {
            return ReplicatedLog::default();
        };
        let (len, pace) = (topic.entries.len() as u64, self.pace.get(key));
        if pace.is_none_or(|pace| pace.unretained <= len / 8) {
            return ReplicatedLog::default();
        }
        let kept = self.retention.kept(topic.entries.values().rev().map(|entry| &entry.value));
        // What is not visible yet must not be dropped.
        let excess = usize::try_from(len - kept).unwrap_or(usize::MAX);
        let oldest = topic.entries.keys().nth(excess).copied().unwrap_or(u64::MAX);
        let start = oldest.min(self.frontier(log, key));
        let delta = log.truncate(key, start);
        if let Some(pace) = self.pace.get_mut(key) {
            pace.unretained = (log.len(key) as u64).saturating_sub(kept);
        }
        delta
    }

    /// Leaves the members `gone` out, for good; returns the delta.
    ///
    /// It is so once all who stay have heard of it and confirmed it, which they do as they
    /// [`follow`](Self::follow); until then the frontier stands still. Members that are gone
    /// together must be left out together, and by one of those who stay: two who leave each other
    /// out part for ever.
    ///
    /// # Errors
    ///
    /// If an earlier exclusion is still under way, or `gone` names this member, one that is out
    /// already, none at all, or one that does not exist. Nothing has changed then.
    pub fn exclude(
        &mut self,
        log: &mut ReplicatedLog<K, V>,
        gone: impl IntoIterator<Item = Rank>,
    ) -> Result<ReplicatedLog<K, V>, ExcludeError> {
        let gone: BTreeSet<Rank> = gone.into_iter().collect();
        let out = log.exclusions.decided();
        if let Some(unknown) = gone.iter().find(|rank| **rank >= self.size) {
            return Err(ExcludeError::Unknown(*unknown));
        }
        if let Some(rank) = gone.iter().find(|rank| out.contains_key(rank)) {
            return Err(ExcludeError::Already(*rank));
        }
        if gone.contains(&self.me) || out.contains_key(&self.me) {
            return Err(ExcludeError::Oneself);
        }
        if gone.is_empty() {
            return Err(ExcludeError::Nobody);
        }
        if log.exclusions.open().next().is_some() {
            return Err(ExcludeError::UnderWay);
        }
        let stays = |rank: &Rank| !gone.contains(rank) && !out.contains_key(rank);
        let stay = (0..self.size).filter(stays).collect();
        let generation = log.exclusions.generation();
        let delta = self.confirmation(log, Proposal { generation, gone, stay });
        log.merge(&delta);
        Ok(delta)
    }

    /// Agrees to the first exclusion of its generation that was heard of.
    fn confirm(&self, log: &ReplicatedLog<K, V>) -> ReplicatedLog<K, V> {
        let has_confirmed = log.exclusions.open().any(|(_, by)| by.contains_key(&self.me));
        let mut open = log.exclusions.open().map(|(proposal, _)| proposal);
        match open.find(|proposal| proposal.stay.contains(&self.me)) {
            Some(proposal) if !has_confirmed => self.confirmation(log, proposal.clone()),
            _ => ReplicatedLog::default(),
        }
    }

    fn confirmation(&self, log: &ReplicatedLog<K, V>, proposal: Proposal) -> ReplicatedLog<K, V> {
        let fence = |rank: &Rank| (*rank, log.known.contiguous(*rank));
        let fences: Fences = proposal.gone.iter().map(fence).collect();
        let mut delta = ReplicatedLog::default();
        delta.exclusions.confirm(proposal, self.me, fences);
        delta
    }
}
