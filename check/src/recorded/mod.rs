//! Histories recorded elsewhere, or earlier: ours, and those of Maelstrom and Jepsen.
//!
//! Two formats are told apart by their content:
//!
//! * JSON, one operation a line, as in `history.jsonl`: see [`Op`](crate::history::Op).
//! * EDN, as in Jepsen's `history.edn`: one operation map after the other, or a vector of them.
//!   Values take the form that they have here: keywords are strings; a set is an array; of an echoed
//!   reply only the payload counts; an exception that a malformed reply has raised is the error that
//!   such a reply gets here.
//!
//! Jepsen up to 0.3.1 left out of `history.edn` what operations with further keys were answered. It
//! stands in the `history.txt` beside it: see [`Recorded::take_answers`].
//!
//! What is left out follows from the place: an operation's `index` from the order, its `time` is 0.
//! The first value may be a *header*: a map that is no operation and says something about the
//! history, such as its `workload`.

mod blocks;
mod builder;
mod error;
mod jepsen;
mod json;
mod plain;
mod printed;
#[cfg(test)]
mod tests;

use std::io::Read;

use serde_json::{Map, Value};

pub use error::Error;

use self::blocks::Blocks;
use self::builder::Builder;
use crate::history::History;

/// A history that was read, and what was read with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// What the history says of itself; nothing, unless it begins with a header.
    pub header: Map<String, Value>,
    /// The operations.
    pub history: History,
    /// The notation it was in.
    pub format: Format,
}

/// The notation of a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON, one operation a line.
    #[default]
    Json,
    /// EDN.
    Edn,
}

impl Recorded {
    /// Reads a history to its end.
    ///
    /// ```
    /// use glomers_check::recorded::{Format, Recorded};
    ///
    /// let edn = "{:process 0, :type :invoke, :f :read, :value nil}
    ///            {:process 0, :type :ok, :f :read, :value #{1 2}}";
    /// let recorded = Recorded::read(edn.as_bytes())?;
    /// assert_eq!(recorded.format, Format::Edn);
    /// assert_eq!(recorded.history.ops()[1].value, serde_json::json!([1, 2]));
    /// # Ok::<(), glomers_check::recorded::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`], which says where.
    pub fn read(input: impl Read) -> Result<Self, Error> {
        Self::of_blocks(Blocks::begin(input)?)
    }

    /// Reads a history that is in memory.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(bytes)
    }

    fn of_blocks(mut blocks: Blocks<impl Read>) -> Result<Self, Error> {
        let format = loop {
            match format(blocks.text()?) {
                None if !blocks.is_last() => blocks.advance(0)?,
                format => break format.unwrap_or(Format::Edn),
            }
        };
        let mut builder = Builder::default();
        match format {
            Format::Json => json::read(blocks, &mut builder)?,
            Format::Edn => jepsen::read(blocks, &mut builder)?,
        }
        let (header, history) = builder.finish()?;
        Ok(Self { header, history, format })
    }
}

/// JSON lines begin with an object, whose first key is a string. In EDN keys are keywords. Nothing, if the text
/// ends before it tells.
fn format(text: &str) -> Option<Format> {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let inner = start.strip_prefix('{').unwrap_or(start).trim_start();
    if inner.is_empty() {
        return None;
    }
    let is_json = start.starts_with('{') && inner.starts_with(['"', '}']);
    Some(if is_json { Format::Json } else { Format::Edn })
}
