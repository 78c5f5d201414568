use std::fmt::{self, Debug};
use std::hash::{Hash, Hasher};
use std::ops::Range;

use super::segments::Segments;
use crate::Iter;

/// Consecutive messages of one key, as they were when the snapshot was taken.
///
/// It holds no lock and copies no message: it shares the log's memory, hands out references, and
/// never changes, whatever is appended and dropped meanwhile. A clone costs a few reference counts.
/// What it shares stays in memory as long as it, even after the log: its messages, and those that
/// lie in one segment with them, up to 1,024 to either side. So keep an offset rather than a
/// snapshot for long.
///
/// Two snapshots are equal when they start at the same offset and hold equal messages.
///
/// ```
/// let log = glomers_log::OffsetLog::<_, _>::new();
/// log.append("k", 'a');
/// log.append("k", 'b');
/// let snapshot = log.snapshot("k");
/// log.append("k", 'c');
/// assert!(snapshot.iter().eq([(0, &'a'), (1, &'b')]));
/// ```
pub struct Snapshot<V> {
    segments: Segments<V>,
    first: u64,
    len: usize,
}

impl<V> Snapshot<V> {
    /// `len` messages from the offset `first` on, all of which are in `segments`.
    pub(crate) fn new(segments: Segments<V>, first: u64, len: usize) -> Self {
        Self { segments, first, len }
    }

    /// How many messages there are. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<u8, _>::new();
    /// log.append(&1, "rye");
    /// assert_eq!(log.snapshot(&1).len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none. O(1).
    ///
    /// ```
    /// assert!(glomers_log::Snapshot::<u8>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The offset of the first message; if there is none, the offset that was asked for. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<u8, _>::new();
    /// log.append(&1, "rye");
    /// log.append(&1, "oat");
    /// assert_eq!(log.poll(&1, 1, 10)?.first_offset(), 1);
    /// assert_eq!(log.poll(&1, 7, 10)?.first_offset(), 7);
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    pub fn first_offset(&self) -> u64 {
        self.first
    }

    /// The offset after the last message: where to go on polling. O(1).
    ///
    /// Where there are no messages it is the offset that was asked for, so that who polls again
    /// from here neither misses nor repeats any.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<u8, _>::new();
    /// log.append(&1, "rye");
    /// let batch = log.poll(&1, 0, 10)?;
    /// assert_eq!(batch.next_offset(), 1);
    /// assert_eq!(log.poll(&1, batch.next_offset(), 10)?.next_offset(), 1);
    /// # Ok::<_, glomers_log::OutOfRange>(())
    /// ```
    pub fn next_offset(&self) -> u64 {
        // Nothing overflows here: only an empty snapshot starts beyond its log.
        self.first + self.len as u64
    }

    /// The message at `offset`, if it is in here. O(log n) in the number of segments, which is
    /// about a thousandth of the number of messages, if they are not large.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<u8, _>::new();
    /// log.append(&1, "rye");
    /// assert_eq!(log.snapshot(&1).get(0), Some(&"rye"));
    /// assert_eq!(log.snapshot(&1).get(1), None);
    /// ```
    pub fn get(&self, offset: u64) -> Option<&V> {
        self.offsets().contains(&offset).then(|| self.segments.run_from(offset).next())?
    }

    /// The messages with their offsets, in order.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<u8, _>::new();
    /// log.append(&1, "rye");
    /// log.append(&1, "oat");
    /// assert_eq!(log.snapshot(&1).iter().next_back(), Some((1, &"oat")));
    /// ```
    pub fn iter(&self) -> Iter<'_, V> {
        Iter::new(&self.segments, self.offsets())
    }

    /// Those messages whose offset is `from` or more, in order. Skipping the others costs nothing.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<u8, _>::new();
    /// log.append(&1, "rye");
    /// log.append(&1, "oat");
    /// let snapshot = log.snapshot(&1);
    /// assert!(snapshot.iter_from(1).eq([(1, &"oat")]));
    /// assert_eq!(snapshot.iter_from(u64::MAX).len(), 0);
    /// ```
    pub fn iter_from(&self, from: u64) -> Iter<'_, V> {
        let Range { start, end } = self.offsets();
        Iter::new(&self.segments, from.clamp(start, end)..end)
    }

    /// Of these messages, at most `limit` whose offset is `from` or more, as a snapshot. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<u8, _>::new();
    /// for message in 'a'..='z' {
    ///     log.append(&1, message);
    /// }
    /// let page = log.snapshot(&1).slice(10, 2);
    /// assert!(page.iter().eq([(10, &'k'), (11, &'l')]));
    /// ```
    #[must_use]
    pub fn slice(&self, from: u64, limit: usize) -> Self {
        self.clone().into_slice(from, limit)
    }

    /// [`slice`](Self::slice) without a clone.
    pub(crate) fn into_slice(self, from: u64, limit: usize) -> Self {
        let len = self.iter_from(from).len().min(limit);
        Self { segments: self.segments, first: from.max(self.first), len }
    }

    fn offsets(&self) -> Range<u64> {
        self.first..self.next_offset()
    }
}

/// These messages, from the offset `first` on.
#[cfg(feature = "store")]
pub(crate) fn snapshot_of<V>(first: u64, messages: Vec<V>) -> Snapshot<V> {
    let len = messages.len();
    let segment = super::segment::Segment::packed(first, messages);
    Snapshot::new(Segments::new(im::Vector::new(), Some(segment)), first, len)
}

impl<V> Clone for Snapshot<V> {
    fn clone(&self) -> Self {
        Self { segments: self.segments.clone(), ..*self }
    }
}

/// No messages, from offset 0.
impl<V> Default for Snapshot<V> {
    fn default() -> Self {
        Self { segments: Segments::default(), first: 0, len: 0 }
    }
}

impl<V: Debug> Debug for Snapshot<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<V: PartialEq> PartialEq for Snapshot<V> {
    fn eq(&self, other: &Self) -> bool {
        self.first == other.first && self.iter().eq(other)
    }
}

impl<V: Eq> Eq for Snapshot<V> {}

impl<V: Hash> Hash for Snapshot<V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.first, self.len).hash(state);
        self.iter().for_each(|(_, message)| message.hash(state));
    }
}

impl<'a, V> IntoIterator for &'a Snapshot<V> {
    type Item = (u64, &'a V);
    type IntoIter = Iter<'a, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(count: usize) -> Snapshot<char> {
        let log = crate::OffsetLog::<u8, _>::new();
        for letter in ('a'..='z').cycle().take(count) {
            log.append(&0, letter);
        }
        log.snapshot(&0)
    }

    #[test]
    fn a_slice_of_a_slice_keeps_to_both_bounds() {
        let middle = letters(26).slice(5, 10);
        assert_eq!((middle.first_offset(), middle.next_offset()), (5, 15));
        assert_eq!(middle.slice(0, 3).iter().next(), Some((5, &'f')));
        assert_eq!(middle.slice(12, 100).next_offset(), 15);
        assert_eq!(middle.get(4), None);
        assert_eq!(middle.get(15), None);
        assert_eq!(middle.get(14), Some(&'o'));
    }

    #[test]
    fn no_offset_and_no_limit_overflows() {
        let all = letters(26);
        for from in [26, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let none = all.slice(from, usize::MAX);
            assert!(none.is_empty());
            assert_eq!((none.first_offset(), none.next_offset()), (from, from));
            assert_eq!(none.iter().next(), None);
            assert_eq!(none.iter_from(0).next_back(), None);
            assert_eq!(none.get(from), None);
            assert_eq!(none.slice(0, usize::MAX), none);
        }
        assert_eq!(all.slice(0, usize::MAX), all);
        assert_eq!(all.slice(0, 0).next_offset(), 0);
    }

    #[test]
    fn iteration_from_both_ends_meets_in_the_middle() {
        let all = letters(100);
        let mut iter = all.iter();
        let mut steps = 0;
        while let Some((front, _)) = iter.next() {
            assert_eq!(front, steps);
            assert_eq!(iter.next_back().map(|(back, _)| back), Some(99 - steps));
            steps += 1;
        }
        assert_eq!((steps, iter.len()), (50, 0));
        assert_eq!(iter.next_back(), None);
        assert!(all.iter().rev().eq(all.iter().collect::<Vec<_>>().into_iter().rev()));
    }

    #[test]
    fn equality_is_that_of_offsets_and_messages() {
        let twice = letters(52);
        assert_eq!(twice, letters(52));
        assert_ne!(twice, letters(51));
        assert_ne!(twice.slice(0, 26), twice.slice(26, 26), "the same letters elsewhere");
        assert_ne!(Snapshot::default(), twice);
        assert_ne!(twice.slice(60, 1), twice.slice(61, 1), "nothing from different offsets on");
    }

    #[test]
    fn debug_output_shows_offsets_and_messages() {
        let page = letters(26).slice(3, 2);
        assert_eq!(format!("{page:?}"), "{3: 'd', 4: 'e'}");
        assert_eq!(format!("{:?}", page.iter_from(4)), "{4: 'e'}");
    }
}
