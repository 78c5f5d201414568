//! Observed-remove sets, in which an addition wins over a concurrent removal: `Orswot` there.

use crdts::{CmRDT, CvRDT};
use glomers_crdt::{Lattice, OrSet};

use super::inputs::{BATCH, scatter};
use crate::measure::{Effort, each};
use crate::table::{Case, Table, Unit};

/// Elements of a set.
const ELEMENTS: usize = 10_000;

/// Elements that a delta adds.
const FEW: usize = 10;

type Ours = OrSet<u64, u64>;
type Theirs = crdts::Orswot<u64, u64>;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    merge_delta(table)?;
    merge_all(table)?;
    add_and_remove(table)?;
    bytes(table)
}

fn our_add(set: &mut Ours, replica: u64, element: u64) -> anyhow::Result<Ours> {
    Ok(set.insert(replica, element)?)
}

fn their_add(set: &mut Theirs, replica: u64, element: u64) {
    let context = set.read_ctx().derive_add_ctx(replica);
    set.apply(set.add(element, context));
}

/// Two sets that have had everything in common but the last additions of each, under a name of its
/// own.
fn ours(common: usize, own: usize) -> anyhow::Result<[Ours; 2]> {
    let mut set = Ours::default();
    for i in 0..common {
        our_add(&mut set, 0, scatter(i))?;
    }
    let mut sets = [set.clone(), set];
    for (replica, set) in (1..).zip(&mut sets) {
        for i in 0..own {
            our_add(set, replica as u64, scatter(common + replica * own + i))?;
        }
    }
    Ok(sets)
}

fn theirs(common: usize, own: usize) -> [Theirs; 2] {
    let mut set = Theirs::new();
    for i in 0..common {
        their_add(&mut set, 0, scatter(i));
    }
    let mut sets = [set.clone(), set];
    for (replica, set) in (1..).zip(&mut sets) {
        for i in 0..own {
            their_add(set, replica as u64, scatter(common + replica * own + i));
        }
    }
    sets
}

/// The delta of some additions; the peer has none, and merges a set of just these.
fn merge_delta(table: &mut Table) -> anyhow::Result<()> {
    let [ours, other] = ours(ELEMENTS, FEW)?;
    let delta = other.difference(&ours);
    let theirs = theirs(ELEMENTS, 0);
    let mut few = Theirs::new();
    (0..FEW).for_each(|i| their_add(&mut few, 2, scatter(ELEMENTS + i)));
    table.compare(
        Case::new("OR-set of 10,000: merge a delta of 10, vs crdts", Unit::CPU_US).bar(0.005),
        || {
            // A clone would share what it has with its original.
            each([apart(ELEMENTS)?], |mut set| {
                set.merge(&delta);
                set
            })
        },
        || {
            each([(theirs[0].clone(), few.clone())], |(mut set, few)| {
                set.merge(few);
                set
            })
        },
    )
}

fn merge_all(table: &mut Table) -> anyhow::Result<()> {
    let merge_ours = |pair: &[Ours; 2]| {
        each([pair.clone()], |[mut a, b]| {
            a.merge(&b);
            drop(b);
            a
        })
    };
    let merge_theirs = |pair: &[Theirs; 2]| {
        each([pair.clone()], |[mut a, b]| {
            a.merge(b);
            a
        })
    };
    // Grown apart, so that ours share nothing either.
    let half = ELEMENTS / 2;
    let apart = [apart(half)?, apart(half)?];
    let [mut a, mut b] = [apart[0].clone(), apart[1].clone()];
    for i in 0..half {
        our_add(&mut a, 1, scatter(ELEMENTS + i))?;
        our_add(&mut b, 2, scatter(2 * ELEMENTS + i))?;
    }
    let grown_apart = [a, b];
    let theirs = theirs(half, half);
    table.compare(
        Case::new("OR-set of 10,000: merge all, half in common, vs crdts", Unit::CPU_US).bar(0.3),
        || merge_ours(&grown_apart),
        || merge_theirs(&theirs),
    )?;
    let forks = ours(half, half)?;
    table.compare(
        Case::new("OR-set of 10,000: merge forks, half in common, vs crdts", Unit::CPU_US).bar(0.3),
        || merge_ours(&forks),
        || merge_theirs(&theirs),
    )
}

/// A set made from nothing: equal to others that are, and nowhere the same.
fn apart(elements: usize) -> anyhow::Result<Ours> {
    let mut set = Ours::default();
    for i in 0..elements {
        our_add(&mut set, 0, scatter(i))?;
    }
    Ok(set)
}

/// What changes a large set.
fn add_and_remove(table: &mut Table) -> anyhow::Result<()> {
    let [ours, _] = ours(ELEMENTS, 0)?;
    let [theirs, _] = theirs(ELEMENTS, 0);
    let elements = || (0..BATCH).map(|i| scatter(2 * ELEMENTS + i));
    table.compare(
        Case::new("OR-set of 10,000: add and remove one, vs crdts", Unit::CPU_NS),
        || {
            let mut set = ours.clone();
            each(elements(), |element| {
                let added = set.insert(1, element);
                (added, set.remove(&element))
            })
        },
        || {
            let mut set = theirs.clone();
            each(elements(), |element| {
                their_add(&mut set, 1, element);
                let context = set.contains(&element).derive_rm_ctx();
                set.apply(set.rm(element, context));
            })
        },
    )
}

/// As JSON, made by one replica: elements and replicas are numbers, whose names are as short as can be.
fn bytes(table: &mut Table) -> anyhow::Result<()> {
    let mut ours = OrSet::<u64, String>::default();
    let mut theirs = crdts::Orswot::<u64, String>::new();
    for element in 0..1_000 {
        ours.insert("a".to_owned(), element)?;
        let context = theirs.read_ctx().derive_add_ctx("a".to_owned());
        theirs.apply(theirs.add(element, context));
    }
    let (ours, theirs) = (serde_json::to_vec(&ours)?.len(), serde_json::to_vec(&theirs)?.len());
    let count = |bytes: usize| Ok(f64::from(u32::try_from(bytes)?));
    table.compare(
        Case::new("OR-set of 1,000: as JSON, vs crdts", Unit::BYTES).bar(0.5).effort(Effort::Once),
        || count(ours),
        || count(theirs),
    )
}
