use glomers_check::check::{Finding, Observations, Valid};
use glomers_check::history::History;

use super::calls::Call;
use super::faults::Fault;
use super::messages::{Letter, Messages};
use super::story::Story;
use super::subject::Subject;

/// What a report is about.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The workload's name.
    pub workload: &'a str,
    /// The run in a line.
    pub heading: &'a str,
    /// The command that replays it, or does the like of it.
    pub command: &'a str,
    /// Whether that command gives the very same run.
    pub replays: bool,
    /// The figures that matter, by name.
    pub figures: &'a [(String, String)],
    /// The nodes.
    pub nodes: &'a [String],
    /// What the clients did.
    pub history: &'a History,
    /// When nodes first held values, where they report it.
    pub observations: Option<&'a Observations>,
    /// The verdict.
    pub valid: Valid,
    /// What Maelstrom would say, in words, where that is something else.
    pub maelstrom: Option<&'a str>,
    /// What is wrong.
    pub findings: &'a [Finding],
}

/// A finding, and what became of the value that it is about.
pub(super) struct Case<'a> {
    pub(super) finding: &'a Finding,
    pub(super) told: Option<Told>,
}

/// The life of a value, and the messages that carried it.
pub(super) struct Told {
    pub(super) subject: Subject,
    pub(super) story: Story,
    pub(super) carriers: Vec<Letter>,
}

/// All that the pages and pictures show.
pub(super) struct View<'a> {
    pub(super) report: Report<'a>,
    pub(super) calls: Vec<Call<'a>>,
    pub(super) faults: Vec<Fault>,
    pub(super) cases: Vec<Case<'a>>,
    /// From when until when, in seconds.
    pub(super) span: (f64, f64),
    /// How many messages there were; nothing where no journal was kept.
    pub(super) total: Option<u64>,
    pub(super) messages: Messages,
}
