use std::collections::BTreeMap;

use glomers_crdt::Lattice;
use im::OrdMap;

use super::dots::Dots;
use super::memory::Memory;
use super::topic::Topic;
use super::turn::{Seat, Turn};
use super::{Acks, AppendError, Batch, Entry, Rank, ReplicatedLog};
use crate::{OutOfRange, Reset, Retention};

/// Where a message lies.
///
/// ```
/// use glomers_log::{Member, ReplicatedLog};
///
/// let mut member = Member::new(0, 1).unwrap();
/// let mut log = ReplicatedLog::default();
/// member.append(&mut log, &"orders", "rye")?;
/// let (place, _) = member.append(&mut log, &"returns", "oat")?;
/// assert_eq!((place.offset, place.seq), (0, 2));
/// # Ok::<(), glomers_log::AppendError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Appended {
    /// Its place in the log of its key.
    pub offset: u64,
    /// Its number among those that its author has appended, to whatever key.
    pub seq: u64,
}

/// One member's part in a [`ReplicatedLog`]: it appends, answers what it hears of, and polls.
///
/// It keeps no messages itself. There must be one for each rank, and the log that is handed to it
/// must always be the same, or one that includes what that has become: [`restore`](Self::restore) says
/// what that takes if it is to outlive its process.
///
/// Whoever carries the deltas, the contract is: send what a method returns to all others; merge what
/// comes from them into the log, hand [`follow`](Self::follow) what was new in it, and send on what
/// that returns.
///
/// ```
/// use glomers_crdt::Lattice;
/// use glomers_log::{Member, ReplicatedLog};
///
/// let mut member = Member::new(0, 3).unwrap();
/// let mut log = ReplicatedLog::default();
/// let (_, to_all) = member.append(&mut log, &"orders", "rye")?;
///
/// # let from_another = Member::new(1, 3).unwrap().append(&mut log.clone(), &"orders", "oat")?.1;
/// // … and when something comes:
/// let novel = from_another.difference(&log);
/// log.merge(&novel);
/// let to_all = member.follow(&mut log, &novel);
/// # assert!(!to_all.is_bottom());
/// # Ok::<(), glomers_log::AppendError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Member<K, V> {
    pub(super) me: Rank,
    pub(super) size: Rank,
    /// Whether the others are told what is held here.
    pub(super) acks: Acks,
    pub(super) retention: Retention<V>,
    /// Of each key: what has come in since something happened.
    pub(super) pace: BTreeMap<K, Pace>,
    pub(super) memory: Memory,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// Messages of others since one of our own.
    pub(super) quiet: u64,
    /// Messages since it was seen whether there are too many.
    pub(super) unretained: u64,
    /// What we have last promised.
    pub(super) said: Turn,
}

impl<K: Ord + Clone, V: Clone> Member<K, V> {
    /// The member of rank `me` among `size`, which has never said anything; none if there is no such
    /// member. One that comes back is [restored](Self::restore).
    ///
    /// ```
    /// use glomers_log::Member;
    ///
    /// assert!(Member::<String, u8>::new(2, 3).is_some());
    /// assert!(Member::<String, u8>::new(3, 3).is_none());
    /// ```
    pub fn new(me: Rank, size: Rank) -> Option<Self> {
        (me < size).then(|| Self {
            me,
            size,
            acks: Acks::Local,
            retention: Retention::forever(),
            pace: BTreeMap::new(),
            memory: Memory::default(),
        })
    }

    /// The member of rank `me` among `size`, come back with what it has of the log: it goes on where it
    /// stopped. None if there is no such member. O(n) for n keys.
    ///
    /// `log` must hold all that it had written down before anything that rests on it was sent, shown
    /// or acknowledged: each delta that [`append`](Self::append), [`follow`](Self::follow),
    /// [`exclude`](Self::exclude) and [`commit`](ReplicatedLog::commit) returned, and whatever came from
    /// others and was new, before what `follow` answered to that. What of this comes last may be lacking, as
    /// long as nothing that rests on it had left. It then [resumes](Self::resume).
    ///
    /// If `log` lacks anything that others know under this rank, the member comes to
    /// [know that](Self::has_forgotten) by them, and is refused from then on. What it says before it
    /// hears from them cannot be helped: so one that begins with nothing among others that are older
    /// does well to hear from one of them first.
    ///
    /// ```
    /// use glomers_crdt::Lattice;
    /// use glomers_log::{Member, ReplicatedLog};
    ///
    /// // What a journal does: everything goes there before it goes anywhere else.
    /// let (mut member, mut log) = (Member::new(0, 2).unwrap(), ReplicatedLog::default());
    /// let (rye, first) = member.append(&mut log, &"orders", "rye")?;
    /// let journal = vec![first];
    /// drop((member, log));
    ///
    /// let mut log = ReplicatedLog::default();
    /// for delta in &journal {
    ///     log.merge(delta);
    /// }
    /// let mut member = Member::restore(0, 2, &log).unwrap();
    /// let to_all = member.resume(&mut log);
    /// let (oat, _delta) = member.append(&mut log, &"orders", "oat")?;
    /// assert!(oat.offset > rye.offset);
    /// # Ok::<(), glomers_log::AppendError>(())
    /// ```
    pub fn restore(me: Rank, size: Rank, log: &ReplicatedLog<K, V>) -> Option<Self> {
        let mut member = Self::new(me, size)?;
        member.remember(log);
        Some(member)
    }

    /// With acknowledgements by others, which all members must have alike: with anything but
    /// [`Acks::Local`] each tells what it holds, some ten bytes for each author it has heard of.
    ///
    /// ```
    /// use glomers_log::{Acks, Member};
    ///
    /// let member = Member::<String, u8>::new(0, 3).unwrap().with_acks(Acks::Majority);
    /// ```
    #[must_use]
    pub fn with_acks(mut self, acks: Acks) -> Self {
        self.acks = acks;
        self
    }

    /// With limits to what is kept of each key; the strictest of any member holds for all. They
    /// may be exceeded by an eighth, and by what is not visible yet.
    ///
    /// ```
    /// use glomers_log::{Member, ReplicatedLog, Reset, Retention};
    ///
    /// let kept = Retention::forever().messages(2);
    /// let mut member = Member::new(0, 1).unwrap().with_retention(kept);
    /// let mut log = ReplicatedLog::default();
    /// for message in ["rye", "oat", "barley"] {
    ///     member.append(&mut log, &"orders", message)?;
    /// }
    /// let gone = member.poll(&log, &"orders", 0, 100, Reset::Error).unwrap_err();
    /// assert_eq!((gone.start, gone.end), (1, 3));
    /// # Ok::<(), glomers_log::AppendError>(())
    /// ```
    #[must_use]
    pub fn with_retention(mut self, retention: Retention<V>) -> Self {
        self.retention = retention;
        self
    }

    /// Appends `value` to the log of `key`; returns where, and the delta. O(log n).
    ///
    /// ```
    /// use glomers_log::{Member, ReplicatedLog};
    ///
    /// let mut member = Member::new(1, 3).unwrap();
    /// let mut log = ReplicatedLog::default();
    /// let (first, _delta) = member.append(&mut log, &"orders", "rye")?;
    /// let (second, _delta) = member.append(&mut log, &"orders", "oat")?;
    /// assert_eq!((first.offset, second.offset), (1, 4), "the offsets between are the others'");
    /// # Ok::<(), glomers_log::AppendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If this member is left out or has lost its memory, or there are no offsets left.
    pub fn append(
        &mut self,
        log: &mut ReplicatedLog<K, V>,
        key: &K,
        value: V,
    ) -> Result<(Appended, ReplicatedLog<K, V>), AppendError> {
        if log.exclusions.proposed().contains(&self.me) {
            return Err(AppendError::Excluded);
        }
        self.check_memory(log)?;
        let offset = self.next_offset(log, key).ok_or(AppendError::Exhausted)?;
        let seq = log.known.contiguous(self.me).checked_add(1).ok_or(AppendError::Exhausted)?;
        let turn = Turn { clock: offset + 1, after: seq, loan: None };
        let pace = self.pace.entry(key.clone()).or_default();
        pace.quiet = 0;
        pace.unretained += 1;
        pace.said = turn;
        self.memory.note_append(seq);
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

    /// Where the log of `key` can still grow: all below is visible, and nothing will appear there
    /// any more. Never goes back. O(m log m) for m members.
    ///
    /// ```
    /// use glomers_log::{Member, ReplicatedLog};
    ///
    /// let mut member = Member::new(0, 1).unwrap();
    /// let mut log = ReplicatedLog::default();
    /// member.append(&mut log, &"orders", "rye")?;
    /// assert_eq!(member.frontier(&log, &"orders"), 1, "nobody else is to be waited for");
    /// # Ok::<(), glomers_log::AppendError>(())
    /// ```
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

    /// The visible messages of `key` from the offset `from` on, at most `limit` of them. There are none yet
    /// where `from` is at the [frontier](Self::frontier) or beyond: others may be further than this member,
    /// so that is no reason for a [`Reset`]. O(limit + log n).
    ///
    /// ```
    /// use glomers_log::{Member, ReplicatedLog, Reset};
    ///
    /// let mut member = Member::new(0, 1).unwrap();
    /// let mut log = ReplicatedLog::default();
    /// for message in ["rye", "oat", "barley"] {
    ///     member.append(&mut log, &"orders", message)?;
    /// }
    /// let batch = member.poll(&log, &"orders", 1, 100, Reset::Error)?;
    /// assert!(batch.iter().eq([(1, &"oat"), (2, &"barley")]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
        let from = reset.resolve_start(from, log.start(key), end)?;
        let entries = log.topics.get(key).map(|topic| topic.entries.clone()).unwrap_or_default();
        Ok(Batch::new(entries, from, end, limit))
    }

    /// Whether as many hold our message of the number `seq` as [`with_acks`](Self::with_acks) asks
    /// for. Those who are left out are not counted. If it has [lost its memory](Self::has_forgotten), what
    /// others hold may be another message of that number, and does not count. O(m) for m members.
    ///
    /// ```
    /// use glomers_crdt::Lattice;
    /// use glomers_log::{Acks, Member, ReplicatedLog};
    ///
    /// let member = |rank| Member::new(rank, 2).unwrap().with_acks(Acks::All);
    /// let (mut ann, mut here) = (member(0), ReplicatedLog::default());
    /// let (mut bob, mut there) = (member(1), ReplicatedLog::default());
    /// let (rye, sent) = ann.append(&mut here, &"orders", "rye")?;
    /// assert!(!ann.is_acknowledged(&here, rye.seq));
    /// there.merge(&sent);
    /// here.merge(&bob.follow(&mut there, &sent));
    /// assert!(ann.is_acknowledged(&here, rye.seq));
    /// # Ok::<(), glomers_log::AppendError>(())
    /// ```
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
            Acks::Majority | Acks::All if self.has_forgotten() => false,
            Acks::Majority => holders > members / 2,
            Acks::All => holders == members,
        }
    }
}
