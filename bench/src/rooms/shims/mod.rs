//! The echo node's whole program, from STDIN to STDOUT: CPU time of the process.

mod load;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::programs;
use crate::measure::{Effort, children_cpu};
use crate::table::{Case, Table, Unit};
use load::Load;

/// How many requests wait in the input.
const REQUESTS: u64 = 1_000_000;

/// Rounds against the bare loop.
const ROUNDS: usize = 9;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    table.note("building the programs");
    let ours = programs::ours()?;
    let bare = programs::of_this_package("echo-bare")?;
    let maelstrom_node = programs::of_this_package("echo-maelstrom-node")?;
    table.note("writing the requests");
    let folder = tempfile::tempdir().context("no folder for the load")?;
    let load = Load::write(folder.path(), REQUESTS)?;
    let case = |name| Case::new(format!("echo, 1,000,000 requests in a file, {name}"), Unit::CPU_S);

    let answer = |program: &Path| answer_all(program, &load).map(|run| run.cpu);
    let expected = answer_all(&ours, &load)?.bytes;
    table.compare(
        case("vs a bare loop over serde_json").bar(1.5).effort(Effort::Rounds(ROUNDS)),
        || answer(&ours),
        || {
            let run = answer_all(&bare, &load)?;
            ensure!(run.bytes == expected, "the bare loop's answers are not the same as ours");
            Ok(run.cpu)
        },
    )?;
    table.compare(
        // It takes a minute, and longer for each request the more there are: no way around one.
        case("vs maelstrom-node 0.1.6 with its log off").bar(1.0 / 50.0).effort(Effort::Once),
        || answer(&ours),
        || answer(&maelstrom_node),
    )
}

/// What it took a program to answer the load.
struct Run {
    /// Seconds, user and system, of all its threads.
    cpu: f64,
    /// How much it wrote.
    bytes: u64,
}

/// Runs a program on the load, and makes sure that it has answered each request.
fn answer_all(program: &Path, load: &Load) -> anyhow::Result<Run> {
    let output = load.folder.join("answers");
    let before = children_cpu()?;
    let status = Command::new(program)
        // Whoever logs each message should not pay for it here.
        .env("RUST_LOG", "off")
        .env_remove("GLOMERS_LOG")
        .stdin(File::open(&load.requests)?)
        .stdout(File::create(&output)?)
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("{} cannot be run", program.display()))?;
    let cpu = children_cpu()? - before;
    ensure!(status.success(), "{} ended with {status}", program.display());
    load.check(&output).with_context(|| format!("what {} answered", program.display()))?;
    Ok(Run { cpu, bytes: output.metadata()?.len() })
}
