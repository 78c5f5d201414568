//! What of [`DiskLog`] reads the disk.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use glomers_store::{Cursor, Damage, DamageKind, Place};

use super::record::Record;
use crate::concurrent::snapshot_of;
use crate::{DiskError, DiskLog, OutOfRange, Snapshot};

/// A poll of the past returns so many bytes, or a little more.
const MOST: usize = 1 << 20;

/// How many readers are kept, each with what it has read ahead.
const READERS: usize = 8;

/// Readers that have stopped before the message of a key, by its number, that has an offset.
#[derive(Debug, Default)]
pub(crate) struct Cursors(Mutex<VecDeque<(u32, u64, Reader)>>);

#[derive(Debug)]
struct Reader {
    generation: u64,
    cursor: Cursor,
}

impl Cursors {
    fn take(&self, key: u32, offset: u64) -> Option<Reader> {
        let mut cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = cursors.iter().position(|(k, o, _)| (*k, *o) == (key, offset))?;
        cursors.remove(at).map(|(_, _, reader)| reader)
    }

    fn keep(&self, key: u32, offset: u64, reader: Reader) {
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

/// What is to be read, as it was when it was looked up.
struct Plan {
    number: u32,
    /// From where on the first message is found.
    place: Place,
    /// Where the newest file may be read up to.
    safe: Place,
    end: u64,
}

impl DiskLog {
    pub(crate) fn poll_past(
        &self,
        key: &str,
        from: u64,
        limit: usize,
    ) -> Result<Snapshot<Vec<u8>>, DiskError> {
        loop {
            let plan = self.plan(key, from)?;
            let read = self.read(key, &plan, from, limit);
            let is_gone = || from < self.offsets(key).start;
            match read {
                Ok(messages) => return Ok(snapshot_of(from, messages)),
                // Files were removed meanwhile.
                Err(DiskError::Read { .. }) if is_gone() => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn plan(&self, name: &str, from: u64) -> Result<Plan, DiskError> {
        let state = self.state();
        let (start, end) = state.bounds(name);
        let gone = || DiskError::OutOfRange(OutOfRange::new(from, start, end));
        let key = state.keys.get(name).filter(|_| (start..end).contains(&from)).ok_or_else(gone)?;
        let place = key.index.before(from).ok_or_else(gone)?;
        Ok(Plan { number: key.number, place, safe: state.safe, end })
    }

    fn read(
        &self,
        name: &str,
        plan: &Plan,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, DiskError> {
        let mut reader = match self.cursors.take(plan.number, from) {
            Some(reader) => reader,
            None => self.reader(plan.place)?,
        };
        let mut messages = Vec::new();
        match self.read_on(name, plan, from, limit, &mut reader, &mut messages) {
            Ok(expected) => self.cursors.keep(plan.number, expected, reader),
            Err(error) if messages.is_empty() => return Err(error),
            // Whoever goes on from there is told.
            Err(_) => {}
        }
        Ok(messages)
    }

    /// Reads messages from `from` on; returns which is next.
    fn read_on(
        &self,
        name: &str,
        plan: &Plan,
        from: u64,
        limit: usize,
        reader: &mut Reader,
        messages: &mut Vec<Vec<u8>>,
    ) -> Result<u64, DiskError> {
        let mut end = reader.end(plan)?;
        let (mut bytes, mut expected) = (0, from);
        while messages.len() < limit && bytes < MOST && expected < plan.end {
            let Some((place, record)) = reader.cursor.next(end)? else {
                *reader = self.next_reader(name, expected, reader, end)?;
                end = reader.end(plan)?;
                continue;
            };
            let Some(
                Record::Message { key, offset, value } | Record::Named { key, offset, value, .. },
            ) = Record::decode(record)
            else {
                continue;
            };
            if key != plan.number || offset < expected {
                continue;
            }
            if offset > expected {
                return Err(damage(place, DamageKind::Record));
            }
            bytes += value.len();
            messages.push(value.to_vec());
            expected += 1;
        }
        Ok(expected)
    }

    fn reader(&self, place: Place) -> Result<Reader, DiskError> {
        let cursor = Cursor::open(&*self.disk, place)?;
        Ok(Reader { generation: place.generation, cursor })
    }

    /// Reads on in the file that has the message of this offset, now that one has ended.
    fn next_reader(
        &self,
        name: &str,
        expected: u64,
        last: &Reader,
        end: u64,
    ) -> Result<Reader, DiskError> {
        let place = self.state().keys.get(name).and_then(|key| key.index.before(expected));
        match place.filter(|place| place.generation > last.generation) {
            Some(place) => self.reader(place),
            None => {
                let place = Place { generation: last.generation, offset: end };
                Err(damage(place, DamageKind::CutOff))
            }
        }
    }
}

impl Reader {
    /// Up to where the file may be read.
    fn end(&self, plan: &Plan) -> Result<u64, DiskError> {
        if self.generation < plan.safe.generation {
            return Ok(self.cursor.file_len()?);
        }
        Ok(plan.safe.offset)
    }
}

fn damage(place: Place, kind: DamageKind) -> DiskError {
    let file = format!("journal-{:016x}", place.generation);
    DiskError::Damaged(Damage::new(file, place.offset, kind))
}
