use std::num::NonZeroU32;
use std::time::Duration;

/// When what is written is synced.
///
/// What is written survives the process, however it ends. What is synced survives the machine, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SyncPolicy {
    /// Before it is acknowledged: a power cut loses nothing that was. One sync serves all that wait
    /// for it; it takes some milliseconds on most disks.
    #[default]
    Always,
    /// At the latest so long after it was written, and acknowledged: a power cut loses what was
    /// acknowledged since, at most.
    Every(Duration),
    /// By the operating system, when it likes: a power cut loses any number of the last deltas.
    Never,
}

/// How a journal is kept.
///
/// ```
/// use std::time::Duration;
/// use glomers_store::{Config, SyncPolicy};
///
/// let mut config = Config::default();
/// config.sync = SyncPolicy::Every(Duration::from_millis(100));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// When deltas are synced.
    pub sync: SyncPolicy,
    /// A snapshot is due when the deltas since the last one have this many times its bytes. The more,
    /// the less often the whole state is written, the more room is used and the longer recovery
    /// takes. Sensible from 1 to 10.
    pub snapshot_ratio: NonZeroU32,
    /// No snapshot is due as long as the deltas have fewer bytes than this: small states would be
    /// written all the time. Sensible from some kilobytes up.
    pub snapshot_at_least: u64,
}

impl Default for Config {
    /// Synced before it is acknowledged, a snapshot at twice the state and at a mebibyte at least.
    fn default() -> Self {
        Self {
            sync: SyncPolicy::Always,
            snapshot_ratio: NonZeroU32::MIN.saturating_add(1),
            snapshot_at_least: 1 << 20,
        }
    }
}

impl Config {
    /// The default with another policy.
    pub fn with_sync(sync: SyncPolicy) -> Self {
        Self { sync, ..Self::default() }
    }
}
