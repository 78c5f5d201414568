use std::collections::VecDeque;

use glomers_store::Place;

/// One place is noted for so many bytes of a key, and one in each file.
const SPACING: u64 = 64 << 10;

/// Where a key's messages lie: some of them, from which the others are found by reading on.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Offsets and places, ascending; the first of each file is there.
    noted: VecDeque<(u64, Place)>,
    /// Bytes of messages since the last.
    since: u64,
}

impl Index {
    /// Takes note of the next message.
    pub(crate) fn add(&mut self, offset: u64, place: Place, bytes: u64) {
        let last = self.noted.back().map(|(_, place)| place.generation);
        if last != Some(place.generation) || self.since >= SPACING {
            self.noted.push_back((offset, place));
            self.since = 0;
        }
        self.since += bytes;
    }

    /// A place from which on the message of this offset lies in the same file, the last that is known.
    pub(crate) fn before(&self, offset: u64) -> Option<Place> {
        let after = self.noted.partition_point(|(noted, _)| *noted <= offset);
        self.noted.get(after.checked_sub(1)?).map(|(_, place)| *place)
    }

    /// The first offset in the files from this generation on.
    pub(crate) fn first_from(&self, generation: u64) -> Option<u64> {
        let first = self.noted.partition_point(|(_, place)| place.generation < generation);
        self.noted.get(first).map(|(offset, _)| *offset)
    }

    /// Forgets the files before this generation.
    pub(crate) fn forget(&mut self, generation: u64) {
        while self.noted.front().is_some_and(|(_, place)| place.generation < generation) {
            self.noted.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_places_are_noted_and_each_message_is_found_from_one() {
        let mut index = Index::default();
        let place = |offset: u64| Place { generation: offset / 1000, offset: offset % 1000 * 1000 };
        for offset in 0..10_000 {
            index.add(offset, place(offset), 1000);
        }
        assert!(index.noted.len() < 200, "{}", index.noted.len());
        for offset in 0..10_000 {
            let noted = index.before(offset).unwrap();
            assert!(noted <= place(offset) && noted.generation == offset / 1000);
            assert!(place(offset).offset - noted.offset <= SPACING + 1000);
        }
        assert_eq!((index.first_from(3), index.first_from(10)), (Some(3000), None));
        index.forget(3);
        assert_eq!((index.before(2999), index.first_from(0)), (None, Some(3000)));
    }
}
