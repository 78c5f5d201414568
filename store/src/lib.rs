//! Journals of deltas: what was acknowledged outlives the process, and the machine where that is asked
//! for.
//!
//! A delta is a small state. So what happened to a state is a journal of deltas, its snapshot is one
//! large delta, and to recover is to merge what is found. Nothing here knows what is in a delta: bytes
//! come in, and come back in the same order.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use glomers_crdt::{GSet, Lattice};
//! use glomers_store::{Config, Entry, Journal, SimulatedDisk};
//!
//! fn bytes(set: &GSet<u8>) -> Vec<u8> {
//!     set.iter().copied().collect()               // or any serde format
//! }
//!
//! fn recovered(disk: &SimulatedDisk) -> Result<(Journal, GSet<u8>), glomers_store::OpenError> {
//!     let mut set = GSet::default();
//!     let disk = Arc::new(disk.clone());          // or `Directory::new(folder)?`
//!     let (journal, _) = Journal::open(disk, Config::default(), |entry| {
//!         let (Entry::Snapshot(state) | Entry::Delta(state)) = entry;
//!         set.merge(&state.iter().copied().collect());
//!         Ok::<_, std::io::Error>(())
//!     })?;
//!     Ok((journal, set))
//! }
//!
//! let disk = SimulatedDisk::new(7);
//! let (mut journal, mut set) = recovered(&disk)?;
//! for element in 0..100 {
//!     journal.append(&bytes(&set.insert(element)))?;
//!     journal.commit(Duration::ZERO)?;            // from here on it is safe, and may be acknowledged
//!     if journal.wants_snapshot() {
//!         let state = bytes(&set);
//!         journal.snapshot(Duration::ZERO, |writer| std::io::Write::write_all(writer, &state))?;
//!     }
//! }
//! disk.power_cut();
//! assert_eq!(recovered(&disk)?.1, set);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Parts
//!
//! * [`Journal`] decides what is to be done, reads no clock and starts no thread; what takes long is a
//!   [`Work`] that may be run anywhere. It fits a simulation in virtual time.
//! * [`SharedJournal`] is for the threads of a process and the tasks of any runtime. While the disk is
//!   busy, what is appended gathers, and goes with one write and one sync.
//! * [`Disk`] is what a journal needs of files. [`Directory`] is a folder of the file system;
//!   [`SimulatedDisk`] loses, tears, reorders, fills up, flips bits and fails to sync by a seed.
//! * [`inspect()`] and [`salvage()`] are for a journal that is damaged.
//!
//! # How it works
//!
//! A journal is a *snapshot*, and the *segment* of what was appended after it. To make a snapshot, another
//! segment is begun first, to which the journal goes on; the snapshot is written beside, synced, and then
//! gets its name in one step. Only when the name, too, is sure to survive is what it covers removed. So
//! there is no moment without a whole state, and appends wait for none of it but the beginning of a file.
//!
//! Each record has a checksum, which covers its place. What is written after a sync ends with a *mark*, which
//! says how far the file was synced. So where a record is not whole, it is known what it is:
//!
//! * If no later mark says that it was synced, it is the end of what was being written when the process or
//!   the machine ended. Sectors come to the disk in any order, so there may be whole records after it, of
//!   which none was acknowledged either. The end is cut off, and told as [`Recovery::torn`].
//! * Otherwise it is damage: something that was safe is not any more. That is an error with the file and the
//!   offset, and nothing is changed.
//! * If it becomes whole by turning one bit round, that is no torn end wherever it is, but for a bit that
//!   was the only one in its byte: that byte might never have been written.
//!
//! The format is described in `FORMAT.md`, which is part of the package.
//!
//! # What it promises
//!
//! * What is acknowledged is there, in order, and nothing is that was not appended: by [`SyncPolicy`] after
//!   a kill or after a power cut.
//! * A sync that failed is never tried again: the system may take for written what is not. The journal is
//!   [`Broken`], and must be opened anew; then what is not known to be synced is written once more before
//!   it is believed.
//! * A disk that is full loses nothing that was acknowledged. What was not is taken back, and the journal
//!   goes on.
//! * If snapshots are made when they are [due](Journal::wants_snapshot), there is never more on the disk
//!   than the largest two of them, and [`Config::snapshot_ratio`] times as much or
//!   [`Config::snapshot_at_least`].
//!
//! It does not promise
//!
//! * to notice that the last batch was damaged, rather than torn, by more than a bit, if the machine ended
//!   before anything was written after it: no journal knows without a second sync for each;
//! * to notice that a whole folder was put back to an older state;
//! * anything on a disk that says it has synced, and has not.

mod batch;
mod config;
mod cursor;
mod cut;
mod disk;
mod error;
mod extent;
mod file;
mod inspect;
mod journal;
mod layout;
mod open;
mod place;
mod reader;
mod record;
mod salvage;
mod segment;
mod shared;
mod snapshot;
mod survey;
mod work;

pub use config::{Config, SyncPolicy};
pub use cursor::Cursor;
pub use cut::{Cut, CutDone};
pub use disk::{Directory, Disk, DiskFile, DiskLock, Faults, SimulatedDisk};
pub use error::{AppendError, Broken, CommitError, Damage, DamageKind, OpenError, SnapshotError};
pub use inspect::{FileReport, Inspection, Verdict, inspect};
pub use journal::Journal;
pub use open::{Entry, Recovery, Torn};
pub use place::Place;
pub use salvage::{Salvage, SalvageError, salvage};
pub use shared::{SharedJournal, Ticket};
pub use snapshot::SnapshotWriter;
pub use work::{Done, Work};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
