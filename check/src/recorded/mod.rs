//! Histories recorded elsewhere, or earlier: ours, and those of Maelstrom and Jepsen.
//!
//! Two formats are told apart by their content:
//!
//! * JSON, one operation a line, as in `history.jsonl`: see [`Op`].
//! * EDN, as in Jepsen's `history.edn`: one operation map after the other, or a vector of them.
//!   Values take the form that they have here: keywords are strings; a set is an array; of an echoed
//!   reply only the payload counts; an exception that a malformed reply has raised is the error that
//!   such a reply gets here.
//!
//! What is left out follows from the place: an operation's `index` from the order, its `time` is 0.
//! The first value may be a *header*: a map that is no operation and says something about the
//! history, such as its `workload`.

mod error;
mod jepsen;
mod json;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::{Map, Value};

pub use error::Error;

use crate::history::{History, Kind, Op, Process};

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

/// Where something stands in the input: line and column, counted from 1.
type Place = (usize, usize);

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
    pub fn read(mut input: impl Read) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let lines = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n');
            Error::NotText { line: lines.count() }
        })?;
        let mut builder = Builder::default();
        let format = format(text);
        match format {
            Format::Json => json::read(text, &mut builder)?,
            Format::Edn => jepsen::read(text, &mut builder)?,
        }
        builder.finish(format)
    }
}

/// JSON lines begin with an object, whose first key is a string. In EDN keys are keywords.
fn format(text: &str) -> Format {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let inner = start.strip_prefix('{').map(str::trim_start);
    let is_json = inner.is_some_and(|inner| inner.starts_with(['"', '}']));
    if is_json { Format::Json } else { Format::Edn }
}

/// A history in the making, which accepts what can have happened only.
#[derive(Default)]
struct Builder {
    header: Option<Map<String, Value>>,
    history: History,
    /// Where each operation began that has not ended yet.
    open: BTreeMap<Process, (usize, String)>,
}

impl Builder {
    /// Takes what is said before the first operation.
    fn header(&mut self, header: Map<String, Value>, (line, column): Place) -> Result<(), Error> {
        if self.header.is_some() || !self.history.ops().is_empty() {
            let what = "a map without :process and :type is no operation".to_owned();
            return Err(Error::NotAnOperation { line, column, what });
        }
        self.header = Some(header);
        Ok(())
    }

    /// Takes the next operation.
    fn push(&mut self, op: Op, (line, column): Place) -> Result<(), Error> {
        let impossible = |what| Err(Error::Impossible { line, column, what });
        if op.is_client() {
            let Process::Client(process) = op.process else { return Ok(()) };
            if op.kind == Kind::Invoke {
                if let Some((began, _)) = self.open.insert(op.process, (line, op.f.clone())) {
                    return impossible(format!(
                        "process {process} begins another operation before that of line {began} ends"
                    ));
                }
            } else {
                match self.open.remove(&op.process) {
                    None => {
                        return impossible(format!(
                            "process {process} ends an operation that it has not begun"
                        ));
                    }
                    Some((began, f)) if f != op.f => {
                        return impossible(format!(
                            "process {process} ends a {:?}, but it began a {f:?} in line {began}",
                            op.f
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
        self.history.push(op);
        Ok(())
    }

    fn finish(self, format: Format) -> Result<Recorded, Error> {
        let Self { header, history, .. } = self;
        if history.ops().is_empty() {
            return Err(Error::Empty);
        }
        Ok(Recorded { header: header.unwrap_or_default(), history, format })
    }
}
