//! The planned tree: it follows from the number of members and the most children that anyone may
//! have. A rank's place is that in a complete tree, numbered level by level.

use crate::{Standing, Tie};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Planned {
    pub(super) size: u32,
    /// How many children a replica has by plan, and at most.
    arity: u32,
    pub(super) capacity: u32,
}

impl Planned {
    pub(super) fn new(size: u32, fan_out: u32) -> Self {
        let (size, capacity) = (size.max(1), fan_out.max(1));
        Self { size, arity: balanced_arity(size, capacity), capacity }
    }

    pub(super) fn parent(self, rank: u32) -> Option<u32> {
        rank.checked_sub(1).map(|before| before / self.arity)
    }

    pub(super) fn children(self, rank: u32) -> impl Iterator<Item = u32> {
        let first = u64::from(rank) * u64::from(self.arity) + 1;
        let end = (first + u64::from(self.arity)).min(u64::from(self.size));
        (first..end).filter_map(|child| u32::try_from(child).ok())
    }

    /// From the parent up to the root.
    pub(super) fn ancestors(self, rank: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(self.parent(rank), move |above| self.parent(*above))
    }

    pub(super) fn depth(self, rank: u32) -> u32 {
        self.ancestors(rank).fold(0, |depth, _| depth + 1)
    }

    /// Between the root and the farthest replica.
    pub(super) fn height(self) -> u32 {
        self.depth(self.size - 1)
    }

    /// What `from` says to `to` while all is as planned.
    pub(super) fn standing(self, from: u32, to: u32) -> Standing {
        let tie = if self.parent(from) == Some(to) {
            Tie::Parent
        } else if self.parent(to) == Some(from) {
            Tie::Child
        } else {
            Tie::Neither
        };
        Standing { root: 0, hops: self.depth(from), tie, version: 0 }
    }
}

/// The fewest children that still make the lowest tree: between hubs, the work is shared out
/// evenly.
fn balanced_arity(size: u32, capacity: u32) -> u32 {
    let height = height_of(size, capacity);
    let (mut low, mut high) = (1, capacity);
    while low < high {
        let middle = low + (high - low) / 2;
        if height_of(size, middle) <= height { high = middle } else { low = middle + 1 }
    }
    low
}

fn height_of(size: u32, arity: u32) -> u32 {
    std::iter::successors(Some(size - 1), |rank| (*rank > 0).then(|| (*rank - 1) / arity))
        .take_while(|rank| *rank > 0)
        .fold(0, |height, _| height + 1)
}
