use std::cell::Cell;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::Tally;
use crate::kv::{Kv, Service};
use crate::runtime::{Net, RpcError};

/// How long seq-kv is given to answer at first; twice as long after each time that was too short.
const KV_PATIENCE: Duration = Duration::from_millis(1500);
const MAX_KV_PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait after an error of seq-kv before asking again.
const PAUSE: Duration = Duration::from_millis(250);

/// What seq-kv holds of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Record<T> {
    /// The life that may change it: an earlier one must not, and finds that it cannot.
    pub(super) life: String,
    /// The node's entries in the counter. The last one grows; the others' lives could not be
    /// continued.
    pub(super) entries: Vec<T>,
    /// The life whose journal may be ahead of the last entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) journal: Option<String>,
}

impl<T: Tally> Record<T> {
    /// The entry that grows.
    pub(super) fn last(&self) -> T {
        self.entries.last().copied().unwrap_or_default()
    }

    /// The record with another value of the entry that grows.
    pub(super) fn with_last(&self, tally: T) -> Self {
        let mut record = self.clone();
        if let Some(last) = record.entries.last_mut() {
            *last = tally;
        }
        record
    }
}

/// A key of seq-kv that one node changes, by compare-and-set.
pub(super) struct Register {
    net: Net,
    key: String,
    patience: Cell<Duration>,
    fences: Cell<u64>,
}

impl Register {
    pub(super) fn new(net: &Net, key: String) -> Self {
        Self { net: net.clone(), key, patience: Cell::new(KV_PATIENCE), fences: Cell::new(0) }
    }

    /// Changes the register from `base` to `target`, or returns for certain that this did not and
    /// never will happen, and what is there instead.
    pub(super) async fn change<T: Tally>(
        &self,
        base: Option<&Record<T>>,
        target: &Record<T>,
    ) -> Result<(), Option<Record<T>>> {
        let absent = Record::default();
        let from = base.unwrap_or(&absent);
        loop {
            match self.kv().cas(&self.key, from, target, base.is_none()).await {
                Ok(true) => return Ok(()),
                // The comparison may have been made with an old state.
                Ok(false) => {}
                Err(error) => self.pause_after(&error).await,
            }
            let found = self.read_newest().await;
            if found.as_ref() == Some(target) {
                return Ok(());
            }
            if found.as_ref() != base {
                return Err(found);
            }
        }
    }

    /// Reads the register, at seq-kv's newest state; tries until it succeeds.
    pub(super) async fn read_newest<T: Tally>(&self) -> Option<Record<T>> {
        loop {
            match self.try_read_newest().await {
                Ok(found) => return found,
                Err(error) => self.pause_after(&error).await,
            }
        }
    }

    /// A key of the node's own is first written with a value it never had: a request that changes
    /// the store runs on its newest state and takes the caller there, so that what is read next
    /// cannot be older.
    async fn try_read_newest<T: Tally>(&self) -> Result<Option<Record<T>>, RpcError> {
        self.fences.set(self.fences.get() + 1);
        let unique = format!("{:016x}-{}", self.net.entropy()[1], self.fences.get());
        self.kv().write(&format!("{}/fence", self.key), &unique).await?;
        self.kv().read(&self.key).await
    }

    fn kv(&self) -> Kv {
        Kv::new(self.net.clone(), Service::SeqKv, self.patience.get())
    }

    async fn pause_after(&self, error: &RpcError) {
        tracing::warn!(%error, key = self.key, "seq-kv does not answer as it should");
        if *error == RpcError::Timeout {
            self.patience.set((self.patience.get() * 2).min(MAX_KV_PATIENCE));
        }
        sleep(PAUSE).await;
    }
}
