//! One thin node a workload.

mod echo;

pub use echo::Echo;
