//! Checkers: pure functions from a [`History`](crate::history::History) to a [`Report`].

mod report;

pub use report::{Finding, Report, Valid};
