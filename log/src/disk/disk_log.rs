use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use glomers_store::{Disk, SharedJournal};

use super::cursors::Cursors;
use super::state::State;
use crate::{DiskConfig, DiskError, OffsetLog, OutOfRange, Reset, Snapshot, WaitAny};

/// Logs by key on a disk, and how far they are committed; shared by reference. From
/// [`OffsetLog::open`], or [`DiskLog::open`] for any [`Disk`].
///
/// It is an [`OffsetLog`] whose messages outlive the process, and whose memory does not grow with them: the
/// newest lie in memory and on the disk, all others on the disk alone. Keys are text and messages bytes: on
/// the disk they are bytes in any case, and who has types knows how they are written. It is a type
/// of its own since the disk shows: an append waits for it and may fail, and so may a poll of what is past.
///
/// ```
/// use glomers_log::{DiskConfig, OffsetLog, Reset};
///
/// let folder = std::env::temp_dir().join(format!("glomers-doc-log-{}", std::process::id()));
/// let (log, _) = OffsetLog::open(&folder, DiskConfig::default())?;
/// assert_eq!(log.append("orders", b"rye".to_vec())?, 0);
/// let billing = log.group("billing");
/// for (offset, order) in &billing.poll("orders", 100, Reset::Earliest)? {
///     assert_eq!(order, b"rye");
///     billing.commit("orders", offset)?;
/// }
/// drop(log);
///
/// let (log, _) = OffsetLog::open(&folder, DiskConfig::default())?;
/// assert_eq!((log.offsets("orders"), log.group("billing").lag("orders")), (0..1, 0));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # What it promises
///
/// * What has been acknowledged or shown is there after a kill or after a power cut, by
///   [`DiskConfig::sync`]; offsets are dense, and none that was shown is given out again. A message
///   is visible once it is as safe as that says, and when its append has returned.
/// * A commit of a group is as safe when it returns.
/// * One write, and one sync if there is to be one, serves all threads that append or commit meanwhile,
///   to whatever key.
/// * Memory: [`DiskConfig::memory`], a few MiB for reading, some 30 bytes for each 64 KiB of messages, and
///   some 200 for each key and 30 for each file that it is in; besides what is being appended and polled.
/// * An end that was torn is cut off when the log is opened, and told; other damage is an error that names
///   the file and the byte, and nothing is changed.
///
/// It does not promise that to read one of many keys costs nothing for the others: files are shared, so
/// that one sync serves all keys, and a poll of the past reads over what lies between. To open a log reads it
/// once.
///
/// The files are those of a journal of `glomers-store`, which has tools to look at them and to save
/// what can be saved; what is in the records is told in `FORMAT.md`.
pub struct DiskLog {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) config: DiskConfig,
    pub(crate) journal: SharedJournal,
    /// The newest messages, and what groups have committed.
    pub(crate) tail: OffsetLog<String, Vec<u8>>,
    pub(crate) state: Mutex<State>,
    /// Shared by changes, besides messages, from before they are written until they are seen in memory.
    pub(crate) under_way: RwLock<()>,
    /// Whoever begins files and removes them.
    pub(crate) retaining: Mutex<()>,
    pub(crate) cursors: Cursors,
}

impl DiskLog {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The messages of `key` from the offset `from` on, at most `limit` of them: as
    /// [`OffsetLog::poll`]. Of what is past, it returns a mebibyte at once, or one message that is larger.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append_all("k", [b"rye".to_vec(), b"oat".to_vec()])?;
    /// assert!(log.poll("k", 1, 100)?.iter().eq([(1, &b"oat".to_vec())]));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DiskError::OutOfRange`] if the message at `from` is dropped; [`DiskError::Damaged`],
    /// [`DiskError::Read`].
    pub fn poll(&self, key: &str, from: u64, limit: usize) -> Result<Snapshot<Vec<u8>>, DiskError> {
        match self.tail.poll(key, from, limit) {
            Ok(batch) => Ok(batch),
            Err(_) => self.poll_past(key, from, limit),
        }
    }

    /// [`poll`](Self::poll), but if the message at `from` is dropped, or `from` is beyond the end, from
    /// where `reset` says: as [`OffsetLog::poll_or`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, Reset, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append_all("orders", [b"rye".to_vec(), b"oat".to_vec()])?;
    /// log.truncate("orders", 1)?;
    /// assert!(log.poll("orders", 0, 100).is_err(), "the first one is dropped");
    /// let rest = log.poll_or("orders", 0, 100, Reset::Earliest)?;
    /// assert!(rest.iter().eq([(1, &b"oat".to_vec())]));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll); and [`DiskError::OutOfRange`] with [`Reset::Error`] beyond the end.
    pub fn poll_or(
        &self,
        key: &str,
        from: u64,
        limit: usize,
        reset: Reset,
    ) -> Result<Snapshot<Vec<u8>>, DiskError> {
        loop {
            let Range { start, end } = self.offsets(key);
            let at = reset.resolve(from, start, end)?;
            match self.poll(key, at, limit) {
                // It was dropped meanwhile.
                Err(DiskError::OutOfRange(OutOfRange { .. })) if reset != Reset::Error => {}
                polled => return polled,
            }
        }
    }

    /// Of what offsets `key` has messages: as [`OffsetLog::offsets`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append_all("orders", [b"rye".to_vec(), b"oat".to_vec()])?;
    /// log.truncate("orders", 1)?;
    /// assert_eq!((log.offsets("orders"), log.offsets("returns")), (1..2, 0..0));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn offsets(&self, key: &str) -> Range<u64> {
        let (start, end) = self.state().bounds(key);
        start..end
    }

    /// The keys that have or had messages, sorted.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append("returns", b"oat".to_vec())?;
    /// log.append("orders", b"rye".to_vec())?;
    /// assert_eq!(log.keys(), ["orders", "returns"]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn keys(&self) -> Vec<String> {
        let state = self.state();
        let keys = state.keys.iter().filter(|(_, key)| key.visible > 0);
        keys.map(|(name, _)| name.to_string()).collect()
    }

    /// Waits until one of several keys has a message at the offset beside it or after; says which, by
    /// index: as [`OffsetLog::wait_any`]. One then polls oneself.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append("returns", b"oat".to_vec())?;
    /// let ready = log.wait_any([("orders", 0), ("returns", 0)]).blocking(Duration::from_secs(1));
    /// assert_eq!(ready, [1]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_any<'q>(
        &self,
        positions: impl IntoIterator<Item = (&'q str, u64)>,
    ) -> WaitAny<'_, String, Vec<u8>> {
        self.tail.wait_any(positions)
    }

    /// The names of the groups that have committed anything, sorted.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append("orders", b"rye".to_vec())?;
    /// log.group("billing").commit("orders", 0)?;
    /// assert_eq!(log.groups(), ["billing"]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn groups(&self) -> Vec<String> {
        self.tail.groups()
    }

    /// Writes and syncs whatever is left, whatever the policy, and says so in the file: what is wrong with it
    /// later is then known to be damage. A log that is dropped instead is as after a kill.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append("orders", b"rye".to_vec())?;
    /// log.close()?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the disk fails.
    pub fn close(self) -> Result<(), DiskError> {
        Ok(self.journal.close()?)
    }
}

/// How many keys it has, not the messages themselves.
impl fmt::Debug for DiskLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskLog")
            .field("keys", &self.state().keys.len())
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
