//! The elements in the order in which they are read, removed ones included: leaves of spans, in groups that
//! know how many live elements each leaf has, so that one is found by its index.

use alloc::vec::Vec;

use super::chunks::grow;
use super::id::Id;
use super::leaf::{Leaf, MOST, Mark, SPANS, Span, Spot, VALUES};
use super::run::Stretch;
use super::values::Slice;

#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Which of all groups it is, in the order.
    pub(super) rank: usize,
    pub(super) leaves: Vec<u32>,
    /// How many elements of each leaf are live.
    pub(super) lives: Vec<usize>,
}

/// A place between two spans: before this one, or at its leaf's end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    pub(super) leaf: u32,
    pub(super) span: usize,
}

/// Where an element is.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) leaf: u32,
    pub(super) spot: Spot,
}

/// A leaf, and how many live elements come before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    leaf: u32,
    before: usize,
    /// The rank of its group, and its place there.
    rank: usize,
    nth: usize,
    /// One of its spans, near the last edit.
    mark: Mark,
}

#[derive(Clone)]
pub(super) struct Order<T> {
    pub(super) leaves: Vec<Leaf<T>>,
    /// Leaves that are not in the order any more.
    pub(super) free: Vec<u32>,
    pub(super) groups: Vec<Group>,
    /// By rank: the group, and how many of its elements are live.
    pub(super) ranks: Vec<u32>,
    pub(super) totals: Vec<usize>,
    pub(super) live: usize,
    /// The leaf that was last edited.
    pub(super) near: Option<Near>,
}

impl<T> Default for Order<T> {
    fn default() -> Self {
        let (leaves, free, groups) = (Vec::new(), Vec::new(), Vec::new());
        Self { leaves, free, groups, ranks: Vec::new(), totals: Vec::new(), live: 0, near: None }
    }
}

/// What moves to another leaf when one is split: the span, and the leaf.
pub(super) type Moved<'a> = &'a mut dyn FnMut(&Span, u32);

impl<T> Order<T> {
    /// How many elements are live.
    pub(super) fn live(&self) -> usize {
        self.live
    }
}

impl<T: 'static> Order<T> {
    /// Whether there are no elements, live or not.
    pub(super) fn is_empty(&self) -> bool {
        self.leaves.iter().all(|leaf| leaf.spans.is_empty())
    }

    /// About how many spans there are.
    pub(super) fn size(&self) -> usize {
        self.leaves.len() * SPANS / 2
    }

    pub(super) fn leaf(&self, leaf: u32) -> &Leaf<T> {
        &self.leaves[leaf as usize]
    }

    /// A span, to note what it has.
    pub(super) fn span_mut(&mut self, Gap { leaf, span }: Gap) -> &mut Span {
        &mut self.leaves[leaf as usize].spans[span]
    }

    /// Makes a span begin at this offset of one, unless one does or it ends there; returns its place.
    pub(super) fn split_span(&mut self, Gap { leaf, span }: Gap, offset: u64) -> Gap {
        self.forget(leaf, span + 1);
        Gap { leaf, span: self.leaves[leaf as usize].split(span, offset) }
    }

    /// Leaves the mark, if it is on a span of a leaf from this one on: there will be others.
    pub(super) fn forget(&mut self, leaf: u32, from: usize) {
        if let Some(near) = &mut self.near
            && near.leaf == leaf
            && near.mark.span >= from
        {
            near.mark = Mark::default();
        }
    }

    /// The mark of a leaf.
    fn mark(&self, leaf: u32) -> Mark {
        self.near.filter(|near| near.leaf == leaf).map_or_else(Mark::default, |near| near.mark)
    }

    /// The leaves as they are read, from the one that is the nth of a group on.
    fn leaves_from(&self, rank: usize, nth: usize) -> impl Iterator<Item = u32> {
        let groups = self.ranks.get(rank..).unwrap_or_default().iter();
        groups.flat_map(|group| &self.groups[*group as usize].leaves).skip(nth).copied()
    }

    /// A leaf by the rank of its group and its place there.
    pub(super) fn nth_leaf(&self, rank: usize, nth: usize) -> Option<&Leaf<T>> {
        let group = self.ranks.get(rank)?;
        let leaf = self.groups[*group as usize].leaves.get(nth)?;
        Some(self.leaf(*leaf))
    }

    pub(super) fn each_leaf<'a>(&'a self, mut each: impl FnMut(&'a Leaf<T>)) {
        for group in &self.ranks {
            for leaf in &self.groups[*group as usize].leaves {
                each(self.leaf(*leaf));
            }
        }
    }

    pub(super) fn leaves(&self) -> impl Iterator<Item = &Leaf<T>> {
        self.leaves_from(0, 0).map(|leaf| self.leaf(leaf))
    }

    /// The place before all elements, in a leaf that is made if there is none.
    pub(super) fn start(&mut self) -> Gap {
        if self.leaves.is_empty() {
            self.push_leaf(Leaf::new(0));
        }
        let leaf = self.leaves_from(0, 0).next().unwrap_or_default();
        Gap { leaf, span: 0 }
    }

    /// The first span from a place on.
    pub(super) fn next(&self, gap: Gap) -> Option<(Gap, &Span)> {
        if let Some(span) = self.leaf(gap.leaf).spans.get(gap.span) {
            return Some((gap, span));
        }
        let (rank, nth) = self.rank_of(gap.leaf);
        self.leaves_from(rank, nth + 1)
            .find_map(|leaf| Some((Gap { leaf, span: 0 }, self.leaf(leaf).spans.first()?)))
    }

    /// The rank of a leaf's group, and its place there.
    pub(super) fn rank_of(&self, leaf: u32) -> (usize, usize) {
        if let Some(near) = self.near.filter(|near| near.leaf == leaf) {
            return (near.rank, near.nth);
        }
        let group = &self.groups[self.leaf(leaf).group as usize];
        let nth = group.leaves.iter().position(|one| *one == leaf);
        (group.rank, nth.unwrap_or(0))
    }

    /// How many live elements come before a leaf.
    pub(super) fn live_before(&self, leaf: u32) -> usize {
        if let Some(near) = self.near.filter(|near| near.leaf == leaf) {
            return near.before;
        }
        let (rank, nth) = self.rank_of(leaf);
        let groups: usize = self.totals[..rank].iter().sum();
        let group = &self.groups[self.ranks[rank] as usize];
        groups + group.lives[..nth].iter().sum::<usize>()
    }

    /// The leaf of the element with this index.
    fn near(&self, index: usize) -> Option<Near> {
        let is_in = |near: &Near| {
            let offset = index.checked_sub(near.before);
            offset.is_some_and(|offset| offset < self.leaf(near.leaf).values.len())
        };
        if let Some(near) = self.near.filter(is_in) {
            return Some(near);
        }
        if index >= self.live {
            return None;
        }
        let mut before = 0;
        let rank = self.totals.iter().position(|total| {
            let is_here = index < before + total;
            before += if is_here { 0 } else { *total };
            is_here
        })?;
        let group = &self.groups[self.ranks[rank] as usize];
        let nth = group.lives.iter().position(|live| {
            let is_here = index < before + live;
            before += if is_here { 0 } else { *live };
            is_here
        })?;
        Some(Near { leaf: group.leaves[nth], before, rank, nth, mark: Mark::default() })
    }

    /// Where the element with this index is.
    pub(super) fn at(&self, index: usize) -> Option<At> {
        let Near { leaf, before, mark, .. } = self.near(index)?;
        Some(At { leaf, spot: self.leaf(leaf).nth_live(index - before, mark)? })
    }

    /// Where the element with this index is, about which there will be more to do.
    pub(super) fn look(&mut self, index: usize) -> Option<At> {
        let mut near = self.near(index)?;
        let spot = self.leaf(near.leaf).nth_live(index - near.before, near.mark)?;
        near.mark = Mark { span: spot.span, before: spot.before };
        self.near = Some(near);
        Some(At { leaf: near.leaf, spot })
    }

    pub(super) fn value(&self, index: usize) -> Option<&T> {
        let Near { leaf, before, .. } = self.near(index)?;
        self.leaf(leaf).values.all().get(index - before)
    }

    /// Whether no leaf comes after this one.
    fn is_last(&self, leaf: u32) -> bool {
        let (rank, nth) = self.rank_of(leaf);
        self.leaves_from(rank, nth + 1).next().is_none()
    }

    /// The span of the last edit, if an index is right behind it; and its leaf.
    pub(super) fn typed(&self, index: usize) -> Option<(u32, &Span)> {
        let Near { leaf, before, mark, .. } = self.near?;
        let span = self.leaf(leaf).spans.get(mark.span)?;
        let is_behind = span.is_live() && before + mark.before + span.live() == index;
        is_behind.then_some((leaf, span))
    }

    /// Appends values to that span, if there is room.
    pub(super) fn go_on(&mut self, values: Slice<'_, T>) -> bool
    where
        T: Clone,
    {
        let Some(Near { leaf: home, mark, .. }) = self.near else { return false };
        let leaf = &mut self.leaves[home as usize];
        let count = values.len();
        if leaf.values.len() + count > VALUES {
            return false;
        }
        let span = &mut leaf.spans[mark.span];
        let end = mark.before + span.live();
        let goes_on = span.go_on(count as u64);
        if goes_on {
            leaf.values.insert(end, values);
            self.count(home, count, 0);
        }
        goes_on
    }

    /// Puts new elements in a place.
    pub(super) fn insert(
        &mut self,
        gap: Gap,
        start: Id,
        continues: bool,
        stretch: Stretch<'_, T>,
        moved: Moved<'_>,
    ) where
        T: Clone,
    {
        let before = self.leaf(gap.leaf).live_before(gap.span, self.mark(gap.leaf));
        // The span before may take some in.
        self.forget(gap.leaf, gap.span);
        let leaf = &mut self.leaves[gap.leaf as usize];
        let len = stretch.len();
        let is_live = matches!(stretch, Stretch::Live(_));
        let (mut at, mut done) = (gap.span, 0);
        while done < len {
            let rest = MOST.min(len - done);
            let span = Span::new(start.ahead(done), rest, is_live, continues || done > 0);
            if at == 0 || !leaf.spans[at - 1].absorb(&span) {
                if done > 0 {
                    leaf.spans[at - 1].set_right();
                }
                grow(&mut leaf.spans);
                leaf.spans.insert(at, span);
                at += 1;
            }
            done += rest;
        }
        let is_tail = at == leaf.spans.len();
        let count = match stretch {
            Stretch::Removed(_) => 0,
            Stretch::Live(values) => {
                leaf.values.insert(before, values);
                values.len()
            }
        };
        self.count(gap.leaf, count, 0);
        if self.leaf(gap.leaf).is_overfull() {
            self.split(gap.leaf, is_tail && self.is_last(gap.leaf), moved);
        }
    }

    /// Marks live elements of one span as removed.
    pub(super) fn kill(&mut self, at: At, len: u64, moved: Moved<'_>)
    where
        T: Clone,
    {
        let At { leaf: home, spot } = at;
        // What is before the span stays, and what is killed before it had no live ones.
        self.forget(home, spot.span + 1);
        let leaf = &mut self.leaves[home as usize];
        if !leaf.kill_beside(spot.span, spot.offset, len) {
            leaf.split(spot.span, spot.offset + len);
            let span = leaf.split(spot.span, spot.offset);
            leaf.spans[span].set_removed();
            leaf.unite(span + 1);
            leaf.unite(span);
        }
        // They have values, which memory has.
        let count = |len: u64| usize::try_from(len).unwrap_or(usize::MAX);
        let (from, killed) = (spot.before + count(spot.offset), count(len));
        leaf.values.remove(from..from + killed);
        leaf.values.shrink();
        self.count(home, 0, killed);
        if self.leaf(home).is_overfull() {
            self.split(home, false, moved);
        } else if self.leaf(home).is_sparse() {
            self.join(home, moved);
        }
    }

    pub(super) fn count(&mut self, leaf: u32, added: usize, removed: usize) {
        let (rank, nth) = self.rank_of(leaf);
        let group = &mut self.groups[self.ranks[rank] as usize];
        group.lives[nth] = group.lives[nth] + added - removed;
        self.totals[rank] = self.totals[rank] + added - removed;
        self.live = self.live + added - removed;
        if self.near.as_ref().is_some_and(|near| near.leaf != leaf) {
            self.near = None;
        }
    }
}
