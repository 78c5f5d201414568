//! Runs a program to its end, and prints the seconds that it has run, all its threads, in user and kernel
//! mode, in microseconds; the KiB that it held at most; and its exit status. What it prints is dropped.
//!
//! A process of its own, and a small one: the system counts as a program's memory what was there when it was
//! begun, and knows of a process only the most that any of its children held.

use std::env;
use std::io::{self, Write};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let mut words = env::args_os().skip(1);
    let program = words.next().context("no program is named")?;
    let status = Command::new(&program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("{} cannot be run", program.display()))?;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    // It counts in KiB.
    let kib = usage.max_rss();
    let code = status.code().context("it was killed")?;
    writeln!(io::stdout(), "{micros} {kib} {code}")?;
    Ok(())
}
