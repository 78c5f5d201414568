use std::fmt;
use std::hash::{Hash, Hasher};

use im::OrdMap;

use super::Entry;

/// Messages of one key as a poll found them: a view that copies none and never changes.
///
/// Offsets ascend and need not be dense. Between two that follow each other, nothing will ever
/// appear.
///
/// ```
/// use glomers_log::{Member, ReplicatedLog, Reset};
///
/// let mut member = Member::new(0, 1).unwrap();
/// let mut log = ReplicatedLog::default();
/// for message in ["rye", "oat", "barley"] {
///     member.append(&mut log, &"orders", message)?;
/// }
/// let batch = member.poll(&log, &"orders", 0, 2, Reset::Error)?;
/// assert!(batch.iter().eq([(0, &"rye"), (1, &"oat")]));
/// let batch = member.poll(&log, &"orders", batch.next_offset(), 2, Reset::Error)?;
/// assert!(batch.iter().eq([(2, &"barley")]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Batch<V> {
    entries: OrdMap<u64, Entry<V>>,
    from: u64,
    /// All below it are visible.
    end: u64,
}

impl<V> Batch<V> {
    pub(super) fn new(entries: OrdMap<u64, Entry<V>>, from: u64, end: u64, limit: usize) -> Self {
        let from = from.min(end);
        // The first that is too much.
        let cut = entries.range(from..end).nth(limit).map(|(offset, _)| *offset);
        Self { end: cut.unwrap_or(end), from, entries }
    }

    /// The messages with their offsets, ascending. O(log n) to begin with.
    ///
    /// ```
    /// # use glomers_log::{Member, ReplicatedLog, Reset};
    /// # let mut member = Member::new(0, 1).unwrap();
    /// # let mut log = ReplicatedLog::default();
    /// # member.append(&mut log, &"orders", "rye")?;
    /// for (offset, message) in member.poll(&log, &"orders", 0, 100, Reset::Error)?.iter() {
    ///     assert_eq!((offset, *message), (0, "rye"));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (u64, &V)> {
        self.entries.range(self.from..self.end).map(|(offset, entry)| (*offset, &entry.value))
    }

    /// Whether there is none.
    ///
    /// ```
    /// # use glomers_log::{Member, ReplicatedLog, Reset};
    /// let member = Member::new(0, 1).unwrap();
    /// let log = ReplicatedLog::<&str, u8>::default();
    /// assert!(member.poll(&log, &"orders", 0, 100, Reset::Error)?.is_empty());
    /// # Ok::<(), glomers_log::OutOfRange>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Where to go on polling: nothing will ever appear between the last message and this.
    ///
    /// ```
    /// # use glomers_log::{Member, ReplicatedLog, Reset};
    /// # let mut member = Member::new(0, 1).unwrap();
    /// # let mut log = ReplicatedLog::default();
    /// # member.append(&mut log, &"orders", "rye")?;
    /// let batch = member.poll(&log, &"orders", 0, 100, Reset::Error)?;
    /// assert_eq!(batch.next_offset(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn next_offset(&self) -> u64 {
        self.end
    }
}

/// Equal are batches of the same messages, after which a poll goes on at the same offset.
impl<V: PartialEq> PartialEq for Batch<V> {
    fn eq(&self, other: &Self) -> bool {
        self.end == other.end && self.iter().eq(other.iter())
    }
}

impl<V: Eq> Eq for Batch<V> {}

impl<V: Hash> Hash for Batch<V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.end.hash(state);
        self.iter().for_each(|message| (true, message).hash(state));
        false.hash(state);
    }
}

impl<V: fmt::Debug> fmt::Debug for Batch<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
