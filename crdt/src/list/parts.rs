use alloc::collections::BTreeMap;
use core::hash::Hash;

use super::List;
use super::run::{Origin, Run};
use super::tree::{Element, Tree};
use crate::{Decompose, Dot};

impl<R: Clone> Dot<&R> {
    fn own(self) -> Dot<R> {
        Dot { replica: self.replica.clone(), counter: self.counter }
    }
}

impl<R> Dot<R> {
    fn as_ref(&self) -> Dot<&R> {
        Dot { replica: &self.replica, counter: self.counter }
    }
}

impl<R> Origin<R> {
    fn as_ref(&self) -> Origin<&R> {
        match self {
            Self::Root => Origin::Root,
            Self::Left(parent) => Origin::Left(parent.as_ref()),
            Self::Right(parent) => Origin::Right(parent.as_ref()),
        }
    }
}

impl<R: Clone> Origin<&R> {
    fn own(self) -> Origin<R> {
        match self {
            Self::Root => Origin::Root,
            Self::Left(parent) => Origin::Left(parent.own()),
            Self::Right(parent) => Origin::Right(parent.own()),
        }
    }
}

/// The elements of a run.
fn elements<'a, T, R>(
    (start, run): (&'a Dot<R>, &'a Run<T, R>),
) -> impl Iterator<Item = (Dot<&'a R>, Origin<&'a R>, Option<&'a T>)> {
    run.values.iter().zip(start.counter..).map(move |(value, counter)| {
        let of_run = |counter| Dot { replica: &start.replica, counter };
        let continues = counter > start.counter;
        let origin =
            if continues { Origin::Right(of_run(counter - 1)) } else { run.origin.as_ref() };
        (of_run(counter), origin, value.as_ref())
    })
}

/// The parts are the elements, each with its id, its parent, and its value, unless it is removed.
impl<T: Ord + Clone + Hash, R: Ord + Clone + Hash> Decompose for List<T, R> {
    type Part<'a>
        = (Dot<&'a R>, Origin<&'a R>, Option<&'a T>)
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.tree.runs.iter().flat_map(elements)
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let mut elements = BTreeMap::new();
        for (id, origin, value) in parts {
            let part = Element::new(origin, value);
            let element = elements.entry(id).or_insert(part);
            *element = (*element).max(part);
        }
        let mut tree = Tree::default();
        for (id, Element { origin, value, .. }) in elements {
            tree.add_unplaced(id.own(), origin.own(), alloc::vec![value.cloned()]);
        }
        tree.place_all();
        Self { tree }
    }
}
