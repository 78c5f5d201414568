//! Leaves that become several or one, and the groups that they are in.

use alloc::vec::Vec;

use super::chunks::grow;
use super::leaf::{Leaf, SPANS, Span, VALUES};
use super::order::{Group, Moved, Order};
use super::values::Values;

/// Leaves in a group at most.
const GROUP: usize = 128;

impl<T: 'static> Order<T> {
    /// Makes one leaf of a sparse one and one beside it that has room, if there is one in the group.
    pub(super) fn join(&mut self, home: u32, moved: Moved<'_>)
    where
        T: Clone,
    {
        let (rank, nth) = self.rank_of(home);
        let of_group = &self.groups[self.ranks[rank] as usize].leaves;
        let has_room = |nth: &usize| {
            let leaf = of_group.get(*nth);
            leaf.is_some_and(|leaf| self.leaf(*leaf).takes(self.leaf(home)))
        };
        let [before, after] = [nth.checked_sub(1), Some(nth + 1)];
        let (left, right) = match (before.filter(has_room), after.filter(has_room)) {
            (Some(before), _) => (before, nth),
            (None, Some(after)) => (nth, after),
            (None, None) => return,
        };
        let group = &mut self.groups[self.ranks[rank] as usize];
        let gone = group.leaves.remove(right);
        group.lives[left] += group.lives.remove(right);
        let kept = group.leaves[left];
        let leaf = core::mem::replace(&mut self.leaves[gone as usize], Leaf::new(0));
        leaf.spans.iter().for_each(|span| moved(span, kept));
        self.leaves[kept as usize].append(leaf);
        self.free.push(gone);
        self.near = None;
    }

    /// Makes several leaves of one that has grown too large: full ones where the whole order grows at its end.
    pub(super) fn split(&mut self, home: u32, is_last: bool, moved: Moved<'_>)
    where
        T: Clone,
    {
        self.forget(home, 0);
        let leaf = &mut self.leaves[home as usize];
        let spans = core::mem::take(&mut leaf.spans);
        let values = core::mem::replace(&mut leaf.values, Values::new());
        let parts = spans.len().div_ceil(SPANS).max(values.len().div_ceil(VALUES)).max(2);
        let (most_spans, most_values) = if is_last {
            (SPANS, VALUES)
        } else {
            (spans.len().div_ceil(parts).max(1), values.len().div_ceil(parts).max(1))
        };
        let total = values.len();
        let (mut from, mut home) = (0, home);
        let mut part: Vec<Span> = Vec::new();
        let (mut live, mut is_first) = (0, true);
        let mut close = |order: &mut Self, part: &mut Vec<Span>, live: &mut usize| {
            let spans = core::mem::take(part);
            let values = values.all().slice(from..from + *live).to_values();
            from += values.len();
            if is_first {
                order.count(home, 0, total - values.len());
                let group = order.leaf(home).group;
                order.leaves[home as usize] = Leaf { spans, values, group };
            } else {
                let new = order.insert_leaf(home, Leaf { spans, values, group: 0 });
                order.leaf(new).spans.iter().for_each(|span| moved(span, new));
                home = new;
            }
            (is_first, *live) = (false, 0);
        };
        for mut span in spans {
            while live + span.live() > most_values && span.is_live() {
                let room = most_values - live;
                if room > 0 && part.len() < most_spans {
                    let rest = span.split_off(room as u64);
                    part.push(span);
                    span = rest;
                    live = most_values;
                }
                close(self, &mut part, &mut live);
            }
            if part.len() == most_spans {
                close(self, &mut part, &mut live);
            }
            live += span.live();
            part.push(span);
        }
        close(self, &mut part, &mut live);
    }

    /// Adds a leaf after another one.
    fn insert_leaf(&mut self, after: u32, mut leaf: Leaf<T>) -> u32 {
        let (rank, nth) = self.rank_of(after);
        let group = self.ranks[rank];
        leaf.group = group;
        let live = leaf.values.len();
        let new = match self.free.pop() {
            Some(free) => {
                self.leaves[free as usize] = leaf;
                free
            }
            None => {
                let new = self.next_leaf();
                grow(&mut self.leaves);
                self.leaves.push(leaf);
                new
            }
        };
        let group = &mut self.groups[group as usize];
        group.leaves.insert(nth + 1, new);
        group.lives.insert(nth + 1, live);
        self.totals[rank] += live;
        self.live += live;
        if group.leaves.len() > GROUP {
            let (leaves, lives) =
                (group.leaves.split_off(GROUP / 2), group.lives.split_off(GROUP / 2));
            self.totals[rank] -= lives.iter().sum::<usize>();
            self.near = None;
            self.insert_group(rank + 1, leaves, lives);
        }
        new
    }

    fn insert_group(&mut self, rank: usize, leaves: Vec<u32>, lives: Vec<usize>) {
        let new = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        for group in &self.ranks[rank..] {
            self.groups[*group as usize].rank += 1;
        }
        for leaf in &leaves {
            self.leaves[*leaf as usize].group = new;
        }
        self.totals.insert(rank, lives.iter().sum());
        self.groups.push(Group { rank, leaves, lives });
        self.ranks.insert(rank, new);
    }

    /// Which leaf the next one will be.
    pub(super) fn next_leaf(&self) -> u32 {
        // Leaves have some elements each, so that memory ends before numbers do.
        u32::try_from(self.leaves.len()).unwrap_or(u32::MAX)
    }

    /// Appends a leaf after all others.
    pub(super) fn push_leaf(&mut self, mut leaf: Leaf<T>) {
        let new = self.next_leaf();
        let live = leaf.values.len();
        let last = self.ranks.last().copied();
        let last = last.filter(|group| self.groups[*group as usize].leaves.len() < GROUP * 3 / 4);
        match last {
            Some(group) => {
                leaf.group = group;
                self.leaves.push(leaf);
                let group = &mut self.groups[group as usize];
                group.leaves.push(new);
                group.lives.push(live);
                self.totals[group.rank] += live;
            }
            None => {
                self.leaves.push(leaf);
                self.insert_group(self.ranks.len(), alloc::vec![new], alloc::vec![live]);
            }
        }
        self.live += live;
    }
}
