use core::fmt;

use crate::CounterOverflow;

/// Why slots are not folded. The state is as it was before.
///
/// ```
/// use glomers_crdt::{GCounter, RetireError, Retiring};
///
/// let mut here = Retiring::<GCounter<_>>::default();
/// let there = here.clone();
/// let refused = here.retire_below((2, 'a'), [(&(1, 'b'), &there)]);
/// assert_eq!(refused, Err(RetireError::Member { member: (1, 'b') }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetireError<R> {
    /// The name of a member is below the bound.
    Member {
        /// The member.
        member: R,
    },
    /// A member knows something that is not known here: merge its state first.
    Behind {
        /// The member.
        member: R,
    },
    /// A replica that has a slot at or above the bound is none of the members.
    Unknown {
        /// The replica.
        replica: R,
    },
}

impl<R: fmt::Debug> fmt::Display for RetireError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member { member } => write!(f, "{member:?} is a member, and below the bound"),
            Self::Behind { member } => write!(f, "{member:?} knows more of what is to be folded"),
            Self::Unknown { replica } => write!(f, "of {replica:?} it is not known what it holds"),
        }?;
        f.write_str("; nothing was folded")
    }
}

impl<R: fmt::Debug> core::error::Error for RetireError<R> {}

/// Why a replica cannot add. The counter is as it was before.
///
/// ```
/// use glomers_crdt::{GCounter, RetiredError, Retiring};
///
/// let mut counter = Retiring::<GCounter<_>>::default();
/// counter.add('a', u64::MAX)?;
/// assert!(matches!(counter.add('a', 1), Err(RetiredError::Overflow(_))));
/// # Ok::<(), RetiredError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetiredError {
    /// It is retired: it must take a new name.
    Retired,
    /// Its slot would exceed `u64::MAX`.
    Overflow(CounterOverflow),
}

impl From<CounterOverflow> for RetiredError {
    fn from(overflow: CounterOverflow) -> Self {
        Self::Overflow(overflow)
    }
}

impl fmt::Display for RetiredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retired => f.write_str("the replica is retired; nothing was added"),
            Self::Overflow(overflow) => overflow.fmt(f),
        }
    }
}

impl core::error::Error for RetiredError {}
