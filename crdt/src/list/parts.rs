use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::hash::Hash;

use super::List;
use super::join::push;
use super::run::{Atom, Content, Origin, Run};
use super::tree::Element;
use crate::{Decompose, Dot};

/// An element: its id, its parent, and its value.
type Part<'a, T, R> = (Dot<&'a R>, Origin<&'a R>, Option<&'a T>);

/// The elements of a stretch.
fn elements<T: 'static, R>(atom: Atom<'_, T, R>) -> impl Iterator<Item = Part<'_, T, R>> {
    (0..atom.len()).map(move |offset| {
        let counter = atom.start.counter + offset;
        (Dot { counter, ..atom.start }, atom.origin_of(offset), atom.value(offset))
    })
}

/// The parts are the elements, each with its id, its parent, and its value, unless it is removed.
impl<T: Ord + Clone + Hash + 'static, R: Ord + Clone + Hash> Decompose for List<T, R> {
    type Part<'a>
        = (Dot<&'a R>, Origin<&'a R>, Option<&'a T>)
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.atoms().into_iter().flat_map(elements)
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
        let mut runs: Vec<Run<T, R>> = Vec::new();
        for (id, Element { origin, value, .. }) in elements {
            let content = value.map_or(Content::Removed(1), |value| Content::One(value.clone()));
            push(&mut runs, Run { start: id.own(), origin: origin.own(), content });
        }
        Self::of(&runs)
    }
}
