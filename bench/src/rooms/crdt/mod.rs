//! CRDTs against those of the `crdts` crate, which merge a state that they consume, and against
//! what one would write with std alone. Elements, replicas and slots are `u64`.

mod changes;
mod collections;
mod counters;
mod inputs;
mod or_sets;
mod sets;
mod vectors;

pub(super) use inputs::scatter;

use crate::table::Table;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    sets::measure(table)?;
    counters::measure(table)?;
    or_sets::measure(table)?;
    vectors::measure(table)?;
    collections::measure(table)?;
    changes::measure(table)
}
