//! A list of characters against the libraries that people use for text, on traces of real editing or on one that
//! is made up.

mod branches;
mod editors;
mod growth;
mod trace;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use self::editors::{Automerge, Diamond, Editor, Loro, Ours, Yrs};
use self::trace::Trace;
use super::programs;
use crate::measure::{Effort, repeat};
use crate::table::{Case, Table, Unit};

/// Edits of the trace that is made up.
const EDITS: usize = 100_000;

/// What we may take of diamond-types' share.
const EDIT: f64 = 1.0;
const TEXT: f64 = 1.0;
const LOAD: f64 = 0.5;
const SAVED: f64 = 1.0;
const MEMORY: f64 = 0.7;

/// What an edit may take of loro's.
const OF_LORO: f64 = 0.3;

pub(super) fn measure(table: &mut Table, folder: Option<&Path>) -> anyhow::Result<()> {
    let traces = match folder {
        Some(folder) => trace::of_folder(folder)?,
        None => vec![trace::made_up(EDITS)],
    };
    ensure!(!traces.is_empty(), "there are no traces in the folder");
    for trace in &traces {
        of_trace(table, trace)?;
        memory(table, trace, folder)?;
    }
    branches::measure(table)?;
    growth::measure(table)
}

fn of_trace(table: &mut Table, trace: &Trace) -> anyhow::Result<()> {
    edits::<Diamond>(table, trace, Some(EDIT), Effort::Rounds(5))?;
    edits::<Yrs>(table, trace, None, Effort::Once)?;
    edits::<Loro>(table, trace, Some(OF_LORO), Effort::Once)?;
    edits::<Automerge>(table, trace, None, Effort::Once)?;
    let mut ours = checked::<Ours>(trace)?;
    let mut diamond = checked::<Diamond>(trace)?;
    let name = |what: &str| format!("{}: {what}, vs diamond-types", trace.name);
    table.compare(
        Case::new(name("text out"), Unit::CPU_US).bar(TEXT),
        || repeat(100, || ours.text()),
        || repeat(100, || diamond.text()),
    )?;
    let whole = (ours.save()?, diamond.save()?);
    table.compare(
        Case::new(name("whole state into an empty replica"), Unit::CPU_MS)
            .bar(LOAD)
            .effort(Effort::Rounds(11)),
        || repeat(1, || Ours::load(&ours.save()?)),
        || repeat(1, || Diamond::load(&diamond.save()?)),
    )?;
    stored(table, trace, &whole.0, &whole.1, Diamond::NAME, [Some(LOAD), Some(SAVED)], |bytes| {
        Diamond::load(bytes)?.text()
    })?;
    let yrs = checked::<Yrs>(trace)?.save()?;
    let load = |bytes: &[u8]| Yrs::load(bytes)?.text();
    stored(table, trace, &whole.0, &yrs, Yrs::NAME, [None, None], load)?;
    let loro = checked::<Loro>(trace)?.save()?;
    let load = |bytes: &[u8]| Loro::load(bytes)?.text();
    stored(table, trace, &whole.0, &loro, Loro::NAME, [None, None], load)?;
    let automerge = checked::<Automerge>(trace)?.save()?;
    let load = |bytes: &[u8]| Automerge::load(bytes)?.text();
    stored(table, trace, &whole.0, &automerge, Automerge::NAME, [None, None], load)
}

/// What a trace leads to, which must be the text that it says.
fn checked<E: Editor>(trace: &Trace) -> anyhow::Result<E> {
    let editor = E::of(trace)?;
    ensure!(editor.text()? == trace.end, "{} reads something else", E::NAME);
    Ok(editor)
}

fn edits<E: Editor>(
    table: &mut Table,
    trace: &Trace,
    bar: Option<f64>,
    effort: Effort,
) -> anyhow::Result<()> {
    let name = format!("{}: local edits, a delta each, vs {}", trace.name, E::NAME);
    let case = Case::new(name, Unit::CPU_MS).effort(effort);
    let case = match bar {
        Some(bar) => case.bar(bar),
        None => case,
    };
    table.compare(case, || repeat(1, || Ours::of(trace)), || repeat(1, || E::of(trace)))
}

/// Loading what was saved and reading the text; and how many bytes it was.
fn stored(
    table: &mut Table,
    trace: &Trace,
    ours: &[u8],
    theirs: &[u8],
    peer: &str,
    bars: [Option<f64>; 2],
    load: impl Fn(&[u8]) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    ensure!(Ours::load(ours)?.text()? == trace.end, "what was saved reads something else");
    ensure!(load(theirs)? == trace.end, "what {peer} saved reads something else");
    let case = |what: &str, unit: Unit, effort: Effort, bar: Option<f64>| {
        let case = Case::new(format!("{}: {what}, vs {peer}", trace.name), unit).effort(effort);
        match bar {
            Some(bar) => case.bar(bar),
            None => case,
        }
    };
    table.compare(
        case("load and text", Unit::CPU_MS, Effort::Rounds(11), bars[0]),
        || repeat(1, || Ours::load(ours)?.text()),
        || repeat(1, || load(theirs)),
    )?;
    let bytes = |bytes: &[u8]| Ok(f64::from(u32::try_from(bytes.len())?));
    table.compare(
        case("saved", Unit::BYTES, Effort::Once, bars[1]),
        || bytes(ours),
        || bytes(theirs),
    )
}

/// Counted by the allocator of a process of its own.
fn memory(table: &mut Table, trace: &Trace, folder: Option<&Path>) -> anyhow::Result<()> {
    let name = format!("{}: memory, a character of the text, vs diamond-types", trace.name);
    let case = Case::new(name, Unit::BYTES).bar(MEMORY).effort(Effort::Once);
    let sides = std::cell::OnceCell::new();
    let side = |nth: usize| -> anyhow::Result<f64> {
        if sides.get().is_none() {
            let mut command = Command::new(programs::of_this_package("list-memory")?);
            let command = command.arg(&trace.name).args(folder);
            let output = command.output()?;
            ensure!(output.status.success(), "list-memory: {}", output.status);
            let lines = String::from_utf8(output.stdout)?;
            let figures = lines.lines().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
            sides.get_or_init(|| figures);
        }
        let figure = sides.get().and_then(|figures| figures.get(nth)).copied();
        figure.context("list-memory prints two lines")
    };
    table.compare(case, || side(0), || side(1))
}
