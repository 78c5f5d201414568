use std::iter;
use std::sync::{Arc, OnceLock};

/// Slots in a key's first segment. The next ones double, so that a short log is small …
const FIRST: usize = 8;
/// … up to this, so that no append has to allocate much at once while it holds its lock.
const LARGEST: usize = 1024;
/// How many segments are smaller than the largest.
const DOUBLINGS: usize = (LARGEST.ilog2() - FIRST.ilog2()) as usize;

/// Which segment holds a position, and at which slot.
///
/// Shifted by [`FIRST`], the doubling segments begin at the powers of two and the others at the
/// multiples of [`LARGEST`].
const fn locate(position: usize) -> (usize, usize) {
    let shifted = position + FIRST;
    if shifted < LARGEST {
        let power = shifted.ilog2();
        ((power - FIRST.ilog2()) as usize, shifted - (1 << power))
    } else {
        (DOUBLINGS - 1 + shifted / LARGEST, shifted % LARGEST)
    }
}

/// How many slots a segment has.
fn capacity(segment: usize) -> usize {
    FIRST << segment.min(DOUBLINGS)
}

/// A list of segments whose slots are written once: shared by one [`Appender`] and its readers.
///
/// A clone shares the slots. It sees what is appended to them later, and not the segments that are
/// added later; a reader keeps to the length it found.
pub(crate) struct Segments<V> {
    list: im::Vector<Arc<[OnceLock<V>]>>,
}

impl<V> Segments<V> {
    /// The slots from `position` to the end of its segment; none beyond the last segment.
    pub(crate) fn slots_from(&self, position: usize) -> &[OnceLock<V>] {
        let (segment, slot) = locate(position);
        self.list.get(segment).and_then(|slots| slots.get(slot..)).unwrap_or_default()
    }

    /// The value at `position`, if it is written.
    pub(crate) fn get(&self, position: usize) -> Option<&V> {
        self.slots_from(position).first()?.get()
    }
}

impl<V> Clone for Segments<V> {
    fn clone(&self) -> Self {
        Self { list: self.list.clone() }
    }
}

impl<V> Default for Segments<V> {
    fn default() -> Self {
        Self { list: im::Vector::new() }
    }
}

/// The only writer of its [`Segments`]; not `Clone`, for two would write to the same slots.
pub(crate) struct Appender<V> {
    segments: Segments<V>,
    len: usize,
}

impl<V> Appender<V> {
    /// Writes `value` after the last one; returns its position.
    pub(crate) fn push(&mut self, value: V) -> usize {
        let position = self.len;
        let (segment, slot) = locate(position);
        if slot == 0 {
            let slots = iter::repeat_with(OnceLock::new).take(capacity(segment));
            self.segments.list.push_back(slots.collect());
        }
        let written =
            self.segments.slots_from(position).first().is_some_and(|slot| slot.set(value).is_ok());
        debug_assert!(written, "the slot of position {position} exists and is free");
        self.len += 1;
        position
    }

    /// How many values were written.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// What was written so far, for a reader that notes [`len`](Self::len) with it.
    pub(crate) fn segments(&self) -> Segments<V> {
        self.segments.clone()
    }
}

impl<V> Default for Appender<V> {
    fn default() -> Self {
        Self { segments: Segments::default(), len: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_fill_the_segments_one_after_the_other() {
        let mut expected = (0, 0);
        for position in 0..20 * LARGEST {
            assert_eq!(locate(position), expected, "position {position}");
            expected.1 += 1;
            if expected.1 == capacity(expected.0) {
                expected = (expected.0 + 1, 0);
            }
        }
    }

    #[test]
    fn segments_double_up_to_the_largest() {
        let capacities: Vec<_> = (0..10).map(capacity).collect();
        assert_eq!(capacities, [8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024]);
    }

    #[test]
    fn every_value_is_found_where_it_was_pushed() {
        let mut appender = Appender::default();
        for value in 0..5 * LARGEST {
            assert_eq!(appender.push(value), value);
        }
        let segments = appender.segments();
        assert_eq!(appender.len(), 5 * LARGEST);
        assert!((0..appender.len()).all(|position| segments.get(position) == Some(&position)));
        assert_eq!(segments.get(appender.len()), None);
        assert_eq!(segments.get(100 * LARGEST), None);
    }
}
