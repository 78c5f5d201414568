use std::time::Duration;

/// How a [`SimulatedDisk`](super::SimulatedDisk) fails while it runs, besides what is done to it by
/// [`power_cut`](super::SimulatedDisk::power_cut) and [`flip`](super::SimulatedDisk::flip).
///
/// ```
/// use glomers_store::{Disk, Faults, SimulatedDisk};
///
/// let disk = SimulatedDisk::new(1);
/// disk.set_faults(Faults { capacity: Some(2), ..Faults::default() });
/// let error = disk.create("a")?.write_at(b"rye", 0).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// The probability with which a sync fails, from 0 to 1. Any part of what it was to make
    /// durable is then so, and the rest never will be, unless it is written again.
    pub sync_errors: f64,
    /// The probability with which a write fails, from 0 to 1, after any part of it.
    pub write_errors: f64,
    /// How many bytes all files may have together; `None` for as many as there are. A write beyond
    /// fails after as many as there was room for.
    pub capacity: Option<u64>,
    /// How long a sync takes at most: see
    /// [`SimulatedDisk::sync_time`](super::SimulatedDisk::sync_time).
    pub slowest_sync: Duration,
}
