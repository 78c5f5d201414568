//! What outlives a node, and where it is kept.
//!
//! A node's [`Journal`](glomers_store::Journal) holds the deltas of its state. Nothing that may rest on
//! a delta leaves the node before the delta is as safe as the node's [`Durability`] asks for: answers,
//! gossip and requests to services wait in its *outbox*, and go as soon as the disk has done what was asked of
//! it meanwhile, in one write. So whatever others know of a node, its next life knows. This is what Strom
//! and Yemini call output commit: [Optimistic Recovery in Distributed
//! Systems](https://doi.org/10.1145/3959.3962), TOCS 1985.
//!
//! * A disk that **fails** ends the node's life: after a sync that failed nothing is known but what is found by
//!   who opens the journal next. The node says why, and nothing more.
//! * A disk that is **full** does not. Who asks for what is not safe gets an indefinite error until there is
//!   room; it is tried [again](RETRY), and nothing is forgotten.
//! * A journal that is **damaged** is not opened: `init` is refused with the file and the offset.

mod held;
mod keeper;
mod life;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use glomers_store::{Directory, Disk, SimulatedDisk};
use serde::{Deserialize, Serialize};

pub(crate) use self::held::{Outgoing, Refused, Reply};
pub(crate) use self::keeper::Keeper;
pub use self::keeper::RETRY;
pub(crate) use self::life::{Life, Lives, Record, boot};

/// What is acknowledged survives this, and everything that is less.
///
/// ```
/// use glomers_shims::storage::Durability;
///
/// assert_eq!(Durability::default(), Durability::Process);
/// assert!(Durability::Process < Durability::Power);
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    ValueEnum,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Nothing: all is in memory
    None,
    /// The end of the process, SIGKILL included: written before it is acknowledged
    #[default]
    Process,
    /// The end of the machine, as by a power cut: synced before it is acknowledged
    Power,
}

/// Where a node finds what its earlier lives have kept.
///
/// ```
/// use glomers_shims::cli;
/// use glomers_shims::nodes::Broadcast;
/// use glomers_shims::runtime::Env;
/// use glomers_shims::storage::Storage;
/// use glomers_shims::testing::{TestNode, in_virtual_time};
/// use glomers_store::SimulatedDisk;
/// use serde_json::json;
///
/// in_virtual_time(async {
///     let disk = SimulatedDisk::new(1);
///     for life in 1..=2 {
///         let args = cli::parse::<Broadcast>(&[]).expect("there is nothing wrong with it");
///         let mut env = Env::new([life, life]);
///         env.storage = Some(Storage::Memory(disk.clone()));
///         let node = TestNode::with_env::<Broadcast>(args, env);
///         node.init(&["n1"]).await;
///         node.ask(json!({ "type": "broadcast", "message": life })).await;
///         let seen = node.ask(json!({ "type": "read" })).await;
///         assert_eq!(seen["messages"].as_array().map(Vec::len), usize::try_from(life).ok());
///         node.kill();
///         disk.kill();
///     }
/// });
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Storage {
    /// In a folder for each node below this one.
    Folder(PathBuf),
    /// In a folder for each *life* of a node below this one, which may be everybody's: only who was told of
    /// a life finds what it has kept. Counters are told by seq-kv; other nodes keep nothing there.
    Temporary(PathBuf),
    /// In the memory of the program that runs the node, which hands the same to each of its lives.
    Memory(SimulatedDisk),
}

impl Storage {
    /// Whether a life finds by itself what the one before has kept.
    pub(crate) fn is_lasting(&self) -> bool {
        !matches!(self, Self::Temporary(_))
    }

    /// The disk of a life; `place` tells the node from others.
    pub(crate) fn open(&self, place: &str, life: &str) -> io::Result<Arc<dyn Disk>> {
        Ok(match self {
            Self::Folder(folder) => Arc::new(Directory::new(folder.join(place))?),
            Self::Temporary(folder) => Arc::new(Directory::new(of_life(folder, place, life))?),
            Self::Memory(disk) => Arc::new(disk.clone()),
        })
    }

    /// The disk of another life, if that had one of its own.
    pub(crate) fn of_another(&self, place: &str, life: &str) -> Option<Arc<dyn Disk>> {
        let Self::Temporary(folder) = self else { return None };
        let folder = of_life(folder, place, life);
        let disk = folder.is_dir().then(|| Directory::new(folder))?.ok()?;
        Some(Arc::new(disk))
    }

    /// Removes the disk of another life, if that had one of its own.
    pub(crate) fn remove_another(&self, place: &str, life: &str) {
        if let Self::Temporary(folder) = self
            && let Err(error) = std::fs::remove_dir_all(of_life(folder, place, life))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::debug!(%error, life, "the journal of an earlier life stays");
        }
    }

    /// The folder that the user knows, if there is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) | Self::Temporary(folder) => Some(folder),
            Self::Memory(_) => None,
        }
    }
}

fn of_life(folder: &Path, place: &str, life: &str) -> PathBuf {
    folder.join(format!("glomers-{place}-{life}"))
}
