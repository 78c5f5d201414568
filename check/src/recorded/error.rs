use std::io;

use crate::edn;

/// Why something is no history.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not even text.
    #[error("line {line}: not UTF-8 text")]
    NotText {
        /// The line, counted from 1.
        line: usize,
    },
    /// A line is no JSON.
    #[error("{line}:{column}: not JSON: {what}")]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The byte in the line, counted from 1.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// The text is no EDN.
    #[error("not EDN: {0}")]
    Edn(#[from] edn::Error),
    /// A value is not an operation.
    #[error("{line}:{column}: not an operation: {what}")]
    NotAnOperation {
        /// The line, counted from 1.
        line: usize,
        /// The character in the line, counted from 1.
        column: usize,
        /// What it lacks.
        what: String,
    },
    /// An operation cannot have happened where it stands.
    #[error("{line}:{column}: no history goes like this: {what}")]
    Impossible {
        /// The line, counted from 1.
        line: usize,
        /// The character in the line, counted from 1.
        column: usize,
        /// Why.
        what: String,
    },
    /// There is no operation.
    #[error("no operations in it")]
    Empty,
}
