//! Glomers measured side by side with its peers: see `glomers-bench --help` and the README.

mod measure;
mod progress;
mod rooms;
mod table;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::rooms::Room;
use crate::table::Table;

/// Exit status: measured; with `--check`, every bar is met.
const MET: u8 = 0;
/// Exit status: with `--check`, a bar is missed.
const MISSED: u8 = 1;
/// Exit status: there are no figures.
const NO_FIGURES: u8 = 3;

/// Measures Glomers side by side with its peers.
///
/// The two sides of a case run in turn, in one go on one machine. `ours` and `peer` are the medians
/// of each side, `ratio` is the median of the rounds' own ratios of ours to the peer's: below 1
/// means that we take less. A ratio should not exceed its `bar`.
///
/// Progress goes to STDERR, figures to STDOUT.
///
/// Exit status: 0 measured (with --check: every bar is met), 1 a bar is missed (with --check only),
/// 2 for a wrong command line, 3 if something could not be measured.
#[derive(Parser)]
#[command(name = "glomers-bench", version, verbatim_doc_comment)]
struct Cli {
    /// What to measure
    room: Room,
    /// Print a JSON list of {case, ours, peer, ratio, bar} instead of a table; bar may be null
    #[arg(long)]
    json: bool,
    /// Exit with 1 if a ratio is over its bar
    #[arg(long)]
    check: bool,
    /// Measure only the cases that have this in their names
    #[arg(long, default_value = "", value_name = "TEXT")]
    only: String,
    /// In the room check: an older `glomers`, to be measured beside ours
    #[arg(long, value_name = "PROGRAM")]
    baseline: Option<PathBuf>,
    /// In the room list: a folder of editing traces, `.json` or `.json.xz`, instead of one that is made up
    #[arg(long, value_name = "FOLDER")]
    traces: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(table) if cli.check && !table.meets_bars() => ExitCode::from(MISSED),
        Ok(_) => ExitCode::from(MET),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(NO_FIGURES)
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Table> {
    anyhow::ensure!(
        !cfg!(debug_assertions),
        "a debug build has no figures worth reading: run with --release"
    );
    anyhow::ensure!(
        cli.baseline.is_none() || cli.room == Room::Check,
        "--baseline is for the room check"
    );
    anyhow::ensure!(
        cli.traces.is_none() || cli.room == Room::List,
        "--traces is for the room list"
    );
    let (baseline, traces) = (cli.baseline.as_deref(), cli.traces.as_deref());
    let table = cli.room.measure(cli.only.clone(), baseline, traces)?;
    if cli.json {
        table.write_json(io::stdout().lock())?;
    } else {
        table.write_text(io::stdout().lock())?;
    }
    Ok(table)
}
