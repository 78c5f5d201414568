use im::Vector;

use super::segment::{Run, Segment};

/// Adjoining segments, shared by a topic and its readers: those that are full, and the last.
///
/// A clone shares the messages. The list is a persistent vector, so that it takes O(1).
pub(crate) struct Segments<V> {
    sealed: Vector<Segment<V>>,
    last: Option<Segment<V>>,
}

impl<V> Segments<V> {
    pub(crate) fn new(sealed: Vector<Segment<V>>, last: Option<Segment<V>>) -> Self {
        Self { sealed, last }
    }

    /// The messages from `offset` to the end of its segment; none if it is in none of them.
    pub(crate) fn run_from(&self, offset: u64) -> Run<'_, V> {
        let segment = match &self.last {
            Some(last) if offset >= last.first() => Some(last),
            _ => self.sealed.get(index_of(&self.sealed, offset)),
        };
        segment.map(|segment| segment.run_from(offset)).unwrap_or_default()
    }
}

/// Which of the adjoining segments holds `offset`, or the first where that lies before all of them;
/// one too many if it lies behind all. O(log n).
pub(crate) fn index_of<V>(sealed: &Vector<Segment<V>>, offset: u64) -> usize {
    // Offsets are dense, so the segment is the one that does not end before.
    let (mut low, mut high) = (0, sealed.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        if sealed.get(middle).is_some_and(|segment| segment.end() <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

impl<V> Clone for Segments<V> {
    fn clone(&self) -> Self {
        Self { sealed: self.sealed.clone(), last: self.last.clone() }
    }
}

impl<V> Default for Segments<V> {
    fn default() -> Self {
        Self { sealed: Vector::new(), last: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_is_found_in_its_segment_and_no_other_anywhere() {
        let lengths = [3, 1, 8, 2];
        let mut sealed = Vector::new();
        let mut end = 100;
        for length in lengths {
            sealed.push_back(Segment::packed(end, (end..end + length).collect()));
            end += length;
        }
        let last = Segment::packed(end, vec![end, end + 1]);
        let segments = Segments::new(sealed, Some(last));
        for offset in 0..200 {
            let found = segments.run_from(offset).next().copied();
            assert_eq!(found, (100..end + 2).contains(&offset).then_some(offset));
        }
    }
}
