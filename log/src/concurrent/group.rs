use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use super::commits::Commits;
use crate::{KeyHasher, OffsetLog, OutOfRange, Reset, Snapshot};

/// Consumers who share the work on a log, and so one committed offset a key; from
/// [`OffsetLog::group`].
///
/// Groups know nothing of each other: each sees every message, and commits for itself. A clone, or
/// another view of the same name, is the same group. Who of a group reads which key is up to its
/// members; where two read the same one, the further commit counts.
///
/// ```
/// use glomers_log::{OffsetLog, Reset};
///
/// let log = OffsetLog::<String, &str>::new();
/// log.append("orders", "rye");
/// log.append("orders", "oat");
///
/// let billing = log.group("billing");
/// let batch = billing.poll("orders", 1, Reset::Earliest)?;
/// for (offset, order) in &batch {
///     println!("bill {order}");
///     billing.commit("orders", offset);
/// }
/// assert_eq!(billing.lag("orders"), 1);
/// assert_eq!(log.group("shipping").lag("orders"), 2);
/// # Ok::<_, glomers_log::OutOfRange>(())
/// ```
pub struct Group<'a, K, V, S = KeyHasher> {
    log: &'a OffsetLog<K, V, S>,
    commits: Arc<Commits<K, S>>,
}

impl<'a, K: Hash + Eq, V, S: BuildHasher + Clone> Group<'a, K, V, S> {
    pub(crate) fn new(log: &'a OffsetLog<K, V, S>, commits: Arc<Commits<K, S>>) -> Self {
        Self { log, commits }
    }

    /// Records that the group has processed the messages of `key` up to and including `offset`;
    /// returns whether that is further than before. O(1).
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
    /// let group = log.group("billing");
    /// assert!(group.commit("k", 5));
    /// assert!(!group.commit("k", 5), "that far already");
    /// assert!(!group.commit("k", 3), "never back");
    /// ```
    pub fn commit<Q>(&self, key: &Q, offset: u64) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.commits.raise(key, offset)
    }

    /// The highest offset of `key` that the group has committed, if any. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u8>::new();
    /// log.group("billing").commit("k", 5);
    /// assert_eq!(log.group("billing").committed("k"), Some(5));
    /// assert_eq!(log.group("shipping").committed("k"), None);
    /// ```
    pub fn committed<Q>(&self, key: &Q) -> Option<u64>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.commits.get(key)
    }

    /// Where the group goes on reading `key`: after what it has committed, at 0 if that is nothing.
    /// The offset may be of a message that is dropped by now. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u8>::new();
    /// let group = log.group("billing");
    /// assert_eq!(group.position("k"), 0);
    /// group.commit("k", 5);
    /// assert_eq!(group.position("k"), 6);
    /// ```
    pub fn position<Q>(&self, key: &Q) -> u64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.committed(key).map_or(0, |last| last.saturating_add(1))
    }

    /// How many messages of `key` the group has before it: those that are still there and that it
    /// has not committed. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u8>::new();
    /// for message in 0..10 {
    ///     log.append("k", message);
    /// }
    /// let group = log.group("billing");
    /// assert_eq!(group.lag("k"), 10);
    /// group.commit("k", 2);
    /// assert_eq!(group.lag("k"), 7);
    /// log.truncate("k", 9);
    /// assert_eq!(group.lag("k"), 1, "the others cannot be read any more");
    /// ```
    pub fn lag<Q>(&self, key: &Q) -> u64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let position = self.position(key);
        let kept = self.log.offsets(key);
        kept.end.saturating_sub(position.max(kept.start))
    }

    /// At most `limit` messages of `key` from the group's [`position`](Self::position) on; if the
    /// first of them is dropped, from where `reset` says. As [`OffsetLog::poll_or`].
    ///
    /// It does not commit: who polls twice without a commit gets the same again.
    ///
    /// ```
    /// use glomers_log::{OffsetLog, Reset};
    ///
    /// let log = OffsetLog::<String, _>::new();
    /// for message in ["a", "b", "c"] {
    ///     log.append("k", message);
    /// }
    /// let group = log.group("billing");
    /// group.commit("k", 0);
    /// assert!(group.poll("k", 1, Reset::Error)?.iter().eq([(1, &"b")]));
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    ///
    /// # Errors
    ///
    /// With [`Reset::Error`], if messages are dropped that the group has not committed.
    pub fn poll<Q>(&self, key: &Q, limit: usize, reset: Reset) -> Result<Snapshot<V>, OutOfRange>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.log.poll_or(key, self.position(key), limit, reset)
    }
}

impl<K, V, S> Clone for Group<'_, K, V, S> {
    fn clone(&self) -> Self {
        Self { log: self.log, commits: Arc::clone(&self.commits) }
    }
}

/// How many keys it has committed.
impl<K: Hash + Eq, V, S: BuildHasher + Clone> fmt::Debug for Group<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("commits", &self.commits.len()).finish_non_exhaustive()
    }
}
