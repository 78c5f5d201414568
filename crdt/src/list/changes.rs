//! What a merge changes in a list, told by what the elements are before and where they are after.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::List;
use super::run::Origin;
use super::tree::{News, Tree};
use crate::changes::ListChange;
use crate::{Changes, Dot, Lattice};

/// Elements whose ids follow each other: the first id, and how many.
type Ids<R> = (Dot<R>, usize);

/// The view is the elements in their order. Telling of a change takes in addition what a look at the
/// index of each stretch of new or removed elements takes; after a merge of two elements with one id, as
/// two processes under one name make them, O(n).
impl<T: Ord + Clone, R: Ord + Clone> Changes for List<T, R> {
    type View = Vec<T>;
    type Change = ListChange<T>;

    fn view(&self) -> Vec<T> {
        self.iter().cloned().collect()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(ListChange<T>)) -> bool {
        let (mut added, mut removed) = (Vec::<Ids<R>>::new(), Vec::<Ids<R>>::new());
        let mut is_replaced = false;
        for (start, run) in &other.tree.runs {
            self.tree.news(start, run, |range, kind| {
                let ids = (start.ahead(range.start), range.len());
                match kind {
                    News::Added => added.push(ids),
                    News::Removed if self.tree.is_placed(&ids.0) => removed.push(ids),
                    News::Removed => {}
                    News::Replaced => is_replaced = true,
                }
            });
        }
        if is_replaced {
            return self.merge_replacing(other, each);
        }
        let changed = self.merge(other);
        self.tell(&self.tree.with_awaited(&added), &removed, each);
        changed
    }
}

impl<T: Ord + Clone, R: Ord + Clone> List<T, R> {
    /// Shows `each` change that has brought elements and taken others.
    ///
    /// From the beginning of the list to its end: what is before a change's index is as it is now, and
    /// what is behind it as it was. Elements that were removed are found by what is live before them;
    /// between those of one index there was nothing that stays.
    fn tell(&self, added: &[Ids<R>], removed: &[Ids<R>], each: &mut dyn FnMut(ListChange<T>)) {
        /// What happened where so many elements come before.
        #[derive(Default)]
        struct Spot {
            removed: usize,
            added: usize,
        }
        let mut spots = BTreeMap::<usize, Spot>::new();
        for (index, len, _) in removed.iter().flat_map(|ids| self.tree.stretches(ids)) {
            spots.entry(index).or_default().removed += len;
        }
        let added = added.iter().flat_map(|ids| self.tree.stretches(ids));
        for (index, len, _) in added.filter(|(.., is_live)| *is_live) {
            spots.entry(index).or_default().added = len;
        }
        let mut pending = (0, Vec::new());
        for (index, Spot { removed, added }) in spots {
            // What comes in a row is told of at once.
            if removed > 0 || pending.0 + pending.1.len() != index {
                insert(core::mem::take(&mut pending), each);
                pending.0 = index;
            }
            if removed > 0 {
                each(ListChange::Removed { range: index..index + removed });
            }
            pending.1.extend((index..index + added).filter_map(|index| self.get(index).cloned()));
        }
        insert(pending, each);
    }

    /// Merges elements that are others by the same ids, and may so be elsewhere. O(n).
    fn merge_replacing(&mut self, other: &Self, each: &mut dyn FnMut(ListChange<T>)) -> bool {
        let before = self.view();
        let changed = self.merge(other);
        let after = self.view();
        let same = |(one, two): &(&T, &T)| one == two;
        let prefix = before.iter().zip(&after).take_while(same).count();
        let (old, new) = (&before[prefix..], &after[prefix..]);
        let suffix = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
        if suffix < old.len() {
            each(ListChange::Removed { range: prefix..before.len() - suffix });
        }
        insert((prefix, new[..new.len() - suffix].to_vec()), each);
        changed
    }
}

fn insert<T>((index, values): (usize, Vec<T>), each: &mut dyn FnMut(ListChange<T>)) {
    if !values.is_empty() {
        each(ListChange::Inserted { index, values });
    }
}

impl<T, R: Ord + Clone> Tree<T, R> {
    /// The elements that came to be placed with these, which are new: they themselves, and all that has
    /// waited for them.
    fn with_awaited(&self, added: &[Ids<R>]) -> Vec<Ids<R>> {
        // From where on each run is placed anew: what comes after an element in its run is below it.
        let mut from = BTreeMap::<Dot<R>, usize>::new();
        let mut ready: Vec<Dot<R>> = added.iter().map(|(start, _)| start.clone()).collect();
        while let Some(id) = ready.pop() {
            let Some((head, run, offset)) = self.find(&id).filter(|(_, run, _)| run.is_placed)
            else {
                continue;
            };
            let end = from.get(head).copied().unwrap_or(run.values.len());
            if offset < end {
                from.insert(head.clone(), offset);
                let (first, last) = (id, head.ahead(end - 1));
                for side in [Origin::Left, Origin::Right] {
                    let children = self.children.range(side(first.clone())..=side(last.clone()));
                    ready.extend(children.flat_map(|(_, children)| children).cloned());
                }
            }
        }
        let rest = |(head, offset): (Dot<R>, usize)| {
            let len = self.runs.get(&head).map_or(0, |run| run.values.len());
            (head.ahead(offset), len - offset)
        };
        from.into_iter().map(rest).collect()
    }

    /// Where elements are whose ids follow each other, in stretches that do so as they are read: how many
    /// live elements come before, how many there are, and whether they are live. None of those that wait.
    fn stretches(&self, (start, len): &Ids<R>) -> impl Iterator<Item = (usize, usize, bool)> {
        let mut done = 0;
        core::iter::from_fn(move || {
            let (index, rest, is_live) =
                self.order.stretch(&start.ahead(done)).filter(|_| done < *len)?;
            let count = rest.min(len - done);
            done += count;
            Some((index, count, is_live))
        })
    }
}
