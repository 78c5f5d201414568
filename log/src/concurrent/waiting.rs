//! What of [`OffsetLog`] is for those who wait.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::Ordering::Relaxed;

use super::topic::Topic;
use crate::{OffsetLog, PollWait, WaitAny};

impl<K: Hash + Eq, V, S: BuildHasher + Clone> OffsetLog<K, V, S> {
    /// A poll that waits until there is a message at the offset `from` or after it: a thread with
    /// [`blocking`](PollWait::blocking), a task with `.await`. No message that comes is missed,
    /// and who gives up loses nothing. O(log n) in the number of those who wait for the key.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let log = glomers_log::OffsetLog::<String, &str>::new();
    /// log.append("k", "rye");
    /// let batch = log.poll_wait("k", 0, 100).blocking(Duration::from_secs(1))?;
    /// assert_eq!(batch.len(), 1);
    ///
    /// let consumer = async {
    ///     let mut next = 0;
    ///     loop {
    ///         let batch = log.poll_wait("k", next, 100).await?;
    ///         batch.iter().for_each(|(offset, message)| println!("{offset}: {message}"));
    ///         next = batch.next_offset();
    ///     }
    ///     # #[expect(unreachable_code, reason = "it says what fails")]
    ///     Ok::<(), glomers_log::OutOfRange>(())
    /// };
    /// # drop(consumer);
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    pub fn poll_wait<Q>(&self, key: &Q, from: u64, limit: usize) -> PollWait<'_, K, V, S>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        PollWait::new(self, key.to_owned(), from, limit)
    }

    /// Waits until one of several keys has a message at the offset beside it or after; says which,
    /// by index. As [`poll_wait`](Self::poll_wait), but one then polls oneself. Without keys it
    /// waits for ever. O(k log n) for k keys.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let log = glomers_log::OffsetLog::<String, &str>::new();
    /// log.append("returns", "oat");
    /// let mut positions = [("orders", 0), ("returns", 0)];
    /// for index in log.wait_any(positions).blocking(Duration::from_secs(1)) {
    ///     let (key, next) = &mut positions[index];
    ///     let batch = log.poll(*key, *next, 100)?;
    ///     *next = batch.next_offset();
    /// }
    /// assert_eq!(positions, [("orders", 0), ("returns", 1)]);
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    pub fn wait_any<'q, Q>(
        &self,
        positions: impl IntoIterator<Item = (&'q Q, u64)>,
    ) -> WaitAny<'_, K, V, S>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized + 'q,
    {
        let positions = positions.into_iter().map(|(key, from)| (key.to_owned(), from));
        WaitAny::new(self, positions.collect())
    }

    /// A number that no other who waits has.
    pub(crate) fn next_waiter(&self) -> u64 {
        self.waiter.fetch_add(1, Relaxed)
    }

    /// Does something with the log of `key`, a new one if need be, under its lock.
    pub(crate) fn with_topic<T>(&self, key: &K, then: impl FnOnce(&mut Topic<V>) -> T) -> T
    where
        K: Clone,
    {
        self.topics.with_or_new(key, K::clone, then)
    }

    /// Forgets one who waited for `offset`, and the log of `key` if it was only for that.
    pub(crate) fn forget_waiter(&self, key: &K, offset: u64, number: u64) {
        let forgotten = self.topics.with(key, |topic| {
            let waker = topic.waiters().remove(offset, number);
            (waker, topic.is_unused())
        });
        // The waker is dropped outside of the lock: who knows what that does.
        if let Some((_waker, true)) = forgotten {
            self.topics.remove_unused(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn waiting_for_a_key_that_nobody_appends_to_leaves_no_trace_of_it() {
        let log = OffsetLog::<u32, u8>::new();
        let mut waited_for = 0;
        for key in 0..100 {
            assert!(log.poll_wait(&key, 0, 1).blocking(Duration::ZERO).is_ok());
            assert!(log.wait_any([(&key, 0), (&1000, 7)]).blocking(Duration::ZERO).is_empty());
        }
        log.topics.for_each(|_, _| waited_for += 1);
        assert_eq!(waited_for, 0);
    }
}
