use std::fmt::{self, Debug};
use std::iter::FusedIterator;
use std::ops::Range;

use super::segment::Run;
use super::segments::Segments;

/// The messages of a [`Snapshot`](crate::Snapshot) with their offsets, in order; from
/// [`Snapshot::iter`](crate::Snapshot::iter).
///
/// ```
/// let log = glomers_log::OffsetLog::<u8, _>::new();
/// log.append(&1, "rye");
/// let snapshot = log.snapshot(&1);
/// let mut messages: glomers_log::Iter<'_, _> = snapshot.iter();
/// assert_eq!(messages.next(), Some((0, &"rye")));
/// assert_eq!(messages.next(), None);
/// ```
pub struct Iter<'a, V> {
    segments: &'a Segments<V>,
    offsets: Range<u64>,
    /// What is left of the segment in which `offsets` starts, or nothing before the first step and
    /// at a segment's end.
    run: Run<'a, V>,
}

impl<'a, V> Iter<'a, V> {
    /// The messages with these offsets, all of which are in `segments`.
    pub(crate) fn new(segments: &'a Segments<V>, offsets: Range<u64>) -> Self {
        Self { segments, offsets, run: Run::default() }
    }
}

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = (u64, &'a V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.offsets.next()?;
        if let Some(message) = self.run.next() {
            return Some((offset, message));
        }
        self.run = self.segments.run_from(offset);
        Some((offset, self.run.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.offsets.size_hint()
    }
}

impl<V> DoubleEndedIterator for Iter<'_, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let offset = self.offsets.next_back()?;
        Some((offset, self.segments.run_from(offset).next()?))
    }
}

impl<V> ExactSizeIterator for Iter<'_, V> {}

impl<V> FusedIterator for Iter<'_, V> {}

impl<V> Clone for Iter<'_, V> {
    fn clone(&self) -> Self {
        Self { segments: self.segments, offsets: self.offsets.clone(), run: self.run.clone() }
    }
}

impl<V: Debug> Debug for Iter<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}
