use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;

use super::run::Stretch;
use super::tree::Tree;
use super::values::{Iter, Slice};
use super::{List, State};
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
    tree: Option<&'a Tree<T, R>>,
    /// The next leaf: the rank of its group, and its place there.
    leaf: (usize, usize),
    values: Iter<'a, T>,
    left: usize,
}

impl<T: 'static, R: Ord + Clone> List<T, R> {
    /// The elements in their order.
    ///
    /// ```
    /// let mut list = glomers_crdt::List::default();
    /// list.insert_all('a', 0, [3, 1, 2]).unwrap();
    /// assert!(list.iter().eq(&[3, 1, 2]));
    /// ```
    pub fn iter(&self) -> Items<'_, T, R> {
        let leaf = (0, 0);
        let left = self.len();
        match &self.state {
            State::Tree(tree) => {
                Items { tree: Some(tree), leaf, values: Slice::Each(&[]).iter(), left }
            }
            _ => {
                let values = match self.rooted().map(|run| run.atom().stretch) {
                    Some(Stretch::Live(values)) => values,
                    _ => Slice::Each(&[]),
                };
                Items { tree: None, leaf, values: values.iter(), left }
            }
        }
    }
}

impl<'a, T: 'static, R> Items<'a, T, R> {
    /// The values of the next leaf.
    fn next_leaf(&mut self) -> Option<Slice<'a, T>> {
        let order = &self.tree?.order;
        let leaf = order.nth_leaf(self.leaf.0, self.leaf.1);
        let leaf = match leaf {
            Some(leaf) => leaf,
            None => {
                self.leaf = (self.leaf.0 + 1, 0);
                order.nth_leaf(self.leaf.0, 0)?
            }
        };
        self.leaf.1 += 1;
        Some(leaf.values.all())
    }
}

impl<'a, T: 'static, R: Ord + Clone> Iterator for Items<'a, T, R> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        loop {
            if let Some(value) = self.values.next() {
                self.left -= 1;
                return Some(value);
            }
            self.values = self.next_leaf()?.iter();
        }
    }

    fn fold<B, F: FnMut(B, &'a T) -> B>(mut self, init: B, mut f: F) -> B {
        let mut folded = self.values.by_ref().fold(init, &mut f);
        while let Some(values) = self.next_leaf() {
            folded = values.iter().fold(folded, &mut f);
        }
        folded
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T: 'static, R: Ord + Clone> ExactSizeIterator for Items<'_, T, R> {}

impl<T: 'static, R: Ord + Clone> FusedIterator for Items<'_, T, R> {}

impl<T, R> Clone for Items<'_, T, R> {
    fn clone(&self) -> Self {
        Self { values: self.values.clone(), ..*self }
    }
}

impl<T: fmt::Debug + 'static, R: Ord + Clone> fmt::Debug for Items<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a, T: 'static, R: Ord + Clone> IntoIterator for &'a List<T, R> {
    type Item = &'a T;
    type IntoIter = Items<'a, T, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Clone + 'static, R: Ord + Clone> IntoIterator for List<T, R> {
    type Item = T;
    type IntoIter = IntoElements<T>;

    fn into_iter(self) -> Self::IntoIter {
        IntoElements(self.iter().cloned().collect::<Vec<_>>().into_iter())
    }
}
