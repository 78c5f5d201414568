//! Plain values, written down as they are read.
//!
//! A history is mostly made of the same few things: maps whose keys are words, lists, texts without escapes,
//! integers. To make a tree of them, and of that another one, or to have a reader ask for one after the other
//! what each may be, takes several times as long as to write them down at once. What is anything else, or
//! wrong, is left to the readers that know all of their notation and say what is wrong: `serde_json`, and
//! [`edn::Reader`](crate::edn::Reader).

mod edn;
mod json;
mod scan;
#[cfg(test)]
mod tests;

pub(crate) use self::edn::Edn;
pub(crate) use self::json::Json;
use crate::value::Writer;

/// Reads the plain values of a notation.
pub(crate) trait Direct<'a> {
    /// Enters the map that comes next.
    fn enter_map(&mut self) -> Read<()>;

    /// The next key of the map that was entered; nothing at its end.
    fn key(&mut self) -> Read<Option<&'a str>>;

    /// The next value, which has no parts.
    fn scalar(&mut self) -> Read<Scalar<'a>>;

    /// Writes down the next value.
    fn value(&mut self, writer: &mut Writer) -> Read<()>;

    /// The time of an operation.
    fn time(integer: i64) -> Read<u64>;
}

/// A value without parts.
#[derive(Clone, Copy)]
pub(crate) enum Scalar<'a> {
    Null,
    Text(&'a str),
    Integer(i64),
}

/// It is not plain.
#[derive(Debug)]
pub(crate) struct NotPlain;

pub(crate) type Read<T> = Result<T, NotPlain>;

/// So many values may stand within one another.
const DEEPEST: usize = 32;
