use alloc::vec::Vec;
use core::iter::FusedIterator;
use core::{fmt, slice};

use super::List;
use super::span::Span;
use super::tree::Tree;
use crate::Dot;
use crate::iter::IntoElements;

/// The elements of a [`List`], in its order.
///
/// ```
/// let mut list = glomers_crdt::List::default();
/// list.insert_all('a', 0, [3, 1, 2]).unwrap();
/// assert!((&list).into_iter().eq(&[3, 1, 2]));
/// assert_eq!(list.iter().len(), 3);
/// ```
pub struct Items<'a, T, R> {
    tree: &'a Tree<T, R>,
    /// How many chunks of spans were begun.
    rank: usize,
    spans: slice::Iter<'a, Span<R>>,
    /// Of the span that is being read: its next element, and how many are left.
    next: Option<(Dot<R>, usize)>,
    /// What was found of it.
    values: slice::Iter<'a, Option<T>>,
    left: usize,
}

impl<T, R: Ord + Clone> List<T, R> {
    /// The elements in their order.
    ///
    /// ```
    /// let mut list = glomers_crdt::List::default();
    /// list.insert_all('a', 0, [3, 1, 2]).unwrap();
    /// assert!(list.iter().eq(&[3, 1, 2]));
    /// ```
    pub fn iter(&self) -> Items<'_, T, R> {
        Items::new(&self.tree)
    }
}

impl<'a, T, R> Items<'a, T, R> {
    fn new(tree: &'a Tree<T, R>) -> Self {
        let (spans, values) = ([].iter(), [].iter());
        Self { tree, rank: 0, spans, next: None, values, left: tree.order.live() }
    }
}

impl<'a, T, R: Ord + Clone> Iterator for Items<'a, T, R> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        loop {
            if let Some(value) = self.values.next() {
                let Some(value) = value else { continue };
                self.left -= 1;
                return Some(value);
            }
            if let Some((id, len)) = self.next.take() {
                let (_, run, offset) = self.tree.find(&id)?;
                let piece = &run.values[offset..run.values.len().min(offset + len)];
                self.values = piece.iter();
                let rest = len - piece.len();
                self.next = (rest > 0).then(|| (id.ahead(piece.len()), rest));
            } else if let Some(span) = self.spans.next() {
                self.next = span.is_live.then(|| (span.start.clone(), span.len));
            } else {
                self.spans = self.tree.order.chunk(self.rank)?.iter();
                self.rank += 1;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T, R: Ord + Clone> ExactSizeIterator for Items<'_, T, R> {}

impl<T, R: Ord + Clone> FusedIterator for Items<'_, T, R> {}

impl<T, R: Clone> Clone for Items<'_, T, R> {
    fn clone(&self) -> Self {
        Self {
            next: self.next.clone(),
            spans: self.spans.clone(),
            values: self.values.clone(),
            ..*self
        }
    }
}

impl<T: fmt::Debug, R: Ord + Clone> fmt::Debug for Items<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a, T, R: Ord + Clone> IntoIterator for &'a List<T, R> {
    type Item = &'a T;
    type IntoIter = Items<'a, T, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Clone, R: Ord + Clone> IntoIterator for List<T, R> {
    type Item = T;
    type IntoIter = IntoElements<T>;

    fn into_iter(self) -> Self::IntoIter {
        IntoElements(self.iter().cloned().collect::<Vec<_>>().into_iter())
    }
}
