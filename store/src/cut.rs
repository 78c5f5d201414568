use std::io;
use std::sync::Arc;

use crate::disk::{Disk, is_full};
use crate::error::{Broken, CommitError};
use crate::segment::Segment;
use crate::work::{Done, Work};

/// What is to be done on the disk before a snapshot, on whatever thread: all that was appended is
/// written and synced, and what comes after gets a file of its own. See
/// [`Journal::begin_snapshot`](crate::Journal::begin_snapshot).
///
/// Dropped without having been run, it leaves the journal waiting for ever.
#[derive(Debug)]
#[must_use = "the journal waits for it"]
pub struct Cut {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) write: Work,
    pub(crate) generation: u64,
}

/// What came of a [`Cut`]: it goes to [`Journal::finish_cut`](crate::Journal::finish_cut).
#[derive(Debug)]
#[must_use = "the journal waits for it"]
pub struct CutDone {
    pub(crate) written: Done,
    pub(crate) segment: Result<Segment, CommitError>,
}

impl Cut {
    /// Does it: returns when the disk has.
    pub fn run(self) -> CutDone {
        let Self { disk, write, generation } = self;
        let end = write.offset + write.bytes.len() as u64;
        let written = write.run();
        let segment = match &written.result {
            Ok(()) => make(&*disk, generation, end),
            Err(error) => Err(error.clone()),
        };
        CutDone { written, segment }
    }
}

fn make(disk: &dyn Disk, generation: u64, previous: u64) -> Result<Segment, CommitError> {
    match Segment::prepare(disk, generation, previous) {
        Ok(segment) => {
            // From here on the next one to open the journal may find it, or not: so nothing must be
            // appended to the one before.
            segment.publish(disk).map_err(Broken::new("to begin another file"))?;
            Ok(segment)
        }
        Err(error) => Err(refused(disk, generation, error)),
    }
}

/// A segment that has no name yet is none: the journal can do without, if there was only no room.
fn refused(disk: &dyn Disk, generation: u64, error: io::Error) -> CommitError {
    let _ = disk.remove(&crate::file::FileId::segment(generation).unfinished());
    if is_full(&error) {
        CommitError::Full(Arc::new(error))
    } else {
        Broken::new("to begin another file")(error).into()
    }
}
