//! Iterators, ascending, over what a type consists of.

use core::fmt;
use core::iter::FusedIterator;

use crate::sorted;

/// The elements of a [`GSet`](crate::GSet).
///
/// ```
/// let set = glomers_crdt::GSet::from_iter(["rye", "oat"]);
/// assert_eq!(set.iter().collect::<Vec<_>>(), [&"oat", &"rye"]);
/// ```
pub struct Elements<'a, T>(pub(crate) sorted::Iter<'a, T, ()>);

/// The pairs of a [`MaxMap`](crate::MaxMap).
///
/// ```
/// let map = glomers_crdt::MaxMap::from_iter([('b', 1), ('a', 2)]);
/// assert_eq!(map.iter().collect::<Vec<_>>(), [(&'a', &2), (&'b', &1)]);
/// ```
pub struct Pairs<'a, K, V>(pub(crate) sorted::Iter<'a, K, V>);

impl<'a, T> Iterator for Elements<'a, T> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        self.0.next().map(|(element, ())| element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<'a, K, V> Iterator for Pairs<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<(&'a K, &'a V)> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T> ExactSizeIterator for Elements<'_, T> {}

impl<K, V> ExactSizeIterator for Pairs<'_, K, V> {}

impl<T> FusedIterator for Elements<'_, T> {}

impl<K, V> FusedIterator for Pairs<'_, K, V> {}

impl<T> Clone for Elements<'_, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Clone for Pairs<'_, K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for Elements<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Pairs<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}
