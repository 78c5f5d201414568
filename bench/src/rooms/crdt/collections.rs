//! What large states rest on: our sorted chunks, seen through a map of maxima, against the trees of
//! the imbl crate, which share what they have in common too, and those of std, which share nothing.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::Command;

use anyhow::{Context, ensure};
use glomers_crdt::{Lattice, MaxMap};
use imbl::OrdMap;
use imbl::ordmap::DiffItem;

use super::{ELEMENTS, scatter};
use crate::measure::{Effort, each, repeat};
use crate::rooms::programs;
use crate::table::{Case, Table, Unit};

type Ours = MaxMap<u64, u64>;
type Imbl = OrdMap<u64, u64>;
type Std = BTreeMap<u64, u64>;

/// Pairs that are put in or looked up one by one.
const SINGLE: usize = 1_000;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    build(table)?;
    insert(table)?;
    insert_into_fork(table)?;
    get(table)?;
    iterate(table)?;
    merge_halves(table)?;
    merge_forks(table)?;
    memory(table)
}

fn case(what: &str, unit: Unit) -> Case {
    Case::new(format!("map of 100,000: {what}"), unit)
}

fn pairs() -> impl Iterator<Item = (u64, u64)> {
    (0..ELEMENTS).map(|i| (scatter(i), i as u64))
}

/// Pairs that are not in [`pairs`].
fn others() -> impl Iterator<Item = (u64, u64)> {
    (ELEMENTS..).map(|i| (scatter(i), i as u64))
}

/// Grown one pair at a time.
fn ours() -> Ours {
    let mut map = Ours::default();
    pairs().for_each(|(key, value)| drop(map.insert(key, value)));
    map
}

fn imbl() -> Imbl {
    let mut map = Imbl::new();
    pairs().for_each(|(key, value)| {
        map.insert(key, value);
    });
    map
}

fn std() -> Std {
    let mut map = Std::new();
    pairs().for_each(|(key, value)| {
        map.insert(key, value);
    });
    map
}

fn build(table: &mut Table) -> anyhow::Result<()> {
    let build = || each([()], |()| ours());
    table.compare(case("grow one by one, vs imbl", Unit::CPU_MS), build, || {
        each([()], |()| imbl())
    })?;
    table.compare(case("grow one by one, vs BTreeMap", Unit::CPU_MS), build, || {
        each([()], |()| std())
    })
}

fn insert(table: &mut Table) -> anyhow::Result<()> {
    let more = || others().take(SINGLE);
    let (map, imbl, std) = (ours(), imbl(), std());
    // The first changes unshare a clone: let them pass off the clock.
    let insert = || {
        let mut map = map.clone();
        others().skip(SINGLE).take(SINGLE).for_each(|(key, value)| drop(map.insert(key, value)));
        each(more(), |(key, value)| map.insert(key, value))
    };
    table.compare(case("insert one, with its delta, vs imbl", Unit::CPU_NS), insert, || {
        let mut map = imbl.clone();
        others().skip(SINGLE).take(SINGLE).for_each(|(key, value)| {
            map.insert(key, value);
        });
        each(more(), |(key, value)| map.insert(key, value))
    })?;
    table.compare(case("insert one, with its delta, vs BTreeMap", Unit::CPU_NS), insert, || {
        let mut map = std.clone();
        each(more(), |(key, value)| map.insert(key, value))
    })
}

fn insert_into_fork(table: &mut Table) -> anyhow::Result<()> {
    let more = || others().take(50);
    let (map, imbl) = (ours(), imbl());
    table.compare(
        case("fork, and insert one, vs imbl", Unit::CPU_NS),
        || {
            each(more(), |(key, value)| {
                let mut map = map.clone();
                map.insert(key, value);
                map
            })
        },
        || {
            each(more(), |(key, value)| {
                let mut map = imbl.clone();
                map.insert(key, value);
                map
            })
        },
    )
}

fn get(table: &mut Table) -> anyhow::Result<()> {
    let keys = || (0..SINGLE).map(|i| scatter(i * 97));
    let (map, imbl, std) = (ours(), imbl(), std());
    let get = || each(keys(), |key| map.get(&key).copied());
    table.compare(case("get, vs imbl", Unit::CPU_NS), get, || {
        each(keys(), |key| imbl.get(&key).copied())
    })?;
    table.compare(case("get, vs BTreeMap", Unit::CPU_NS), get, || {
        each(keys(), |key| std.get(&key).copied())
    })
}

fn iterate(table: &mut Table) -> anyhow::Result<()> {
    let (map, imbl, std) = (ours(), imbl(), std());
    let walk = || repeat(10, || black_box(&map).iter().map(|(_, value)| *value).max());
    table.compare(case("walk through, vs imbl", Unit::CPU_US), walk, || {
        repeat(10, || black_box(&imbl).iter().map(|(_, value)| *value).max())
    })?;
    table.compare(case("walk through, vs BTreeMap", Unit::CPU_US), walk, || {
        repeat(10, || black_box(&std).values().max().copied())
    })
}

fn merge_halves(table: &mut Table) -> anyhow::Result<()> {
    let even = |(key, _): &(u64, u64)| key.is_multiple_of(2);
    let ours: [Ours; 2] =
        [pairs().filter(even).collect(), pairs().filter(|pair| !even(pair)).collect()];
    let imbl: [Imbl; 2] =
        [pairs().filter(even).collect(), pairs().filter(|pair| !even(pair)).collect()];
    let std: [Std; 2] =
        [pairs().filter(even).collect(), pairs().filter(|pair| !even(pair)).collect()];
    let merge = || {
        each([ours.clone()], |[mut a, b]| {
            a.merge(&b);
            drop(b);
            a
        })
    };
    table.compare(case("merge halves, vs imbl's union", Unit::CPU_MS), merge, || {
        each([imbl.clone()], |[a, b]| a.union(b))
    })?;
    table.compare(case("merge halves, vs BTreeMap::append", Unit::CPU_MS), merge, || {
        each([std.clone()], |[mut a, mut b]| {
            a.append(&mut b);
            a
        })
    })
}

/// The join that is in proportion to what differs: imbl's maps find that quickly.
fn merge_imbl(ours: &mut Imbl, theirs: &Imbl) {
    if ours.ptr_eq(theirs) {
        return;
    }
    let lacking: Vec<(u64, u64)> = ours
        .diff(theirs)
        .filter_map(|item| match item {
            DiffItem::Add(key, value) => Some((*key, *value)),
            DiffItem::Update { old, new } => (old.1 < new.1).then_some((*new.0, *new.1)),
            DiffItem::Remove(..) => None,
        })
        .collect();
    for (key, value) in lacking {
        ours.insert(key, value);
    }
}

fn merge_forks(table: &mut Table) -> anyhow::Result<()> {
    for (what, count) in [("identical", 0), ("that differ in 100", 50)] {
        let more = |nth| others().skip(nth * count).take(count);
        let mut ours = [ours(), Ours::default()];
        ours[1] = ours[0].clone();
        let mut imbl = [imbl(), Imbl::new()];
        imbl[1] = imbl[0].clone();
        for nth in [0, 1] {
            for (key, value) in more(nth) {
                ours[nth].insert(key, value);
                imbl[nth].insert(key, value);
            }
        }
        table.compare(
            case(&format!("merge forks {what}, vs imbl's diff"), Unit::CPU_NS),
            || {
                each(vec![ours.clone(); 10], |[mut a, b]| {
                    a.merge(&b);
                    [a, b]
                })
            },
            || {
                each(vec![imbl.clone(); 10], |[mut a, b]| {
                    merge_imbl(&mut a, &b);
                    [a, b]
                })
            },
        )?;
    }
    Ok(())
}

/// Maps in a process of their own, whose allocator counts.
fn memory(table: &mut Table) -> anyhow::Result<()> {
    table.note("building the program that counts memory");
    let output = Command::new(programs::of_this_package("map-memory")?).output()?;
    ensure!(output.status.success(), "the program that counts memory failed");
    let output = String::from_utf8(output.stdout)?;
    let figures = output.lines().map(str::parse::<f64>).collect::<Result<Vec<_>, _>>()?;
    let [ours, imbl, std] = figures.try_into().ok().context("figures are missing")?;
    for (peer, bytes) in [("imbl", imbl), ("BTreeMap", std)] {
        let what = format!("bytes for a pair of 16, vs {peer}");
        table.compare(case(&what, Unit::BYTES).effort(Effort::Once), || Ok(ours), || Ok(bytes))?;
    }
    Ok(())
}
