use std::io;

use crate::disk::Disk;
use crate::error::{Damage, DamageKind, OpenError};
use crate::file::FileId;
use crate::place::Place;
use crate::reader::{Reader, Step};
use crate::record::Kind;

/// Reads deltas back from one file of a journal that is open, by positioned reads of 256 KiB, so that what
/// comes next is mostly there already.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use glomers_store::{Config, Cursor, Journal, SimulatedDisk};
///
/// let disk = Arc::new(SimulatedDisk::new(1));
/// let (mut journal, _) =
///     Journal::open(disk.clone(), Config::default(), |_| Ok::<_, std::io::Error>(()))?;
/// journal.append(b"rye")?;
/// let place = journal.next_place();
/// journal.append(b"oat")?;
/// journal.commit(Duration::ZERO)?;
/// let end = journal.next_place().offset;
///
/// let mut cursor = Cursor::open(&*disk, place)?;
/// assert_eq!(cursor.next(end)?, Some((place, &b"oat"[..])));
/// assert_eq!(cursor.next(end)?, None);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct Cursor {
    id: FileId,
    reader: Reader,
}

impl Cursor {
    /// Reads from `place` on, where a delta must lie.
    ///
    /// # Errors
    ///
    /// [`OpenError::Disk`], with [`io::ErrorKind::NotFound`] if a snapshot has covered the file.
    pub fn open(disk: &dyn Disk, place: Place) -> Result<Self, OpenError> {
        let id = FileId::segment(place.generation);
        let open = || {
            let mut reader = Reader::new(disk.open(&id.to_string())?, id)?;
            reader.seek(place.offset);
            Ok(reader)
        };
        Ok(Self { id, reader: open().map_err(reading(id))? })
    }

    /// How many bytes the file has by now.
    ///
    /// # Errors
    ///
    /// [`OpenError::Disk`].
    pub fn file_len(&self) -> Result<u64, OpenError> {
        self.reader.file_len().map_err(reading(self.id))
    }

    /// The next delta that ends before `end` in the file; none if there is none. What is not acknowledged
    /// may still be taken back, so `end` must not be beyond what is; in a file that is no longer appended
    /// to that is all of it.
    ///
    /// # Errors
    ///
    /// [`OpenError::Damaged`], [`OpenError::Disk`].
    pub fn next(&mut self, end: u64) -> Result<Option<(Place, &[u8])>, OpenError> {
        let id = self.id;
        self.reader.limit(end);
        loop {
            let offset = self.reader.offset();
            let is_delta = match self.reader.next().map_err(reading(id))? {
                Step::Record(kind, _) => kind == Kind::Delta,
                Step::End => return Ok(None),
                Step::Wrong => return Err(self.damage(offset)),
            };
            if is_delta {
                let place = Place { generation: id.generation, offset };
                return Ok(Some((place, self.reader.last())));
            }
        }
    }

    fn damage(&self, offset: u64) -> OpenError {
        let file = self.id.to_string();
        match self.reader.flipped_bit(offset) {
            Ok(Some(at)) => {
                OpenError::Damaged(Damage { file, offset: at, kind: DamageKind::FlippedBit })
            }
            Ok(None) => OpenError::Damaged(Damage { file, offset, kind: DamageKind::Record }),
            Err(error) => reading(self.id)(error),
        }
    }
}

fn reading(id: FileId) -> impl FnOnce(io::Error) -> OpenError {
    move |source| OpenError::Disk { doing: format!("reading {id}"), source }
}

impl std::fmt::Debug for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = Place { generation: self.id.generation, offset: self.reader.offset() };
        f.debug_struct("Cursor").field("place", &place).finish_non_exhaustive()
    }
}
