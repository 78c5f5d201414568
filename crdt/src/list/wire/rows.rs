//! A list of runs, each as replica, counter of the first element, origin, values, and which of the
//! elements are removed, counted from 0.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::Dot;
use crate::list::run::{Atom, Content, Origin, Run, Stretch};

#[derive(Serialize, Deserialize)]
pub(super) enum Beside<R> {
    #[serde(rename = "o")]
    Root,
    #[serde(rename = "l")]
    Left(R, u64),
    #[serde(rename = "r")]
    Right(R, u64),
}

/// All runs.
pub(super) fn rows<'a, T: 'static, R: PartialEq>(atoms: &[Atom<'a, T, R>]) -> Vec<Row<'a, T, R>> {
    atoms.chunk_by(Atom::is_followed_by).map(row).collect()
}

/// A run as it is written.
pub(super) type Row<'a, T, R> = (&'a R, u64, Beside<&'a R>, Vec<&'a T>, Vec<u64>);

fn row<'a, T: 'static, R>(run: &[Atom<'a, T, R>]) -> Row<'a, T, R> {
    let Atom { start, origin, .. } = run[0];
    let beside = match origin {
        Origin::Root => Beside::Root,
        Origin::Left(parent) => Beside::Left(parent.replica, parent.counter),
        Origin::Right(parent) => Beside::Right(parent.replica, parent.counter),
    };
    let (mut values, mut removed) = (Vec::new(), Vec::new());
    for atom in run {
        let offset = atom.start.counter - start.counter;
        match atom.stretch {
            Stretch::Live(live) => values.extend(live.iter()),
            Stretch::Removed(len) => removed.extend(offset..offset + len),
        }
    }
    (start.replica, start.counter, beside, values, removed)
}

type Read<T, R> = (R, u64, Beside<R>, Vec<T>, Vec<u64>);

/// Adds a run that comes after all others, if it can be one.
pub(super) fn read<T: 'static, R: Ord + Clone>(
    runs: &mut Vec<Run<T, R>>,
    (replica, counter, beside, values, removed): Read<T, R>,
) -> Result<(), &'static str> {
    let start = Dot { replica, counter };
    let origin = match beside {
        Beside::Root => Origin::Root,
        Beside::Left(replica, counter) => Origin::Left(Dot { replica, counter }),
        Beside::Right(replica, counter) => Origin::Right(Dot { replica, counter }),
    };
    add(runs, &start, &origin, woven(values, &removed)?)
}

/// Puts removed ones between the values.
fn woven<T>(values: Vec<T>, removed: &[u64]) -> Result<Vec<Option<T>>, &'static str> {
    let mut woven = Vec::with_capacity(values.len());
    let mut values = values.into_iter();
    for at in removed {
        let before = at.checked_sub(woven.len() as u64);
        let before = before.and_then(|before| usize::try_from(before).ok());
        let before = before.filter(|before| *before <= values.len());
        let before = before.ok_or("a removed element is out of place")?;
        woven.extend(values.by_ref().take(before).map(Some));
        woven.push(None);
    }
    woven.extend(values.map(Some));
    Ok(woven)
}

fn add<T: 'static, R: Ord + Clone>(
    runs: &mut Vec<Run<T, R>>,
    start: &Dot<R>,
    origin: &Origin<R>,
    values: Vec<Option<T>>,
) -> Result<(), &'static str> {
    let last = values.len().checked_sub(1).ok_or("a run without elements")?;
    if start.counter == 0 || start.counter.checked_add(last as u64).is_none() {
        return Err("ids count from 1 to the greatest number");
    }
    if origin.parent().is_some_and(|parent| {
        parent.counter == 0 || (parent.replica == start.replica && parent.counter >= start.counter)
    }) {
        return Err("an element beside one that came later, or never");
    }
    if let Some(before) = runs.last() {
        let before = before.atom();
        let last = Dot { counter: before.start.counter + (before.len() - 1), ..before.start };
        if last >= start.as_ref() {
            return Err("runs overlap, or do not ascend");
        }
        if origin.parent().map(Dot::as_ref) == Some(last)
            && matches!(origin, Origin::Right(_))
            && last.counter.checked_add(1) == Some(start.counter)
            && last.replica == &start.replica
        {
            return Err("two runs that are one");
        }
    }
    let mut at = 0;
    for stretch in stretches(values) {
        let len = stretch.len();
        let origin = if at == 0 { origin.clone() } else { Origin::Right(start.ahead(at - 1)) };
        runs.push(Run { start: start.ahead(at), origin, content: stretch });
        at += len;
    }
    Ok(())
}

/// Stretches of values that are all live or all removed.
fn stretches<T: 'static>(values: Vec<Option<T>>) -> Vec<Content<T>> {
    let mut all: Vec<Content<T>> = Vec::new();
    let mut live = Vec::new();
    for value in values {
        match (value, all.last_mut()) {
            (Some(value), _) => live.push(value),
            (None, Some(Content::Removed(len))) if live.is_empty() => *len += 1,
            (None, _) => {
                if !live.is_empty() {
                    all.push(Content::of(core::mem::take(&mut live)));
                }
                all.push(Content::Removed(1));
            }
        }
    }
    if !live.is_empty() {
        all.push(Content::of(live));
    }
    all
}
