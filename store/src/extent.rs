use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much there is on the disk: the journal and whoever writes a snapshot tell it.
#[derive(Debug, Default)]
pub(crate) struct Extent(Mutex<Lens>);

#[derive(Debug, Default)]
struct Lens {
    snapshot: u64,
    /// Segments that are no longer appended to.
    segments: BTreeMap<u64, u64>,
}

impl Extent {
    /// The segments before this generation are covered by a snapshot with so many bytes.
    pub(crate) fn cover(&self, generation: u64, snapshot: u64) {
        let mut lens = self.lens();
        lens.snapshot = snapshot;
        lens.segments.retain(|segment, _| *segment >= generation);
    }

    /// A segment is no longer appended to.
    pub(crate) fn close(&self, generation: u64, len: u64) {
        self.lens().segments.insert(generation, len);
    }

    /// Bytes in the snapshot.
    pub(crate) fn snapshot(&self) -> u64 {
        self.lens().snapshot
    }

    /// Bytes in segments that are no longer appended to, and not covered.
    pub(crate) fn closed(&self) -> u64 {
        self.lens().segments.values().sum()
    }

    fn lens(&self) -> MutexGuard<'_, Lens> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
