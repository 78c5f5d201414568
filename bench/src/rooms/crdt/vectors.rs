//! Version vectors.

use std::hint::black_box;

use glomers_crdt::{Dot, VersionVector};

use crate::measure::repeat;
use crate::table::{Case, Table, Unit};

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    const REPLICAS: usize = 25;
    let vector = |changed: Option<u64>| {
        let count = move |replica| 1_000 + u64::from(changed == Some(replica));
        (0..REPLICAS as u64).map(move |replica| (replica, count(replica)))
    };
    let ours = |changed| -> VersionVector<u64> {
        vector(changed).map(|(replica, counter)| Dot { replica, counter }).collect()
    };
    let theirs = |changed| -> crdts::VClock<u64> {
        vector(changed).map(|(actor, counter)| crdts::Dot { actor, counter }).collect()
    };
    for (outcome, left, right) in
        [("equal", None, None), ("less", None, Some(12)), ("concurrent", Some(6), Some(18))]
    {
        let (a, b) = (ours(left), ours(right));
        let (their_a, their_b) = (theirs(left), theirs(right));
        table.compare(
            Case::new(
                format!("version vector: compare {REPLICAS} replicas, {outcome}, vs crdts"),
                Unit::CPU_NS,
            )
            .bar(0.5),
            || repeat(10_000, || black_box(&a).partial_cmp(black_box(&b))),
            || repeat(10_000, || black_box(&their_a).partial_cmp(black_box(&their_b))),
        )?;
    }
    Ok(())
}
