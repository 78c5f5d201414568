use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::commits::Commits;
use super::park::block_on;
use super::topic::Topic;
use crate::{KeyHasher, OffsetLog, OutOfRange, Reset, Snapshot};

/// A poll that waits for a message if there is none yet; from [`OffsetLog::poll_wait`] or
/// [`Group::poll_wait`](crate::Group::poll_wait).
///
/// A thread waits with [`blocking`](Self::blocking); a task, of whatever runtime, with `.await`.
/// To give up is to drop it: nothing is lost, since it is the caller, or the group, who knows the
/// offset.
///
/// Whoever waits costs an append to the same key what it takes to wake them, and other appends
/// nothing.
#[must_use = "it waits only when it is awaited, or told to block"]
pub struct PollWait<'a, K: Hash + Eq, V, S: BuildHasher + Clone = KeyHasher> {
    log: &'a OffsetLog<K, V, S>,
    key: K,
    from: u64,
    /// Of the group in whose place it reads.
    commits: Option<Arc<Commits<K, S>>>,
    limit: usize,
    /// Without one, what is beyond the end is waited for.
    reset: Option<Reset>,
    number: u64,
    /// What it is registered to wait for.
    awaited: Option<u64>,
}

impl<'a, K: Hash + Eq, V, S: BuildHasher + Clone> PollWait<'a, K, V, S> {
    pub(crate) fn new(log: &'a OffsetLog<K, V, S>, key: K, from: u64, limit: usize) -> Self {
        let number = log.next_waiter();
        Self { log, key, from, commits: None, limit, reset: None, number, awaited: None }
    }

    /// For a group: from where that goes on, each time that it looks.
    pub(crate) fn for_group_with(mut self, commits: Arc<Commits<K, S>>) -> Self {
        self.commits = Some(commits);
        self.reset(Reset::Error)
    }

    /// Says what to do if the message at the offset is dropped, now or while it waits, or if the offset is
    /// beyond the end. Without this it fails where the message is dropped, and waits for what is beyond
    /// the end; for a group it is [`Reset::Error`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_log::{OffsetLog, Reset};
    ///
    /// let log = OffsetLog::<String, char>::new();
    /// log.append("k", 'a');
    /// log.append("k", 'b');
    /// log.truncate("k", 1);
    /// let batch = log.poll_wait("k", 0, 10).reset(Reset::Earliest).blocking(Duration::ZERO)?;
    /// assert!(batch.iter().eq([(1, &'b')]));
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    pub fn reset(mut self, reset: Reset) -> Self {
        self.reset = Some(reset);
        self
    }

    /// Lets this thread sleep until there is a message, for `timeout` at most; `Duration::MAX` is
    /// for ever. What it returns then is empty, and its
    /// [`next_offset`](Snapshot::next_offset) is where to go on.
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    /// use glomers_log::OffsetLog;
    ///
    /// let log = OffsetLog::<String, &str>::new();
    /// assert!(log.poll_wait("k", 0, 10).blocking(Duration::from_millis(1))?.is_empty());
    /// let batch = thread::scope(|threads| {
    ///     let consumer = threads.spawn(|| log.poll_wait("k", 0, 10).blocking(Duration::MAX));
    ///     log.append("k", "rye");
    ///     consumer.join().expect("it does not panic")
    /// })?;
    /// assert_eq!(batch.get(0), Some(&"rye"));
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Without a [`reset`](Self::reset), if the message at the offset is dropped; with [`Reset::Error`],
    /// also if the offset is beyond the end.
    pub fn blocking(mut self, timeout: Duration) -> Result<Snapshot<V>, OutOfRange>
    where
        K: Clone,
    {
        match block_on(&mut self, timeout) {
            Some(polled) => polled,
            // Where the poll would begin now: it may have been reset while it waited.
            None => self.log.poll_by(&self.key, self.from, 0, self.reset),
        }
    }

    fn forget(&mut self) {
        if let Some(offset) = self.awaited.take() {
            self.log.forget_waiter(&self.key, offset, self.number);
        }
    }

    /// Polls, or registers `waker` with the key: in one step, so that nothing comes in between.
    fn poll_or_register(&mut self, waker: &Waker) -> Poll<Result<Snapshot<V>, OutOfRange>>
    where
        K: Clone,
    {
        loop {
            // Of two locks, never one inside the other. What is committed after this is as if it were
            // committed after the poll.
            let committed = self.commits.as_ref().and_then(|commits| commits.get(&self.key));
            let from = committed.map_or(0, |last| last.saturating_add(1)).max(self.from);
            let (polled, began) = self.poll_from(from, waker);
            let Some(first) = began.filter(|first| *first < from) else { return polled };
            // It was beyond the end. That is so of the group, or else of nobody but this.
            self.from = first;
            let Some((commits, last)) = self.commits.as_ref().zip(committed) else { return polled };
            if commits.lower(&self.key, last, first) {
                return polled;
            }
        }
    }

    /// The same from an offset, and where that begins, unless it fails.
    fn poll_from(
        &mut self,
        from: u64,
        waker: &Waker,
    ) -> (Poll<Result<Snapshot<V>, OutOfRange>>, Option<u64>)
    where
        K: Clone,
    {
        let Self { log, key, limit, reset, number, .. } = self;
        let watch = |topic: &mut Topic<V>| match topic.resolve(from, *reset, log.retention()) {
            Err(error) => (Poll::Ready(Err(error)), None, None),
            Ok(at) if at < topic.end() => (Poll::Ready(Ok(topic.view(at, *limit))), Some(at), None),
            Ok(at) => {
                // The last one is dropped outside of the lock: who knows what that does.
                let last = topic.waiters().insert(at, *number, waker);
                (Poll::Pending, Some(at), Some((at, last)))
            }
        };
        let (polled, began, registered) = log.with_topic(key, watch);
        if let Some((at, _)) = registered {
            self.from = at;
        }
        if self.awaited.is_some() && self.awaited != registered.as_ref().map(|(at, _)| *at) {
            self.forget();
        }
        self.awaited = registered.map(|(at, _)| at);
        (polled, began)
    }
}

impl<K: Hash + Eq + Clone, V, S: BuildHasher + Clone> Future for PollWait<'_, K, V, S> {
    type Output = Result<Snapshot<V>, OutOfRange>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().poll_or_register(context.waker())
    }
}

/// Nothing in it is pinned.
impl<K: Hash + Eq, V, S: BuildHasher + Clone> Unpin for PollWait<'_, K, V, S> {}

impl<K: Hash + Eq, V, S: BuildHasher + Clone> Drop for PollWait<'_, K, V, S> {
    fn drop(&mut self) {
        self.forget();
    }
}

impl<K: Hash + Eq + fmt::Debug, V, S: BuildHasher + Clone> fmt::Debug for PollWait<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollWait")
            .field("key", &self.key)
            .field("from", &self.from)
            .field("limit", &self.limit)
            .field("reset", &self.reset)
            .finish_non_exhaustive()
    }
}
