//! Iterators over what a type consists of; ascending, but for those of a list or a register.

use alloc::vec;

use crate::sorted;

/// An iterator around another, whose type is nobody's concern: what comes `next` of it, and whether
/// each of what it goes through does, so that how many there are is known.
macro_rules! opaque {
    (
        $(#[$doc:meta])*
        $name:ident<$($lifetime:lifetime,)? $($of:ident),+>($inner:ty) -> $item:ty,
        |$it:ident| $next:expr,
        each
    ) => {
        opaque!(@
            [$(#[$doc])*] $name [$($lifetime,)? $($of),+] $inner, $item, |$it| $next,
            $it.size_hint()
        );

        impl<$($lifetime,)? $($of),+> ExactSizeIterator for $name<$($lifetime,)? $($of),+> {}
    };
    (
        $(#[$doc:meta])*
        $name:ident<$($lifetime:lifetime,)? $($of:ident),+>($inner:ty) -> $item:ty,
        |$it:ident| $next:expr,
        some
    ) => {
        opaque!(@
            [$(#[$doc])*] $name [$($lifetime,)? $($of),+] $inner, $item, |$it| $next,
            (0, $it.size_hint().1)
        );
    };
    (@
        [$($doc:tt)*] $name:ident [$($params:tt)+] $inner:ty, $item:ty, |$it:ident| $next:expr,
        $hint:expr
    ) => {
        $($doc)*
        pub struct $name<$($params)+>(pub(crate) $inner);

        impl<$($params)+> Iterator for $name<$($params)+> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                let $it = &mut self.0;
                $next
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                let $it = &self.0;
                $hint
            }
        }

        impl<$($params)+> core::iter::FusedIterator for $name<$($params)+> {}

        impl<$($params)+> Clone for $name<$($params)+>
        where
            $inner: Clone,
        {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<$($params)+> core::fmt::Debug for $name<$($params)+>
        where
            $inner: Clone,
            $item: core::fmt::Debug,
        {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_list().entries(self.clone()).finish()
            }
        }
    };
}

pub(crate) use opaque;

pub use crate::causal::iter::{Added, Runs, Unremoved, Written};
pub use crate::list::Items;
pub use crate::lww_map::Values;
pub use crate::two_p_set::Present;

opaque!(
    /// The elements of a [`GSet`](crate::GSet).
    ///
    /// ```
    /// let set = glomers_crdt::GSet::from_iter(["rye", "oat"]);
    /// assert_eq!(set.iter().collect::<Vec<_>>(), [&"oat", &"rye"]);
    /// ```
    Elements<'a, T>(sorted::Iter<'a, T, ()>) -> &'a T,
    |pairs| pairs.next().map(|(element, ())| element),
    each
);

opaque!(
    /// The pairs of a [`MaxMap`](crate::MaxMap), a [`GMap`](crate::GMap) or a
    /// [`Map`](crate::causal::Map).
    ///
    /// ```
    /// let map = glomers_crdt::MaxMap::from_iter([('b', 1), ('a', 2)]);
    /// assert_eq!(map.iter().collect::<Vec<_>>(), [(&'a', &2), (&'b', &1)]);
    /// ```
    Pairs<'a, K, V>(sorted::Iter<'a, K, V>) -> (&'a K, &'a V),
    |pairs| pairs.next(),
    each
);

opaque!(
    /// The slots of a [`GCounter`](crate::GCounter), or how many events of each replica a
    /// [`VersionVector`](crate::VersionVector) has seen.
    ///
    /// ```
    /// let counter = glomers_crdt::GCounter::from_iter([("b", 4), ("a", 3)]);
    /// assert!((&counter).into_iter().eq([(&"a", 3), (&"b", 4)]));
    /// ```
    Counts<'a, R>(sorted::Iter<'a, R, u64>) -> (&'a R, u64),
    |pairs| pairs.next().map(|(replica, count)| (replica, *count)),
    each
);

opaque!(
    /// The elements of a set, a register or a list that is no more.
    ///
    /// ```
    /// let set = glomers_crdt::GSet::from_iter(["rye".to_owned(), "oat".to_owned()]);
    /// assert_eq!(Vec::from_iter(set), ["oat", "rye"]);
    /// ```
    IntoElements<T>(vec::IntoIter<T>) -> T,
    |elements| elements.next(),
    each
);

opaque!(
    /// The pairs of a map that is no more, or the slots of a counter.
    ///
    /// ```
    /// let map = glomers_crdt::MaxMap::from_iter([('b', 1), ('a', 2)]);
    /// assert_eq!(Vec::from_iter(map), [('a', 2), ('b', 1)]);
    /// ```
    IntoPairs<K, V>(vec::IntoIter<(K, V)>) -> (K, V),
    |pairs| pairs.next(),
    each
);
