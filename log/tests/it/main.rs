//! What the logs promise, checked from without: one program, which is linked once.

mod concurrency;
mod interleavings;
mod model;
mod replicated;
mod restart;
mod retention;
mod traits;
mod waiting;
mod wire;
