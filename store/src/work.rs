use std::io;
use std::sync::Arc;

use crate::disk::{DiskFile, DiskLock, is_full};
use crate::error::{Broken, CommitError};

/// What is to be done on the disk, on whatever thread: see [`Journal::begin`](crate::Journal::begin).
///
/// Dropped without having been run, it leaves the journal waiting for ever.
#[derive(Debug)]
#[must_use = "the journal waits for it"]
pub struct Work {
    pub(crate) file: Arc<dyn DiskFile>,
    /// What is to be written, and where.
    pub(crate) bytes: Vec<u8>,
    pub(crate) offset: u64,
    /// How far the file is synced after, if it is to be.
    pub(crate) sync: Option<u64>,
    /// What the mark in it says, if there is one.
    pub(crate) marked: u64,
    /// The last delta in it.
    pub(crate) last: u64,
    pub(crate) _lock: Arc<DiskLock>,
}

/// What came of [`Work`]: it goes to [`Journal::finish`](crate::Journal::finish).
#[derive(Debug)]
#[must_use = "the journal waits for it"]
pub struct Done {
    pub(crate) work: Work,
    pub(crate) result: Result<(), CommitError>,
}

impl Work {
    /// Whether it ends with a sync.
    pub fn syncs(&self) -> bool {
        self.sync.is_some()
    }

    /// Whether it writes deltas. If not, it syncs those that were written before.
    pub fn writes(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Does it: returns when the disk has.
    pub fn run(self) -> Done {
        let result = self.write().and_then(|()| match self.sync {
            Some(_) => Ok(self.file.sync().map_err(Broken::new("a sync"))?),
            None => Ok(()),
        });
        Done { work: self, result }
    }

    fn write(&self) -> Result<(), CommitError> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        match self.file.write_at(&self.bytes, self.offset) {
            Ok(()) => Ok(()),
            Err(error) if is_full(&error) => {
                take_back(&*self.file, self.offset)?;
                Err(CommitError::Full(Arc::new(error)))
            }
            Err(error) => Err(Broken::new("a write")(error).into()),
        }
    }
}

/// Cuts off what was written beyond `end`, for good: or else it could come back behind what is
/// written there next, where its checksums would be right.
fn take_back(file: &dyn DiskFile, end: u64) -> Result<(), Broken> {
    let taken: io::Result<()> = file.truncate(end).and_then(|()| file.sync());
    taken.map_err(Broken::new("to take back what there was no room for"))
}
