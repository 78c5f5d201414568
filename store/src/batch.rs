//! Records that are to be written together.

use crate::record::{self, Kind, Salt};

/// How many bytes come before the first run of a batch: a small one goes without, since it would gain little.
const BEFORE_RUNS: usize = 512;

/// A run ends with the record that brings it to so many bytes: what a processor's first cache holds, since
/// whoever reads them goes through them twice.
const RUN: usize = 32 * 1024;

/// What is appended and not written.
///
/// Records that many others follow are in *runs*, each with one checksum of it all: a long one takes half the
/// time of many short ones, and that is what recovery does. The records have their own, too, which tell
/// what is whole where a run is not.
#[derive(Debug)]
pub(crate) struct Batch {
    salt: Salt,
    has_runs: bool,
    /// Where in the file the next record goes.
    end: u64,
    bytes: Vec<u8>,
    /// Where among the bytes the run begins that the next record is in.
    run: Option<usize>,
}

impl Batch {
    /// Nothing, in a file that has so many bytes.
    pub(crate) fn new(salt: Salt, has_runs: bool, end: u64) -> Self {
        Self { salt, has_runs, end, bytes: Vec::new(), run: None }
    }

    /// Where in the file the next record goes.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn put(&mut self, kind: Kind, content: &[u8]) {
        let before = self.bytes.len();
        record::encode(&mut self.bytes, self.salt, self.end, kind, content);
        self.end += (self.bytes.len() - before) as u64;
        let is_due = match self.run {
            Some(start) => self.bytes.len() - start >= RUN,
            None => self.has_runs && self.bytes.len() >= BEFORE_RUNS,
        };
        if is_due {
            self.close_run();
            self.run = Some(self.bytes.len());
            self.bytes.extend_from_slice(&[0; record::RUN]);
            self.end += record::RUN as u64;
        }
    }

    /// All of it; it goes on with nothing, in the memory of `spare`, which is empty.
    pub(crate) fn take(&mut self, spare: Vec<u8>) -> Vec<u8> {
        self.close_run();
        std::mem::replace(&mut self.bytes, spare)
    }

    fn close_run(&mut self) {
        let Some(start) = self.run.take() else { return };
        let run = self.bytes.len() - start;
        if run == record::RUN {
            // Nothing has come.
            self.bytes.truncate(start);
            self.end -= run as u64;
        } else {
            record::close_run(&mut self.bytes[start..], self.salt, self.end - run as u64);
        }
    }
}
