//! Tuples: component by component. Almeida, Shoker, Baquero, [Delta State Replicated Data
//! Types](https://arxiv.org/abs/1603.01529), 2018, appendix B.

use alloc::vec::Vec;

use crate::changes::ValueChange;
use crate::parts::Either;
use crate::{Changes, Decompose, Lattice};

/// The component's place among the kinds, as an expression or a pattern.
macro_rules! nested {
    ([$side:ident] $it:ident) => { Either::$side($it) };
    ([$side:ident $($rest:ident)+] $it:ident) => { Either::$side(nested!([$($rest)+] $it)) };
}

macro_rules! tuple {
    ($($name:ident $of:ident $at:tt $place:tt),+; $part:ty; $change:ty) => {
        impl<$($of: Lattice),+> Lattice for ($($of,)+) {
            fn merge(&mut self, other: &Self) -> bool {
                [$(self.$at.merge(&other.$at)),+].contains(&true)
            }

            fn difference(&self, seen: &Self) -> Self {
                ($(self.$at.difference(&seen.$at),)+)
            }

            fn is_bottom(&self) -> bool {
                $(self.$at.is_bottom())&&+
            }

            fn includes(&self, other: &Self) -> bool {
                $(self.$at.includes(&other.$at))&&+
            }
        }

        /// The view is those of the components.
        impl<$($of: Changes),+> Changes for ($($of,)+) {
            type View = ($($of::View,)+);
            type Change = $change;

            fn view(&self) -> Self::View {
                ($(self.$at.view(),)+)
            }

            fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
                [$(self.$at.merge_each(&other.$at, &mut |it| each(nested!($place it)))),+]
                    .contains(&true)
            }
        }

        /// The parts are those of the components.
        impl<$($of: Decompose),+> Decompose for ($($of,)+) {
            type Part<'a> = $part where Self: 'a;

            fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
                core::iter::empty()$(.chain(self.$at.parts().map(|it| nested!($place it))))+
            }

            fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
            where
                Self: 'a,
            {
                $(let mut $name = Vec::new();)+
                for part in parts {
                    match part {
                        $(nested!($place it) => $name.push(it),)+
                    }
                }
                ($($of::from_parts($name),)+)
            }
        }
    };
}

tuple!(a A 0 [Left], b B 1 [Right]; Either<A::Part<'a>, B::Part<'a>>; Either<A::Change, B::Change>);
tuple!(
    a A 0 [Left], b B 1 [Right Left], c C 2 [Right Right];
    Either<A::Part<'a>, Either<B::Part<'a>, C::Part<'a>>>;
    Either<A::Change, Either<B::Change, C::Change>>
);
tuple!(
    a A 0 [Left], b B 1 [Right Left], c C 2 [Right Right Left], d D 3 [Right Right Right];
    Either<A::Part<'a>, Either<B::Part<'a>, Either<C::Part<'a>, D::Part<'a>>>>;
    Either<A::Change, Either<B::Change, Either<C::Change, D::Change>>>
);

/// One state, which tells nothing.
impl Lattice for () {
    fn merge(&mut self, (): &Self) -> bool {
        false
    }

    fn difference(&self, (): &Self) -> Self {}

    fn is_bottom(&self) -> bool {
        true
    }
}

/// There is no part.
impl Decompose for () {
    type Part<'a> = core::convert::Infallible;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        core::iter::empty()
    }

    fn from_parts<'a>(_: impl IntoIterator<Item = Self::Part<'a>>) -> Self {}
}

/// Nothing changes.
impl Changes for () {
    type View = ();
    type Change = core::convert::Infallible;

    fn view(&self) -> Self::View {}

    fn merge_each(&mut self, (): &Self, _: &mut dyn FnMut(Self::Change)) -> bool {
        false
    }
}

/// What has happened once has happened: the join is `or`.
impl Lattice for bool {
    fn merge(&mut self, other: &Self) -> bool {
        let changed = !*self && *other;
        *self |= *other;
        changed
    }

    fn difference(&self, seen: &Self) -> Self {
        *self && !*seen
    }

    fn is_bottom(&self) -> bool {
        !*self
    }
}

/// The only part is `true`.
impl Decompose for bool {
    type Part<'a> = ();

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.then_some(()).into_iter()
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self {
        parts.into_iter().next().is_some()
    }
}

/// The view is the flag.
impl Changes for bool {
    type View = Self;
    type Change = ValueChange<Self>;

    fn view(&self) -> Self {
        *self
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(ValueChange<Self>)) -> bool {
        let changed = self.merge(other);
        ValueChange::show(*self && !changed, *self, each);
        changed
    }
}
