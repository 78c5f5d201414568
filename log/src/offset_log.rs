use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;

use dashmap::DashMap;

use crate::Snapshot;
use crate::segments::Appender;

/// Logs by key, and the offset to which each is committed; shared by reference.
///
/// Every method takes `&self`, and keys in any borrowed form: a log of `String` keys is asked with
/// a `&str`. A key is cloned (`ToOwned`) when it is first appended to and when it is first
/// committed, never again. Messages are never cloned.
///
/// Keys lie in shards, each behind its own lock; threads wait for each other only there, and only
/// for as long as it takes to fill a slot, share a list of segments or raise a number. A key's
/// `Hash`, `Eq` and `Clone` may run under such a lock, so they must not use the log itself.
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
pub struct OffsetLog<K, V> {
    messages: DashMap<K, Appender<V>>,
    /// `None` only while the entry's first commit holds its lock.
    commits: DashMap<K, Option<u64>>,
}

impl<K: Hash + Eq, V> OffsetLog<K, V> {
    /// A log without keys.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u64>::new();
    /// assert!(log.keys().is_empty());
    /// ```
    pub fn new() -> Self {
        Self { messages: DashMap::new(), commits: DashMap::new() }
    }

    /// Appends `value` to the log of `key`, a new one if need be; returns its offset: 0 for the
    /// first, and one more for each. Amortised O(1), at worst O(log n).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, _>::new();
    /// assert_eq!(log.append("rye", 10), 0);
    /// assert_eq!(log.append("rye", 20), 1);
    /// assert_eq!(log.append("oat", 30), 0);
    /// ```
    pub fn append<Q>(&self, key: &Q, value: V) -> u64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(mut messages) = self.messages.get_mut(key) {
            return messages.push(value) as u64;
        }
        self.messages.entry(key.to_owned()).or_default().push(value) as u64
    }

    /// The messages of `key` from the offset `from` on, at most `limit` of them. O(1).
    ///
    /// Empty if `from` is beyond the end, or if nobody has appended to `key`. It is the caller who
    /// remembers where to go on: at the batch's [`next_offset`](Snapshot::next_offset).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, _>::new();
    /// for message in ["a", "b", "c", "d"] {
    ///     log.append("k", message);
    /// }
    /// assert!(log.poll("k", 1, 2).iter().eq([(1, &"b"), (2, &"c")]));
    /// assert!(log.poll("k", u64::MAX, 2).is_empty());
    /// assert!(log.poll("unknown", 0, 2).is_empty());
    /// ```
    pub fn poll<Q>(&self, key: &Q, from: u64, limit: usize) -> Snapshot<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.snapshot(key).into_slice(from, limit)
    }

    /// All messages of `key` up to now; none if nobody has appended to it. O(1).
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
        self.messages.get(key).map(|messages| Snapshot::of(&messages)).unwrap_or_default()
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
        self.messages.get(key).map_or(0, |messages| messages.len() as u64)
    }

    /// Records that the messages of `key` are processed up to and including `offset`; returns
    /// whether that is further than before. O(1).
    ///
    /// A commit never goes back: a lower offset than the present one, late or repeated, changes
    /// nothing. (Kafka's own commits name the next offset instead, one more than these.)
    ///
    /// A commit is what a consumer says of itself, so it is not checked against the messages: a key
    /// that has none can be committed, and so can an offset beyond the end, for a commit may come
    /// by another way than the messages, and before them. The price is that who commits too far by
    /// mistake skips what is appended up to there.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u8>::new();
    /// assert!(log.commit("k", 0));
    /// assert!(log.commit("k", 5));
    /// assert!(!log.commit("k", 5), "that far already");
    /// assert!(!log.commit("k", 3), "never back");
    /// assert_eq!(log.committed("k"), Some(5));
    /// ```
    pub fn commit<Q>(&self, key: &Q, offset: u64) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let raise = |committed: &mut Option<u64>| {
            let further = *committed < Some(offset);
            *committed = Some(offset).max(*committed);
            further
        };
        if let Some(mut committed) = self.commits.get_mut(key) {
            return raise(&mut committed);
        }
        raise(&mut self.commits.entry(key.to_owned()).or_default())
    }

    /// The greatest offset committed for `key`; none if nobody has. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u8>::new();
    /// assert_eq!(log.committed("k"), None);
    /// log.commit("k", 0);
    /// assert_eq!(log.committed("k"), Some(0));
    /// ```
    pub fn committed<Q>(&self, key: &Q) -> Option<u64>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.commits.get(key).and_then(|committed| *committed)
    }

    /// The keys that have messages, sorted; not those that are only committed. O(n log n) in the
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
        let mut keys: Vec<K> = self.messages.iter().map(|entry| entry.key().clone()).collect();
        keys.sort_unstable();
        keys
    }
}

impl<K: Hash + Eq, V> Default for OffsetLog<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// How many keys have messages and commits, not the messages themselves.
impl<K: Hash + Eq, V> fmt::Debug for OffsetLog<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OffsetLog")
            .field("keys", &self.messages.len())
            .field("commits", &self.commits.len())
            .finish()
    }
}
