//! What a merge changes in a list, told by what the elements are before and where they are after.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::join::Notes;
use super::tree::{Ids, News, Tree};
use super::{List, State};
use crate::changes::ListChange;
use crate::{Changes, Lattice};

/// The view is the elements in their order. Telling of a change takes in addition what a look at the
/// index of each stretch of new or removed elements takes; after a merge of two elements with one id, as
/// two processes under one name make them, O(n).
impl<T: Ord + Clone + 'static, R: Ord + Clone> Changes for List<T, R> {
    type View = Vec<T>;
    type Change = ListChange<T>;

    fn view(&self) -> Vec<T> {
        self.iter().cloned().collect()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(ListChange<T>)) -> bool {
        if other.is_bottom() {
            return false;
        }
        let tree = self.tree_mut();
        let news = tree.all_news(other);
        if news.iter().any(|(_, kind)| *kind == News::Replaced) {
            return self.merge_replacing(other, each);
        }
        let mut notes = Notes::default();
        tree.apply(&news, Some(&mut notes));
        self.tell(&notes, each);
        !news.is_empty()
    }
}

impl<T: Ord + Clone + 'static, R: Ord + Clone> List<T, R> {
    /// Shows `each` change that has brought elements and taken others.
    ///
    /// From the beginning of the list to its end: what is before a change's index is as it is now, and
    /// what is behind it as it was. Elements that were removed are found by what is live before them;
    /// between those of one index there was nothing that stays.
    fn tell(&self, notes: &Notes, each: &mut dyn FnMut(ListChange<T>)) {
        /// What happened where so many elements come before.
        #[derive(Default)]
        struct Spot {
            removed: usize,
            added: usize,
        }
        let mut spots = BTreeMap::<usize, Spot>::new();
        let State::Tree(tree) = &self.state else { return };
        for (index, len, _) in notes.removed.iter().flat_map(|ids| tree.stretches(*ids)) {
            spots.entry(index).or_default().removed += len;
        }
        let added = notes.added.iter().flat_map(|ids| tree.stretches(*ids));
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

impl<T: 'static, R> Tree<T, R> {
    /// Where elements are whose ids follow each other, in stretches that do so as they are read: how many
    /// live elements come before, how many there are, and whether they are live.
    fn stretches(&self, (start, len): Ids) -> impl Iterator<Item = (usize, usize, bool)> {
        let mut done = 0;
        core::iter::from_fn(move || {
            let (index, rest, is_live) = self.stretch(start.ahead(done)).filter(|_| done < len)?;
            let count = rest.min(len - done);
            done += count;
            Some((index, usize::try_from(count).unwrap_or(usize::MAX), is_live))
        })
    }
}
