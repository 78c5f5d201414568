use std::fmt;
use std::time::Duration;

use rand::RngExt;
use tokio::time::Instant;

use super::Fault;
use crate::rng::Rng;

/// A fault that comes and goes.
pub(super) trait Spell {
    /// It begins, as `rng` decides.
    fn begin(&mut self, rng: &mut Rng) -> Fault;

    /// It ends, if it lasts.
    fn end(&mut self) -> Fault;

    /// It ends, if it lasts, and does not come again: what of it would stay is undone.
    fn end_for_good(&mut self) -> Fault {
        self.end()
    }
}

/// How much time passes on average while a fault lasts, and then until it comes again.
#[derive(Clone, Copy)]
pub(super) struct Gaps {
    until_end: Duration,
    until_next: Duration,
    /// Whether it ends in its time, be the load over or not.
    ends_by_itself: bool,
}

impl Gaps {
    /// As long a time with it as without it: the interval, a millisecond at least.
    pub(super) fn even(interval: Duration) -> Self {
        let interval = interval.max(Duration::from_millis(1));
        Self { until_end: interval, until_next: interval, ends_by_itself: false }
    }

    /// A fault that lasts for up to `most`, and ends then even if the load is over; and that stays away
    /// for `every` on average, a millisecond at least.
    pub(super) fn short(most: Duration, every: Duration) -> Self {
        let until_next = every.max(Duration::from_millis(1));
        Self { until_end: most / 2, until_next, ends_by_itself: true }
    }
}

/// When a fault comes and goes.
///
/// The gaps between its beginning, its end and its next beginning are uniform between zero and twice
/// their mean; it begins for the first time at once, unless it is to begin [later](Self::later).
pub(super) struct Recurrence {
    spell: Box<dyn Spell>,
    gaps: Gaps,
    rng: Rng,
    next: Instant,
    lasts: bool,
}

impl Recurrence {
    /// One with gaps of that length. `rng` decides about them, and about all that the fault leaves
    /// open.
    pub(super) fn new(spell: impl Spell + 'static, gaps: Gaps, rng: Rng) -> Self {
        Self { spell: Box::new(spell), gaps, rng, next: Instant::now(), lasts: false }
    }

    /// The same, but that it begins for the first time after half of an average gap at least.
    pub(super) fn later(mut self) -> Self {
        self.next += self.gaps.until_next.mul_f64(self.rng.random_range(0.5..2.0));
        self
    }

    /// When it changes next.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Whether it changes once more before it is ended for good, if that is done at `end`.
    pub(super) fn goes_on_until(&self, end: Instant) -> bool {
        self.next < end || self.lasts && self.gaps.ends_by_itself
    }

    /// Lets it begin or end; now is the time.
    pub(super) fn change(&mut self) -> Fault {
        self.lasts = !self.lasts;
        let fault = if self.lasts { self.spell.begin(&mut self.rng) } else { self.spell.end() };
        let gap = if self.lasts { self.gaps.until_end } else { self.gaps.until_next };
        self.next += gap.mul_f64(self.rng.random_range(0.0..2.0));
        fault
    }

    /// Ends it for good.
    pub(super) fn end(&mut self) -> Fault {
        self.spell.end_for_good()
    }
}

impl fmt::Debug for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recurrence").field("lasts", &self.lasts).finish_non_exhaustive()
    }
}
