//! How far the search for an order may go.

/// How far a search may go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How much it may do: events, comparisons, walks; some 30 ns each.
    pub(super) steps: usize,
    /// How much it may remember, in bytes.
    pub(super) memory: usize,
}

/// Enough for some ten seconds, and for any history that is not made to be hard.
impl Default for Limits {
    fn default() -> Self {
        Self { steps: 1 << 28, memory: 1 << 29 }
    }
}

impl Limits {
    /// At least so much that so many calls that give no trouble can be placed, whatever was used up
    /// before.
    pub(super) fn of(&mut self, calls: usize) -> &mut Self {
        self.steps = self.steps.max(calls.saturating_mul(256).saturating_add(1 << 16));
        self
    }

    pub(super) fn spend(&mut self, steps: usize) {
        self.steps = self.steps.saturating_sub(steps).max(1);
    }
}

/// A limit of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    Steps,
    Memory,
}

impl Limit {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Steps => "the search for an order took too many steps",
            Self::Memory => "the search for an order took too much memory",
        }
    }
}
