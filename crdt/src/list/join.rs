use alloc::vec::Vec;
use core::ops::Range;

use super::run::{Atom, Run};
use super::tree::{Ids, News, Tree};
use super::{List, State};
use crate::Lattice;

impl<T: Ord + Clone, R: Ord + Clone> Lattice for List<T, R> {
    fn merge(&mut self, other: &Self) -> bool {
        if other.is_bottom() {
            return false;
        }
        if self.is_bottom() {
            self.clone_from(other);
            return true;
        }
        if let (State::One(run), State::One(next)) = (&mut self.state, &other.state)
            && run.atom().is_followed_by(&next.atom())
            && run.content.is_live() == next.content.is_live()
        {
            // What someone types goes on.
            return run.absorb(next.clone()).is_ok();
        }
        // The smaller is merged into the larger.
        if other.size() / 2 > self.size() {
            let changed = !self.includes(other);
            if changed {
                let ours = core::mem::replace(self, other.clone());
                self.merge(&ours);
            }
            return changed;
        }
        let tree = self.tree_mut();
        let news = tree.all_news(other);
        tree.apply(&news, None);
        !news.is_empty()
    }

    /// O(n).
    fn difference(&self, seen: &Self) -> Self {
        if seen.is_bottom() {
            return self.clone();
        }
        if let (State::Tree(tree), State::Tree(seen)) = (&self.state, &seen.state) {
            return Self::of(tree.lacked_by(seen));
        }
        let mut runs = Vec::new();
        seen.with_tree(|seen| {
            self.each_atom(&mut |atom| {
                seen.news(atom, |range, _| {
                    push(&mut runs, atom.slice(range.start, range.end - range.start).run());
                });
            });
        });
        Self::of(runs)
    }

    fn is_bottom(&self) -> bool {
        match &self.state {
            State::One(_) => false,
            State::Some(runs) => runs.is_empty(),
            State::Tree(tree) => tree.is_empty(),
        }
    }

    fn includes(&self, other: &Self) -> bool {
        self.with_tree(|tree| {
            let mut is_included = true;
            other.each_atom(&mut |atom| {
                if is_included {
                    tree.news(atom, |_, _| is_included = false);
                }
            });
            is_included
        })
    }
}

/// Appends a run that comes after all others.
pub(super) fn push<T, R: PartialEq>(runs: &mut Vec<Run<T, R>>, run: Run<T, R>) {
    let rest = match runs.last_mut() {
        Some(last) => last.absorb(run).err(),
        None => Some(run),
    };
    runs.extend(rest);
}

/// What a merge did, if anyone wants to know.
#[derive(Default)]
pub(super) struct Notes {
    /// Elements that came into the order.
    pub(super) added: Vec<Ids>,
    /// Elements that were removed, and were in the order before.
    pub(super) removed: Vec<Ids>,
}

/// Elements of another state, which of them, and how they are news.
pub(super) type Told<'a, T, R> = (Atom<'a, T, R>, Range<u64>, News);

impl<T: Ord, R: Ord> Tree<T, R> {
    /// How another state is news here.
    pub(super) fn all_news<'a>(&self, other: &'a List<T, R>) -> Vec<Told<'a, T, R>> {
        let mut news = Vec::new();
        other.each_atom(&mut |atom| {
            self.news(atom, |range, kind| news.push((*atom, range, kind)));
        });
        news
    }
}

impl<T: Ord + Clone, R: Ord + Clone> Tree<T, R> {
    /// Takes news in.
    pub(super) fn apply(&mut self, news: &[Told<'_, T, R>], mut notes: Option<&mut Notes>) {
        let mut replaced = Vec::new();
        for (atom, range, kind) in news {
            let part = atom.slice(range.start, range.end - range.start);
            match kind {
                News::Added => {}
                News::Replaced => replaced.push(part),
                News::Removed => {
                    let Some(id) = self.id(part.start) else { continue };
                    if let Some(notes) = &mut notes
                        && self.find(id).is_some()
                    {
                        notes.removed.push((id, part.len()));
                    }
                    self.kill(id, part.len());
                }
            }
        }
        for (atom, range, _) in news.iter().filter(|(.., kind)| *kind == News::Added) {
            let part = atom.slice(range.start, range.end - range.start);
            let (id, link) = (self.intern_id(part.start), self.intern_link(part.origin));
            self.add(id, link, part.stretch, &mut |ids| {
                if let Some(notes) = &mut notes {
                    notes.added.push(ids);
                }
            });
        }
        if !replaced.is_empty() {
            *self = self.with(&replaced);
        }
    }

    /// The same, but for some elements that take the place of others with their ids. O(n).
    fn with(&self, replaced: &[Atom<'_, T, R>]) -> Self {
        let mut runs = Vec::new();
        let mut others = replaced.iter().peekable();
        for atom in self.atoms() {
            let mut at = 0;
            while let Some(other) = others.next_if(|other| {
                let offset = other.start.counter.wrapping_sub(atom.start.counter);
                other.start.replica == atom.start.replica && offset < atom.len()
            }) {
                let before = other.start.counter - atom.start.counter;
                if at < before {
                    push(&mut runs, atom.slice(at, before - at).run());
                }
                push(&mut runs, other.run());
                at = before + 1;
            }
            if at < atom.len() {
                push(&mut runs, atom.slice(at, atom.len() - at).run());
            }
        }
        Self::of(runs)
    }
}
