use super::{CausalContext, Report};
use crate::{Dot, Lattice};

/// What holds at every replica.
#[derive(Debug)]
pub struct Stable<R> {
    seen: CausalContext<R>,
    live: CausalContext<R>,
    is_level: bool,
}

impl<R: Ord + Clone> Stable<R> {
    /// From a replica's own report and those of all others, or nothing if one of them has seen what
    /// the replica itself has not.
    pub(super) fn new<'a>(
        own: Report<R>,
        others: impl IntoIterator<Item = &'a Report<R>>,
    ) -> Option<Self>
    where
        R: 'a,
    {
        let Report { seen, live } = own;
        let mut stable = Self { seen: seen.clone(), live: live.clone(), is_level: true };
        for other in others {
            if !seen.includes(&other.seen) {
                return None;
            }
            stable.seen = stable.seen.intersection(&other.seen);
            stable.live = stable.live.intersection(&other.live);
            stable.is_level &= live.includes(&other.live);
        }
        Some(stable)
    }

    /// Whether no one holds as live what is dead here.
    pub(super) fn is_level(&self) -> bool {
        self.is_level
    }

    /// Whether everyone has seen `dot`.
    pub(super) fn is_seen(&self, dot: &Dot<R>) -> bool {
        self.seen.contains(dot)
    }

    /// Whether `dot` is live everywhere, and everyone has seen all that its replica did before.
    pub(super) fn is_settled(&self, dot: &Dot<R>) -> bool {
        dot.counter <= self.seen.of(&dot.replica).contiguous() && self.live.contains(dot)
    }
}
