//! When what has missed its round goes on at the latest.

use core::time::Duration;

/// The way of a value by plan: from where it came up to the root of the hubs, and from there to all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Itinerary {
    /// Within what time it shall be everywhere.
    pub(crate) target: Duration,
    /// Between two rounds.
    pub(crate) period: Duration,
    /// So long before a round, or a slot, batches are there.
    pub(crate) lead: Duration,
    /// From one hub to the next.
    pub(crate) way: Duration,
    /// So late may a push be.
    pub(crate) margin: Duration,
    /// Over how many hubs it goes from the farthest to the root.
    pub(crate) height: u32,
    /// And from here.
    pub(crate) depth: u32,
}

impl Itinerary {
    /// By when a value that came up at `born` leaves for the hub above, if the slot at `next` would be
    /// too late for it.
    pub(crate) fn leave_by(&self, now: Duration, born: Duration, next: Duration) -> Option<Duration> {
        let below = self.height.saturating_sub(self.depth);
        let oldest = self.period + (self.lead + self.way) * below;
        let onward = self.way * (self.depth + self.height) + self.margin;
        self.haste(now, born, next, oldest, onward)
    }

    /// By when a value that came up at `born` leaves for those below, if the round at `next` would be
    /// too late for it.
    pub(crate) fn push_by(&self, now: Duration, born: Duration, next: Duration) -> Option<Duration> {
        let below = self.height.saturating_sub(self.depth);
        let oldest = self.period + (self.lead + self.way) * self.height + self.way * self.depth;
        let onward = self.way * below + self.margin;
        self.haste(now, born, next, oldest, onward)
    }

    /// From a slot of ours until the push of that round comes.
    pub(crate) fn turnaround(&self) -> Duration {
        (self.way * 2 + self.lead) * self.depth
    }

    /// The last moment that keeps the target is the best: whatever else has missed the round by then
    /// goes along. What cannot be helped any more goes at once; but what has been held up by more than
    /// a target is no matter of weather, and in no hurry. Nothing that is as old as a punctual value
    /// may be, `oldest`, is hurried.
    fn haste(
        &self,
        now: Duration,
        born: Duration,
        next: Duration,
        oldest: Duration,
        onward: Duration,
    ) -> Option<Duration> {
        let by = born + self.target.saturating_sub(onward).max(oldest);
        // The margin is for pushes that are late, as few are, and the lead for batches.
        let is_worth_it = by + self.margin / 2 + self.lead < next && by + self.target >= now;
        is_worth_it.then(|| by.max(now))
    }
}
