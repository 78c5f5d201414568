use serde_json::{Map, Value};

use super::Error;
use crate::history::{self, History, Impossible, Op};

/// Where something stands in the input: line and column, counted from 1.
pub(super) type Place = (usize, usize);

/// A history in the making, which accepts what can have happened only.
#[derive(Default)]
pub(super) struct Builder {
    header: Option<Map<String, Value>>,
    history: history::Builder,
    /// In which line each operation stands. Histories are shorter than 2^32.
    lines: Vec<u32>,
}

impl Builder {
    /// Takes what is said before the first operation.
    pub(super) fn header(
        &mut self,
        header: Map<String, Value>,
        (line, column): Place,
    ) -> Result<(), Error> {
        if self.header.is_some() || !self.history.so_far().ops().is_empty() {
            let what = "a map without :process and :type is no operation".to_owned();
            return Err(Error::NotAnOperation { line, column, what });
        }
        self.header = Some(header);
        Ok(())
    }

    /// Takes the next operation.
    pub(super) fn push(&mut self, op: Op, (line, column): Place) -> Result<(), Error> {
        let line_of = |at: usize| self.lines.get(at).copied().unwrap_or_default();
        let what = match self.history.push(op) {
            Ok(_) => {
                self.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
                return Ok(());
            }
            Err(Impossible::Overlaps { process, began }) => {
                let began = line_of(began);
                format!(
                    "process {process} begins another operation before that of line {began} ends"
                )
            }
            Err(Impossible::Another { process, began: at, ended }) => {
                let f = &self.history.so_far().ops()[at].f;
                let began = line_of(at);
                format!("process {process} ends a {ended:?}, but it began a {f:?} in line {began}")
            }
            Err(error) => error.to_string(),
        };
        Err(Error::Impossible { line, column, what })
    }

    /// What was said before the first operation, and all of them.
    pub(super) fn finish(self) -> Result<(Map<String, Value>, History), Error> {
        let (header, history) = (self.header, self.history.finish());
        if history.ops().is_empty() {
            return Err(Error::Empty);
        }
        Ok((header.unwrap_or_default(), history))
    }
}
