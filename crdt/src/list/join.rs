use alloc::vec::Vec;

use super::loose::Loose;
use super::run::{Atom, Run};
use super::tree::{Ids, News, Tree};
use super::{List, State};
use crate::Lattice;

impl<T: Ord + Clone + 'static, R: Ord + Clone> Lattice for List<T, R> {
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
        match (&self.state, &seen.state) {
            (_, State::Empty) => self.clone(),
            (State::Tree(tree), State::Tree(seen)) => {
                let mut lacked = Loose::new(Vec::new());
                seen.news_of(tree, &mut |cut, _| lacked.push(cut.id, cut.link, cut.stretch));
                Self::of_loose(lacked.named(tree))
            }
            _ => seen.with_tree(|seen| {
                let mut runs: Vec<Run<T, R>> = Vec::new();
                for atom in self.atoms() {
                    seen.news(&atom, |range, _| {
                        push(&mut runs, atom.slice(range.start, range.end - range.start).run());
                    });
                }
                Self::of(&runs)
            }),
        }
    }

    fn is_bottom(&self) -> bool {
        match &self.state {
            State::Empty => true,
            State::One(_) | State::Loose(_) => false,
            State::Tree(tree) => tree.is_empty(),
        }
    }

    fn includes(&self, other: &Self) -> bool {
        self.with_tree(|tree| tree.all_news(other).is_empty())
    }
}

/// Appends a run that comes after all others.
pub(super) fn push<T: Clone + 'static, R: PartialEq>(runs: &mut Vec<Run<T, R>>, run: Run<T, R>) {
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

/// Elements of another state, and how they are news.
pub(super) type Told<'a, T, R> = (Atom<'a, T, R>, News);

impl<T: Ord + 'static, R: Ord> Tree<T, R> {
    /// How another state is news here.
    pub(super) fn all_news<'a>(&self, other: &'a List<T, R>) -> Vec<Told<'a, T, R>> {
        let mut news = Vec::new();
        if let State::Tree(tree) = &other.state {
            self.news_of(tree, &mut |cut, kind| news.push((tree.atom(&cut), kind)));
            return news;
        }
        for atom in other.atoms() {
            self.news(&atom, |range, kind| {
                news.push((atom.slice(range.start, range.end - range.start), kind));
            });
        }
        news
    }
}

impl<T: Ord + Clone + 'static, R: Ord + Clone> Tree<T, R> {
    /// Takes news in.
    pub(super) fn apply(&mut self, news: &[Told<'_, T, R>], mut notes: Option<&mut Notes>) {
        let mut replaced = Vec::new();
        for (part, kind) in news {
            match kind {
                News::Added => {}
                News::Replaced => replaced.push(*part),
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
        for (part, _) in news.iter().filter(|(_, kind)| *kind == News::Added) {
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
        Loose::of(&runs).build().0
    }
}
