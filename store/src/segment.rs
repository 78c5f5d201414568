//! A file that is appended to.

use std::io;
use std::sync::Arc;

use crate::batch::Batch;
use crate::disk::{Disk, DiskFile};
use crate::file::{FileId, HEADER};

/// The file at the end of the journal.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: FileId,
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) has_runs: bool,
    /// How much of it is written, and how much of that is synced.
    pub(crate) written: u64,
    pub(crate) synced: u64,
    /// What the last mark in it says.
    pub(crate) marked: u64,
}

impl Segment {
    /// A segment with its header, which is synced, under a name that is not.
    pub(crate) fn prepare(disk: &dyn Disk, generation: u64, previous: u64) -> io::Result<Self> {
        let id = FileId::segment(generation);
        let file = disk.create(&id.unfinished())?;
        file.write_at(&id.header(previous), 0)?;
        file.sync()?;
        let end = HEADER as u64;
        Ok(Self { id, file, has_runs: true, written: end, synced: end, marked: end })
    }

    /// What is to be written at its end.
    pub(crate) fn batch(&self) -> Batch {
        Batch::new(self.id.salt(), self.has_runs, self.written)
    }

    /// Puts a segment that is prepared in its place.
    pub(crate) fn publish(&self, disk: &dyn Disk) -> io::Result<()> {
        disk.rename(&self.id.unfinished(), &self.id.to_string())?;
        disk.sync_names()
    }
}
