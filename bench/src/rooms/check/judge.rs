use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::rooms::programs;

/// What it took to judge a history.
pub(super) struct Toll {
    /// Seconds, user and system, of all threads.
    pub(super) cpu: f64,
    /// The most that was held at a time.
    pub(super) bytes: f64,
}

/// Runs `glomers check` and says what it took.
pub(super) struct Judge {
    /// The program that runs another and measures it.
    measured: PathBuf,
}

impl Judge {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self { measured: programs::of_this_package("measured")? })
    }

    /// Has `glomers` judge a history, which has to be valid.
    pub(super) fn judge(
        &self,
        glomers: &Path,
        workload: &str,
        history: &Path,
    ) -> anyhow::Result<Toll> {
        let output = Command::new(&self.measured)
            .arg(glomers)
            .args(["check", "-w", workload])
            .arg(history)
            .env_remove("GLOMERS_LOG")
            .stderr(Stdio::inherit())
            .output()
            .context("the program that measures cannot be run")?;
        ensure!(output.status.success(), "{} cannot be measured", glomers.display());
        let output = String::from_utf8(output.stdout)?;
        let figures = output.split_whitespace().map(str::parse::<u32>);
        // Seconds to an hour in microseconds, and memory in KiB: both are less than 2^32.
        let figures: Vec<u32> =
            figures.collect::<Result<_, _>>().with_context(|| output.clone())?;
        let [micros, kib, code] = figures[..] else { anyhow::bail!("three figures, not {output}") };
        ensure!(
            code == 0,
            "{} does not call {} valid: status {code}",
            glomers.display(),
            history.display()
        );
        Ok(Toll { cpu: f64::from(micros) / 1e6, bytes: f64::from(kib) * 1024.0 })
    }
}
