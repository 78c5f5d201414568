//! G-sets.

use std::collections::BTreeSet;
use std::ops::Range;

use crdts::{CmRDT, CvRDT};
use glomers_crdt::{GSet, Lattice};

use super::{ELEMENTS, scatter};
use crate::measure::each;
use crate::table::{Case, Table, Unit};

/// Insertions into a set before it is taken anew.
const INSERTIONS: usize = 1_000;

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

/// Sets that were one: ours are clones of each other, and so are theirs, which share nothing.
fn merge_forks(table: &mut Table) -> anyhow::Result<()> {
    let elements = || (0..ELEMENTS).map(scatter);
    for (what, here, there, bar) in
        [("identical", 0..0, 0..0, 0.001), ("that differ in 100", 0..50, 50..100, 0.01)]
    {
        let more = |range: Range<usize>| range.map(|i| scatter(ELEMENTS + i));
        let mut ours = (our_set(elements()), GSet::default());
        ours.1 = ours.0.clone();
        more(here.clone()).for_each(|element| drop(ours.0.insert(element)));
        more(there.clone()).for_each(|element| drop(ours.1.insert(element)));
        let theirs =
            (their_set(elements().chain(more(here))), their_set(elements().chain(more(there))));
        table.compare(
            Case::new(format!("G-set: merge forks of 100,000 {what}, vs crdts"), Unit::CPU_US)
                .bar(bar),
            || {
                each([ours.clone()], |(mut a, b)| {
                    a.merge(&b);
                    drop(b);
                    a
                })
            },
            || {
                each([theirs.clone()], |(mut a, b)| {
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
