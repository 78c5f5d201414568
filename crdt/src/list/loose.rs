//! Elements by their ids, whose places nobody has asked for: what a delta of several runs is.

use alloc::vec::Vec;

use super::build::{Source, build};
use super::id::{Id, Link};
use super::part::Part;
use super::run::{Atom, Origin, Run, Stretch};
use super::tree::Tree;
use super::values::Values;
use crate::Dot;

#[derive(Clone)]
pub(super) struct Loose<T, R> {
    /// Ascending.
    pub(super) names: Vec<R>,
    /// Ascending, and as long as can be; replicas are numbered as the names are.
    pub(super) parts: Vec<Part>,
    /// Of the live elements, one after the other.
    pub(super) values: Values<T>,
}

impl<T, R> Loose<T, R> {
    /// How many elements.
    pub(super) fn len(&self) -> u64 {
        self.parts.iter().fold(0, |sum, part| part.len.saturating_add(sum))
    }

    /// Whether some of it can be read.
    pub(super) fn is_rooted(&self) -> bool {
        self.parts.iter().any(|part| part.link == Link::Root)
    }

    fn dot(&self, id: Id) -> Dot<&R> {
        Dot { replica: &self.names[id.replica as usize], counter: id.counter }
    }

    fn origin(&self, link: Link) -> Origin<&R> {
        match link {
            Link::Root => Origin::Root,
            Link::Left(parent) => Origin::Left(self.dot(parent)),
            Link::Right(parent) => Origin::Right(self.dot(parent)),
        }
    }

    /// All elements, in stretches by their ids.
    pub(super) fn atoms(&self) -> impl Iterator<Item = Atom<'_, T, R>> {
        let mut before = 0;
        self.parts.iter().map(move |part| {
            let stretch = if part.is_live {
                // They have values, which memory has.
                let from = before;
                before += usize::try_from(part.len).unwrap_or(usize::MAX);
                Stretch::Live(self.values.all().slice(from..before))
            } else {
                Stretch::Removed(part.len)
            };
            Atom { start: self.dot(part.id), origin: self.origin(part.link), stretch }
        })
    }
}

impl<T: Clone + 'static, R> Loose<T, R> {
    /// Of replicas with these names, ascending.
    pub(super) fn new(names: Vec<R>) -> Self {
        Self { names, parts: Vec::new(), values: Values::new() }
    }

    /// Appends elements that come after all others.
    pub(super) fn push(&mut self, id: Id, link: Link, stretch: Stretch<'_, T>) {
        let is_live = matches!(stretch, Stretch::Live(_));
        let part = Part { id, len: stretch.len(), link, is_live };
        match self.parts.last_mut() {
            Some(last) if last.is_live == is_live && last.is_followed_by(&part) => {
                last.len += part.len;
            }
            _ => self.parts.push(part),
        }
        if let Stretch::Live(values) = stretch {
            self.values.extend(values);
        }
    }

    /// The tree that they make; and whether some are their own ancestors.
    pub(super) fn build(self) -> (Tree<T, R>, bool) {
        let mut before = 0;
        let first = |part: &Part| {
            let first = before;
            if part.is_live {
                before += usize::try_from(part.len).unwrap_or(usize::MAX);
            }
            first
        };
        let firsts = self.parts.iter().map(first).collect();
        build(self.names, &self.parts, Source::ById(self.values, firsts))
    }
}

impl<T: Clone + 'static, R: Ord + Clone> Loose<T, R> {
    /// Of runs that ascend and do not overlap.
    pub(super) fn of(runs: &[Run<T, R>]) -> Self {
        let mut names: Vec<&R> = Vec::new();
        let mut note = |name| {
            if names.last() != Some(&name) {
                names.push(name);
            }
        };
        for run in runs {
            note(&run.start.replica);
            if let Some(parent) = run.origin.parent().filter(|it| it.replica != run.start.replica) {
                note(&parent.replica);
            }
        }
        names.sort_unstable();
        names.dedup();
        let number = |dot: &Dot<R>| Id {
            replica: names
                .binary_search(&&dot.replica)
                .ok()
                .and_then(|at| at.try_into().ok())
                .unwrap_or(0),
            counter: dot.counter,
        };
        let mut loose = Self::new(names.iter().copied().cloned().collect());
        for run in runs {
            let link = match &run.origin {
                Origin::Root => Link::Root,
                Origin::Left(parent) => Link::Left(number(parent)),
                Origin::Right(parent) => Link::Right(number(parent)),
            };
            loose.push(number(&run.start), link, run.content.stretch());
        }
        loose
    }

    /// The last id of a replica.
    pub(super) fn last_of(&self, name: &R) -> u64 {
        let Ok(number) = self.names.binary_search(name) else { return 0 };
        let end = self.parts.partition_point(|part| part.id.replica as usize <= number);
        let last = end.checked_sub(1).map(|nth| &self.parts[nth]);
        last.filter(|last| last.id.replica as usize == number).map_or(0, Part::last)
    }
}

impl<T> Loose<T, ()> {
    /// The same of elements that are numbered as a tree's are.
    pub(super) fn named<R: Clone>(self, tree: &Tree<T, R>) -> Loose<T, R> {
        let Self { mut parts, values, .. } = self;
        let mut is_named = alloc::vec![false; tree.names.len()];
        for part in &parts {
            is_named[part.id.replica as usize] = true;
            if let Some(parent) = part.link.parent() {
                is_named[parent.replica as usize] = true;
            }
        }
        let mut ranks = alloc::vec![0; tree.names.len()];
        let used = tree.sorted.iter().filter(|number| is_named[**number as usize]);
        let names = (0..).zip(used).map(|(rank, number)| {
            ranks[*number as usize] = rank;
            tree.names[*number as usize].clone()
        });
        let names = names.collect();
        let rank = |id: Id| Id { replica: ranks[id.replica as usize], ..id };
        for part in &mut parts {
            part.id = rank(part.id);
            part.link = part.link.map(rank);
        }
        Loose { names, parts, values }
    }
}
