//! CRDTs against those of the `crdts` crate, which merge a state that they consume, and against
//! what one would write with std alone. Elements, replicas and slots are `u64`.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use crdts::{CmRDT, CvRDT};
use glomers_crdt::{Dot, GCounter, GSet, Lattice, VersionVector};

use crate::measure::{each, repeat};
use crate::table::{Case, Table, Unit};

/// Elements of a set.
const ELEMENTS: usize = 100_000;

/// Insertions into a set before it is taken anew.
const INSERTIONS: usize = 1_000;

/// Small states that are prepared at a time.
const BATCH: usize = 1_000;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    merge_sets(table)?;
    insert_and_ship(table)?;
    for replicas in [25, 1_000] {
        sum(table, replicas)?;
    }
    merge_counters(table)?;
    compare_vectors(table)
}

/// The i-th of a sequence of numbers without order: a bijection, the last steps of `SplitMix64`.
pub(super) fn scatter(i: usize) -> u64 {
    let z = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Our set, grown one element at a time, as the peers' are.
fn our_set(elements: impl Iterator<Item = u64>) -> GSet<u64> {
    let mut set = GSet::default();
    elements.for_each(|element| drop(set.insert(element)));
    set
}

fn their_set(elements: impl Iterator<Item = u64>) -> crdts::GSet<u64> {
    let mut set = crdts::GSet::new();
    elements.for_each(|element| set.insert(element));
    set
}

fn std_set(elements: impl Iterator<Item = u64>) -> BTreeSet<u64> {
    let mut set = BTreeSet::new();
    set.extend(elements);
    set
}

fn merge_sets(table: &mut Table) -> anyhow::Result<()> {
    let here = || (0..ELEMENTS).map(scatter);
    let there = || (ELEMENTS / 2..ELEMENTS + ELEMENTS / 2).map(scatter);
    let case = |peer| {
        Case::new(format!("G-set: merge 100,000 + 100,000, half shared, {peer}"), Unit::CPU_MS)
    };
    let (a, b) = (our_set(here()), our_set(there()));
    // Both sides get rid of the state that came in: the peers' merges do so by themselves.
    let ours = || {
        each([(a.clone(), b.clone())], |(mut a, b)| {
            a.merge(&b);
            drop(b);
            a
        })
    };
    let theirs = (their_set(here()), their_set(there()));
    table.compare(case("vs crdts").bar(0.4), ours, || {
        each([theirs.clone()], |(mut a, b)| {
            a.merge(b);
            a
        })
    })?;
    let std = (std_set(here()), std_set(there()));
    table.compare(case("vs BTreeSet::append"), ours, || {
        each([std.clone()], |(mut a, mut b)| {
            a.append(&mut b);
            a
        })
    })
}

fn insert_and_ship(table: &mut Table) -> anyhow::Result<()> {
    let elements = || (0..ELEMENTS).map(scatter);
    let more = |count| (ELEMENTS..ELEMENTS + count).map(scatter);
    let case = |peer| {
        Case::new(format!("G-set: insert into 100,000, merge into another, {peer}"), Unit::CPU_NS)
    };
    let ours = our_set(elements());
    let ours = |count| {
        let (mut here, mut there) = (ours.clone(), ours.clone());
        each(more(count), |element| there.merge(&here.insert(element)))
    };
    let theirs = their_set(elements());
    table.compare(
        case("vs crdts, its op applied at both").bar(1.0),
        || ours(INSERTIONS),
        || {
            let (mut here, mut there) = (theirs.clone(), theirs.clone());
            each(more(INSERTIONS), |op| {
                here.apply(op);
                there.apply(op);
            })
        },
    )?;
    table.compare(
        case("vs crdts, its state cloned and merged"),
        || ours(INSERTIONS),
        || {
            let (mut here, mut there) = (theirs.clone(), theirs.clone());
            each(more(1), |element| {
                here.insert(element);
                there.merge(here.clone());
            })
        },
    )
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

fn merge_counters(table: &mut Table) -> anyhow::Result<()> {
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

fn compare_vectors(table: &mut Table) -> anyhow::Result<()> {
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
