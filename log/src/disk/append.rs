//! What of [`DiskLog`] is for messages that come.

use std::ops::Range;
use std::sync::PoisonError;

use glomers_store::Ticket;

use super::error::refused;
use super::record::Record;
use super::state::{Pending, State};
use crate::{DiskError, DiskLog};

impl DiskLog {
    /// Appends `value` to the log of `key`, a new one if need be; returns its offset once it is as safe
    /// as [`DiskConfig::sync`](crate::DiskConfig::sync) asks for.
    ///
    /// Threads that append at once share the write and the sync.
    ///
    /// # Errors
    ///
    /// If it is not, nor will be, unless the error is [`DiskError::Broken`].
    pub fn append(&self, key: &str, value: Vec<u8>) -> Result<u64, DiskError> {
        self.append_all(key, [value]).map(|offsets| offsets.start)
    }

    /// Appends several messages to the log of `key`, one after another, with one wait for the disk;
    /// returns their offsets. What others append to the key meanwhile does not come between them, unless
    /// the disk is full.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// assert_eq!(log.append_all("k", [b"rye".to_vec(), b"oat".to_vec()])?, 0..2);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If not all of them are safe, nor will be; the first few may be. With [`DiskError::Broken`] any may.
    pub fn append_all(
        &self,
        key: &str,
        values: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Range<u64>, DiskError> {
        let (mut offsets, mut last) = (None::<Range<u64>>, None::<(Ticket, u64)>);
        let mut put = Ok(());
        // Whoever makes them may use the log.
        let values: Vec<Vec<u8>> = values.into_iter().collect();
        let mut state = self.state();
        for value in values {
            match self.put(&mut state, key, value, last.as_ref().map(|(ticket, _)| ticket)) {
                Ok((offset, ticket, generation)) => {
                    let first = offsets.map_or(offset, |it| it.start);
                    offsets = Some(first..offset + 1);
                    last = Some((ticket, generation));
                }
                Err(error) => {
                    put = Err(error);
                    break;
                }
            }
        }
        drop(state);
        let Some((ticket, generation)) = last else {
            put?;
            let end = self.offsets(key).end;
            return Ok(end..end);
        };
        let outcome = ticket.wait();
        let offsets = offsets.unwrap_or_default();
        let is_long = self.show(key, offsets.end.saturating_sub(1));
        put?;
        outcome?;
        if is_long {
            self.roll(generation);
        }
        Ok(offsets)
    }

    /// Gives a message its offset and puts it in the journal, from where it goes to the disk.
    fn put(
        &self,
        state: &mut State,
        name: &str,
        value: Vec<u8>,
        before: Option<&Ticket>,
    ) -> Result<(u64, Ticket, u64), DiskError> {
        let mut bytes = Vec::with_capacity(value.len() + 32);
        loop {
            let losses = state.losses;
            let key = state.key(name);
            let (number, offset) = (key.number, key.end);
            bytes.clear();
            let record = if key.is_named {
                Record::Message { key: number, offset, value: &value }
            } else {
                Record::Named { key: number, offset, name, value: &value }
            };
            record.encode(&mut bytes);
            match self.journal.append_after(&bytes, losses) {
                Ok((place, ticket)) => {
                    key.end += 1;
                    let (record, watch) = (bytes.len() as u64, ticket.clone());
                    key.pending.push_back(Pending { offset, place, record, value, ticket: watch });
                    return Ok((offset, ticket, place.generation));
                }
                Err(error) => {
                    if let Some(error) = refused(error) {
                        return Err(error);
                    }
                    state.recover(&self.journal, &self.tail);
                    // Of those that belong together, the ones before must not be lacking.
                    if let Some(Err(error)) = before.and_then(Ticket::outcome) {
                        return Err(error.into());
                    }
                }
            }
        }
    }

    /// Shows what is safe through the offset `last`; whether the file has become long.
    fn show(&self, name: &str, last: u64) -> bool {
        loop {
            let mut state = self.state();
            let Some(ticket) = state.settle(name, last, &self.tail) else {
                state.evict(&self.config, &self.tail);
                return state.safe.offset >= self.config.segment_bytes;
            };
            drop(state);
            // What came of it is looked at by the one above.
            let _ = ticket.wait();
        }
    }

    /// Writes a change that is no message, and has it seen once it is safe.
    pub(crate) fn change<T>(
        &self,
        record: impl Fn() -> Option<Vec<u8>>,
        see: impl FnOnce() -> T,
    ) -> Result<Option<T>, DiskError> {
        let under_way = self.under_way.read().unwrap_or_else(PoisonError::into_inner);
        let (place, ticket) = loop {
            let mut state = self.state();
            let Some(bytes) = record() else { return Ok(None) };
            match self.journal.append_after(&bytes, state.losses) {
                Ok(appended) => break appended,
                Err(error) => match refused(error) {
                    Some(error) => return Err(error),
                    None => state.recover(&self.journal, &self.tail),
                },
            }
        };
        ticket.wait()?;
        let seen = see();
        drop(under_way);
        if place.offset >= self.config.segment_bytes {
            self.roll(place.generation);
        }
        Ok(Some(seen))
    }
}
