use super::Rank;
use super::exclusions::Fences;

/// A message, which its author and number name.
#[derive(Clone, Debug)]
pub(super) struct Entry<V> {
    pub(super) author: Rank,
    /// Its author's messages, of all keys, are counted from 1.
    pub(super) seq: u64,
    pub(super) value: V,
}

/// By name, whatever they say.
impl<V> PartialEq for Entry<V> {
    fn eq(&self, other: &Self) -> bool {
        (self.author, self.seq) == (other.author, other.seq)
    }
}

impl<V> Entry<V> {
    pub(super) fn is_beyond(&self, fences: &Fences) -> bool {
        fences.get(&self.author).is_some_and(|fence| self.seq > *fence)
    }
}
