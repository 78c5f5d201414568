use clap::Args;
use glomers_check::check::{Availability, Valid};
use glomers_check::results::Results;

use super::values::availability;

/// What the verdict depends on beside the history, and whose counts.
#[derive(Args, Clone, Debug)]
pub(super) struct VerdictArgs {
    /// What share of the operations must succeed: a number from 0 to 1, or total
    #[arg(long, value_name = "SHARE", value_parser = availability)]
    pub(super) availability: Option<Availability>,

    /// Take Maelstrom's verdict for the exit status: what it does not look for is told all the same
    #[arg(long)]
    as_maelstrom: bool,
}

impl VerdictArgs {
    /// The verdict that the exit status tells: ours, or Maelstrom's.
    pub(super) fn status(&self, results: &Results) -> Valid {
        if self.as_maelstrom { results.maelstrom.valid } else { results.valid }
    }
}
