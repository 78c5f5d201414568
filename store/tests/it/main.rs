//! What a journal promises, checked from without: one program, which is linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod common;
mod cursor;
mod damage;
mod every_byte;
mod faults;
mod power;
mod shared;
mod traits;
mod versions;
