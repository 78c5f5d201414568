//! The programs that are run: built by cargo in release, so that they are there and up to date.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde::Deserialize;

/// The echo node: its own program, from the workspace and with the features that it ships with.
pub(super) fn ours() -> anyhow::Result<PathBuf> {
    of_the_workspace("shims", "echo")
}

/// The command `glomers`.
pub(super) fn glomers() -> anyhow::Result<PathBuf> {
    of_the_workspace("workbench", "glomers")
}

fn of_the_workspace(package: &str, name: &str) -> anyhow::Result<PathBuf> {
    build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("Cargo.toml"), name)
}

/// A program of this package: a peer, or one that needs a process of its own.
pub(super) fn of_this_package(name: &str) -> anyhow::Result<PathBuf> {
    build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"), name)
}

/// A line of cargo's report, as far as it matters here.
#[derive(Deserialize)]
struct Report {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn build(manifest: &Path, program: &str) -> anyhow::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--message-format=json-render-diagnostics"])
        .args(["--bin", program, "--manifest-path"])
        .arg(manifest)
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be run")?;
    ensure!(output.status.success(), "{program} cannot be built");
    let report = String::from_utf8(output.stdout)?;
    report
        .lines()
        .filter_map(|line| serde_json::from_str::<Report>(line).ok())
        .filter(|report| report.target.as_ref().is_some_and(|target| target.name == program))
        .find_map(|report| report.executable)
        .with_context(|| format!("cargo does not say where {program} is"))
}
