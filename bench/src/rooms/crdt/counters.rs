//! G-counters.

use std::collections::BTreeMap;
use std::hint::black_box;

use crdts::{CmRDT, CvRDT};
use glomers_crdt::{GCounter, Lattice};

use super::inputs::BATCH;
use crate::measure::{each, repeat};
use crate::table::{Case, Table, Unit};

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    for replicas in [25, 1_000] {
        sum(table, replicas)?;
    }
    merge(table)
}

/// Slots of `replicas` counters; the odd ones are greater in a second `version` of them.
fn slots(replicas: usize, version: u64) -> impl Iterator<Item = (u64, u64)> {
    (0..replicas as u64).map(move |replica| (replica, 1_000 + replica % 2 * version))
}

fn their_counter(slots: impl Iterator<Item = (u64, u64)>) -> crdts::GCounter<u64> {
    let mut counter = crdts::GCounter::new();
    slots.for_each(|(replica, slot)| counter.apply(counter.inc_many(replica, slot)));
    counter
}

fn sum(table: &mut Table, replicas: usize) -> anyhow::Result<()> {
    let case =
        |peer| Case::new(format!("G-counter: value, {replicas} replicas, {peer}"), Unit::CPU_NS);
    let ours: GCounter<u64> = slots(replicas, 1).collect();
    let ours = || repeat(100_000, || black_box(&ours).value());
    let theirs = their_counter(slots(replicas, 1));
    table
        .compare(case("vs crdts").bar(0.1), ours, || repeat(1_000, || black_box(&theirs).read()))?;
    let std: BTreeMap<u64, u64> = slots(replicas, 1).collect();
    table.compare(case("vs the sum over a BTreeMap"), ours, || {
        repeat(1_000, || black_box(&std).values().map(|slot| u128::from(*slot)).sum::<u128>())
    })
}

fn merge(table: &mut Table) -> anyhow::Result<()> {
    const REPLICAS: usize = 25;
    let case = |what| {
        Case::new(
            format!("G-counter: merge {REPLICAS} + {REPLICAS} replicas, {what}"),
            Unit::CPU_NS,
        )
    };
    let (a, b): (GCounter<u64>, GCounter<u64>) =
        (slots(REPLICAS, 0).collect(), slots(REPLICAS, 1).collect());
    let theirs = (their_counter(slots(REPLICAS, 0)), their_counter(slots(REPLICAS, 1)));
    let std: (BTreeMap<u64, u64>, BTreeMap<u64, u64>) =
        (slots(REPLICAS, 0).collect(), slots(REPLICAS, 1).collect());
    let ours_kept = || {
        each(vec![a.clone(); BATCH], |mut a| {
            a.merge(&b);
            a
        })
    };
    table.compare(
        case("the other kept, vs crdts, which clones it").bar(0.15),
        ours_kept,
        || {
            each(vec![theirs.0.clone(); BATCH], |mut a| {
                a.merge(theirs.1.clone());
                a
            })
        },
    )?;
    table.compare(
        case("the other dropped, vs crdts").bar(0.15),
        || {
            each(vec![(a.clone(), b.clone()); BATCH], |(mut a, b)| {
                a.merge(&b);
                drop(b);
                a
            })
        },
        || {
            each(vec![theirs.clone(); BATCH], |(mut a, b)| {
                a.merge(b);
                a
            })
        },
    )?;
    table.compare(case("the other kept, vs a loop over BTreeMaps"), ours_kept, || {
        each(vec![std.0.clone(); BATCH], |mut a| {
            for (replica, slot) in &std.1 {
                let held = a.entry(*replica).or_default();
                *held = (*held).max(*slot);
            }
            a
        })
    })
}
