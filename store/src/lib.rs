//! Journals of deltas.

mod config;
mod cut;
mod disk;
mod error;
mod extent;
mod file;
mod journal;
mod layout;
mod open;
mod reader;
mod record;
mod segment;
mod snapshot;
mod work;

pub use config::{Config, SyncPolicy};
pub use cut::{Cut, CutDone};
pub use disk::{Directory, Disk, DiskFile, DiskLock, Faults, SimulatedDisk};
pub use error::{AppendError, Broken, CommitError, Damage, DamageKind, OpenError, SnapshotError};
pub use journal::Journal;
pub use open::{Entry, Recovery, Torn};
pub use snapshot::SnapshotWriter;
pub use work::{Done, Work};
