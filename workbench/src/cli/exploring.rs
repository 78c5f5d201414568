use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::tell;

/// Shows how an exploration gets on: a bar on a terminal, a line now and then elsewhere.
pub(super) struct Exploring {
    bar: ProgressBar,
    is_terminal: bool,
    told: Instant,
}

/// How often a line is written where there is no terminal.
const PAUSE: Duration = Duration::from_secs(10);

impl Exploring {
    pub(super) fn new(total: u64) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let target =
            if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template("  {bar:30} {pos}/{len}, {msg}") {
            bar.set_style(style);
        }
        Self { bar, is_terminal, told: Instant::now() }
    }

    pub(super) fn show(&mut self, done: u64, what: impl FnOnce() -> String) {
        self.bar.set_position(done);
        if self.is_terminal {
            self.bar.set_message(what());
        } else if self.told.elapsed() >= PAUSE {
            self.told = Instant::now();
            let total = self.bar.length().unwrap_or_default();
            tell(&format!("  {done}/{total}, {}", what()));
        }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
