//! Nodes that are wrong on purpose, and right without their flaw.

pub(crate) mod counter;
pub(crate) mod echo;
pub(crate) mod registers;
pub(crate) mod set;
pub(crate) mod unique_ids;

use glomers_tests::wrong::{Every, Flawed, tell_peers};
