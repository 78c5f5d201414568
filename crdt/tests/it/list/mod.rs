//! The list against the paper's tree, and under the law suite.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod interleaving;
mod large;
mod laws;
mod reference;
#[cfg(feature = "serde")]
mod wire;
