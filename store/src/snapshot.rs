use std::io::{self, Write};
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, DiskLock};
use crate::extent::Extent;
use crate::file::{FileId, FileKind, HEADER};
use crate::record::{self, Kind};

/// How much of a snapshot is in one record.
const PART: usize = 64 * 1024;

/// Writes a snapshot: see [`Journal::begin_snapshot`](crate::Journal::begin_snapshot).
///
/// It may be used on any thread, while the journal goes on. Dropped before it was finished, it
/// leaves everything as it is.
#[derive(Debug)]
pub struct SnapshotWriter {
    disk: Arc<dyn Disk>,
    file: Arc<dyn DiskFile>,
    id: FileId,
    extent: Arc<Extent>,
    /// What is not written yet, and where it goes.
    part: Vec<u8>,
    record: Vec<u8>,
    offset: u64,
    len: u64,
    is_finished: bool,
    _lock: Arc<DiskLock>,
}

impl SnapshotWriter {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        lock: Arc<DiskLock>,
        generation: u64,
        extent: Arc<Extent>,
    ) -> io::Result<Self> {
        let id = FileId::snapshot(generation);
        let file = disk.create(&id.unfinished())?;
        file.write_at(&id.header(0), 0)?;
        Ok(Self {
            disk,
            file,
            id,
            extent,
            part: Vec::new(),
            record: Vec::new(),
            offset: HEADER as u64,
            len: 0,
            is_finished: false,
            _lock: lock,
        })
    }

    /// Puts the snapshot in the place of all that it covers, once it is safe. Until then, that is
    /// there.
    ///
    /// # Errors
    ///
    /// If the disk failed: then what it was to replace is still there.
    pub fn finish(mut self) -> io::Result<()> {
        self.put_part()?;
        let len = self.len.to_le_bytes();
        self.put(Kind::End, &len)?;
        self.file.sync()?;
        self.disk.rename(&self.id.unfinished(), &self.id.to_string())?;
        self.is_finished = true;
        self.disk.sync_names()?;
        self.extent.cover(self.id.generation, self.offset);
        remove_covered(&*self.disk, self.id.generation);
        Ok(())
    }

    fn put_part(&mut self) -> io::Result<()> {
        let part = std::mem::take(&mut self.part);
        self.put(Kind::Part, &part)?;
        self.len += part.len() as u64;
        self.part = part;
        self.part.clear();
        Ok(())
    }

    fn put(&mut self, kind: Kind, content: &[u8]) -> io::Result<()> {
        self.record.clear();
        record::encode(&mut self.record, self.id.salt(), self.offset, kind, content);
        self.file.write_at(&self.record, self.offset)?;
        self.offset += self.record.len() as u64;
        Ok(())
    }
}

impl Write for SnapshotWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.part.len() >= PART {
            self.put_part()?;
        }
        let taken = bytes.len().min(PART - self.part.len());
        self.part.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Does nothing: it is [`finish`](Self::finish) that makes a snapshot count.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for SnapshotWriter {
    fn drop(&mut self) {
        if !self.is_finished {
            // It is removed when the journal is opened, at the latest.
            let _ = self.disk.remove(&self.id.unfinished());
        }
    }
}

/// Removes what the snapshot of this generation covers. What stays is removed another time.
pub(crate) fn remove_covered(disk: &dyn Disk, generation: u64) {
    for name in disk.list().unwrap_or_default() {
        let covered = |id: FileId| id.generation < generation;
        if FileId::of(&name).is_some_and(covered) {
            let _ = disk.remove(&name);
        }
    }
}

/// Removes what was never finished.
pub(crate) fn remove_unfinished(disk: &dyn Disk) {
    for name in disk.list().unwrap_or_default() {
        if FileId::is_unfinished(&name) {
            let _ = disk.remove(&name);
        }
    }
}

/// The name of the snapshot of a generation, or of the first segment, where there is none.
pub(crate) fn base(generation: u64) -> FileId {
    let kind = if generation == 0 { FileKind::Segment } else { FileKind::Snapshot };
    FileId { kind, generation }
}
