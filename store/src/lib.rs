//! Journals of deltas.

mod config;
mod cut;
mod disk;
mod error;
mod extent;
mod file;
mod inspect;
mod journal;
mod layout;
mod open;
mod reader;
mod record;
mod salvage;
mod segment;
mod shared;
mod snapshot;
mod survey;
mod work;

pub use config::{Config, SyncPolicy};
pub use cut::{Cut, CutDone};
pub use disk::{Directory, Disk, DiskFile, DiskLock, Faults, SimulatedDisk};
pub use error::{AppendError, Broken, CommitError, Damage, DamageKind, OpenError, SnapshotError};
pub use inspect::{FileReport, Inspection, Verdict, inspect};
pub use journal::Journal;
pub use open::{Entry, Recovery, Torn};
pub use salvage::{Salvage, SalvageError, salvage};
pub use shared::{SharedJournal, Ticket};
pub use snapshot::SnapshotWriter;
pub use work::{Done, Work};
