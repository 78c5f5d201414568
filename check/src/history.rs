//! What happened in a run: every operation's invocation and completion, in order.
//!
//! The form is Jepsen's: an operation is *invoked* by a process and later completes as `ok` (it
//! happened), `fail` (it surely did not and will not) or `info` (nobody can know). A process that
//! gets `info` is gone for good; its worker goes on under a new process number.

mod builder;
mod extra;
pub(crate) mod reading;
mod recorder;
mod whole;
mod word;

use std::io::{self, BufRead, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use builder::{Builder, Impossible};
pub use extra::Extra;
pub use recorder::{Client, Pending, Recorder};
pub use word::Word;
pub(crate) use word::Words;

use crate::exact;
use crate::fingerprint::{Fingerprint, Hasher};
use crate::value::Value;

/// Who did it: a client's process by its number, or the nemesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Process {
    /// A client.
    Client(u64),
    /// The injector of faults, written `"nemesis"`.
    Nemesis(Nemesis),
}

/// The one value of [`Process::Nemesis`], so that it is written as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nemesis {
    /// The injector of faults.
    Nemesis,
}

/// Which moment of an operation's life it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It begins.
    Invoke,
    /// It happened.
    Ok,
    /// It did not happen and will not.
    Fail,
    /// It may have happened, or may yet.
    Info,
}

/// One event of a [`History`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Op {
    /// Its place in the history.
    pub index: usize,
    /// Nanoseconds since the load began.
    pub time: u64,
    /// Whose operation it is.
    pub process: Process,
    /// Invocation, or how it completed.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What it does: `read`, `broadcast`, `send` …
    pub f: Word,
    /// Its argument; in a completion that is `ok`, its result where it has one.
    pub value: Value,
    /// The node that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Word>,
    /// Why it did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
    /// Further keys, such as `"final?"`.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Op {
    /// An event of a client, at time 0 and without further ado. See each checker for the form of its
    /// operations.
    ///
    /// ```
    /// use glomers_check::history::{Kind, Op, Process};
    ///
    /// let op = Op::new(3, Kind::Invoke, "read", ());
    /// assert_eq!((op.process, op.time, op.node), (Process::Client(3), 0, None));
    /// ```
    pub fn new(process: u64, kind: Kind, f: impl Into<Word>, value: impl Into<Value>) -> Self {
        Self {
            index: 0,
            time: 0,
            process: Process::Client(process),
            kind,
            f: f.into(),
            value: value.into(),
            node: None,
            error: None,
            extra: Extra::default(),
        }
    }

    /// The same at another time, since the beginning.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use glomers_check::history::{Kind, Op};
    ///
    /// let op = Op::new(3, Kind::Invoke, "read", ()).at(Duration::from_micros(7));
    /// assert_eq!(op.time, 7_000);
    /// ```
    #[must_use]
    pub fn at(mut self, time: Duration) -> Self {
        self.time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self
    }

    /// The same as one of the reads after everything has settled, which counters are judged by.
    ///
    /// ```
    /// use glomers_check::history::{Kind, Op};
    ///
    /// assert!(Op::new(3, Kind::Ok, "read", 12).finally().is_final());
    /// ```
    #[must_use]
    pub fn finally(mut self) -> Self {
        self.extra.insert("final?", true);
        self
    }

    /// Whether it belongs to the reads after the faults, which some checkers judge alone.
    pub fn is_final(&self) -> bool {
        self.extra.has("final?")
    }

    /// Whether it is a read that succeeded and does not tell what it showed.
    ///
    /// Jepsen up to 0.3.1 wrote an operation that is `ok` and has further keys, such as `:final?`, down
    /// with the value of its invocation.
    pub fn is_unanswered(&self) -> bool {
        self.kind == Kind::Ok && self.value.view().is_null() && !self.extra.is_empty()
    }

    /// Whether a client did it.
    pub fn is_client(&self) -> bool {
        matches!(self.process, Process::Client(_))
    }
}

/// The events of a run in the order in which they happened; an op's `index` is its place here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    ops: Vec<Op>,
}

impl History {
    /// Appends an event and gives it its index, which is returned.
    pub fn push(&mut self, mut op: Op) -> usize {
        op.index = self.ops.len();
        self.ops.push(op);
        self.ops.len() - 1
    }

    /// The events, in order.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The events, to be completed.
    pub(crate) fn ops_mut(&mut self) -> &mut [Op] {
        &mut self.ops
    }

    /// Every client operation: its invocation with its completion, if it has one; in the order of
    /// the invocations.
    pub fn pairs(&self) -> Vec<(&Op, Option<&Op>)> {
        let mut pairs: Vec<(&Op, Option<&Op>)> = Vec::with_capacity(self.ops.len() / 2);
        let mut open = std::collections::BTreeMap::new();
        for op in self.ops.iter().filter(|op| op.is_client()) {
            if op.kind == Kind::Invoke {
                open.insert(op.process, pairs.len());
                pairs.push((op, None));
            } else if let Some(at) = open.remove(&op.process) {
                pairs[at].1 = Some(op);
            }
        }
        pairs
    }

    /// Writes one JSON object a line.
    ///
    /// # Errors
    ///
    /// What the writer reports.
    pub fn write_jsonl(&self, out: &mut impl Write) -> io::Result<()> {
        for op in &self.ops {
            out.write_all(exact::to_string(op)?.as_bytes())?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// The fingerprint of what [`write_jsonl`](Self::write_jsonl) writes.
    pub fn fingerprint(&self) -> Fingerprint {
        // JSON is written in many small pieces.
        let mut out = io::BufWriter::new(Hasher::default());
        // A hasher takes whatever is written, and an operation can always be written.
        let _ = self.write_jsonl(&mut out);
        out.into_inner().map(Hasher::finish).unwrap_or_default()
    }

    /// Reads what [`write_jsonl`](Self::write_jsonl) wrote; indices are given anew.
    ///
    /// # Errors
    ///
    /// What the reader reports; `InvalidData` naming the line that is not an operation.
    pub fn read_jsonl(input: impl BufRead) -> io::Result<Self> {
        let mut history = Self::default();
        for (number, line) in input.lines().enumerate() {
            let op = exact::from_str(&line?).map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {error}", number + 1))
            })?;
            history.push(op);
        }
        Ok(history)
    }
}

impl FromIterator<Op> for History {
    fn from_iter<I: IntoIterator<Item = Op>>(ops: I) -> Self {
        let mut history = Self::default();
        for op in ops {
            history.push(op);
        }
        history
    }
}
