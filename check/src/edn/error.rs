use std::fmt;

/// Text that is no EDN, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The text ends within a value, which is said to be what.
    Unfinished(&'static str),
    /// A character that nothing begins with, or no value may stand before.
    Unexpected(char),
    /// A word that is no number, symbol or keyword.
    BadWord(String),
    /// What follows a backslash in a string, or makes up a character, means nothing.
    BadCharacter(String),
    /// A map with a key and no value.
    OddMap,
    /// A map or set that holds this key or element twice.
    Repeated,
    /// Values within values beyond [`Reader::DEEPEST`](super::Reader::DEEPEST).
    TooDeep,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfinished(what) => write!(f, "the text ends within {what}"),
            Self::Unexpected(char) => write!(f, "unexpected {char:?}"),
            Self::BadWord(word) => write!(f, "{word:?} is no number, symbol or keyword"),
            Self::BadCharacter(text) => write!(f, "{text:?} is no character"),
            Self::OddMap => write!(f, "a map's last key has no value"),
            Self::Repeated => write!(f, "a map or set holds the same twice"),
            Self::TooDeep => write!(f, "values within values, too deep"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.problem)
    }
}

impl std::error::Error for Error {}
