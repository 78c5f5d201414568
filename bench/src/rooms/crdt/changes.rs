//! What telling of changes costs: in large sets against small ones, and against merging alone.

use glomers_crdt::changes::Changes;
use glomers_crdt::{GSet, Lattice, OrSet};

use super::scatter;
use crate::measure::each;
use crate::table::{Case, Table, Unit};

/// Elements of the two sets.
const MANY: usize = 1_000_000;
const FEW: usize = 1_000;

/// Elements of a delta.
const DELTA: usize = 10;

/// Deltas that are merged in a turn.
const DELTAS: usize = 50;

/// What changes cost goes by the delta, and not by the set: a thousand times as many elements are some
/// more steps of a search, and further from the processor.
const SIZE: f64 = 3.0;

/// To tell of changes is no more than as much again as to merge.
const TOLD: f64 = 2.0;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    of_g_sets(table)?;
    of_or_sets(table)
}

/// Deltas of elements that were never used before.
struct Fresh(usize);

impl Fresh {
    fn elements(&mut self) -> impl Iterator<Item = u64> {
        let from = self.0;
        self.0 += DELTA;
        (from..self.0).map(scatter)
    }

    fn g_sets(&mut self) -> Vec<GSet<u64>> {
        (0..DELTAS).map(|_| self.elements().collect()).collect()
    }

    /// Additions of another replica than those of the sets.
    fn or_sets(&mut self, replica: &mut OrSet<u64, u64>) -> anyhow::Result<Vec<OrSet<u64, u64>>> {
        (0..DELTAS)
            .map(|_| {
                let mut delta = OrSet::default();
                for element in self.elements() {
                    delta.merge(&replica.insert(1, element)?);
                }
                Ok(delta)
            })
            .collect()
    }
}

/// The sets go on growing, by a thousandth a turn or by less than the half of a small one: that one is
/// made anew.
fn of_g_sets(table: &mut Table) -> anyhow::Result<()> {
    let set = |elements: usize| (0..elements).map(scatter).collect::<GSet<u64>>();
    let tell = |set: &mut GSet<u64>, fresh: &mut Fresh| {
        each(fresh.g_sets(), |delta| set.merge_changes(&delta))
    };
    let (mut many, mut fresh, mut others) = (set(MANY), Fresh(MANY), Fresh(FEW));
    table.compare(
        Case::new("G-set of 1,000,000: changes of a delta of 10, vs of 1,000", Unit::CPU_NS)
            .bar(SIZE),
        || tell(&mut many, &mut fresh),
        || tell(&mut set(FEW), &mut others),
    )?;
    let mut merged = set(MANY);
    let mut others = Fresh(MANY);
    table.compare(
        Case::new("G-set of 1,000,000: changes of a delta of 10, vs merging it", Unit::CPU_NS)
            .bar(TOLD),
        || tell(&mut many, &mut fresh),
        || each(others.g_sets(), |delta| merged.merge(&delta)),
    )
}

fn of_or_sets(table: &mut Table) -> anyhow::Result<()> {
    let set = |elements: usize| -> anyhow::Result<OrSet<u64, u64>> {
        let mut set = OrSet::default();
        for element in (0..elements).map(scatter) {
            set.insert(0, element)?;
        }
        Ok(set)
    };
    let (mut many, mut fresh, mut others) = (set(MANY)?, Fresh(MANY), Fresh(FEW));
    let (mut here, mut there) = (OrSet::default(), OrSet::default());
    table.compare(
        Case::new("OR-set of 1,000,000: changes of a delta of 10, vs of 1,000", Unit::CPU_NS)
            .bar(SIZE),
        || each(fresh.or_sets(&mut here)?, |delta| many.merge_changes(&delta)),
        || {
            let mut few = set(FEW)?;
            each(others.or_sets(&mut there)?, |delta| few.merge_changes(&delta))
        },
    )?;
    let mut merged = set(MANY)?;
    let (mut others, mut there) = (Fresh(MANY), OrSet::default());
    table.compare(
        Case::new("OR-set of 1,000,000: changes of a delta of 10, vs merging it", Unit::CPU_NS)
            .bar(TOLD),
        || each(fresh.or_sets(&mut here)?, |delta| many.merge_changes(&delta)),
        || each(others.or_sets(&mut there)?, |delta| merged.merge(&delta)),
    )
}
