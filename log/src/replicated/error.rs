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
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Excluded => "the other members have left this one out: append to another",
            Self::Exhausted => "there are no offsets left for this key",
        })
    }
}

impl Error for AppendError {}

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
        }
    }
}

impl Error for ExcludeError {}
