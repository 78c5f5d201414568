//! A log that the threads of one process share.

mod commits;
mod committing;
mod group;
mod iter;
mod key_hasher;
mod offset_log;
mod park;
mod poll_wait;
mod segment;
mod segments;
mod snapshot;
mod topic;
mod topics;
mod wait_any;
mod waiters;
mod waiting;

#[cfg(feature = "store")]
pub(crate) use snapshot::snapshot_of;

pub use group::Group;
pub use iter::Iter;
pub use key_hasher::KeyHasher;
pub use offset_log::OffsetLog;
pub use poll_wait::PollWait;
pub use snapshot::Snapshot;
pub use wait_any::WaitAny;
