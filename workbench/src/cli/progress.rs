use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::tell;
use crate::run::{Phase, Tally, Watcher};

/// Shows how a run gets on: a bar on a terminal, a line a phase elsewhere.
pub(super) struct Progress {
    bar: ProgressBar,
    /// Whether to write lines: of a run in real time, to something that is no terminal.
    lines: bool,
    phase: Cell<Option<Phase>>,
}

impl Progress {
    pub(super) fn new(is_virtual: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let target =
            if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(1), target);
        if let Ok(style) = ProgressStyle::with_template("  {bar:30} {msg}") {
            bar.set_style(style);
        }
        Self { bar, lines: !terminal && !is_virtual, phase: Cell::new(None) }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// The run is judged, and its pictures are drawn.
    pub(super) fn drawing(&self) {
        self.bar.set_message("drawing");
    }
}

impl Watcher for Progress {
    fn progress(&self, phase: Phase, elapsed: Duration, total: Duration, tally: Tally) {
        let doing = match phase {
            Phase::Start => "starting nodes",
            Phase::Load => "load",
            Phase::Quiet => "10 s of quiet",
            Phase::Final => "last operations",
        };
        let Tally { ok, fail, info } = tally;
        let text = format!("{doing}: {ok} ok, {fail} failed, {info} unknown");
        if self.phase.replace(Some(phase)) != Some(phase) && self.lines {
            tell(&format!("  {:>5.1} s  {text}", elapsed.as_secs_f64()));
        }
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.bar.set_length(millis(total).max(1));
        self.bar.set_position(millis(elapsed.min(total)));
        self.bar.set_message(text);
    }

    fn judging(&self) {
        self.bar.set_message("judging");
    }
}
