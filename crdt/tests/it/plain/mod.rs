//! Types without causal contexts, in states that random scripts on three replicas reach.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod bounded;
mod collections;
mod compositions;
mod lww;
mod registers;
mod retiring;
