use std::error::Error;
use std::fmt;

use super::Rank;

/// Why a message was not appended. The log is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AppendError {
    /// This member has been left out by the others, or is about to be.
    Excluded,
    /// There are no offsets left; some member has promised to use none below the greatest.
    Exhausted,
    /// This member has lost its memory: others know messages, promises or other statements under its rank
    /// that it does not. It must be left out, by [`exclude`](super::Member::exclude) of a member that
    /// stays, and may come back under another rank. See
    /// [`has_forgotten`](super::Member::has_forgotten).
    Forgotten {
        /// The greatest number of a message under its rank that others know. It need not be greater than
        /// `own`: then it is a promise, or another statement, that is lost.
        known: u64,
        /// How many messages it knows to have appended itself.
        own: u64,
    },
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excluded => {
                f.write_str("the other members have left this one out: append to another")
            }
            Self::Exhausted => f.write_str("there are no offsets left for this key"),
            Self::Forgotten { known, own } => forgotten(f, *known, *own),
        }
    }
}

impl Error for AppendError {}

fn forgotten(f: &mut fmt::Formatter<'_>, known: u64, own: u64) -> fmt::Result {
    write!(
        f,
        "this member's memory is lost: the others know what was said under its rank, messages up to number \
         {known}, and it knows {own} of its own; have it excluded by another member, and let it come back \
         under another rank"
    )
}

/// Why nobody was left out. The log is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExcludeError {
    /// A member cannot leave itself out.
    Oneself,
    /// There is no such member.
    Unknown(Rank),
    /// It has been left out already.
    Already(Rank),
    /// An earlier exclusion is not carried out yet: not all who stay have confirmed it.
    UnderWay,
    /// There is nobody to be left out.
    Nobody,
    /// This member has lost its memory: as [`AppendError::Forgotten`].
    Forgotten {
        /// The greatest number of a message under its rank that others know.
        known: u64,
        /// How many messages it knows to have appended itself.
        own: u64,
    },
}

impl fmt::Display for ExcludeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oneself => f.write_str("a member cannot leave itself out: ask one that stays"),
            Self::Unknown(rank) => write!(f, "there is no member {rank}"),
            Self::Already(rank) => write!(f, "member {rank} has been left out already"),
            Self::UnderWay => f.write_str(
                "an earlier exclusion is not carried out yet: every member that stays must hear of it",
            ),
            Self::Nobody => f.write_str("nobody was named to be left out"),
            Self::Forgotten { known, own } => forgotten(f, *known, *own),
        }
    }
}

impl Error for ExcludeError {}
