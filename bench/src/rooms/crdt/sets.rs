//! G-sets.

use std::collections::BTreeSet;

use crdts::{CmRDT, CvRDT};
use glomers_crdt::{GSet, Lattice};

use super::inputs::{ELEMENTS, scatter};
use crate::measure::each;
use crate::table::{Case, Table, Unit};

/// Insertions into a set before it is taken anew.
const INSERTIONS: usize = 1_000;

/// Pairs of forks that are merged at a time.
const FORKS: usize = 8;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    merge(table)?;
    merge_forks(table)?;
    insert_and_ship(table)
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

fn merge(table: &mut Table) -> anyhow::Result<()> {
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

/// Sets that were one until a moment ago: two clones, each of which has grown since. The peers' share
/// nothing.
fn merge_forks(table: &mut Table) -> anyhow::Result<()> {
    let base = our_set((0..ELEMENTS).map(scatter));
    let their_base = their_set((0..ELEMENTS).map(scatter));
    for (what, own, bar) in [("identical", 0, 0.001), ("that differ in 100", 50, 0.01)] {
        let own = |fork: usize| (0..own).map(move |i| scatter(ELEMENTS + fork * own + i));
        let name = format!("G-set: merge forks of 100,000 {what}, vs crdts");
        table.compare(
            Case::new(name, Unit::CPU_US).bar(bar),
            || {
                let forks = || {
                    [0, 1].map(|fork| {
                        let mut set = base.clone();
                        own(fork).for_each(|element| drop(set.insert(element)));
                        set
                    })
                };
                each((0..FORKS).map(|_| forks()), |[mut a, b]| {
                    a.merge(&b);
                    [a, b]
                })
            },
            || {
                let forks = || {
                    [0, 1].map(|fork| {
                        let mut set = their_base.clone();
                        own(fork).for_each(|element| set.insert(element));
                        set
                    })
                };
                each((0..FORKS).map(|_| forks()), |[mut a, b]| {
                    a.merge(b);
                    a
                })
            },
        )?;
    }
    Ok(())
}

fn insert_and_ship(table: &mut Table) -> anyhow::Result<()> {
    let elements = || (0..ELEMENTS).map(scatter);
    let more = |count| (ELEMENTS..ELEMENTS + count).map(scatter);
    let case = |peer| {
        Case::new(format!("G-set: insert into 100,000, merge into another, {peer}"), Unit::CPU_NS)
    };
    // Grown anew on both sides: clones of ours would share what they have, and of theirs lie in a row.
    let ours = |count| {
        let (mut here, mut there) = (our_set(elements()), our_set(elements()));
        each(more(count), |element| there.merge(&here.insert(element)))
    };
    table.compare(
        case("vs crdts, its op applied at both").bar(1.0),
        || ours(INSERTIONS),
        || {
            let (mut here, mut there) = (their_set(elements()), their_set(elements()));
            each(more(INSERTIONS), |op| {
                here.apply(op);
                there.apply(op);
            })
        },
    )?;
    let theirs = their_set(elements());
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
