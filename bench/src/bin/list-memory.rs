//! Prints what a list of characters takes of memory for each character of the text that a trace leads to, as
//! its allocator counts it, and what diamond-types takes: `list-memory NAME [FOLDER]`. Without a folder the trace
//! is made up.

#[expect(dead_code, reason = "the room has others, too")]
#[path = "../rooms/list/editors.rs"]
mod editors;
#[path = "../rooms/list/trace.rs"]
mod trace;

use std::env;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use peak_alloc::PeakAlloc;

use self::editors::{Diamond, Editor, Ours};
use self::trace::Trace;

/// Counts the bytes that are asked for, not what the allocator itself adds to them.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn bytes_per_character<E: Editor>(trace: &Trace) -> anyhow::Result<f64> {
    let before = ALLOCATOR.current_usage();
    let editor = E::of(trace)?;
    let grown = u32::try_from(ALLOCATOR.current_usage() - before)?;
    drop(editor);
    Ok(f64::from(grown) / f64::from(u32::try_from(trace.end.chars().count())?))
}

fn main() -> anyhow::Result<()> {
    let mut words = env::args().skip(1);
    let name = words.next().context("no trace is named")?;
    let traces = match words.next() {
        Some(folder) => trace::of_folder(Path::new(&folder))?,
        None => vec![trace::made_up(100_000)],
    };
    let trace = traces.iter().find(|trace| trace.name == name).context("there is no such trace")?;
    writeln!(io::stdout(), "{}", bytes_per_character::<Ours>(trace)?)?;
    writeln!(io::stdout(), "{}", bytes_per_character::<Diamond>(trace)?)?;
    Ok(())
}
