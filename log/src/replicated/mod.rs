//! A log on several members, in which an append waits for nobody. See [`ReplicatedLog`].

use std::collections::BTreeMap;
use std::fmt;

use glomers_crdt::{Lattice, MaxMap};
use im::OrdMap;

mod acks;
mod batch;
mod changes;
mod dots;
mod entry;
mod error;
mod excluding;
mod exclusions;
mod following;
mod lattice;
mod member;
mod memory;
mod parts;
mod promises;
mod rank;
mod remembering;
mod retaining;
mod spans;
mod topic;
mod turn;
#[cfg(feature = "serde")]
mod wire;

pub use acks::Acks;
pub use batch::Batch;
pub use changes::{LogChange, LogView};
pub use error::{AppendError, ExcludeError};
pub use member::{Appended, Member};
pub use parts::Part;
pub use rank::Rank;

use dots::Dots;
use entry::Entry;
use exclusions::Exclusions;
use topic::Topic;

/// A log by key on several members, in which an append waits for nobody: a lattice.
///
/// Each member keeps one, changes it as a [`Member`], and sends the others the deltas, in any order,
/// as often as it likes. No offset is given out twice, offsets are small, and what a
/// [poll](Member::poll) has shown stays as it is: nothing ever appears behind it.
///
/// ```
/// use glomers_crdt::Lattice;
/// use glomers_log::{Member, ReplicatedLog, Reset};
///
/// // Two members, and what each has of the log.
/// let (mut ann, mut here) = (Member::new(0, 2).unwrap(), ReplicatedLog::default());
/// let (mut bob, mut there) = (Member::new(1, 2).unwrap(), ReplicatedLog::default());
///
/// let (rye, sent) = ann.append(&mut here, &"orders", "rye")?;
/// assert_eq!(rye.offset, 0);
/// // Bob may be about to append something at an offset that comes first: nobody sees it yet.
/// assert_eq!(ann.frontier(&here, &"orders"), 0);
///
/// // He hears of it, and from now on will put nothing before it. That is his answer.
/// there.merge(&sent);
/// let answer = bob.follow(&mut there, &sent);
/// here.merge(&answer);
/// for (member, log) in [(&ann, &here), (&bob, &there)] {
///     let batch = member.poll(log, &"orders", 0, 100, Reset::Error)?;
///     assert!(batch.iter().eq([(0, &"rye")]));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # How it works
///
/// **Offsets.** Of n members, the one of rank r owns the offsets r, n + r, 2n + r … of each key, and
/// takes them in ascending order: Lamport's [logical time](https://doi.org/10.1145/359545.359563)
/// (CACM 1978), with the rank to break ties, as one integer. Who appends while the others are silent
/// would leave their offsets unused; so who has been silent *lends* a stretch of its offsets to who
/// writes. It alone decides on its own, and never takes them back.
///
/// **Visibility.** A member's *clock* is its promise: whatever it appends from now on gets an offset
/// that is not below. It rises with what the member hears of, so that who is silent holds nobody
/// back. The least of all members' clocks is the *frontier*: all below is settled. With a promise
/// goes the number of messages that its member had appended; who lacks one of these does not count
/// on the promise yet. So it does not matter in which order deltas arrive.
///
/// A message is carried to everyone, and everyone's promise to everyone: it is visible everywhere
/// after two rounds of gossip, or after one where promises are ahead of it by a loan.
///
/// **Partitions.** Appends and polls go on everywhere. What is new becomes visible when all members
/// have heard of it, thus after the heal, unless those who cannot be reached have lent enough.
///
/// # What it costs
///
/// A delta carries its messages, a dozen bytes for each, and a promise for each of their keys. The
/// highest offset of a key stays near the number of its messages if one member writes, or if all
/// do; the worst case is that few write, and nobody can hear whom to lend to: n times the number of
/// messages. Promises ahead of time add half the number of messages for each member at the utmost.
///
/// # Members that are gone
///
/// A member that never comes back would hold up the frontier for ever. It can be
/// [left out](Member::exclude), and only by a person who knows that it is gone: nobody can tell that
/// from silence. All that any of the others has seen of it stays. What it had appended and passed on
/// to nobody is lost, even if it comes back; offsets that it may have given out are never used again.
///
/// # Members that come back
///
/// A member that writes down what it says before it says it, and what it hears before it answers, goes on
/// under its rank when it is [restored](Member::restore). One that has lost any of it must not: it might give
/// out offsets a second time, or put something before what it has promised to leave behind. It
/// learns of it from the others, who know what it has said, and from then on
/// [refuses](AppendError::Forgotten) to say anything. Leave it out; it may come back under another rank.
pub struct ReplicatedLog<K, V> {
    /// None is empty.
    topics: OrdMap<K, Topic<V>>,
    /// All messages that were ever here.
    known: Dots,
    /// By group. None is empty.
    committed: BTreeMap<String, MaxMap<K, u64>>,
    /// How many messages of each author a member has told to hold without a gap.
    holdings: BTreeMap<Rank, MaxMap<Rank, u64>>,
    exclusions: Exclusions,
}

impl<K: Ord + Clone, V: Clone> ReplicatedLog<K, V> {
    /// Records that consumers of `group` have processed the messages of `key` up to and including
    /// `offset`; returns the delta. Never goes back: a lower offset than the present one changes
    /// nothing. O(log n).
    ///
    /// ```
    /// use glomers_log::ReplicatedLog;
    ///
    /// let mut log = ReplicatedLog::<&str, u8>::default();
    /// log.commit("billing", "orders", 7);
    /// log.commit("billing", "orders", 3);
    /// assert_eq!(log.committed("billing", &"orders"), Some(7));
    /// ```
    pub fn commit(&mut self, group: &str, key: K, offset: u64) -> Self {
        let mut delta = Self::default();
        if self.committed(group, &key).is_none_or(|committed| committed < offset) {
            let raised = self.committed.entry(group.to_owned()).or_default().insert(key, offset);
            delta.committed.insert(group.to_owned(), raised);
        }
        delta
    }

    /// Drops the messages of `key` below `start`, here and, by the delta, everywhere. O(d log n)
    /// for d messages that are dropped.
    ///
    /// A message that is not visible yet must not be dropped.
    fn truncate(&mut self, key: &K, start: u64) -> Self {
        let mut delta = Self::default();
        if start > self.start(key) {
            delta.topics.insert(key.clone(), Topic { start, ..Topic::default() });
            self.merge(&delta);
        }
        delta
    }
}

impl<K: Ord, V> ReplicatedLog<K, V> {
    /// The offset up to which `group` has committed `key`, inclusively; none if it has not. O(log n).
    ///
    /// ```
    /// let log = glomers_log::ReplicatedLog::<&str, u8>::default();
    /// assert_eq!(log.committed("billing", &"orders"), None);
    /// ```
    pub fn committed(&self, group: &str, key: &K) -> Option<u64> {
        self.committed.get(group)?.get(key).copied()
    }

    /// The keys of which anything is known, ascending.
    ///
    /// ```
    /// use glomers_log::{Member, ReplicatedLog};
    ///
    /// let mut member = Member::new(0, 1).unwrap();
    /// let mut log = ReplicatedLog::default();
    /// member.append(&mut log, &"orders", "rye")?;
    /// assert!(log.keys().eq(&["orders"]));
    /// # Ok::<(), glomers_log::AppendError>(())
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.topics.keys()
    }

    /// How many messages of `key` are here, visible or not. O(log n).
    ///
    /// ```
    /// use glomers_log::{Member, ReplicatedLog};
    ///
    /// let mut member = Member::new(0, 2).unwrap();
    /// let mut log = ReplicatedLog::default();
    /// member.append(&mut log, &"orders", "rye")?;
    /// assert_eq!((log.len(&"orders"), log.len(&"returns")), (1, 0));
    /// # Ok::<(), glomers_log::AppendError>(())
    /// ```
    pub fn len(&self, key: &K) -> usize {
        self.topics.get(key).map_or(0, |topic| topic.entries.len())
    }

    /// The offset below which messages of `key` have been dropped. O(log n).
    ///
    /// ```
    /// assert_eq!(glomers_log::ReplicatedLog::<&str, u8>::default().start(&"orders"), 0);
    /// ```
    pub fn start(&self, key: &K) -> u64 {
        self.topics.get(key).map_or(0, |topic| topic.start)
    }

    /// One more than the highest offset of `key` that is here, visible or not. O(log n).
    ///
    /// ```
    /// use glomers_log::{Member, ReplicatedLog};
    ///
    /// let mut member = Member::new(1, 2).unwrap();
    /// let mut log = ReplicatedLog::default();
    /// member.append(&mut log, &"orders", "rye")?;
    /// assert_eq!(log.end(&"orders"), 2);
    /// # Ok::<(), glomers_log::AppendError>(())
    /// ```
    pub fn end(&self, key: &K) -> u64 {
        self.topics.get(key).map_or(0, Topic::end)
    }

    /// Those who have been left out for good, ascending.
    ///
    /// ```
    /// use glomers_log::{Member, ReplicatedLog};
    ///
    /// let mut log = ReplicatedLog::<&str, u8>::default();
    /// Member::new(0, 2).unwrap().exclude(&mut log, [1])?;
    /// assert!(log.excluded().eq([1]));
    /// # Ok::<(), glomers_log::ExcludeError>(())
    /// ```
    pub fn excluded(&self) -> impl Iterator<Item = Rank> {
        self.exclusions.decided().into_keys()
    }
}

impl<K, V> Clone for ReplicatedLog<K, V>
where
    K: Clone,
    V: Clone,
{
    /// O(1) in the number of keys and messages, which both share.
    fn clone(&self) -> Self {
        Self {
            topics: self.topics.clone(),
            known: self.known.clone(),
            committed: self.committed.clone(),
            holdings: self.holdings.clone(),
            exclusions: self.exclusions.clone(),
        }
    }
}

impl<K, V> Default for ReplicatedLog<K, V> {
    fn default() -> Self {
        Self {
            topics: OrdMap::new(),
            known: Dots::default(),
            committed: BTreeMap::new(),
            holdings: BTreeMap::new(),
            exclusions: Exclusions::default(),
        }
    }
}

/// Two are equal when they hold the same messages, promises, commits and exclusions.
impl<K: Ord, V: PartialEq> PartialEq for ReplicatedLog<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.known == other.known
            && self.committed == other.committed
            && self.holdings == other.holdings
            && self.exclusions == other.exclusions
            && self.topics == other.topics
    }
}

impl<K: Ord, V: Eq> Eq for ReplicatedLog<K, V> {}

impl<K: fmt::Debug + Ord, V: fmt::Debug> fmt::Debug for ReplicatedLog<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicatedLog")
            .field("topics", &self.topics)
            .field("known", &self.known)
            .field("committed", &self.committed)
            .field("holdings", &self.holdings)
            .field("exclusions", &self.exclusions)
            .finish()
    }
}
