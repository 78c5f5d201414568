//! What the logs promise, checked from without: one program, which is linked once.

mod beyond;
mod concurrency;
#[cfg(feature = "store")]
mod disk;
#[cfg(feature = "store")]
mod disk_faults;
mod forgotten;
mod interleavings;
mod model;
mod replicated;
mod restart;
mod retention;
mod traits;
mod waiting;
mod wire;
