//! A Kafka-style log in memory: for each key a sequence of messages, numbered from 0 in the order
//! in which they were appended, and the offset up to which a consumer has committed them.
//!
//! An [`OffsetLog`] is shared between threads by reference. Producers append; consumers poll from
//! an offset on, and commit what they have processed. What a poll returns is a [`Snapshot`]: a
//! view in constant time that copies no message, never changes, and holds no lock, so that a slow
//! consumer hinders nobody.
//!
//! ```
//! use glomers_log::OffsetLog;
//!
//! let log: OffsetLog<String, String> = OffsetLog::new();
//! assert_eq!(log.append("orders", "rye".to_owned()), 0);
//! assert_eq!(log.append("orders", "oat".to_owned()), 1);
//!
//! // Take up after what was committed, at most a hundred messages at once.
//! let from = log.committed("orders").map_or(0, |last| last.saturating_add(1));
//! let batch = log.poll("orders", from, 100);
//! for (offset, message) in &batch {
//!     println!("{offset}: {message}");
//!     log.commit("orders", offset);
//! }
//! assert_eq!(log.committed("orders"), Some(1));
//! assert!(log.poll("orders", batch.next_offset(), 100).is_empty());
//! ```
//!
//! # How it works
//!
//! Messages lie in segments of fixed size, each slot written once. To append is to fill the next
//! slot; to take a snapshot is to note the length and share the list of segments, which is a
//! persistent vector. So neither ever copies or moves a message, messages need not be `Clone`, and
//! a reference into a snapshot stays good while others append. Slots past a snapshot's length fill
//! up unseen: the snapshot does not look at them. A slot takes a word more than its message, for
//! the mark that it is written.
//!
//! # What it promises
//!
//! * Offsets of a key are dense, and grow in the order in which appends take effect. When an
//!   append has returned, every later snapshot of that key, in any thread, shows its message.
//! * A snapshot is a prefix of its key's log; a poll is a contiguous part of one.
//! * No order between keys: two snapshots of two keys are not one moment.
//! * Keys are spread over locks that are held only to fill a slot or to share a list: never while
//!   someone iterates, and no method hands out a guard, so none can be held across an `await`.
//! * Memory only: nothing is written to disk, and nothing is ever forgotten.

mod offset_log;
mod out_of_range;
mod replicated;
mod reset;
mod retention;
mod segments;
mod snapshot;

pub use offset_log::OffsetLog;
pub use out_of_range::OutOfRange;
pub use replicated::{
    Acks, AppendError, Appended, Batch, ExcludeError, Member, Part, Rank, ReplicatedLog,
};
pub use reset::Reset;
pub use retention::Retention;
pub use snapshot::{Iter, Snapshot};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
