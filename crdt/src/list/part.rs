use super::id::{Id, Link};

/// Elements of one run whose ids follow each other, all live or all removed; their values are elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) id: Id,
    pub(super) len: u64,
    /// That of the first element.
    pub(super) link: Link,
    pub(super) is_live: bool,
}

impl Part {
    /// The counter of the last.
    pub(super) fn last(&self) -> u64 {
        self.id.counter + (self.len - 1)
    }

    /// Whether another one comes right after this one in its run.
    pub(super) fn is_followed_by(&self, next: &Self) -> bool {
        self.id.replica == next.id.replica
            && self.last().checked_add(1) == Some(next.id.counter)
            && next.link.continues(next.id)
    }
}
