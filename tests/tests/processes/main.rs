//! Programs as they are, in real time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod as_maelstrom;
mod bad;
mod bad_input;
mod check;
mod damaged;
mod front;
mod kept;
mod killed;
mod other_language;
mod process_faults;
mod process_mode;
mod real_maelstrom;
mod release;
mod serve;
