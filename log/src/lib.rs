//! Kafka-style logs: for each key a sequence of messages with ascending offsets, and for
//! each group of consumers the offset up to which it has committed them.
//!
//! | | [`OffsetLog`] | [`ReplicatedLog`] |
//! | --- | --- | --- |
//! | shared by | the threads of one process | members that send each other deltas |
//! | an append | waits for no other key's | waits for nobody |
//! | offsets | dense | small, with gaps |
//! | a message is visible | at once | once no member can put one before it |
//!
//! # One process
//!
//! An [`OffsetLog`] is shared between threads by reference. Producers append; consumers poll from
//! an offset on, wait where there is nothing yet, and commit what they have processed. What a poll
//! returns is a [`Snapshot`]: a view that copies no message, never changes, and holds no lock, so
//! that a slow consumer hinders nobody.
//!
//! ```
//! use glomers_log::{OffsetLog, Reset, Retention};
//!
//! // The newest million messages of each key, and of them at most 64 MB.
//! let retention = Retention::forever().messages(1_000_000).bytes(64 << 20, String::len);
//! let log = OffsetLog::<String, String>::with_retention(retention);
//! assert_eq!(log.append("orders", "rye".to_owned()), 0);
//! assert_eq!(log.append("orders", "oat".to_owned()), 1);
//!
//! // Take up after what was committed, at most a hundred messages at once.
//! let billing = log.group("billing");
//! let batch = billing.poll("orders", 100, Reset::Earliest)?;
//! for (offset, message) in &batch {
//!     println!("{offset}: {message}");
//!     billing.commit("orders", offset);
//! }
//! assert_eq!((billing.committed("orders"), billing.lag("orders")), (Some(1), 0));
//! assert!(log.poll("orders", batch.next_offset(), 100)?.is_empty());
//! # Ok::<_, glomers_log::OutOfRange>(())
//! ```
//!
//! ## How it works
//!
//! Messages lie in segments of up to 1,024, or 100 KiB, which are shared, never copied: so messages
//! need not be `Clone`, and a reference into a snapshot stays good while others append, and after
//! the log has dropped the message. The list of segments is a persistent vector, of which a
//! snapshot takes its part.
//!
//! The newest messages of a key lie in a plain `Vec` until somebody reads them, and to append is a
//! hash, a lock and a push: on the machine that it was measured on, less than twice a push alone.
//! From the first poll at the end on they lie in slots that are written once each, which readers
//! share while they fill up; that costs a word for each message and the time to mark it. When
//! nobody has read a segment at its end, the next is a plain one again.
//!
//! What is no longer to be kept cannot be polled from that moment on; its memory is freed a segment
//! at a time, outside of all locks. A segment has room for an eighth of what its log holds, so
//! that what lies idle is always a small part.
//!
//! Who waits leaves a waker with the key, under the lock that appends take, if and only if there is
//! nothing yet: so no wake-up is lost, and appends that nobody waits for pay nothing.
//!
//! ## What it promises
//!
//! * Offsets of a key are dense, and grow in the order in which appends take effect. When an
//!   append has returned, every later snapshot of that key, in any thread, shows its message,
//!   unless it has been dropped by then. Offsets never restart, whatever is dropped.
//! * A snapshot is a contiguous part of its key's log, up to its end; a poll a part of one.
//! * A poll of what is dropped fails and says what there is, or goes on where the caller chose.
//! * Commits never go back, but for those beyond the end, which a poll resets: see [`Reset`].
//! * No order between keys: two snapshots of two keys are not one moment.
//! * Keys are spread over locks that are held only to append, or to share a part of a list: never
//!   while someone iterates, waits, or drops a message, and no method hands out a guard, so none can
//!   be held across an `await`.
//! * Memory only: nothing is written to disk. For that there is `OffsetLog::open`, with the feature `store`.
//!
//! # On a disk
//!
//! With the feature `store`, `OffsetLog::open` opens a `DiskLog`: a log whose messages and commits outlive
//! the process, or the machine, and whose memory does not grow with them. Without it, the crate
//! knows of no disk. The page of `DiskLog` tells what it promises; the format is in `FORMAT.md`, which
//! is part of the package.
//!
//! # Several members
//!
//! A [`ReplicatedLog`] is a state of a join-semilattice, so any engine that carries deltas carries
//! it; each member changes its own as a [`Member`]. Its page explains how it can do without
//! coordination, and what is promised when members are cut off or gone.
//!
//! # Features
//!
//! * `store`: logs on a disk, by `glomers-store`.
//! * `serde`: the replicated log serialises; decoding rejects what no member can say.

mod concurrent;
#[cfg(feature = "store")]
mod disk;
mod out_of_range;
mod replicated;
mod reset;
mod retention;

pub use concurrent::{Group, Iter, KeyHasher, OffsetLog, PollWait, Snapshot, WaitAny};
#[cfg(feature = "store")]
pub use disk::{DiskConfig, DiskError, DiskGroup, DiskLog};
#[cfg(feature = "store")]
pub use glomers_store::{
    Broken, Damage, DamageKind, Directory, Disk, OpenError, Recovery, SimulatedDisk, SyncPolicy,
};
pub use out_of_range::OutOfRange;
pub use replicated::{
    Acks, AppendError, Appended, Batch, ExcludeError, LogChange, LogView, Member, Part, Rank,
    ReplicatedLog,
};
pub use reset::Reset;
pub use retention::Retention;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
