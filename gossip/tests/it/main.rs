//! What the protocols promise, checked from without: one program, which is linked once.

mod convergence;
mod failover;
mod liveness;
mod model;
