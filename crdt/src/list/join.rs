use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::List;
use super::run::Origin;
use super::tree::{News, Tree};
use crate::{Dot, Lattice};

impl<T: Ord + Clone, R: Ord + Clone> Lattice for List<T, R> {
    fn merge(&mut self, other: &Self) -> bool {
        if self.is_bottom() {
            self.clone_from(other);
            return !self.is_bottom();
        }
        // The smaller is merged into the larger.
        if other.tree.runs.len() / 2 > self.tree.runs.len() {
            let changed = !self.includes(other);
            if changed {
                let ours = core::mem::replace(self, other.clone());
                self.merge(&ours);
            }
            return changed;
        }
        let mut news = Vec::new();
        for (start, run) in &other.tree.runs {
            self.tree.news(start, run, |range, kind| news.push((start, run, range, kind)));
        }
        let added = news.iter().filter(|(.., kind)| *kind == News::Added).count();
        let replaced: Vec<_> = news
            .iter()
            .filter(|(.., kind)| *kind == News::Replaced)
            .map(|(start, run, range, _)| {
                let origin = run.origin_of(start, range.start);
                (start.ahead(range.start), (origin, run.values[range.start].clone()))
            })
            .collect();
        // Many are placed all at once.
        let is_bulk = added > 8 + self.tree.runs.len() / 8 || !replaced.is_empty();
        if is_bulk {
            self.tree.runs.values_mut().for_each(|run| run.is_placed = false);
        }
        for (start, run, range, kind) in &news {
            let id = start.ahead(range.start);
            match kind {
                News::Removed => self.tree.kill(&id, range.len()),
                News::Replaced => {}
                News::Added => {
                    let origin = run.origin_of(start, range.start);
                    let values = run.values[range.clone()].to_vec();
                    if is_bulk {
                        self.tree.add_unplaced(id, origin, values);
                    } else {
                        self.tree.add(id, origin, values);
                    }
                }
            }
        }
        if !replaced.is_empty() {
            self.tree.replace(replaced);
        }
        if is_bulk {
            self.tree.place_all();
        }
        !news.is_empty()
    }

    /// O(n).
    fn difference(&self, seen: &Self) -> Self {
        let mut tree = Tree::default();
        for (start, run) in &self.tree.runs {
            seen.tree.news(start, run, |range, _| {
                let origin = run.origin_of(start, range.start);
                let id = start.ahead(range.start);
                tree.add_unplaced(id, origin, run.values[range].to_vec());
            });
        }
        tree.place_all();
        Self { tree }
    }

    fn is_bottom(&self) -> bool {
        self.tree.runs.is_empty()
    }

    fn includes(&self, other: &Self) -> bool {
        other.tree.runs.iter().all(|(start, run)| {
            let mut is_included = true;
            self.tree.news(start, run, |_, _| is_included = false);
            is_included
        })
    }
}

impl<T: Ord + Clone, R: Ord + Clone> Tree<T, R> {
    /// Puts elements in the place of others with their ids, and leaves all unplaced.
    fn replace(&mut self, replaced: Vec<(Dot<R>, (Origin<R>, Option<T>))>) {
        let mut elements = BTreeMap::new();
        for (start, run) in core::mem::take(&mut self.runs) {
            let origins: Vec<_> =
                (0..run.values.len()).map(|offset| run.origin_of(&start, offset)).collect();
            for (offset, element) in origins.into_iter().zip(run.values).enumerate() {
                elements.insert(start.ahead(offset), element);
            }
        }
        elements.extend(replaced);
        *self = Self::default();
        for (id, (origin, value)) in elements {
            self.add_unplaced(id, origin, alloc::vec![value]);
        }
    }
}
