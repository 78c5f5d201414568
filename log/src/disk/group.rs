use super::record::Record;
use crate::{DiskError, DiskLog, Reset, Snapshot, WaitAny};

/// Consumers who share the work on a [`DiskLog`], and so one committed offset a key; from
/// [`DiskLog::group`]. As a [`Group`](crate::Group), but its commits are on the disk.
///
/// ```
/// use std::sync::Arc;
/// use glomers_log::{DiskConfig, DiskLog, Reset, SimulatedDisk};
///
/// let disk = Arc::new(SimulatedDisk::new(1));
/// let (log, _) = DiskLog::open(disk.clone(), DiskConfig::default())?;
/// log.append("orders", b"rye".to_vec())?;
/// log.group("billing").commit("orders", 0)?;
/// drop(log);
/// disk.power_cut();
///
/// let (log, _) = DiskLog::open(disk, DiskConfig::default())?;
/// let billing = log.group("billing");
/// assert_eq!(billing.committed("orders"), Some(0));
/// assert!(billing.poll("orders", 100, Reset::Earliest)?.is_empty());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct DiskGroup<'a> {
    log: &'a DiskLog,
    name: String,
}

impl DiskLog {
    /// The group of this name, which begins with its first commit; as [`OffsetLog::group`](crate::OffsetLog::group).
    pub fn group(&self, name: &str) -> DiskGroup<'_> {
        DiskGroup { log: self, name: name.to_owned() }
    }
}

impl DiskGroup<'_> {
    /// Records that the group has processed the messages of `key` up to and including `offset`; returns
    /// whether that is further than before, once it is as safe as
    /// [`DiskConfig::sync`](crate::DiskConfig::sync) asks for.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append_all("orders", [b"rye".to_vec(), b"oat".to_vec()])?;
    /// let billing = log.group("billing");
    /// assert!(billing.commit("orders", 1)?);
    /// assert!(!billing.commit("orders", 0)?, "commits do not go back");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it is not. Unless the error is [`DiskError::Broken`] nothing has changed.
    pub fn commit(&self, key: &str, offset: u64) -> Result<bool, DiskError> {
        let group = self.log.tail.group(&self.name);
        let record = || {
            let mut bytes = Vec::new();
            Record::Raised { group: &self.name, key, offset }.encode(&mut bytes);
            group.committed(key).is_none_or(|committed| committed < offset).then_some(bytes)
        };
        let raised = self.log.change(record, || group.commit(key, offset))?;
        Ok(raised.unwrap_or(false))
    }

    /// The highest offset of `key` that the group has committed, if any. See [`position`](Self::position).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// assert_eq!(log.group("billing").committed("orders"), None);
    /// log.append("orders", b"rye".to_vec())?;
    /// log.group("billing").commit("orders", 0)?;
    /// assert_eq!(log.group("billing").committed("orders"), Some(0));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn committed(&self, key: &str) -> Option<u64> {
        self.log.tail.group(&self.name).committed(key)
    }

    /// Where the group goes on reading `key`: behind what it has committed.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append("orders", b"rye".to_vec())?;
    /// let billing = log.group("billing");
    /// assert_eq!(billing.position("orders"), 0);
    /// billing.commit("orders", 0)?;
    /// assert_eq!(billing.position("orders"), 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn position(&self, key: &str) -> u64 {
        self.log.tail.group(&self.name).position(key)
    }

    /// How many messages of `key` the group has before it.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append_all("orders", [b"rye".to_vec(), b"oat".to_vec()])?;
    /// log.group("billing").commit("orders", 0)?;
    /// assert_eq!(log.group("billing").lag("orders"), 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn lag(&self, key: &str) -> u64 {
        let kept = self.log.offsets(key);
        kept.end.saturating_sub(self.position(key).max(kept.start))
    }

    /// At most `limit` messages of `key` from the group's [`position`](Self::position) on, or from where
    /// `reset` says if they are dropped, or if it is beyond the end: then its commit is lowered, on the disk as
    /// well. As [`Group::poll`](crate::Group::poll).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, Reset, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append_all("orders", [b"rye".to_vec(), b"oat".to_vec()])?;
    /// let billing = log.group("billing");
    /// billing.commit("orders", 0)?;
    /// let rest = billing.poll("orders", 100, Reset::Earliest)?;
    /// assert!(rest.iter().eq([(1, &b"oat".to_vec())]));
    ///
    /// billing.commit("orders", 7)?;                   // too far: as if the log had lost its end
    /// billing.poll("orders", 100, Reset::Latest)?;
    /// assert_eq!(billing.position("orders"), 2);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`DiskLog::poll_or`]; and if a lowered commit cannot be written.
    pub fn poll(
        &self,
        key: &str,
        limit: usize,
        reset: Reset,
    ) -> Result<Snapshot<Vec<u8>>, DiskError> {
        let group = self.log.tail.group(&self.name);
        loop {
            let committed = group.committed(key);
            let position = committed.map_or(0, |last| last.saturating_add(1));
            let batch = self.log.poll_or(key, position, limit, reset)?;
            let next = batch.first_offset();
            let Some(from) = committed.filter(|_| next < position) else { return Ok(batch) };
            let record = || {
                let mut bytes = Vec::new();
                Record::Lowered { group: &self.name, key, from, next }.encode(&mut bytes);
                (group.committed(key) == Some(from)).then_some(bytes)
            };
            if self.log.change(record, || group.lower(key, from, next))? == Some(true) {
                return Ok(batch);
            }
        }
    }

    /// Waits until one of several keys has a message that the group has not committed by now; says
    /// which, by index. As [`Group::wait_any`](crate::Group::wait_any).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use glomers_log::{DiskConfig, DiskLog, SimulatedDisk};
    ///
    /// let (log, _) = DiskLog::open(Arc::new(SimulatedDisk::new(1)), DiskConfig::default())?;
    /// log.append("returns", b"oat".to_vec())?;
    /// let billing = log.group("billing");
    /// let wait = billing.wait_any(["orders", "returns"]);
    /// assert_eq!(wait.blocking(std::time::Duration::from_secs(1)), [1]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_any<'q>(
        &self,
        keys: impl IntoIterator<Item = &'q str>,
    ) -> WaitAny<'_, String, Vec<u8>> {
        let positions = keys.into_iter().map(|key| (key, self.position(key)));
        self.log.tail.wait_any(positions).for_group()
    }
}
