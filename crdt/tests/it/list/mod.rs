//! The list against the paper's tree, and under the law suite.
#![allow(clippy::unwrap_used, reason = "a test may")]

#[cfg(feature = "serde")]
mod columns;
#[cfg(feature = "serde")]
mod former;
mod interleaving;
mod large;
mod laws;
mod pinned;
mod reference;
#[cfg(feature = "serde")]
mod text;
#[cfg(feature = "serde")]
mod wire;
