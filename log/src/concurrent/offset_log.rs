use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use dashmap::DashMap;

use super::commits::Commits;
use super::segments::Segments;
use super::topic::Topic;
use super::topics::Topics;
use crate::{KeyHasher, OutOfRange, Reset, Retention, Snapshot};

/// Logs by key, and how far they are committed; shared by reference.
///
/// Every method takes `&self`, and keys in any borrowed form: a log of `String` keys is asked with
/// a `&str`. A key is cloned (`ToOwned`) when it is first appended to, when a group first commits
/// it and when one waits for it. Messages are never cloned.
///
/// Keys lie in shards, each behind its own lock; threads wait for each other only there, and only
/// for as long as it takes to append, share a list of segments or raise a number. A key's `Hash`,
/// `Eq` and `Clone`, and the retention's weigher, may run under such a lock, so they must not use
/// the log itself. A message's `Drop`, and wakers, never do.
///
/// ```
/// use glomers_log::OffsetLog;
/// use std::thread;
///
/// let log = OffsetLog::<u32, String>::new();
/// thread::scope(|threads| {
///     for producer in ["rye", "oat"] {
///         let log = &log;
///         threads.spawn(move || log.append(&7, producer.to_owned()));
///     }
/// });
/// assert_eq!(log.snapshot(&7).len(), 2);
/// ```
pub struct OffsetLog<K, V, S = KeyHasher> {
    pub(crate) topics: Topics<K, V, S>,
    retention: Retention<V>,
    /// Of the group without a name.
    pub(crate) commits: Arc<Commits<K, S>>,
    pub(crate) groups: DashMap<String, Arc<Commits<K, S>>, S>,
    /// The number of the next who waits.
    pub(crate) waiter: AtomicU64,
}

impl<K: Hash + Eq, V> OffsetLog<K, V> {
    /// A log without keys, of which everything is kept.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u64>::new();
    /// assert!(log.keys().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::with_retention(Retention::forever())
    }

    /// A log without keys, of each of which so much is kept.
    ///
    /// An append to a key drops what is then too much of that key. Polls stop to see it at once;
    /// memory is freed a segment at a time, and what snapshots share when they are gone: besides
    /// what is kept, a quarter of the limits and 16 messages at most lie idle.
    ///
    /// ```
    /// use glomers_log::{OffsetLog, Retention};
    ///
    /// let log = OffsetLog::<String, _>::with_retention(Retention::forever().messages(2));
    /// for message in ["a", "b", "c"] {
    ///     log.append("k", message);
    /// }
    /// assert!(log.snapshot("k").iter().eq([(1, &"b"), (2, &"c")]));
    /// ```
    pub fn with_retention(retention: Retention<V>) -> Self {
        Self::with_hasher(retention, KeyHasher::default())
    }
}

impl<K: Hash + Eq, V, S: BuildHasher + Clone> OffsetLog<K, V, S> {
    /// A log without keys that finds its keys by this hasher: see [`KeyHasher`] for when to choose
    /// another.
    ///
    /// ```
    /// use std::hash::RandomState;
    /// use glomers_log::{OffsetLog, Retention};
    ///
    /// let log = OffsetLog::<String, _, _>::with_hasher(Retention::forever(), RandomState::new());
    /// assert_eq!(log.append("k", 'a'), 0);
    /// ```
    pub fn with_hasher(retention: Retention<V>, hasher: S) -> Self {
        Self {
            topics: Topics::new(hasher.clone()),
            retention,
            commits: Arc::new(Commits::new(hasher.clone())),
            groups: DashMap::with_hasher(hasher),
            waiter: AtomicU64::new(0),
        }
    }

    /// Appends `value` to the log of `key`, a new one if need be; returns its offset: 0 for the
    /// first, and one more for each. Drops what the retention no longer keeps, and wakes those who
    /// wait for the message. Amortised O(1), at worst O(log n + k) for k dropped or woken.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, _>::new();
    /// assert_eq!(log.append("rye", 10), 0);
    /// assert_eq!(log.append("rye", 20), 1);
    /// assert_eq!(log.append("oat", 30), 0);
    /// ```
    #[inline]
    pub fn append<Q>(&self, key: &Q, value: V) -> u64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        // Without a closure: the message would be copied into it, and waited for by the lock.
        let hash = self.topics.hash(key);
        let mut shard = self.topics.lock(hash);
        if let Some(topic) = Topics::<K, V, S>::find(&mut shard, hash, key) {
            if topic.is_quiet() {
                return topic.push(value);
            }
            let (offset, aftermath) = topic.append(value, &self.retention);
            drop(shard);
            aftermath.settle();
            return offset;
        }
        drop(shard);
        self.append_to_new(key, value)
    }

    /// Only the first append to a key comes here, and those that race with it.
    #[cold]
    fn append_to_new<Q>(&self, key: &Q, value: V) -> u64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let append = |topic: &mut Topic<V>| topic.append(value, &self.retention);
        let (offset, aftermath) = self.topics.with_or_new(key, Q::to_owned, append);
        aftermath.settle();
        offset
    }

    /// The messages of `key` from the offset `from` on, at most `limit` of them.
    /// O(log n), and O(1) for each thousand.
    ///
    /// Empty if `from` is beyond the end, or if nobody has appended to `key`: it may come yet. (Kafka
    /// answers that with an error, which a consumer resets by its policy, as [`poll_or`](Self::poll_or)
    /// does.) It is the caller who remembers where to go on: at the batch's
    /// [`next_offset`](Snapshot::next_offset).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, _>::new();
    /// for message in ["a", "b", "c", "d"] {
    ///     log.append("k", message);
    /// }
    /// assert!(log.poll("k", 1, 2)?.iter().eq([(1, &"b"), (2, &"c")]));
    /// assert!(log.poll("k", u64::MAX, 2)?.is_empty());
    /// assert!(log.poll("unknown", 0, 2)?.is_empty());
    ///
    /// log.truncate("k", 2);
    /// let error = log.poll("k", 1, 2).unwrap_err();
    /// assert_eq!((error.start, error.end), (2, 4));
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the message at `from` is dropped. That takes a retention or a
    /// [`truncate`](Self::truncate): without them this never fails.
    pub fn poll<Q>(&self, key: &Q, from: u64, limit: usize) -> Result<Snapshot<V>, OutOfRange>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.poll_by(key, from, limit, None)
    }

    /// [`poll`](Self::poll), but if the message at `from` is dropped, or `from` is beyond the end, from
    /// where `reset` says.
    ///
    /// ```
    /// use glomers_log::{OffsetLog, Reset};
    ///
    /// let log = OffsetLog::<String, _>::new();
    /// for message in ["a", "b", "c", "d"] {
    ///     log.append("k", message);
    /// }
    /// log.truncate("k", 2);
    /// assert!(log.poll_or("k", 0, 1, Reset::Earliest)?.iter().eq([(2, &"c")]));
    /// assert_eq!(log.poll_or("k", 0, 1, Reset::Latest)?.next_offset(), 4);
    /// assert_eq!(log.poll_or("k", 9, 1, Reset::Latest)?.next_offset(), 4);
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    ///
    /// # Errors
    ///
    /// With [`Reset::Error`], if the message at `from` is dropped, or `from` is beyond the end.
    pub fn poll_or<Q>(
        &self,
        key: &Q,
        from: u64,
        limit: usize,
        reset: Reset,
    ) -> Result<Snapshot<V>, OutOfRange>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.poll_by(key, from, limit, Some(reset))
    }

    /// Without a reset, what is beyond the end is waited for.
    pub(crate) fn poll_by<Q>(
        &self,
        key: &Q,
        from: u64,
        limit: usize,
        reset: Option<Reset>,
    ) -> Result<Snapshot<V>, OutOfRange>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let view = |topic: &mut Topic<V>| {
            let from = topic.resolve(from, reset, &self.retention)?;
            Ok(topic.view(from, limit))
        };
        let nothing = || {
            let from = reset.map_or(Ok(from), |reset| reset.resolve(from, 0, 0))?;
            Ok(Snapshot::new(Segments::default(), from, 0))
        };
        self.topics.with(key, view).unwrap_or_else(nothing)
    }

    /// All messages of `key` up to now that are kept; none if nobody has appended to it. O(1), and
    /// never fails.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, _>::new();
    /// log.append("k", 'a');
    /// let before = log.snapshot("k");
    /// log.append("k", 'b');
    /// assert_eq!((before.len(), log.snapshot("k").len()), (1, 2));
    /// ```
    pub fn snapshot<Q>(&self, key: &Q) -> Snapshot<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let all = |topic: &mut Topic<V>| topic.view(topic.start(&self.retention), usize::MAX);
        self.topics.with(key, all).unwrap_or_default()
    }

    /// Drops the messages of `key` before the offset `before`, as far as there are any; returns
    /// where its log starts then. Later messages go on at the same offsets as ever.
    ///
    /// Polls stop to see them at once, snapshots go on to. Memory is freed a segment at a time, so
    /// up to 1,024 messages may stay until the next truncation. O(k) in the number of messages
    /// where they are weighed, in that of segments otherwise.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, _>::new();
    /// for message in ["a", "b", "c"] {
    ///     log.append("k", message);
    /// }
    /// assert_eq!(log.truncate("k", 2), 2);
    /// assert!(log.snapshot("k").iter().eq([(2, &"c")]));
    /// assert_eq!(log.truncate("k", 1), 2, "they are gone");
    /// assert_eq!(log.truncate("k", u64::MAX), 3);
    /// assert_eq!(log.append("k", "d"), 3);
    /// ```
    pub fn truncate<Q>(&self, key: &Q, before: u64) -> u64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let truncated = self.topics.with(key, |topic| {
            (topic.truncate(before, &self.retention), topic.start(&self.retention))
        });
        truncated.map_or(0, |(aftermath, start)| {
            aftermath.settle();
            start
        })
    }

    /// Of what offsets `key` has messages, from that of the earliest that is kept to before that of
    /// the next append. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, _>::new();
    /// assert_eq!(log.offsets("k"), 0..0);
    /// log.append("k", 'a');
    /// log.append("k", 'b');
    /// log.truncate("k", 1);
    /// assert_eq!(log.offsets("k"), 1..2);
    /// ```
    pub fn offsets<Q>(&self, key: &Q) -> Range<u64>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let offsets = |topic: &mut Topic<V>| topic.start(&self.retention)..topic.end();
        self.topics.with(key, offsets).unwrap_or(0..0)
    }

    /// The offset of the earliest message of `key` that is kept; the next one, if none is. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, _>::new();
    /// log.append("k", 'a');
    /// assert_eq!(log.start_offset("k"), 0);
    /// log.truncate("k", 1);
    /// assert_eq!(log.start_offset("k"), 1);
    /// ```
    pub fn start_offset<Q>(&self, key: &Q) -> u64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.offsets(key).start
    }

    /// The offset that the next append to `key` gets, unless someone else is faster. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, _>::new();
    /// assert_eq!(log.next_offset("k"), 0);
    /// log.append("k", 'a');
    /// assert_eq!(log.next_offset("k"), 1);
    /// ```
    pub fn next_offset<Q>(&self, key: &Q) -> u64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.offsets(key).end
    }

    /// The keys that were appended to, sorted; not those that are only committed. O(n log n) in the
    /// number of keys.
    ///
    /// A key that is appended to for the first time meanwhile may be there or not.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u8>::new();
    /// log.append("rye", 1);
    /// log.append("oat", 2);
    /// log.commit("barley", 0);
    /// assert_eq!(log.keys(), ["oat", "rye"]);
    /// ```
    pub fn keys(&self) -> Vec<K>
    where
        K: Ord + Clone,
    {
        let mut keys = Vec::new();
        self.topics.for_each(|key, topic| {
            if topic.end() > 0 {
                keys.push(key.clone());
            }
        });
        keys.sort_unstable();
        keys
    }

    /// Begins the log of `key`, which is new, at an offset.
    #[cfg(feature = "store")]
    pub(crate) fn begin_at(&self, key: &K, end: u64)
    where
        K: Clone,
    {
        self.topics.with_or_new(key, K::clone, |topic| *topic = Topic::beginning_at(end));
    }

    /// What is kept of each key. O(1).
    ///
    /// ```
    /// use glomers_log::{OffsetLog, Retention};
    ///
    /// let log = OffsetLog::<u8, u8>::with_retention(Retention::forever().messages(7));
    /// assert_eq!(log.retention().message_limit(), 7);
    /// ```
    pub fn retention(&self) -> &Retention<V> {
        &self.retention
    }
}

impl<K: Hash + Eq, V, S: BuildHasher + Clone + Default> Default for OffsetLog<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(Retention::forever(), S::default())
    }
}

/// How many keys have messages and commits, not the messages themselves.
impl<K: Hash + Eq, V, S: BuildHasher + Clone> fmt::Debug for OffsetLog<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut keys = 0_usize;
        self.topics.for_each(|_, topic| keys += usize::from(topic.end() > 0));
        f.debug_struct("OffsetLog")
            .field("keys", &keys)
            .field("commits", &self.commits.len())
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}
