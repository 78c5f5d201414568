use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::park::block_on;
use crate::{KeyHasher, OffsetLog};

/// Waits until one of several keys has a message at an offset or after it; from
/// [`OffsetLog::wait_any`].
///
/// It comes to the indices of those keys that have one, in the order in which they were given. A
/// thread waits with [`blocking`](Self::blocking); a task, of whatever runtime, with `.await`. To
/// give up is to drop it.
#[must_use = "it waits only when it is awaited, or told to block"]
pub struct WaitAny<'a, K: Hash + Eq, V, S: BuildHasher + Clone = KeyHasher> {
    log: &'a OffsetLog<K, V, S>,
    positions: Vec<(K, u64)>,
    /// Whether who stands beyond the end has something to do at once.
    for_group: bool,
    number: u64,
    registered: bool,
}

impl<'a, K: Hash + Eq, V, S: BuildHasher + Clone> WaitAny<'a, K, V, S> {
    pub(crate) fn new(log: &'a OffsetLog<K, V, S>, positions: Vec<(K, u64)>) -> Self {
        Self { log, positions, for_group: false, number: log.next_waiter(), registered: false }
    }

    /// For a group, which is reset from beyond the end.
    pub(crate) fn for_group(mut self) -> Self {
        self.for_group = true;
        self
    }

    /// Lets this thread sleep until one of the keys has a message, for `timeout` at most;
    /// `Duration::MAX` is for ever. What it returns then is empty.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_log::OffsetLog;
    ///
    /// let log = OffsetLog::<String, &str>::new();
    /// log.append("returns", "oat");
    /// let wait = || log.wait_any([("orders", 0), ("returns", 0)]);
    /// assert_eq!(wait().blocking(Duration::MAX), [1]);
    /// log.append("orders", "rye");
    /// assert_eq!(wait().blocking(Duration::MAX), [0, 1]);
    /// let wait = log.wait_any([("orders", 1), ("returns", 1)]);
    /// assert!(wait.blocking(Duration::from_millis(1)).is_empty());
    /// ```
    pub fn blocking(mut self, timeout: Duration) -> Vec<usize>
    where
        K: Clone,
    {
        block_on(&mut self, timeout).unwrap_or_default()
    }

    fn forget(&mut self) {
        if self.registered {
            self.registered = false;
            for (key, from) in &self.positions {
                self.log.forget_waiter(key, *from, self.number);
            }
        }
    }

    /// Whether `key` has a message at `from` or after it; if not, `waker` is registered with it.
    fn has_or_registers(&self, key: &K, from: u64, waker: &Waker) -> bool
    where
        K: Clone,
    {
        // The last waker is dropped outside of the lock: who knows what that does.
        let (has, _last) = self.log.with_topic(key, |topic| {
            if topic.end() > from || self.for_group && topic.end() < from {
                (true, None)
            } else {
                (false, topic.waiters().insert(from, self.number, waker))
            }
        });
        has
    }
}

impl<K: Hash + Eq + Clone, V, S: BuildHasher + Clone> Future for WaitAny<'_, K, V, S> {
    type Output = Vec<usize>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // Before the first of them, so that none stays behind if a key's code panics.
        this.registered = true;
        let positions = this.positions.iter().enumerate();
        let ready: Vec<usize> = positions
            .filter(|(_, (key, from))| this.has_or_registers(key, *from, context.waker()))
            .map(|(index, _)| index)
            .collect();
        if ready.is_empty() {
            return Poll::Pending;
        }
        this.forget();
        Poll::Ready(ready)
    }
}

/// Nothing in it is pinned.
impl<K: Hash + Eq, V, S: BuildHasher + Clone> Unpin for WaitAny<'_, K, V, S> {}

impl<K: Hash + Eq, V, S: BuildHasher + Clone> Drop for WaitAny<'_, K, V, S> {
    fn drop(&mut self) {
        self.forget();
    }
}

impl<K: Hash + Eq + fmt::Debug, V, S: BuildHasher + Clone> fmt::Debug for WaitAny<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitAny").field("positions", &self.positions).finish_non_exhaustive()
    }
}
