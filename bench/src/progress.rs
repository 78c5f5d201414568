use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Says on STDERR what is being done: a spinner on a terminal, a line a step elsewhere.
pub(crate) struct Progress {
    spinner: Option<ProgressBar>,
    steps: Cell<usize>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let spinner = io::stderr().is_terminal().then(ProgressBar::new_spinner);
        if let Some(spinner) = &spinner {
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
                spinner.set_style(style);
            }
            // Four wake-ups a second take no time from the measured.
            spinner.enable_steady_tick(Duration::from_millis(250));
        }
        Self { spinner, steps: Cell::new(0) }
    }

    /// Begins the next step.
    pub(crate) fn step(&self, doing: &str) {
        let step = self.steps.get() + 1;
        self.steps.set(step);
        match &self.spinner {
            Some(spinner) => spinner.set_message(format!("{step}: {doing}")),
            None => eprintln!("{step:>3}: {doing}"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}
