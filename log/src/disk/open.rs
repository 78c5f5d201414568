use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};

use glomers_store::{
    Config, Directory, Disk, Entry, Journal, OpenError, Place, Recovery, SharedJournal,
};

use super::past::Cursors;
use super::record::{Record, parts};
use super::state::State;
use crate::{DiskConfig, DiskLog, OffsetLog};

impl OffsetLog<String, Vec<u8>> {
    /// Opens the log in a folder, which is made if it is not there, or begins one: see [`DiskLog`].
    ///
    /// # Errors
    ///
    /// As [`DiskLog::open`].
    pub fn open(
        folder: impl Into<PathBuf>,
        config: DiskConfig,
    ) -> Result<(DiskLog, Recovery), OpenError> {
        let making = |source| OpenError::Disk { doing: "making the folder".to_owned(), source };
        DiskLog::open(Arc::new(Directory::new(folder).map_err(making)?), config)
    }
}

impl DiskLog {
    /// Opens the log on a disk, or begins one where there is none. It is read once, which takes time in
    /// proportion to it, and no memory.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let disk = Arc::new(SimulatedDisk::new(1));
    /// let (log, found) = DiskLog::open(disk.clone(), DiskConfig::default())?;
    /// assert_eq!(found.deltas, 0);
    /// log.append("orders", b"rye".to_vec())?;
    /// assert!(DiskLog::open(disk, DiskConfig::default()).is_err(), "it is open");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it is open elsewhere, damaged, of a later version or no log, or the disk fails; nothing
    /// is changed then. An end that was torn is cut off, and told.
    pub fn open(disk: Arc<dyn Disk>, config: DiskConfig) -> Result<(Self, Recovery), OpenError> {
        let tail = OffsetLog::new();
        let mut found = Found { state: State::new(BEGIN), names: HashMap::new(), tail: &tail };
        let (journal, recovery) = Journal::open_placed(
            Arc::clone(&disk),
            Config::with_sync(config.sync),
            |place, entry| found.take(place, entry),
        )?;
        let mut state = found.state;
        state.safe = journal.next_place();
        state.newest = state.safe.generation;
        state.files.retain(|generation, _| *generation < state.newest);
        for (name, key) in &mut state.keys {
            key.visible = key.visible.max(key.start);
            key.end = key.visible;
            tail.begin_at(&name.to_string(), key.end);
        }
        let starting = |source| OpenError::Disk { doing: "starting a thread".to_owned(), source };
        let journal = SharedJournal::new(journal).map_err(starting)?;
        let log = Self {
            disk,
            config,
            journal,
            tail,
            state: Mutex::new(state),
            under_way: RwLock::new(()),
            retaining: Mutex::new(()),
            cursors: Cursors::default(),
        };
        Ok((log, recovery))
    }
}

const BEGIN: Place = Place { generation: 0, offset: 0 };

type Refusal = Box<dyn Error + Send + Sync>;

/// What is found while a log is read.
struct Found<'a> {
    state: State,
    names: HashMap<u32, Arc<str>>,
    tail: &'a OffsetLog<String, Vec<u8>>,
}

impl Found<'_> {
    fn take(&mut self, place: Place, entry: Entry<'_>) -> Result<(), Refusal> {
        match entry {
            Entry::Snapshot(snapshot) => {
                for record in parts(snapshot) {
                    self.take_record(place, 0, record.ok_or(NO_RECORD)?)?;
                }
                Ok(())
            }
            Entry::Delta(delta) => {
                let record = Record::decode(delta).ok_or(NO_RECORD)?;
                *self.state.files.entry(place.generation).or_default() = place.offset;
                self.take_record(place, delta.len() as u64, record)
            }
        }
    }

    fn take_record(&mut self, place: Place, len: u64, record: Record<'_>) -> Result<(), Refusal> {
        match record {
            Record::Message { key, offset, .. } => {
                let name = self.names.get(&key).ok_or("a message of a key without a name")?;
                let name = Arc::clone(name);
                self.take_message(&name, place, offset, len)
            }
            Record::Named { key, offset, name, .. } => {
                self.name(key, name)?;
                self.take_message(name, place, offset, len)
            }
            Record::Key { number, name, start, end } => {
                self.name(number, name)?;
                let key = self.state.key(name);
                (key.start, key.visible) = (start, end);
                Ok(())
            }
            Record::Raised { group, key, offset } => {
                self.tail.group(group).commit(key, offset);
                Ok(())
            }
            Record::Lowered { group, key, from, next } => {
                self.tail.group(group).lower(key, from, next);
                Ok(())
            }
            Record::Truncated { key, start } => {
                let key = self.state.keys.get_mut(key).ok_or("a key that has no messages")?;
                key.start = key.start.max(start);
                Ok(())
            }
        }
    }

    fn name(&mut self, number: u32, name: &str) -> Result<(), Refusal> {
        let known = self.names.entry(number).or_insert_with(|| name.into());
        if **known != *name {
            return Err(format!("two keys of the number {number}: {known} and {name}").into());
        }
        self.state.next_number = self.state.next_number.max(number.saturating_add(1));
        let key = self.state.key(name);
        (key.number, key.is_named) = (number, true);
        Ok(())
    }

    fn take_message(
        &mut self,
        name: &str,
        place: Place,
        offset: u64,
        len: u64,
    ) -> Result<(), Refusal> {
        let key = self.state.key(name);
        if offset != key.visible {
            let expected = key.visible;
            return Err(format!("offset {offset} of {name} where {expected} is the next").into());
        }
        key.visible += 1;
        key.index.add(offset, place, len);
        Ok(())
    }
}

const NO_RECORD: &str = "it is no record of a log";
