//! A list as columns: the replicas' names, numbers that tell of the runs, and the values beside each other.
//!
//! Of each replica the numbers say how many runs it has, and of each run its length, the gap before it, if
//! there is one, and beside whom it was inserted; then how many elements are live, how many after them
//! removed, and so on in turn.

use alloc::vec::Vec;

use serde::Serialize;

use super::scalar::Line;
use crate::list::build::{Source, build};
use crate::list::id::{Id, Link};
use crate::list::part::Part;
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

/// The columns of a list that is not empty, of its parts by their ids.
pub(super) fn columns<'a, T: Serialize + 'static, R: Ord>(
    all_names: &'a [R],
    parts: &[Part],
    values: Vec<Slice<'a, T>>,
) -> Columns<'a, T, R> {
    let line = Line::new(values);
    let runs_of = || parts.chunk_by(|one, next| one.id.replica == next.id.replica);
    // Where the names are in the columns: those of runs, then those of parents alone.
    let mut places = alloc::vec![None; all_names.len()];
    let mut names = Vec::new();
    for part in runs_of().map(|parts| &parts[0]) {
        places[part.id.replica as usize] = Some(names.len() as u64);
        names.push(&all_names[part.id.replica as usize]);
    }
    let own = names.len();
    let parents = parts.iter().filter_map(|part| part.link.parent());
    let mut others: Vec<u32> = parents
        .map(|parent| parent.replica)
        .filter(|replica| places[*replica as usize].is_none())
        .collect();
    others.sort_unstable_by_key(|replica| &all_names[*replica as usize]);
    others.dedup();
    for replica in others {
        places[replica as usize] = Some(names.len() as u64);
        names.push(&all_names[replica as usize]);
    }
    let mut numbers = Vec::with_capacity(4 * parts.len());
    numbers.extend([line.kind(), own as u64]);
    for of_replica in runs_of() {
        write_replica(of_replica, &places, &mut numbers);
    }
    let first = names.remove(0);
    (first, 0, names, numbers, line)
}

/// Writes the runs of a replica.
fn write_replica(parts: &[Part], places: &[Option<u64>], numbers: &mut Vec<u64>) {
    let count = numbers.len();
    numbers.push(0);
    let mut next = 1;
    for run in parts.chunk_by(Part::is_followed_by) {
        let (Part { id, link, .. }, last) = (run[0], run[run.len() - 1]);
        let end = last.id.counter.wrapping_add(last.len);
        let (len, gap) = (end.wrapping_sub(id.counter), id.counter - next);
        numbers[count] += 1;
        numbers.push((len << 1) | u64::from(gap > 0));
        numbers.extend((gap > 0).then_some(gap));
        let side = if matches!(link, Link::Right(_)) { RIGHT } else { LEFT };
        match link.parent() {
            None => numbers.push(ROOT),
            Some(parent) if parent.replica == id.replica => {
                numbers.push(((id.counter - parent.counter) << 2) | side);
            }
            Some(parent) => {
                let place = places[parent.replica as usize].unwrap_or(u64::MAX >> 1);
                numbers.extend([OTHER, (place << 1) | side, parent.counter]);
            }
        }
        next = end;
    }
    let (mut is_live, mut count) = (true, 0);
    for part in parts {
        if part.is_live != is_live {
            numbers.push(count);
            (is_live, count) = (part.is_live, 0);
        }
        count += part.len;
    }
    numbers.push(count);
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
    // Each has two numbers at least.
    let most = numbers.0.len() / 2;
    let mut runs = Vec::with_capacity(most.min(usize::try_from(count).unwrap_or(most)));
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
