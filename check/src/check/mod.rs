//! Checkers: pure functions from a [`History`](crate::history::History) to a [`Report`].
//!
//! Each judges one aspect of a run as Jepsen and Maelstrom do, under the same keys, in time about
//! linear in the history. Where a checker is stricter than theirs its documentation says so.

pub mod anomalies;
mod availability;
mod convergence;
mod convergence_in_partitions;
mod counter;
mod cuts;
mod echo;
mod elements;
mod exceptions;
mod faults;
pub mod json;
mod kafka;
mod linear;
mod mix;
mod observations;
mod quantiles;
mod report;
mod set_full;
mod stats;
#[cfg(test)]
pub(crate) mod testing;
mod toll;
mod txn;
mod unique_ids;
mod wording;

pub use availability::{Availability, availability};
pub use convergence::{convergence, convergence_times};
pub use convergence_in_partitions::convergence_in_partitions;
pub use counter::counter;
pub use cuts::Cuts;
pub use echo::echo;
pub use exceptions::{MALFORMED_REPLY, exceptions};
pub use faults::{faults, faults_in_short};
pub use kafka::kafka;
pub use linear::lin_kv;
pub use observations::Observations;
pub use report::{Finding, Judgement, Report, Valid};
pub use set_full::set_full;
pub use stats::stats;
pub use toll::Toll;
pub use txn::{Model, txn_list_append, txn_rw_register};
pub use unique_ids::unique_ids;
