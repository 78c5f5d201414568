//! What an operation costs as the list grows: one of ten times as many edits against one of these.

use glomers_crdt::{Lattice, List};

use super::editors::{Editor, Ours};
use super::trace::{Trace, made_up};
use crate::measure::{Effort, each, repeat};
use crate::table::{Case, Table, Unit};

/// Edits of the lists.
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

/// Of ten times as many an edit costs some more steps of a search, and is further from the processor.
const BAR: f64 = 2.5;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    let traces = SIZES.map(made_up);
    for [few, many] in [[&traces[0], &traces[1]], [&traces[1], &traces[2]]] {
        let name =
            |what: &str| format!("{what} of {} edits, vs of {}", many.edits.len(), few.edits.len());
        let each_edit = |trace: &Trace| -> anyhow::Result<f64> {
            let all = repeat(1, || Ours::of(trace))?;
            Ok(all / f64::from(u32::try_from(trace.edits.len())?))
        };
        table.compare(
            Case::new(name("an edit of a list"), Unit::CPU_NS).bar(BAR).effort(Effort::Rounds(3)),
            || each_edit(many),
            || each_edit(few),
        )?;
        let (mut large, mut small) = (Ours::of(many)?.0, Ours::of(few)?.0);
        table.compare(
            Case::new(name("merging a remote edit into a list"), Unit::CPU_NS).bar(BAR),
            || remote(&mut large),
            || remote(&mut small),
        )?;
    }
    Ok(())
}

/// Edits of someone else all over the list, merged one by one.
fn remote(list: &mut List<char>) -> anyhow::Result<f64> {
    const EDITS: usize = 200;
    let mut fork = list.clone();
    let mut deltas = Vec::new();
    for nth in 0..EDITS {
        let at = nth * (fork.len() / EDITS);
        deltas.push(fork.insert(2, at, 'x')?);
        deltas.push(fork.remove(at)?);
    }
    each(deltas, |delta| list.merge(&delta))
}
