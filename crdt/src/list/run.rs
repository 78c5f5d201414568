use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use crate::Dot;

/// Where an element belongs: which element was next to it as it was inserted, and on which side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin<R> {
    /// The list was empty.
    Root,
    /// Before this element.
    Left(Dot<R>),
    /// After this element.
    Right(Dot<R>),
}

impl<R> Origin<R> {
    pub(super) fn parent(&self) -> Option<&Dot<R>> {
        match self {
            Self::Root => None,
            Self::Left(parent) | Self::Right(parent) => Some(parent),
        }
    }
}

/// Elements whose ids follow each other, and each of which was inserted after the one before.
#[derive(Clone, Debug)]
pub(super) struct Run<T, R> {
    /// That of the first element.
    pub(super) origin: Origin<R>,
    /// Removed ones are none. Not empty.
    pub(super) values: Vec<Option<T>>,
    /// Whether the elements are in the order; they are not while an ancestor is unknown.
    pub(super) is_placed: bool,
}

impl<T: PartialEq, R: PartialEq> PartialEq for Run<T, R> {
    fn eq(&self, other: &Self) -> bool {
        self.origin == other.origin && self.values == other.values
    }
}

impl<T: Eq, R: Eq> Eq for Run<T, R> {}

impl<T: Hash, R: Hash> Hash for Run<T, R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.origin, &self.values).hash(state);
    }
}

/// Stretches of values that are all live or all removed: where, and how long, and which.
pub(super) fn stretches<T>(
    values: &[Option<T>],
) -> impl Iterator<Item = (usize, &[Option<T>], bool)> {
    let mut at = 0;
    values.chunk_by(|one, next| one.is_some() == next.is_some()).map(move |stretch| {
        let start = at;
        at += stretch.len();
        (start, stretch, stretch[0].is_some())
    })
}
