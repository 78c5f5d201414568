//! A list as columns: the replicas' names, numbers that tell of the runs, and the values beside each other.
//!
//! Of each replica the numbers say how many runs it has, and of each run its length, the gap before it, if
//! there is one, and beside whom it was inserted; then how many elements are live, how many after them
//! removed, and so on in turn.

use alloc::vec::Vec;

use serde::Serialize;

use super::scalar::Line;
use crate::Dot;
use crate::list::build::{Source, build};
use crate::list::id::{Id, Link};
use crate::list::part::Part;
use crate::list::run::{Atom, Origin, Stretch};
use crate::list::tree::Tree;
use crate::list::values::Slice;

/// How the first element of a run was inserted; above these two bits is how many ids of the same replica's
/// before.
const LEFT: u64 = 0;
const RIGHT: u64 = 1;
/// Beside an element of another replica: two more numbers say which.
const OTHER: u64 = 2;
/// Into the empty list.
const ROOT: u64 = 3;

/// Removed elements in a row at most.
const MOST: u64 = 1 << 32;

/// A name, 0, the other names, the numbers, the values.
type Columns<'a, T, R> = (&'a R, u64, Vec<&'a R>, Vec<u64>, Line<'a, T>);

/// The columns of a list that is not empty.
pub(super) fn columns<'a, T: Serialize + 'static, R: Ord>(
    atoms: &[Atom<'a, T, R>],
    values: Vec<Slice<'a, T>>,
) -> Columns<'a, T, R> {
    let line = Line::new(values);
    let mut names: Vec<&R> = atoms.iter().map(|atom| atom.start.replica).collect();
    names.dedup();
    let own = names.len();
    let parents = atoms.iter().filter_map(|atom| {
        let parent = atom.origin.parent()?;
        (parent.replica != atom.start.replica).then_some(parent.replica)
    });
    let mut others: Vec<&R> = parents.filter(|name| names.binary_search(name).is_err()).collect();
    others.sort_unstable();
    others.dedup();
    names.extend(others);
    let number_of = |name: &R| {
        let (of_runs, others) = names.split_at(own);
        let find = |names: &[&R]| names.binary_search(&name).ok();
        let number = find(of_runs).or_else(|| Some(own + find(others)?));
        number.map_or(u64::MAX, |number| number as u64)
    };
    let mut numbers = alloc::vec![line.kind(), own as u64];
    for of_replica in atoms.chunk_by(|one, next| one.start.replica == next.start.replica) {
        let runs = of_replica.chunk_by(Atom::is_followed_by);
        numbers.push(runs.clone().count() as u64);
        let mut next = 1;
        for run in runs {
            let (first, last) = (&run[0], &run[run.len() - 1]);
            let start = first.start.counter;
            let end = last.start.counter.wrapping_add(last.len());
            let (len, gap) = (end.wrapping_sub(start), start - next);
            numbers.push((len << 1) | u64::from(gap > 0));
            numbers.extend((gap > 0).then_some(gap));
            let own = |parent: &Dot<&R>| parent.replica == first.start.replica;
            match first.origin {
                Origin::Root => numbers.push(ROOT),
                Origin::Left(parent) if own(&parent) => {
                    numbers.push(((start - parent.counter) << 2) | LEFT);
                }
                Origin::Right(parent) if own(&parent) => {
                    numbers.push(((start - parent.counter) << 2) | RIGHT);
                }
                Origin::Left(parent) | Origin::Right(parent) => {
                    let is_right = matches!(first.origin, Origin::Right(_));
                    let number = number_of(parent.replica);
                    numbers.extend([OTHER, (number << 1) | u64::from(is_right), parent.counter]);
                }
            }
            next = end;
        }
        let (mut is_live, mut count) = (true, 0);
        for atom in of_replica {
            let is_next = matches!(atom.stretch, Stretch::Live(_));
            if is_next != is_live {
                numbers.push(count);
                (is_live, count) = (is_next, 0);
            }
            count += atom.len();
        }
        numbers.push(count);
    }
    let first = names.remove(0);
    (first, 0, names, numbers, line)
}

/// Numbers, one after the other.
struct Numbers<'a>(core::slice::Iter<'a, u64>);

impl Numbers<'_> {
    fn next(&mut self) -> Result<u64, &'static str> {
        self.0.next().copied().ok_or("numbers are missing")
    }
}

/// The list that columns are of; and whether elements wait for each other.
pub(super) fn read<T: Clone + 'static, R: Ord + Clone>(
    names: &[R],
    numbers: &[u64],
    values: Source<T>,
) -> Result<(Tree<T, R>, bool), &'static str> {
    let mut sorted: Vec<u32> = (0..).take(names.len()).collect();
    sorted.sort_by(|one, other| names[*one as usize].cmp(&names[*other as usize]));
    if sorted.windows(2).any(|two| names[two[0] as usize] == names[two[1] as usize]) {
        return Err("a name twice");
    }
    // The tree's numbers ascend as the names do.
    let mut ranks = alloc::vec![0; names.len()];
    for (rank, nth) in (0..).zip(&sorted) {
        ranks[*nth as usize] = rank;
    }
    let mut numbers = Numbers(numbers.iter());
    let own = usize::try_from(numbers.next()?).ok().filter(|own| *own <= names.len());
    let own = own.ok_or("more replicas than names")?;
    if !ranks[..own].is_sorted() {
        return Err("replicas do not ascend");
    }
    let mut parts = Vec::new();
    for replica in ranks.iter().take(own) {
        read_replica(&mut numbers, *replica, &ranks, &mut parts)?;
    }
    if numbers.0.next().is_some() {
        return Err("more numbers than of the runs");
    }
    let live = parts.iter().filter(|part| part.is_live);
    if live.map(|part| u128::from(part.len)).sum::<u128>() != values.len() as u128 {
        return Err("as many values as live elements");
    }
    let names = sorted.iter().map(|nth| names[*nth as usize].clone()).collect();
    Ok(build(names, &parts, values))
}

/// Reads the runs of a replica, and cuts them where removed elements begin or end.
fn read_replica(
    numbers: &mut Numbers<'_>,
    replica: u32,
    ranks: &[u32],
    parts: &mut Vec<Part>,
) -> Result<(), &'static str> {
    const BEYOND: &str = "ids count from 1 to the greatest number";
    let count = numbers.next()?;
    if count == 0 {
        return Err("a replica without runs");
    }
    let mut runs = Vec::new();
    // The last id before.
    let mut before = 0_u64;
    for _ in 0..count {
        let head = numbers.next()?;
        let len = head >> 1;
        let gap = if head & 1 > 0 { numbers.next()? } else { 0 };
        if len == 0 || (head & 1 > 0 && gap == 0) {
            return Err("a run without elements, or a gap without ids");
        }
        let start = before.checked_add(gap).and_then(|id| id.checked_add(1)).ok_or(BEYOND)?;
        let last = start.checked_add(len - 1).ok_or(BEYOND)?;
        let link = read_link(numbers, Id { replica, counter: start }, ranks)?;
        let id = Id { replica, counter: start };
        if gap == 0 && !runs.is_empty() && link.continues(id) {
            return Err("two runs that are one");
        }
        runs.push(Part { id, len, link, is_live: true });
        before = last;
    }
    let (mut is_live, mut left) = (true, numbers.next()?);
    for Part { id, len, link, .. } in runs {
        let mut at = 0;
        while at < len {
            while left == 0 {
                is_live = !is_live;
                left = numbers.next()?;
                if left == 0 || (!is_live && left > MOST) {
                    return Err("none, or too many, removed in a row");
                }
            }
            let part = left.min(len - at);
            let start = id.ahead(at);
            let link = if at == 0 {
                link
            } else {
                Link::Right(Id { counter: start.counter - 1, ..start })
            };
            parts.push(Part { id: start, len: part, link, is_live });
            at += part;
            left -= part;
        }
    }
    if left > 0 { Err("more elements than in the runs") } else { Ok(()) }
}

fn read_link(numbers: &mut Numbers<'_>, id: Id, ranks: &[u32]) -> Result<Link, &'static str> {
    const LATER: &str = "an element beside one that came later, or never";
    let code = numbers.next()?;
    let parent = match code & 3 {
        ROOT if code == ROOT => return Ok(Link::Root),
        OTHER if code == OTHER => {
            let number = numbers.next()?;
            let replica = usize::try_from(number >> 1).ok().and_then(|nth| ranks.get(nth));
            let replica = *replica.ok_or("a name that is not there")?;
            let counter = numbers.next()?;
            if counter == 0 || replica == id.replica {
                return Err(LATER);
            }
            let parent = Id { replica, counter };
            return Ok(if number & 1 > 0 { Link::Right(parent) } else { Link::Left(parent) });
        }
        LEFT | RIGHT => {
            let counter = id.counter.checked_sub(code >> 2).filter(|parent| *parent > 0);
            Id { counter: counter.filter(|_| code >> 2 > 0).ok_or(LATER)?, ..id }
        }
        _ => return Err("no such side"),
    };
    Ok(if code & 3 == RIGHT { Link::Right(parent) } else { Link::Left(parent) })
}
