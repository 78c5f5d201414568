use std::fmt;

use im::OrdMap;

use super::Entry;

/// Messages of one key as a poll found them: a view that copies none and never changes.
///
/// Offsets ascend and need not be dense. Between two that follow each other, nothing will ever
/// appear.
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
    pub fn iter(&self) -> impl Iterator<Item = (u64, &V)> {
        self.entries.range(self.from..self.end).map(|(offset, entry)| (*offset, &entry.value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Where to go on polling: nothing will ever appear between the last message and this.
    pub fn next_offset(&self) -> u64 {
        self.end
    }
}

impl<V: fmt::Debug> fmt::Debug for Batch<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
