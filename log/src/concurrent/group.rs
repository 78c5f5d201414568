use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::ops::Deref;
use std::sync::Arc;

use super::commits::Commits;
use crate::{KeyHasher, OffsetLog, OutOfRange, PollWait, Reset, Snapshot, WaitAny};

/// Consumers who share the work on a log, and so one committed offset a key; from
/// [`OffsetLog::group`], which borrows the log, or [`OffsetLog::group_owned`], which shares it: `L` is
/// how the log is held, a reference or an `Arc`.
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
pub struct Group<K, V, S = KeyHasher, L = Arc<OffsetLog<K, V, S>>>
where
    L: Deref<Target = OffsetLog<K, V, S>>,
{
    log: L,
    commits: Arc<Commits<K, S>>,
}

impl<K: Hash + Eq, V, S: BuildHasher + Clone, L> Group<K, V, S, L>
where
    L: Deref<Target = OffsetLog<K, V, S>>,
{
    pub(crate) fn new(log: L, commits: Arc<Commits<K, S>>) -> Self {
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
    /// by another way than the messages, and before them. If it is still beyond the end when the group
    /// polls, that is resolved by the poll's [`Reset`], as in Kafka; only this lowers a commit.
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
    /// The offset may be of a message that is dropped by now, or beyond the end. O(1).
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
        next(self.committed(key))
    }

    /// How many messages of `key` the group has before it: those that are still there and that it
    /// has not committed. None if it stands beyond the end, until a poll has reset that. O(1).
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
    /// first of them is dropped, or the position is beyond the end, from where `reset` says. As
    /// [`OffsetLog::poll_or`].
    ///
    /// It does not commit: who polls twice without a commit gets the same again. But a commit beyond the
    /// end is lowered to where `reset` says, in one step, so that the group goes on from there.
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
    ///
    /// group.commit("k", 70);
    /// assert!(group.poll("k", 1, Reset::Error).is_err(), "there is no such message");
    /// assert_eq!(group.poll("k", 1, Reset::Latest)?.next_offset(), 3);
    /// assert_eq!(group.committed("k"), Some(2));
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    ///
    /// # Errors
    ///
    /// With [`Reset::Error`], if messages are dropped that the group has not committed, or it stands
    /// beyond the end.
    pub fn poll<Q>(&self, key: &Q, limit: usize, reset: Reset) -> Result<Snapshot<V>, OutOfRange>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        loop {
            let committed = self.committed(key);
            let position = next(committed);
            let batch = self.log.poll_or(key, position, limit, reset)?;
            // Only from beyond the end it begins before where it was to.
            let first = batch.first_offset();
            let is_beyond = |_: &u64| first < position;
            if committed.filter(is_beyond).is_none_or(|last| self.commits.lower(key, last, first)) {
                return Ok(batch);
            }
        }
    }

    /// A poll that waits until `key` has a message that the group has not committed: a thread with
    /// [`blocking`](PollWait::blocking), a task with `.await`. As [`OffsetLog::poll_wait`], but it
    /// begins at the [`position`](Self::position) that the group has when the messages are taken, so
    /// that what another member commits meanwhile is passed over. Beyond the end it does not wait, but is
    /// reset as [`poll`](Self::poll) is. O(log n) in the number of those who wait for the key.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::thread;
    /// use std::time::Duration;
    /// use glomers_log::{OffsetLog, Reset};
    ///
    /// let log = Arc::new(OffsetLog::<String, &str>::new());
    /// let billing = log.group_owned("billing");
    /// let consumer = thread::spawn(move || {
    ///     let mut bills = Vec::new();
    ///     while bills.len() < 2 {
    ///         let wait = billing.poll_wait("orders", 10).reset(Reset::Earliest);
    ///         for (offset, order) in &wait.blocking(Duration::MAX)? {
    ///             bills.push(*order);
    ///             billing.commit("orders", offset);
    ///         }
    ///     }
    ///     Ok::<_, glomers_log::OutOfRange>(bills)
    /// });
    /// log.append("orders", "rye");
    /// log.append("orders", "oat");
    /// assert_eq!(consumer.join().expect("it does not panic")?, ["rye", "oat"]);
    /// assert_eq!(log.group("billing").lag("orders"), 0);
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    pub fn poll_wait<Q>(&self, key: &Q, limit: usize) -> PollWait<'_, K, V, S>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        PollWait::new(&self.log, key.to_owned(), 0, limit).for_group_with(Arc::clone(&self.commits))
    }

    /// Waits until one of several keys has a message that the group has not committed by now; says
    /// which, by index. As [`OffsetLog::wait_any`]: one then polls oneself, and gets nothing where
    /// another member was faster. A key in which the group stands beyond the end is among them, since a
    /// poll of it has something to reset.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_log::{OffsetLog, Reset};
    ///
    /// let log = OffsetLog::<String, &str>::new();
    /// log.append("orders", "rye");
    /// log.append("returns", "oat");
    /// let billing = log.group("billing");
    /// billing.commit("orders", 0);
    /// let keys = ["orders", "returns"];
    /// for index in billing.wait_any(keys).blocking(Duration::from_secs(1)) {
    ///     assert_eq!(keys[index], "returns");
    ///     assert!(billing.poll(keys[index], 10, Reset::Error)?.iter().eq([(0, &"oat")]));
    /// }
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    pub fn wait_any<'q, Q>(&self, keys: impl IntoIterator<Item = &'q Q>) -> WaitAny<'_, K, V, S>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized + 'q,
    {
        self.log.wait_any(keys.into_iter().map(|key| (key, self.position(key)))).for_group()
    }
}

#[cfg(feature = "store")]
impl<K: Hash + Eq + Clone, V, S: BuildHasher + Clone, L> Group<K, V, S, L>
where
    L: Deref<Target = OffsetLog<K, V, S>>,
{
    /// See [`Commits::lower`].
    pub(crate) fn lower<Q>(&self, key: &Q, from: u64, next: u64) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.commits.lower(key, from, next)
    }

    /// What it has committed.
    pub(crate) fn all(&self) -> Vec<(K, u64)> {
        self.commits.all()
    }
}

/// Where who has committed so far goes on.
fn next(committed: Option<u64>) -> u64 {
    committed.map_or(0, |last| last.saturating_add(1))
}

impl<K, V, S, L> Clone for Group<K, V, S, L>
where
    L: Deref<Target = OffsetLog<K, V, S>> + Clone,
{
    fn clone(&self) -> Self {
        Self { log: self.log.clone(), commits: Arc::clone(&self.commits) }
    }
}

/// How many keys it has committed.
impl<K: Hash + Eq, V, S: BuildHasher + Clone, L> fmt::Debug for Group<K, V, S, L>
where
    L: Deref<Target = OffsetLog<K, V, S>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("commits", &self.commits.len()).finish_non_exhaustive()
    }
}
