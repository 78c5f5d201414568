use glomers_store::SyncPolicy;

/// How a log is kept on its disk.
///
/// ```
/// use glomers_log::{DiskConfig, SyncPolicy};
///
/// let mut config = DiskConfig::default();
/// config.sync = SyncPolicy::Never;
/// config.keep_bytes = 10 << 30;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DiskConfig {
    /// When an append counts as done, and its message becomes visible: what anybody has seen is as safe
    /// as this says.
    pub sync: SyncPolicy,
    /// A file that has grown to so many bytes is followed by another. What is dropped, is dropped by
    /// the file; so this is also by how much more may be kept than is to be. Sensible from 1 MiB to 1 GiB.
    pub segment_bytes: u64,
    /// How many bytes of all keys together are kept; older files are removed.
    pub keep_bytes: u64,
    /// How many bytes of the newest messages of all keys together stay in memory. Polls of them read no
    /// disk. Sensible from some 100 KiB up.
    pub memory: u64,
}

impl Default for DiskConfig {
    /// Synced before it is acknowledged, in files of 64 MiB, everything kept, 16 MiB in memory.
    fn default() -> Self {
        Self {
            sync: SyncPolicy::Always,
            segment_bytes: 64 << 20,
            keep_bytes: u64::MAX,
            memory: 16 << 20,
        }
    }
}
