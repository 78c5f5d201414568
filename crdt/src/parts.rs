//! What states of composed types consist of: see [`Decompose::Part`](crate::Decompose::Part).

/// A part of one of two kinds.
///
/// ```
/// use glomers_crdt::parts::Either;
/// use glomers_crdt::{Decompose, GSet};
///
/// let pair = (GSet::from_iter([1]), GSet::from_iter(["x"]));
/// assert!(pair.parts().eq([Either::Left(&1), Either::Right(&"x")]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Either<A, B> {
    /// A part of the first kind.
    Left(A),
    /// A part of the second kind.
    Right(B),
}

/// What derived code gathers parts in.
#[doc(hidden)]
pub use alloc::vec::Vec as __Few;
