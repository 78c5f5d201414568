use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Error;
use crate::history::{History, Kind, Op, Process};

/// Where something stands in the input: line and column, counted from 1.
pub(super) type Place = (usize, usize);

/// A history in the making, which accepts what can have happened only.
#[derive(Default)]
pub(super) struct Builder {
    header: Option<Map<String, Value>>,
    history: History,
    /// Where each operation began that has not ended yet.
    open: BTreeMap<Process, (usize, String)>,
}

impl Builder {
    /// Takes what is said before the first operation.
    pub(super) fn header(
        &mut self,
        header: Map<String, Value>,
        (line, column): Place,
    ) -> Result<(), Error> {
        if self.header.is_some() || !self.history.ops().is_empty() {
            let what = "a map without :process and :type is no operation".to_owned();
            return Err(Error::NotAnOperation { line, column, what });
        }
        self.header = Some(header);
        Ok(())
    }

    /// Takes the next operation.
    pub(super) fn push(&mut self, op: Op, (line, column): Place) -> Result<(), Error> {
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

    /// What was said before the first operation, and all of them.
    pub(super) fn finish(self) -> Result<(Map<String, Value>, History), Error> {
        let Self { header, history, .. } = self;
        if history.ops().is_empty() {
            return Err(Error::Empty);
        }
        Ok((header.unwrap_or_default(), history))
    }
}
