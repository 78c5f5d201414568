use core::iter::FusedIterator;
use core::slice;

use super::{Chunk, Layout, Sorted};

/// The pairs in the order of their keys.
#[derive(Debug)]
pub(crate) struct Iter<'a, K, V> {
    chunks: slice::Iter<'a, Chunk<K, V>>,
    pairs: slice::Iter<'a, (K, V)>,
    left: usize,
}

impl<K, V> Sorted<K, V> {
    pub(crate) fn iter(&self) -> Iter<'_, K, V> {
        match &self.0 {
            Layout::Few(pairs) => Iter::new(&[], pairs, pairs.len()),
            Layout::Many { chunks, len } => Iter::new(chunks, &[], *len),
        }
    }
}

impl<'a, K, V> Iter<'a, K, V> {
    fn new(chunks: &'a [Chunk<K, V>], pairs: &'a [(K, V)], left: usize) -> Self {
        Self { chunks: chunks.iter(), pairs: pairs.iter(), left }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.pairs.next() {
                self.left -= 1;
                return Some((key, value));
            }
            self.pairs = self.chunks.next()?.pairs.iter();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<K, V> FusedIterator for Iter<'_, K, V> {}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), pairs: self.pairs.clone(), left: self.left }
    }
}
