#[cfg(feature = "serde")]
use alloc::vec::Vec;
use core::fmt;

#[cfg(feature = "serde")]
use super::id::{Id, Link};
#[cfg(feature = "serde")]
use super::part::Part;
use super::values::{Slice, Values};
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

    pub(super) fn as_ref(&self) -> Origin<&R> {
        match self {
            Self::Root => Origin::Root,
            Self::Left(parent) => Origin::Left(parent.as_ref()),
            Self::Right(parent) => Origin::Right(parent.as_ref()),
        }
    }
}

impl<R: Clone> Origin<&R> {
    pub(super) fn own(self) -> Origin<R> {
        match self {
            Self::Root => Origin::Root,
            Self::Left(parent) => Origin::Left(parent.own()),
            Self::Right(parent) => Origin::Right(parent.own()),
        }
    }
}

impl<R> Dot<R> {
    pub(super) fn as_ref(&self) -> Dot<&R> {
        Dot { replica: &self.replica, counter: self.counter }
    }
}

impl<R: Clone> Dot<&R> {
    pub(super) fn own(self) -> Dot<R> {
        Dot { replica: self.replica.clone(), counter: self.counter }
    }
}

impl<R: Clone> Dot<R> {
    /// The id that comes so many after this one. There is one: ids in use do not overflow.
    pub(super) fn ahead(&self, offset: u64) -> Self {
        Self { replica: self.replica.clone(), counter: self.counter.saturating_add(offset) }
    }
}

/// Elements that are all live, with their values, or all removed.
#[derive(Clone)]
pub(super) enum Content<T> {
    One(T),
    /// More than one.
    Many(Values<T>),
    Removed(u64),
}

#[cfg(feature = "serde")]
impl<T: 'static> Content<T> {
    pub(super) fn of(mut values: Vec<T>) -> Self {
        match (values.pop(), values.is_empty()) {
            (Some(value), true) => Self::One(value),
            (last, _) => Self::Many(values.into_iter().chain(last).collect()),
        }
    }
}

impl<T> Content<T> {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::One(_) => 1,
            Self::Many(values) => values.len() as u64,
            Self::Removed(len) => *len,
        }
    }

    pub(super) fn is_live(&self) -> bool {
        !matches!(self, Self::Removed(_))
    }

    pub(super) fn stretch(&self) -> Stretch<'_, T> {
        match self {
            Self::One(value) => Stretch::Live(Slice::Each(core::slice::from_ref(value))),
            Self::Many(values) => Stretch::Live(values.all()),
            Self::Removed(len) => Stretch::Removed(*len),
        }
    }
}

/// Elements whose ids follow each other, and each of which was inserted after the one before. All live, or
/// none.
#[derive(Clone)]
pub(super) struct Run<T, R> {
    pub(super) start: Dot<R>,
    /// That of the first element.
    pub(super) origin: Origin<R>,
    pub(super) content: Content<T>,
}

impl<T, R> Run<T, R> {
    pub(super) fn atom(&self) -> Atom<'_, T, R> {
        let (start, origin) = (self.start.as_ref(), self.origin.as_ref());
        Atom { start, origin, stretch: self.content.stretch() }
    }

    /// The id after the last.
    fn end(&self) -> u64 {
        self.start.counter.saturating_add(self.content.len())
    }
}

#[cfg(feature = "serde")]
impl<T, R: PartialEq> Run<T, R> {
    /// The same without values, of replicas that are numbered as these names are.
    pub(super) fn part(&self) -> (Vec<&R>, Part) {
        let mut names = alloc::vec![&self.start.replica];
        let is_own = |dot: &Dot<R>| dot.replica == self.start.replica;
        names.extend(self.origin.parent().filter(|it| !is_own(it)).map(|it| &it.replica));
        let number = |dot| Id { replica: u32::from(!is_own(dot)), counter: dot.counter };
        let link = match &self.origin {
            Origin::Root => Link::Root,
            Origin::Left(parent) => Link::Left(number(parent)),
            Origin::Right(parent) => Link::Right(number(parent)),
        };
        let (id, len) = (number(&self.start), self.content.len());
        (names, Part { id, len, link, is_live: self.content.is_live() })
    }
}

impl<T: Clone + 'static, R: PartialEq> Run<T, R> {
    /// Takes a run in that comes after this one, if both are one.
    pub(super) fn absorb(&mut self, next: Self) -> Result<(), Self> {
        let follows = matches!(&next.origin, Origin::Right(parent)
            if parent.counter.checked_add(1) == Some(next.start.counter)
                && parent.replica == self.start.replica);
        let is_one = follows
            && self.end() == next.start.counter
            && self.start.replica == next.start.replica
            && self.content.is_live() == next.content.is_live();
        if !is_one {
            return Err(next);
        }
        let content = core::mem::replace(&mut self.content, Content::Removed(0));
        self.content = match (content, next.content) {
            (Content::Removed(one), Content::Removed(more)) => Content::Removed(one + more),
            (one, more) => {
                let mut values = match one {
                    Content::Many(values) => values,
                    Content::One(value) => Values::from_iter([value]),
                    Content::Removed(_) => Values::new(),
                };
                match more {
                    Content::One(value) => values.push(value),
                    Content::Many(more) => values.extend(more.all()),
                    Content::Removed(_) => {}
                }
                Content::Many(values)
            }
        };
        Ok(())
    }
}

/// The values of elements that are all live, or how many removed ones there are.
pub(super) enum Stretch<'a, T> {
    Live(Slice<'a, T>),
    Removed(u64),
}

impl<T> Clone for Stretch<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Stretch<'_, T> {}

impl<T: fmt::Debug + 'static> fmt::Debug for Stretch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live(values) => f.debug_tuple("Live").field(values).finish(),
            Self::Removed(len) => f.debug_tuple("Removed").field(len).finish(),
        }
    }
}

impl<T> Stretch<'_, T> {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Live(values) => values.len() as u64,
            Self::Removed(len) => *len,
        }
    }

    /// Those from one on, so many.
    pub(super) fn slice(&self, from: u64, len: u64) -> Self {
        match self {
            Self::Live(values) => {
                // They are within the slice.
                let from = usize::try_from(from).unwrap_or(usize::MAX);
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                Self::Live(values.slice(from..from + len))
            }
            Self::Removed(_) => Self::Removed(len),
        }
    }
}

impl<T: Clone + 'static> Stretch<'_, T> {
    pub(super) fn content(&self) -> Content<T> {
        match self {
            Self::Removed(len) => Content::Removed(*len),
            Self::Live(values) => match (values.len(), values.get(0)) {
                (1, Some(value)) => Content::One(value.clone()),
                _ => Content::Many(values.to_values()),
            },
        }
    }
}

/// A run, or some of one, seen where it lies.
pub(super) struct Atom<'a, T, R> {
    pub(super) start: Dot<&'a R>,
    pub(super) origin: Origin<&'a R>,
    pub(super) stretch: Stretch<'a, T>,
}

impl<T, R> Clone for Atom<'_, T, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, R> Copy for Atom<'_, T, R> {}

impl<'a, T, R> Atom<'a, T, R> {
    pub(super) fn len(&self) -> u64 {
        self.stretch.len()
    }

    /// The id after the last.
    pub(super) fn end(&self) -> u64 {
        self.start.counter.saturating_add(self.len())
    }

    /// Where an element of it belongs.
    pub(super) fn origin_of(&self, offset: u64) -> Origin<&'a R> {
        if offset == 0 {
            return self.origin;
        }
        let counter = self.start.counter + (offset - 1);
        Origin::Right(Dot { replica: self.start.replica, counter })
    }

    /// Its elements from one on, so many.
    pub(super) fn slice(&self, from: u64, len: u64) -> Self {
        let counter = self.start.counter.saturating_add(from);
        let stretch = self.stretch.slice(from, len);
        Self { start: Dot { counter, ..self.start }, origin: self.origin_of(from), stretch }
    }
}

impl<'a, T: 'static, R> Atom<'a, T, R> {
    /// The value of one of the elements, if it is live.
    pub(super) fn value(&self, offset: u64) -> Option<&'a T> {
        match self.stretch {
            Stretch::Live(values) => values.get(usize::try_from(offset).ok()?),
            Stretch::Removed(_) => None,
        }
    }
}

impl<T, R: PartialEq> Atom<'_, T, R> {
    /// Whether another one comes right after this one in its run.
    pub(super) fn is_followed_by(&self, next: &Self) -> bool {
        let last = Dot { counter: self.end().wrapping_sub(1), ..self.start };
        self.end() == next.start.counter
            && self.start.replica == next.start.replica
            && next.origin == Origin::Right(last)
    }
}

impl<T: Clone + 'static, R: Clone> Atom<'_, T, R> {
    pub(super) fn run(&self) -> Run<T, R> {
        Run { start: self.start.own(), origin: self.origin.own(), content: self.stretch.content() }
    }
}
