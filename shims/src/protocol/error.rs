use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong, by Maelstrom's numbers.
///
/// An error is *definite* if the request surely did not happen and will not. To call an error
/// definite that is not is a lie that a checker will find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u32", from = "u32")]
#[non_exhaustive]
pub enum ErrorCode {
    /// 0: no answer in time. Indefinite.
    Timeout,
    /// 1: the addressee does not exist. Definite.
    NodeNotFound,
    /// 10: the request's type is not known here. Definite.
    NotSupported,
    /// 11: try again later. Definite.
    TemporarilyUnavailable,
    /// 12: the request is not of the form it should have. Definite.
    MalformedRequest,
    /// 13: something broke on the way. Indefinite.
    Crash,
    /// 14: given up on purpose. Definite.
    Abort,
    /// 20: there is no such key. Definite.
    KeyDoesNotExist,
    /// 21: there is such a key already. Definite.
    KeyAlreadyExists,
    /// 22: the value is not what the request demands. Definite.
    PreconditionFailed,
    /// 30: in conflict with another transaction. Definite.
    TxnConflict,
    /// Any other number: the author's own. Indefinite.
    Other(u32),
}

/// The named codes with their numbers, in one place.
const NUMBERS: [(ErrorCode, u32); 11] = [
    (ErrorCode::Timeout, 0),
    (ErrorCode::NodeNotFound, 1),
    (ErrorCode::NotSupported, 10),
    (ErrorCode::TemporarilyUnavailable, 11),
    (ErrorCode::MalformedRequest, 12),
    (ErrorCode::Crash, 13),
    (ErrorCode::Abort, 14),
    (ErrorCode::KeyDoesNotExist, 20),
    (ErrorCode::KeyAlreadyExists, 21),
    (ErrorCode::PreconditionFailed, 22),
    (ErrorCode::TxnConflict, 30),
];

impl ErrorCode {
    /// Whether the request surely did not and will not happen.
    ///
    /// ```
    /// use glomers_shims::protocol::ErrorCode;
    ///
    /// assert!(ErrorCode::Abort.is_definite());
    /// assert!(!ErrorCode::Timeout.is_definite());
    /// assert!(!ErrorCode::from(1001).is_definite());
    /// ```
    pub fn is_definite(self) -> bool {
        !matches!(self, Self::Timeout | Self::Crash | Self::Other(_))
    }
}

impl From<u32> for ErrorCode {
    fn from(number: u32) -> Self {
        let named = NUMBERS.iter().find(|(_, n)| *n == number);
        named.map_or(Self::Other(number), |(code, _)| *code)
    }
}

impl From<ErrorCode> for u32 {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::Other(number) => number,
            named => NUMBERS.iter().find(|(code, _)| *code == named).map_or(13, |(_, n)| *n),
        }
    }
}

/// An error as it travels: a code, and a text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// What kind of error it is.
    pub code: ErrorCode,
    /// What happened.
    #[serde(default)]
    pub text: String,
}

impl Error {
    /// An error with the given code.
    ///
    /// ```
    /// use glomers_shims::protocol::{Error, ErrorCode};
    ///
    /// let error = Error::new(ErrorCode::Abort, "changed my mind");
    /// assert_eq!(error.to_string(), "changed my mind (error 14)");
    /// ```
    pub fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (error {})", self.text, u32::from(self.code))
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_codes_are_one_to_one() {
        for number in 0..100 {
            assert_eq!(u32::from(ErrorCode::from(number)), number);
        }
        for (code, number) in NUMBERS {
            assert_eq!(ErrorCode::from(number), code);
        }
    }

    #[test]
    fn only_timeout_crash_and_unknown_codes_are_indefinite() {
        let indefinite: Vec<u32> =
            NUMBERS.iter().filter(|(code, _)| !code.is_definite()).map(|(_, n)| *n).collect();
        assert_eq!(indefinite, [0, 13]);
        assert!(!ErrorCode::Other(1000).is_definite());
    }
}
