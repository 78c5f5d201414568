//! When what has missed its round goes on at the latest.

use core::time::Duration;

use crate::slack::LEAST_LEAD;

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
    /// For so long something may wait for a round that should have left by itself.
    pub(crate) grace: Duration,
    /// Over how many hubs it goes from the farthest to the root.
    pub(crate) height: u32,
    /// And from here.
    pub(crate) depth: u32,
}

impl Itinerary {
    /// By when a value that came up at `born` leaves for the hub above, if the slot at `next` would be
    /// too late for it.
    pub(crate) fn leave_by(
        &self,
        now: Duration,
        born: Duration,
        next: Duration,
    ) -> Option<Duration> {
        let below = self.height.saturating_sub(self.depth);
        let oldest = self.period + (self.lead + self.way) * below;
        let onward = self.way * (self.depth + self.height) + self.margin;
        self.haste(now, born, next, oldest, onward)
    }

    /// By when a value that came up at `born` leaves for those below, if the round at `next` would be
    /// too late for it.
    pub(crate) fn push_by(
        &self,
        now: Duration,
        born: Duration,
        next: Duration,
    ) -> Option<Duration> {
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
    /// goes along. What cannot be helped any more goes as soon as what comes with it is there; but what
    /// has been held up by more than a target is no matter of weather, and in no hurry. Nothing that is as old as a punctual value
    /// may be, `oldest`, is hurried.
    fn haste(
        &self,
        now: Duration,
        born: Duration,
        next: Duration,
        oldest: Duration,
        onward: Duration,
    ) -> Option<Duration> {
        let deadline = born + self.target.saturating_sub(onward).max(oldest);
        // Where deliveries have stood still, the rest comes right after this.
        let by = deadline.max(now + self.lead.min(LEAST_LEAD));
        let is_worth_it = by + self.grace < next;
        (is_worth_it && deadline + self.target >= now).then_some(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Rounds a 340 ms apart, within 600 ms over two delays of 100: at a round a value is 448 ms old at
    /// most, and may be 450.
    fn star() -> Itinerary {
        Itinerary {
            target: ms(600),
            period: ms(340),
            lead: ms(8),
            way: ms(100),
            margin: ms(50),
            grace: ms(30),
            height: 1,
            depth: 0,
        }
    }

    #[test]
    fn what_is_in_time_for_its_round_is_in_no_hurry() {
        for age in [0, 100, 448] {
            let born = ms(1_000 - age);
            assert_eq!(star().push_by(ms(1_000), born, ms(1_000)), None, "{age}");
        }
    }

    #[test]
    fn what_has_missed_its_round_leaves_at_the_last_moment() {
        let push_by = |age: u64| star().push_by(ms(1_010), ms(1_010 - age), ms(1_340));
        assert_eq!(push_by(100), None, "the next round will do");
        assert_eq!(push_by(200), Some(ms(1_010 + 250)));
        assert_eq!(push_by(440), Some(ms(1_020)));
        assert_eq!(push_by(500), Some(ms(1_018)), "too late, and so with what comes with it");
        assert_eq!(push_by(1_009), Some(ms(1_018)));
        let partition = star().push_by(ms(60_000), ms(0), ms(60_300));
        assert_eq!(partition, None, "a minute was no delay of the network's");
    }

    #[test]
    fn a_hub_below_sends_in_time_for_those_above() {
        let below = Itinerary { target: ms(1_000), height: 2, depth: 1, ..star() };
        // Three delays are to come.
        assert_eq!(below.leave_by(ms(2_000), ms(1_600), ms(2_300)), Some(ms(1_600 + 650)));
        assert_eq!(below.leave_by(ms(2_000), ms(1_600), ms(2_240)), None);
        // One is, and a push of its own hub at that.
        assert_eq!(below.push_by(ms(2_000), ms(1_400), ms(2_500)), Some(ms(1_400 + 850)));
        assert_eq!(below.turnaround(), ms(208));
    }

    #[test]
    fn a_plan_that_cannot_keep_the_target_hurries_nothing_that_is_punctual() {
        let tight = Itinerary { target: ms(300), ..star() };
        assert_eq!(tight.push_by(ms(1_000), ms(1_000 - 448), ms(1_000)), None);
        assert!(tight.push_by(ms(1_010), ms(1_010 - 448), ms(1_340)).is_some());
    }
}
