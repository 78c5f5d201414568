//! What is appended, and the peer that has it in files.

use std::hint::black_box;

use commitlog::{CommitLog, LogOptions};
use tempfile::TempDir;

pub(super) type Message = [u8; 100];

/// Messages in a log.
pub(super) const MESSAGES: u32 = 100_000;

/// Messages to a poll.
pub(super) const BATCH: u32 = 100;

/// What `commitlog` adds to a message.
pub(super) const HEADER: usize = commitlog::message::HEADER_SIZE;

pub(super) const KEYS: [&str; 2] = ["rye", "oat"];

/// The i-th message.
pub(super) fn message(i: u32) -> Message {
    let mut message = [b'.'; 100];
    message[..4].copy_from_slice(&i.to_be_bytes());
    message
}

pub(super) fn messages() -> impl Iterator<Item = Message> {
    (0..MESSAGES).map(message)
}

/// What one of `MESSAGES` has cost.
pub(super) fn share(total: anyhow::Result<f64>) -> anyhow::Result<f64> {
    total.map(|total| total / f64::from(MESSAGES))
}

/// A log in a folder, which is gone with it.
pub(super) struct TheirLog {
    pub(super) log: CommitLog,
    _folder: TempDir,
}

impl TheirLog {
    pub(super) fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let log = CommitLog::new(LogOptions::new(folder.path()))?;
        Ok(Self { log, _folder: folder })
    }

    pub(super) fn fill(mut self) -> anyhow::Result<Self> {
        for message in messages() {
            self.log.append_msg(black_box(message))?;
        }
        Ok(self)
    }
}
