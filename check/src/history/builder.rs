use std::collections::BTreeMap;

use super::{History, Kind, Op, Process};

/// A history in the making, which takes only what can have happened: a client does one thing after the
/// other, and what ends has begun.
///
/// ```
/// use glomers_check::history::{Builder, Impossible, Kind, Op};
/// use serde_json::json;
///
/// let mut builder = Builder::default();
/// builder.push(Op::new(0, Kind::Invoke, "write", json!(["x", 1])))?;
/// builder.push(Op::new(0, Kind::Ok, "write", json!(["x", 1])))?;
/// let twice = Op::new(0, Kind::Ok, "write", json!(["x", 1]));
/// assert_eq!(builder.push(twice), Err(Impossible::NotBegun { process: 0 }));
/// assert_eq!(builder.finish().ops().len(), 2);
/// # Ok::<(), Impossible>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    history: History,
    /// The operations that have not ended yet.
    open: BTreeMap<u64, usize>,
}

/// Why an event cannot have happened there. Nothing was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Impossible {
    /// A client begins an operation before its last one has ended.
    #[error("process {process} begins another operation before operation {began} ends")]
    Overlaps {
        /// The client.
        process: u64,
        /// Where it began the last one.
        began: usize,
    },
    /// A client ends an operation that it has not begun.
    #[error("process {process} ends an operation that it has not begun")]
    NotBegun {
        /// The client.
        process: u64,
    },
    /// A client ends another operation than it has begun.
    #[error("process {process} ends a {ended:?}, but it began another at operation {began}")]
    Another {
        /// The client.
        process: u64,
        /// Where it began the last one.
        began: usize,
        /// What it ends.
        ended: String,
    },
}

impl Builder {
    /// Appends an event; its index. O(log n) in the number of clients.
    ///
    /// # Errors
    ///
    /// [`Impossible`], if it cannot have happened now.
    ///
    /// ```
    /// use glomers_check::history::{Builder, Kind, Op};
    ///
    /// let read = Op::new(3, Kind::Invoke, "read", ());
    /// assert_eq!(Builder::default().push(read), Ok(0));
    /// ```
    pub fn push(&mut self, op: Op) -> Result<usize, Impossible> {
        if let Process::Client(process) = op.process {
            let open = self.open.get(&process).copied();
            match (op.kind, open) {
                (Kind::Invoke, Some(began)) => return Err(Impossible::Overlaps { process, began }),
                (Kind::Invoke, None) => {
                    self.open.insert(process, self.history.ops.len());
                }
                (_, None) => return Err(Impossible::NotBegun { process }),
                (_, Some(began)) if self.history.ops[began].f != op.f => {
                    return Err(Impossible::Another { process, began, ended: op.f.to_string() });
                }
                (_, Some(_)) => {
                    self.open.remove(&process);
                }
            }
        }
        Ok(self.history.push(op))
    }

    /// What was taken so far.
    ///
    /// ```
    /// assert!(glomers_check::history::Builder::default().so_far().ops().is_empty());
    /// ```
    pub fn so_far(&self) -> &History {
        &self.history
    }

    /// The history. What has not ended may have happened, or may yet.
    ///
    /// ```
    /// assert!(glomers_check::history::Builder::default().finish().ops().is_empty());
    /// ```
    pub fn finish(self) -> History {
        self.history
    }
}
