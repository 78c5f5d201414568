use alloc::vec::Vec;
use core::{mem, slice};

use crate::Dot;

/// A few dots, mostly one, which then lies in place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum DotSet<R> {
    #[default]
    None,
    One(Dot<R>),
    /// Ascending; two at least.
    More(Vec<Dot<R>>),
}

impl<R> DotSet<R> {
    pub(super) fn as_slice(&self) -> &[Dot<R>] {
        match self {
            Self::None => &[],
            Self::One(dot) => slice::from_ref(dot),
            Self::More(dots) => dots,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }

    pub(super) fn iter(&self) -> slice::Iter<'_, Dot<R>> {
        self.as_slice().iter()
    }
}

impl<R: Ord> DotSet<R> {
    pub(super) fn insert(&mut self, dot: Dot<R>) {
        *self = match mem::take(self) {
            Self::None => Self::One(dot),
            Self::One(held) if held == dot => Self::One(held),
            Self::One(held) if held < dot => Self::More(alloc::vec![held, dot]),
            Self::One(held) => Self::More(alloc::vec![dot, held]),
            Self::More(mut dots) => {
                if let Err(at) = dots.binary_search(&dot) {
                    dots.insert(at, dot);
                }
                Self::More(dots)
            }
        };
    }

    pub(super) fn remove(&mut self, dot: &Dot<R>) {
        *self = match mem::take(self) {
            Self::One(held) if held != *dot => Self::One(held),
            Self::None | Self::One(_) => Self::None,
            Self::More(mut dots) => {
                if let Ok(at) = dots.binary_search(dot) {
                    dots.remove(at);
                }
                match dots.pop() {
                    Some(last) if dots.is_empty() => Self::One(last),
                    Some(last) => {
                        dots.push(last);
                        Self::More(dots)
                    }
                    None => Self::None,
                }
            }
        };
    }
}
