//! EDN, the notation in which Clojure programs, Jepsen among them, write their data.
//!
//! A reader for the [format](https://github.com/edn-format/edn) as it is written down, and for what
//! Clojure's printer adds to it: hexadecimal integers inside `#object[…]`, and keywords such as `:0`
//! that begin with a digit.

mod error;
mod json;
mod reader;
#[cfg(test)]
mod tests;
mod token;

pub use error::{Error, Problem};
pub use reader::Reader;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Edn {
    /// `nil`
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// `42`, `-7N`
    Integer(i128),
    /// A number that no other variant holds exactly, as it is written: an integer beyond 128 bits,
    /// a decimal such as `1.50M`, a ratio such as `2/3`.
    Number(String),
    /// `1.5`, `2e9`, `##Inf`
    Float(f64),
    /// `\a`, `\newline`, `\u00e9`
    Char(char),
    /// `"text"`
    String(String),
    /// `:name/space`, without its colon
    Keyword(String),
    /// `name/space`
    Symbol(String),
    /// `(1 2)`
    List(Vec<Self>),
    /// `[1 2]`
    Vector(Vec<Self>),
    /// `{:a 1, :b 2}`, in the order in which it is written
    Map(Vec<(Self, Self)>),
    /// `#{1 2}`, in the order in which it is written
    Set(Vec<Self>),
    /// `#tag value`
    Tagged(String, Box<Self>),
}
