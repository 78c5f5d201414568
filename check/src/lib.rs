//! Judges recorded histories: what clients asked of a system, what they were told and when, held
//! against what the system promises.
//!
//! A [`History`](history::History) is what it works on; [`recorded`] reads those that Jepsen, Maelstrom
//! and `glomers test` write. A [`Checker`](checker::Checker) judges one, and [`Results`](results::Results)
//! are all that can be said about it.

pub mod check;
pub mod checker;
pub mod edn;
pub mod fingerprint;
pub mod history;
pub mod recorded;
pub mod results;
