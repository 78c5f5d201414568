//! What may be placed at once.

/// A call that is placed: one that has ended, or one of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Op(u32),
    /// A class, and which of it.
    Class(u32, u32),
}

/// Where a move begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// At the end of the order.
    Now,
    /// Right before the last write, and after all else that is there.
    Reset,
    /// In a loose gap: what is held in the end need not be what is held in the beginning.
    Gap(usize),
    /// In a gap, and back to its value.
    Round(usize),
    /// In a gap, and back to its value by a write, which makes a loose gap.
    Rewrite(usize),
}

/// What is placed together: a write, if any, and then a walk from value to value.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) base: Base,
    pub(super) write: Option<Use>,
    pub(super) walk: Vec<Use>,
}

impl Move {
    pub(super) fn calls(&self) -> impl Iterator<Item = Use> {
        self.write.iter().chain(&self.walk).copied()
    }
}
