use std::num::{NonZeroU8, NonZeroU64, NonZeroUsize};

use glomers_check::check::Model;

/// How a load of transactions is made up, and what they are held to. The defaults are Maelstrom's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many keys are in use at a time, [`MOST_KEYS`](Self::MOST_KEYS) at most. Each is chosen
    /// twice as often as the one before it, so a few keys see most of the conflicts.
    pub key_count: NonZeroU8,
    /// How many operations a transaction has at least.
    pub min_txn_length: NonZeroUsize,
    /// How many it has at most; the greater of both counts.
    pub max_txn_length: NonZeroUsize,
    /// How often a key is written before a fresh one takes its place. Longer lives make longer lists.
    pub max_writes_per_key: NonZeroU64,
    /// The consistency models that must hold, all of them.
    pub models: Vec<Model>,
}

impl Options {
    /// The most keys that can be in use at a time.
    pub const MOST_KEYS: u8 = 63;

    /// The flags of `glomers test` that give these options: of those that are not the default.
    ///
    /// ```
    /// use glomers_check::check::Model;
    /// use glomers::workload::txn::Options;
    ///
    /// let options = Options { models: vec![Model::READ_ATOMIC], ..Options::default() };
    /// assert_eq!(options.to_flags(), ["--consistency-models", "read-atomic"]);
    /// assert!(Options::default().to_flags().is_empty());
    /// ```
    pub fn to_flags(&self) -> Vec<String> {
        let written = |options: &Self| {
            let Self { key_count, min_txn_length, max_txn_length, max_writes_per_key, models } =
                options;
            [
                ("key-count", key_count.to_string()),
                ("min-txn-length", min_txn_length.to_string()),
                ("max-txn-length", max_txn_length.to_string()),
                ("max-writes-per-key", max_writes_per_key.to_string()),
                ("consistency-models", list(models)),
            ]
        };
        let pairs = written(self).into_iter().zip(written(&Self::default()));
        let changed = pairs.filter(|(own, default)| own != default);
        changed.flat_map(|((name, value), _)| [format!("--{name}"), value]).collect()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            key_count: NonZeroU8::MIN.saturating_add(9),
            min_txn_length: NonZeroUsize::MIN,
            max_txn_length: NonZeroUsize::MIN.saturating_add(3),
            max_writes_per_key: NonZeroU64::MIN.saturating_add(15),
            models: vec![Model::STRICT_SERIALIZABLE],
        }
    }
}

fn list(models: &[Model]) -> String {
    models.iter().map(|model| model.name()).collect::<Vec<_>>().join(",")
}
