//! A list of runs, each as replica, counter of the first element, origin, values, and which of the
//! elements are removed, counted from 0.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::List;
use super::run::Origin;
use super::tree::Tree;
use crate::Dot;

#[derive(Serialize, Deserialize)]
enum Beside<R> {
    #[serde(rename = "o")]
    Root,
    #[serde(rename = "l")]
    Left(R, u64),
    #[serde(rename = "r")]
    Right(R, u64),
}

impl<T: Serialize, R: Serialize> Serialize for List<T, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.tree.runs.iter().map(|(start, run)| {
            let beside = match &run.origin {
                Origin::Root => Beside::Root,
                Origin::Left(parent) => Beside::Left(&parent.replica, parent.counter),
                Origin::Right(parent) => Beside::Right(&parent.replica, parent.counter),
            };
            let values: Vec<&T> = run.values.iter().flatten().collect();
            let all = run.values.iter().zip(0_u64..);
            let removed = all.filter_map(|(value, at)| value.is_none().then_some(at));
            (&start.replica, start.counter, beside, values, removed.collect::<Vec<_>>())
        }))
    }
}

type Read<T, R> = (R, u64, Beside<R>, Vec<T>, Vec<u64>);

impl<'de, T, R> Deserialize<'de> for List<T, R>
where
    T: Ord + Clone + Deserialize<'de>,
    R: Ord + Clone + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut tree = Tree::default();
        for (replica, counter, beside, values, removed) in
            Vec::<Read<T, R>>::deserialize(deserializer)?
        {
            let start = Dot { replica, counter };
            let origin = match beside {
                Beside::Root => Origin::Root,
                Beside::Left(replica, counter) => Origin::Left(Dot { replica, counter }),
                Beside::Right(replica, counter) => Origin::Right(Dot { replica, counter }),
            };
            let values = woven(values, &removed).map_err(D::Error::custom)?;
            tree.read(start, origin, values).map_err(D::Error::custom)?;
        }
        tree.place_all();
        if tree.has_cycle() {
            return Err(D::Error::custom("an element is its own ancestor"));
        }
        Ok(Self { tree })
    }
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

impl<T, R: Ord + Clone> Tree<T, R> {
    /// Adds a run that comes after all others, if it can be one.
    fn read(
        &mut self,
        start: Dot<R>,
        origin: Origin<R>,
        values: Vec<Option<T>>,
    ) -> Result<(), &'static str> {
        let last = values.len().checked_sub(1).ok_or("a run without elements")?;
        if start.counter == 0 || start.counter.checked_add(last as u64).is_none() {
            return Err("ids count from 1 to the greatest number");
        }
        if origin.parent().is_some_and(|parent| {
            parent.counter == 0
                || (parent.replica == start.replica && parent.counter >= start.counter)
        }) {
            return Err("an element beside one that came later, or never");
        }
        let before = self.runs.last_key_value();
        let before = before.map(|(head, run)| head.ahead(run.values.len() - 1));
        if before.is_some_and(|before| before >= start) {
            return Err("runs overlap, or do not ascend");
        }
        match self.add_unplaced(start, origin, values) {
            (_, 0) => Ok(()),
            _ => Err("two runs that are one"),
        }
    }

    /// Whether there are elements that wait, but for none that is unknown.
    fn has_cycle(&self) -> bool {
        let is_waiting = |id: &&Dot<R>| !self.is_placed(id);
        let is_orphan = |parent: &Dot<R>| self.find(parent).is_none();
        let orphans =
            self.children.iter().filter(|(origin, _)| origin.parent().is_some_and(is_orphan));
        let mut next: Vec<&Dot<R>> = orphans.flat_map(|(_, ids)| ids).collect();
        let mut reached = BTreeSet::new();
        while let Some(head) = next.pop() {
            let Some(run) = self.runs.get(head).filter(|_| reached.insert(head)) else { continue };
            let last = head.ahead(run.values.len() - 1);
            for side in [Origin::Left, Origin::Right] {
                let below = self.children.range(side(head.clone())..=side(last.clone()));
                next.extend(below.flat_map(|(_, ids)| ids));
            }
        }
        self.runs.keys().filter(is_waiting).any(|head| !reached.contains(head))
    }
}
