//! When what has missed its round is pushed at the latest.

use core::time::Duration;

/// What a value is allowed on its way, by the plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    /// Within what time it shall be everywhere.
    pub(crate) target: Duration,
    /// From here to the others.
    pub(crate) way: Duration,
    /// So late may a push be.
    pub(crate) margin: Duration,
    /// So old may a value be in its round: nothing that is in time for one needs another push.
    pub(crate) punctual: Duration,
}

impl Allowance {
    /// By when a value that came up at `born` leaves, if that is before the round at `next`, which
    /// would be too late for it.
    ///
    /// The last moment that keeps the target is the best: whatever else has missed the round by then
    /// goes along. What cannot be helped any more goes at once; but what has been held up by more than
    /// a target is no matter of weather, and in no hurry.
    pub(crate) fn leave_by(&self, now: Duration, born: Duration, next: Duration) -> Option<Duration> {
        let onward = self.way + self.margin;
        let oldest = self.target.saturating_sub(onward).max(self.punctual);
        let by = born + oldest;
        let is_worth_it = by < next && by + self.target >= now;
        is_worth_it.then(|| by.max(now))
    }
}
