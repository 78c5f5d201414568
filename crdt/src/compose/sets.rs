use alloc::collections::BTreeSet;
use core::hash::Hash;

use crate::changes::SetChange;
use crate::{Changes, Decompose, Lattice};

/// The union. As [`GSet`](crate::GSet), which is for large sets: merging is O(m log n), and a clone
/// copies the set.
impl<T: Ord + Clone> Lattice for BTreeSet<T> {
    fn merge(&mut self, other: &Self) -> bool {
        let before = self.len();
        for element in other {
            if !self.contains(element) {
                self.insert(element.clone());
            }
        }
        self.len() > before
    }

    fn difference(&self, seen: &Self) -> Self {
        self.iter().filter(|element| !seen.contains(element)).cloned().collect()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    fn includes(&self, other: &Self) -> bool {
        other.is_subset(self)
    }
}

/// The parts are the elements.
impl<T: Ord + Clone + Hash> Decompose for BTreeSet<T> {
    type Part<'a>
        = &'a T
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.iter()
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        parts.into_iter().cloned().collect()
    }
}

/// The view is the set.
impl<T: Ord + Clone> Changes for BTreeSet<T> {
    type View = Self;
    type Change = SetChange<T>;

    fn view(&self) -> Self {
        self.clone()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(SetChange<T>)) -> bool {
        let before = self.len();
        for element in other {
            if !self.contains(element) {
                self.insert(element.clone());
                each(SetChange::Inserted(element.clone()));
            }
        }
        self.len() > before
    }
}
