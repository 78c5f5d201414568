use std::collections::BTreeMap;
use std::mem;
use std::task::Waker;

/// Who waits for a key, by the offset that they wait for.
#[derive(Default)]
pub(crate) struct Waiters {
    /// The number tells apart those who wait for the same offset.
    wakers: BTreeMap<(u64, u64), Waker>,
}

impl Waiters {
    pub(crate) fn is_empty(&self) -> bool {
        self.wakers.is_empty()
    }

    /// Notes that `waker` is to be woken once there is a message at `offset`; returns the one that
    /// it replaces. O(log n).
    pub(crate) fn insert(&mut self, offset: u64, number: u64, waker: &Waker) -> Option<Waker> {
        self.wakers.insert((offset, number), waker.clone())
    }

    /// Forgets one who no longer waits. O(log n).
    pub(crate) fn remove(&mut self, offset: u64, number: u64) -> Option<Waker> {
        self.wakers.remove(&(offset, number))
    }

    /// Takes out those who wait for what a log has that ends before `end`. O(log n + k).
    pub(crate) fn take_ready(&mut self, end: u64) -> Woken {
        if self.wakers.is_empty() {
            return Woken::default();
        }
        let later = self.wakers.split_off(&(end, 0));
        Woken(mem::replace(&mut self.wakers, later))
    }
}

/// Those to wake, outside of any lock, since a waker may do as it likes.
#[must_use]
#[derive(Default)]
pub(crate) struct Woken(BTreeMap<(u64, u64), Waker>);

impl Woken {
    pub(crate) fn wake(self) {
        if !self.0.is_empty() {
            self.0.into_values().for_each(Waker::wake);
        }
    }
}
