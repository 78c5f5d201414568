//! CRDTs against those of the `crdts` crate, which merge a state that they consume, and against
//! what one would write with std alone. Elements, replicas and slots are `u64`.

mod changes;
mod collections;
mod counters;
mod or_sets;
mod sets;
mod vectors;

use crate::table::Table;

/// Elements of a large set.
const ELEMENTS: usize = 100_000;

/// Small states that are prepared at a time.
const BATCH: usize = 1_000;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    sets::measure(table)?;
    counters::measure(table)?;
    or_sets::measure(table)?;
    vectors::measure(table)?;
    collections::measure(table)?;
    changes::measure(table)
}

/// The i-th of a sequence of numbers without order: a bijection, the last steps of `SplitMix64`.
pub(super) fn scatter(i: usize) -> u64 {
    let z = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
