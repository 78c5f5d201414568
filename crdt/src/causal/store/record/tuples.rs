//! Tuples of stores are records, whose fields go by number.

use alloc::vec::Vec;

use super::{Field, Fields, FieldsMut, NoField, OneOf};
use crate::Dot;
use crate::causal::stable::Stable;
use crate::causal::store::{Change, Fate, From, Store, Twins, View};

/// The list of what is given.
macro_rules! list {
    () => { () };
    ($first:expr $(, $rest:expr)*) => { ($first, list!($($rest),*)) };
}

/// The type of a list of references.
macro_rules! refs {
    () => { () };
    ($first:ident $($rest:ident)*) => { (&$first, refs!($($rest)*)) };
}

/// What a dot of one of these stands for.
macro_rules! payload {
    () => { NoField };
    ($first:ident $($rest:ident)*) => {
        OneOf<<$first as View<R>>::Payload, payload!($($rest)*)>
    };
}

/// A value of the field that comes after so many others.
macro_rules! value {
    ($value:ident) => { OneOf::First($value) };
    ($value:ident $_:tt $($rest:tt)*) => { OneOf::Rest(value!($value $($rest)*)) };
}

macro_rules! tuple {
    ($($of:ident $at:tt [$($before:tt)*]),+) => {
        impl<$($of: Store<R>,)+ R: Ord + Clone> Store<R> for ($($of,)+) {}

        impl<$($of: Store<R>,)+ R: Ord + Clone> View<R> for ($($of,)+) {
            type Payload = payload!($($of)+);

            fn twins(ours: &Self::Payload, theirs: &Self::Payload) -> Twins<Self::Payload> {
                <refs!($($of)+) as Fields<R>>::twins(ours, theirs)
            }

            fn apply(&mut self, changes: Vec<Change<R, Self::Payload>>, _: From<'_, Self, R>) {
                FieldsMut::apply(list!($(&mut self.$at),+), changes);
            }

            fn dots(&self, each: &mut dyn FnMut(&Dot<R>)) {
                list!($(&self.$at),+).dots(each);
            }

            fn is_dead(&self) -> bool {
                Fields::<R>::is_dead(&list!($(&self.$at),+))
            }

            fn compact(&self, stable: &Stable<R>) -> Vec<Fate<R, Self::Payload>> {
                list!($(&self.$at),+).compact(stable)
            }
        }

        tuple!(@ [$($of)+] $($of $at [$($before)*])+);
    };
    (@ $all:tt $($of:ident $at:tt $before:tt)+) => {
        $(tuple!(@@ $all $of $at $before);)+
    };
    (@@ [$($all:ident)+] $of:ident $at:tt [$($before:tt)*]) => {
        impl<$($all: Store<R>,)+ R: Ord + Clone> Field<$at, R> for ($($all,)+) {
            type Of = $of;

            fn field(&self) -> &$of {
                &self.$at
            }

            fn wrap(value: $of::Payload) -> Self::Payload {
                value!(value $($before)*)
            }
        }
    };
}

tuple!(A 0 [], B 1 [.]);
tuple!(A 0 [], B 1 [.], C 2 [. .]);
tuple!(A 0 [], B 1 [.], C 2 [. .], D 3 [. . .]);
tuple!(A 0 [], B 1 [.], C 2 [. .], D 3 [. . .], E 4 [. . . .]);
tuple!(A 0 [], B 1 [.], C 2 [. .], D 3 [. . .], E 4 [. . . .], F 5 [. . . . .]);
