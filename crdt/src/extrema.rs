use core::hash::Hash;

use crate::changes::ValueChange;
use crate::{Chain, Changes, Decompose, Lattice};

macro_rules! extremum {
    ($(#[$doc:meta])* $name:ident, $better:tt, $(#[$mutator_doc:meta])* $mutator:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(from = "Wire<T>", into = "Wire<T>"))]
        #[cfg_attr(
            feature = "serde",
            serde(bound(
                serialize = "T: Clone + serde::Serialize",
                deserialize = "T: serde::Deserialize<'de>"
            ))
        )]
        pub struct $name<T>(Option<T>);

        impl<T: Ord + Clone> $name<T> {
            $(#[$mutator_doc])*
            pub fn $mutator(&mut self, value: T) -> Self {
                let delta = Self(Some(value));
                if self.merge(&delta) { delta } else { Self(None) }
            }
        }

        impl<T> $name<T> {
            /// A register that holds `value`.
            ///
            /// ```
            #[doc = concat!("use glomers_crdt::", stringify!($name), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($name), "::of(3).get(), Some(&3));")]
            /// ```
            pub const fn of(value: T) -> Self {
                Self(Some(value))
            }

            /// The value, if any was given. O(1).
            ///
            /// ```
            #[doc = concat!("use glomers_crdt::", stringify!($name), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($name), "::<u8>::default().get(), None);")]
            /// ```
            pub const fn get(&self) -> Option<&T> {
                self.0.as_ref()
            }
        }

        impl<T> From<T> for $name<T> {
            fn from(value: T) -> Self {
                Self::of(value)
            }
        }

        /// The best of all that come.
        impl<T: Ord + Clone> FromIterator<T> for $name<T> {
            fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
                let mut best = Self::default();
                best.extend(values);
                best
            }
        }

        impl<T: Ord + Clone> Extend<T> for $name<T> {
            fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
                values.into_iter().for_each(|value| drop(self.$mutator(value)));
            }
        }

        impl<T> Default for $name<T> {
            fn default() -> Self {
                Self(None)
            }
        }

        #[cfg(feature = "serde")]
        impl<T> From<Wire<T>> for $name<T> {
            fn from(wire: Wire<T>) -> Self {
                Self(wire.0.map(|(value,)| value))
            }
        }

        #[cfg(feature = "serde")]
        impl<T> From<$name<T>> for Wire<T> {
            fn from(extremum: $name<T>) -> Self {
                Self(extremum.0.map(|value| (value,)))
            }
        }

        /// Merging is O(1).
        impl<T: Ord + Clone> Lattice for $name<T> {
            fn merge(&mut self, other: &Self) -> bool {
                let is_lacking = !self.includes(other);
                if is_lacking {
                    self.0.clone_from(&other.0);
                }
                is_lacking
            }

            fn difference(&self, seen: &Self) -> Self {
                if seen.includes(self) { Self(None) } else { self.clone() }
            }

            fn is_bottom(&self) -> bool {
                self.0.is_none()
            }

            fn includes(&self, other: &Self) -> bool {
                match (&self.0, &other.0) {
                    (_, None) => true,
                    (None, Some(_)) => false,
                    (Some(ours), Some(theirs)) => !(*theirs $better *ours),
                }
            }
        }

        /// The view is the value.
        impl<T: Ord + Clone> Changes for $name<T> {
            type View = Option<T>;
            type Change = ValueChange<Option<T>>;

            fn view(&self) -> Option<T> {
                self.0.clone()
            }

            fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
                let is_better = !self.includes(other);
                if is_better {
                    let from = core::mem::replace(self, other.clone()).0;
                    ValueChange::show(from, self.view(), each);
                }
                is_better
            }
        }

        impl<T: Ord + Clone> Chain for $name<T> {}

        /// The only part is the value.
        impl<T: Ord + Clone + Hash> Decompose for $name<T> {
            type Part<'a>
                = &'a T
            where
                Self: 'a;

            fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
                self.0.iter()
            }

            fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
            where
                Self: 'a,
            {
                let better = |one: &'a T, two: &'a T| if *two $better *one { two } else { one };
                Self(parts.into_iter().reduce(better).cloned())
            }
        }
    };
}

/// A list of one, or null: a value that is itself written as null must not be taken for none.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Wire<T>(Option<(T,)>);

extremum!(
    /// The greatest value seen; bottom is none at all.
    ///
    /// Baquero, Almeida, Cunha, Ferreira, [Composition in State-based Replicated Data
    /// Types](https://hdl.handle.net/1822/51511), Bulletin of the EATCS 123, 2017, section 3.
    ///
    /// ```
    /// use glomers_crdt::{Lattice, Max};
    ///
    /// let (mut here, mut there) = (Max::of(3), Max::default());
    /// there.merge(&here.raise(7));
    /// assert!(here.raise(5).is_bottom(), "a maximum never goes back");
    /// assert_eq!(there.get(), Some(&7));
    /// ```
    Max, >,
    /// Raises the value to `value` if that is greater; returns the delta: that value, or bottom if
    /// nothing changed. O(1).
    ///
    /// ```
    /// let mut high = glomers_crdt::Max::of(3);
    /// high.raise(4);
    /// assert_eq!(high.get(), Some(&4));
    /// ```
    raise
);

extremum!(
    /// The least value seen; bottom is none at all.
    ///
    /// The dual of [`Max`](crate::Max).
    ///
    /// ```
    /// use glomers_crdt::{Lattice, Min};
    ///
    /// let (mut here, mut there) = (Min::of(7), Min::default());
    /// there.merge(&here.lower(3));
    /// assert!(here.lower(5).is_bottom(), "a minimum never goes back");
    /// assert_eq!(there.get(), Some(&3));
    /// ```
    Min, <,
    /// Lowers the value to `value` if that is less; returns the delta: that value, or bottom if
    /// nothing changed. O(1).
    ///
    /// ```
    /// let mut low = glomers_crdt::Min::of(3);
    /// low.lower(2);
    /// assert_eq!(low.get(), Some(&2));
    /// ```
    lower
);
