use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use glomers_store::{Place, SharedJournal, Ticket};

use super::index::Index;
use crate::{DiskConfig, OffsetLog};

/// What a record of the journal has around its content.
const HEAD: u64 = 8;

/// What is known of all keys, under one lock; of messages nothing but where they lie, and those that are
/// not safe yet.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) keys: BTreeMap<Arc<str>, Key>,
    pub(crate) next_number: u32,
    /// How often something was lost, as far as it is noticed here.
    pub(crate) losses: u64,
    /// Up to where everything that is in the newest file may be read.
    pub(crate) safe: Place,
    /// The generation of the newest file.
    pub(crate) newest: u64,
    /// How long the files are that are no longer appended to, about.
    pub(crate) files: BTreeMap<u64, u64>,
    /// What lies in memory, oldest first: the key, the offset after it, and its bytes.
    recent: VecDeque<(Arc<str>, u64, u64)>,
    recent_bytes: u64,
}

/// A key, all of whose messages from `start` to before `visible` are safe.
#[derive(Debug, Default)]
pub(crate) struct Key {
    /// What it goes by on the disk.
    pub(crate) number: u32,
    /// Whether the disk knows whose number that is.
    pub(crate) is_named: bool,
    pub(crate) start: u64,
    pub(crate) visible: u64,
    /// The offset of the next append.
    pub(crate) end: u64,
    pub(crate) index: Index,
    /// From `visible` to before `end`, unless something was lost.
    pub(crate) pending: VecDeque<Pending>,
}

/// A message that is not safe yet, as far as is known here.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) offset: u64,
    pub(crate) place: Place,
    pub(crate) record: u64,
    pub(crate) value: Vec<u8>,
    pub(crate) ticket: Ticket,
}

impl State {
    /// Without keys, on a journal that ends there.
    pub(crate) fn new(safe: Place) -> Self {
        Self {
            keys: BTreeMap::new(),
            next_number: 0,
            losses: 0,
            safe,
            newest: safe.generation,
            files: BTreeMap::new(),
            recent: VecDeque::new(),
            recent_bytes: 0,
        }
    }

    /// The key of this name, a new one if need be.
    pub(crate) fn key(&mut self, name: &str) -> &mut Key {
        if !self.keys.contains_key(name) {
            let key = Key { number: self.next_number, ..Key::default() };
            self.next_number += 1;
            self.keys.insert(name.into(), key);
        }
        self.keys.entry(name.into()).or_default()
    }

    /// Shows what of `name` is safe, through the offset `last`; returns what must be waited for first,
    /// and then this be called again.
    pub(crate) fn settle(
        &mut self,
        name: &str,
        last: u64,
        tail: &OffsetLog<String, Vec<u8>>,
    ) -> Option<Ticket> {
        let Self { keys, safe, recent, recent_bytes, .. } = self;
        let (name, key) = keys
            .get_key_value(name)
            .map(|(name, _)| Arc::clone(name))
            .and_then(|name| keys.get_mut(&name).map(|key| (name, key)))?;
        while let Some(first) = key.pending.front().filter(|first| first.offset <= last) {
            let Some(outcome) = first.ticket.outcome() else { return Some(first.ticket.clone()) };
            let Some(first) = key.pending.pop_front() else { break };
            if outcome.is_err() {
                continue;
            }
            let bytes = first.value.len() as u64;
            let end = Place { offset: first.place.offset + HEAD + first.record, ..first.place };
            *safe = end.max(*safe);
            key.index.add(first.offset, first.place, first.record + HEAD);
            key.is_named = true;
            key.visible = first.offset + 1;
            let offset = tail.append(&*name, first.value);
            debug_assert_eq!(offset, first.offset, "what is in memory goes on where the disk does");
            recent.push_back((Arc::clone(&name), key.visible, bytes));
            *recent_bytes += bytes;
        }
        None
    }

    /// Takes notice that something was lost: all that was under way has come to its end, and offsets that
    /// were to be given to what is lost are free.
    pub(crate) fn recover(&mut self, journal: &SharedJournal, tail: &OffsetLog<String, Vec<u8>>) {
        self.losses = journal.losses();
        let names: Vec<Arc<str>> = self.keys.keys().cloned().collect();
        for name in names {
            while let Some(ticket) = self.settle(&name, u64::MAX, tail) {
                // What came of it is looked at by the one above.
                let _ = ticket.wait();
            }
            if let Some(key) = self.keys.get_mut(&name) {
                key.end = key.visible;
            }
        }
    }

    /// Drops from memory what is too much there.
    pub(crate) fn evict(&mut self, config: &DiskConfig, tail: &OffsetLog<String, Vec<u8>>) {
        if self.recent_bytes <= config.memory {
            return;
        }
        // Some more at once, so that it is not done for each message.
        let rest = config.memory - config.memory / 16;
        let mut ends = HashMap::<Arc<str>, u64>::new();
        while self.recent_bytes > rest
            && let Some((name, end, bytes)) = self.recent.pop_front()
        {
            self.recent_bytes -= bytes;
            ends.insert(name, end);
        }
        for (name, end) in ends {
            tail.truncate(&*name, end);
        }
    }

    /// From where to where `name` has messages that may be seen.
    pub(crate) fn bounds(&self, name: &str) -> (u64, u64) {
        self.keys.get(name).map_or((0, 0), |key| (key.start, key.visible))
    }
}

impl Key {
    /// The first offset that is in the files from this generation on, or that of the next message.
    pub(crate) fn first_from(&self, generation: u64) -> u64 {
        self.index.first_from(generation).unwrap_or(self.visible)
    }
}
