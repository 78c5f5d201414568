//! What changes in what a record shows: one of its fields.

use alloc::vec::Vec;

use super::{NoField, OneOf, split};
use crate::causal::store::{Change, Watched};
use crate::changes::{Apply, Misfit};

/// Fields, to be changed by who looks at them.
pub trait FieldsWatched<R> {
    /// What a dot of one of them stands for.
    type Payload;

    /// What can change in what one of them shows.
    type News;

    /// Takes in what has changed, and shows each change of what is shown.
    fn apply_each(self, changes: Vec<Change<R, Self::Payload>>, each: &mut dyn FnMut(Self::News));
}

impl<R> FieldsWatched<R> for () {
    type Payload = NoField;
    type News = NoField;

    fn apply_each(self, _: Vec<Change<R, NoField>>, _: &mut dyn FnMut(NoField)) {}
}

impl<S: Watched<R>, F: FieldsWatched<R>, R> FieldsWatched<R> for (&mut S, F) {
    type Payload = OneOf<S::Payload, F::Payload>;
    type News = OneOf<S::News, F::News>;

    fn apply_each(self, changes: Vec<Change<R, Self::Payload>>, each: &mut dyn FnMut(Self::News)) {
        let (first, rest) = split(changes);
        if !first.is_empty() {
            self.0.apply_each(first, &mut |news| each(OneOf::First(news)));
        }
        if !rest.is_empty() {
            self.1.apply_each(rest, &mut |news| each(OneOf::Rest(news)));
        }
    }
}

/// The type of the changes of so many fields.
macro_rules! news {
    () => { NoField };
    ($first:ty $(, $rest:ty)*) => { OneOf<$first, news!($($rest),*)> };
}

/// The list of what is given.
macro_rules! list {
    () => { () };
    ($first:expr $(, $rest:expr)*) => { ($first, list!($($rest),*)) };
}

/// Whether a change fits the field that it is of.
macro_rules! apply {
    ($change:expr, $view:ident, $at:tt $($rest:tt)*) => {
        match $change {
            OneOf::First(change) => change.apply(&mut $view.$at),
            OneOf::Rest(change) => apply!(change, $view, $($rest)*),
        }
    };
    ($change:expr, $view:ident,) => {
        match $change {}
    };
}

macro_rules! tuple {
    ($($of:ident $shown:ident $news:ident $at:tt),+) => {
        impl<$($of: Watched<R>,)+ R: Ord + Clone> Watched<R> for ($($of,)+) {
            type Shown = ($($of::Shown,)+);
            type News = news!($($of::News),+);

            fn shown(&self) -> Self::Shown {
                ($(self.$at.shown(),)+)
            }

            fn apply_each(
                &mut self,
                changes: Vec<Change<R, Self::Payload>>,
                each: &mut dyn FnMut(Self::News),
            ) {
                FieldsWatched::apply_each(list!($(&mut self.$at),+), changes, each);
            }
        }

        /// Of one of the fields.
        impl<$($shown, $news: Apply<$shown>),+> Apply<($($shown,)+)> for news!($($news),+) {
            fn apply(self, view: &mut ($($shown,)+)) -> Result<(), Misfit> {
                apply!(self, view, $($at)+)
            }
        }
    };
}

tuple!(A V M 0, B W N 1);
tuple!(A V M 0, B W N 1, C X O 2);
tuple!(A V M 0, B W N 1, C X O 2, D Y P 3);
tuple!(A V M 0, B W N 1, C X O 2, D Y P 3, E Z Q 4);
tuple!(A V M 0, B W N 1, C X O 2, D Y P 3, E Z Q 4, F U S 5);
