//! What of [`DiskLog`] begins files and removes them.

use std::io::Write;
use std::sync::PoisonError;

use super::record::{Record, put_part};
use super::state::State;
use crate::{DiskError, DiskLog};

impl DiskLog {
    /// Drops the messages of `key` before the offset `before`, as far as there are any; returns where its
    /// log starts then. Files go when nothing in them is left.
    ///
    /// # Errors
    ///
    /// If that is not as safe as [`DiskConfig::sync`](crate::DiskConfig::sync) asks for.
    pub fn truncate(&self, key: &str, before: u64) -> Result<u64, DiskError> {
        let (start, end) = self.state().bounds(key);
        let target = before.min(end);
        if target > start {
            let record = || {
                let mut bytes = Vec::new();
                Record::Truncated { key, start: target }.encode(&mut bytes);
                Some(bytes)
            };
            self.change(record, || {
                if let Some(key) = self.state().keys.get_mut(key) {
                    key.start = key.start.max(target);
                }
                self.tail.truncate(key, target);
            })?;
            let retaining = self.retaining.lock().unwrap_or_else(PoisonError::into_inner);
            // What cannot be removed now is another time.
            let _ = self.remove_files();
            drop(retaining);
        }
        Ok(self.offsets(key).start)
    }

    /// Begins another file after that of this generation, and removes what is too much. What does not
    /// succeed is done after a later append, or not possible any more, which a later append tells.
    pub(crate) fn roll(&self, generation: u64) {
        let Ok(_retaining) = self.retaining.try_lock() else { return };
        if self.state().newest != generation {
            return;
        }
        let Ok(newest) = self.journal.rotate() else { return };
        {
            let mut state = self.state();
            state.newest = newest;
            let len = if state.safe.generation == generation { state.safe.offset } else { 0 };
            state.files.insert(generation, len.max(self.config.segment_bytes));
        }
        let _ = self.remove_files();
    }

    /// Removes the files that hold nothing any more, and the oldest of those that are too much. Nobody
    /// else does the same meanwhile.
    fn remove_files(&self) -> Result<(), DiskError> {
        let Some(generation) = self.oldest_kept() else { return Ok(()) };
        let (snapshot, starts) = {
            // All that is in the files to go is seen in memory.
            let _idle = self.under_way.write().unwrap_or_else(PoisonError::into_inner);
            let mut state = self.state();
            self.settle_before(&mut state, generation);
            (self.snapshot(&state, generation), state.starts(generation))
        };
        let mut writer = self.journal.cover(generation)?;
        writer.write_all(&snapshot)?;
        writer.finish()?;
        let mut state = self.state();
        for (name, start) in starts {
            if let Some(key) = state.keys.get_mut(&*name) {
                key.start = key.start.max(start);
                key.index.forget(generation);
            }
            self.tail.truncate(&*name, start);
        }
        state.files.retain(|file, _| *file >= generation);
        drop(state);
        self.cursors.forget(generation);
        Ok(())
    }

    /// The oldest file that is to stay, if there are any before it.
    fn oldest_kept(&self) -> Option<u64> {
        let state = self.state();
        let mut kept: u64 = state.files.values().sum::<u64>() + state.safe.offset;
        let mut oldest = None;
        for (generation, len) in &state.files {
            let is_dead = || {
                let mut keys = state.keys.values();
                keys.all(|key| key.first_from(generation + 1) <= key.start)
            };
            if kept <= self.config.keep_bytes && !is_dead() {
                break;
            }
            kept = kept.saturating_sub(*len);
            oldest = Some(generation + 1);
        }
        oldest
    }

    /// Shows what lies in the files before this generation, which are all written.
    fn settle_before(&self, state: &mut State, generation: u64) {
        let pending = state.keys.iter().filter_map(|(name, key)| {
            let old = key.pending.iter().rev().find(|it| it.place.generation < generation)?;
            Some((std::sync::Arc::clone(name), old.offset))
        });
        for (name, last) in pending.collect::<Vec<_>>() {
            while let Some(ticket) = state.settle(&name, last, &self.tail) {
                let _ = ticket.wait();
            }
        }
    }

    /// All that is in the files before this generation and still counts.
    fn snapshot(&self, state: &State, generation: u64) -> Vec<u8> {
        let mut snapshot = Vec::new();
        for (name, key) in &state.keys {
            let end = key.first_from(generation);
            let start = key.start.max(end.min(key.visible));
            put_part(&mut snapshot, &Record::Key { number: key.number, name, start, end });
        }
        for group in self.tail.groups().iter().map(String::as_str).chain([""]) {
            for (key, offset) in self.tail.group(group).all() {
                put_part(&mut snapshot, &Record::Raised { group, key: &key, offset });
            }
        }
        snapshot
    }
}

impl State {
    /// Where keys start when the files before this generation are gone.
    fn starts(&self, generation: u64) -> Vec<(std::sync::Arc<str>, u64)> {
        let keys = self.keys.iter();
        keys.map(|(name, key)| (std::sync::Arc::clone(name), key.first_from(generation))).collect()
    }
}
