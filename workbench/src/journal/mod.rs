//! A run's journal: every message and what became of it, one JSON object a line, in the order in
//! which it happened.
//!
//! A line has a time `t` in nanoseconds since the network began, and says one of these:
//!
//! | keys | what happened |
//! | --- | --- |
//! | `send`, `src`, `dest`, `body` | the message of number `send` was sent |
//! | `recv` | that message was delivered |
//! | `lost` | it was lost at random, as it was sent |
//! | `dropped` | a partition kept it from being delivered |
//! | `unheard` | it was for a node that was not running |
//! | `op`, `client` | the client begins the operation at that place of the history |
//! | `load` | the load begins: the history's times count from here |
//!
//! A message of which nothing more is said was under way at the end, or waited at a node that was
//! not there to take it. One that came twice has two deliveries.

mod read;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use read::{Entry, Journal, What};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::network::{EventKind, Message, Observer};
use crate::paths::at;
use crate::units::nanos;

/// Writes a journal as a run goes on. What cannot be written is told at the end.
#[derive(Debug)]
pub struct Recorder {
    out: BufWriter<File>,
    path: PathBuf,
    failed: Option<io::Error>,
}

#[derive(Serialize)]
struct Sent<'a> {
    t: u64,
    send: u64,
    src: &'a str,
    dest: &'a str,
    body: &'a RawValue,
}

#[derive(Serialize)]
struct Begun<'a> {
    t: u64,
    op: usize,
    client: &'a str,
}

impl Recorder {
    /// Begins a file.
    ///
    /// # Errors
    ///
    /// What the file system reports.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = at(path, File::create(path))?;
        let out = BufWriter::with_capacity(1 << 18, file);
        Ok(Self { out, path: path.to_owned(), failed: None })
    }

    /// A client begins the operation at that place of the history.
    pub(crate) fn operation(&mut self, time: Duration, op: usize, client: &str) {
        self.line(&Begun { t: nanos(time), op, client });
    }

    /// The load begins.
    pub(crate) fn load_begins(&mut self, time: Duration) {
        self.fate(nanos(time), "load", 0);
    }

    fn fate(&mut self, t: u64, what: &str, id: u64) {
        let written = writeln!(self.out, "{{\"t\":{t},\"{what}\":{id}}}");
        self.note(written);
    }

    fn line(&mut self, line: &impl Serialize) {
        let written = serde_json::to_writer(&mut self.out, line)
            .map_err(io::Error::from)
            .and_then(|()| self.out.write_all(b"\n"));
        self.note(written);
    }

    fn note(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    ///
    /// The first thing that went wrong.
    pub fn finish(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.note(flushed);
        at(&self.path, self.failed.take().map_or(Ok(()), Err))
    }
}

impl Observer for Recorder {
    fn event(&mut self, time: Duration, kind: EventKind, message: &Message) {
        let t = nanos(time);
        let Message { id, src, dest, body } = message;
        match kind {
            EventKind::Send => self.line(&Sent { t, send: *id, src, dest, body }),
            EventKind::Recv => self.fate(t, "recv", *id),
            EventKind::Lost => self.fate(t, "lost", *id),
            EventKind::Dropped => self.fate(t, "dropped", *id),
            EventKind::Unheard => self.fate(t, "unheard", *id),
        }
    }
}

#[cfg(test)]
mod tests;
