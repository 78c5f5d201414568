//! Exit statuses.

/// Exit status: nothing is wrong.
pub(super) const VALID: u8 = 0;
/// Exit status: something is wrong, and the report proves it.
pub(super) const INVALID: u8 = 1;
/// Exit status: it could not be found out.
pub(super) const UNKNOWN: u8 = 2;
/// Exit status: there was no run to judge, because of the command line or of the surroundings.
pub(super) const NO_RUN: u8 = 3;
