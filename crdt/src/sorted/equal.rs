//! When two maps are equal, and that they hash alike then.

use core::hash::{Hash, Hasher};

use super::Sorted;
use super::cursor::Cursor;

impl<K: PartialEq, V: PartialEq> PartialEq for Sorted<K, V> {
    fn eq(&self, other: &Self) -> bool {
        if self.len() != other.len() || self.is_same(other) {
            return self.len() == other.len();
        }
        let (mut ours, mut theirs) = (Cursor::new(self), Cursor::new(other));
        loop {
            ours.skip_same(&mut theirs);
            match (ours.peek(), theirs.peek()) {
                (None, None) => return true,
                (left, right) if left == right => {
                    ours.advance(1);
                    theirs.advance(1);
                }
                _ => return false,
            }
        }
    }
}

impl<K: Eq, V: Eq> Eq for Sorted<K, V> {}

/// As a map of the standard library: whatever the chunks.
impl<K: Hash, V: Hash> Hash for Sorted<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        self.iter().for_each(|pair| pair.hash(state));
    }
}
