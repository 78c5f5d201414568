use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use glomers_store::{Cursor, Place};

use crate::DiskError;

/// How many readers are kept, each with what it has read ahead.
const READERS: usize = 8;

/// Readers that have stopped before the message of a key, by its number, that has an offset.
#[derive(Debug, Default)]
pub(crate) struct Cursors(Mutex<VecDeque<(u32, u64, Reader)>>);

#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) generation: u64,
    pub(crate) cursor: Cursor,
}

impl Cursors {
    pub(crate) fn take(&self, key: u32, offset: u64) -> Option<Reader> {
        let mut cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = cursors.iter().position(|(k, o, _)| (*k, *o) == (key, offset))?;
        cursors.remove(at).map(|(_, _, reader)| reader)
    }

    pub(crate) fn keep(&self, key: u32, offset: u64, reader: Reader) {
        let mut cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cursors.push_back((key, offset, reader));
        if cursors.len() > READERS {
            cursors.pop_front();
        }
    }

    /// Lets go of the files before this generation.
    pub(crate) fn forget(&self, generation: u64) {
        let mut cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cursors.retain(|(_, _, reader)| reader.generation >= generation);
    }
}

impl Reader {
    /// Up to where the file may be read, if the newest may be up to `safe`.
    pub(crate) fn end(&self, safe: Place) -> Result<u64, DiskError> {
        if self.generation < safe.generation {
            return Ok(self.cursor.file_len()?);
        }
        Ok(safe.offset)
    }
}
