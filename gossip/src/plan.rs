use core::time::Duration;

/// How to meet a latency target at the least cost, given the delay of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Plan {
    /// Everyone to everyone, after gathering for so long: one delay.
    Mesh { flush: Duration },
    /// Through the hub, in rounds of so long a period: two delays.
    Hub { period: Duration },
}

impl Plan {
    /// The plan for `target`, with messages that take `round_trip` there and back.
    ///
    /// A hub needs two delays, so it is worth its while if the target leaves a good part of itself
    /// for the period. A plan that is followed is not given up for a small change of the delay.
    pub(crate) fn choose(target: Duration, round_trip: Duration, current: Option<Self>) -> Self {
        let left = target.saturating_sub(round_trip);
        let enough = match current {
            None => target / 4,
            Some(Self::Hub { .. }) => target / 5,
            Some(Self::Mesh { .. }) => target / 3,
        };
        if left >= enough {
            // Batches that arrive together are handed over one after another, and a batch must be
            // there a little before its round.
            let spread = Duration::from_millis(30).min(left / 13);
            // Others are told the period in whole milliseconds, and must not drift from it.
            let period = left.saturating_sub(spread).as_millis().max(1);
            let period = Duration::from_millis(u64::try_from(period).unwrap_or(u64::MAX));
            return Self::Hub { period };
        }
        let least = target * 15 / 100;
        let flush = target.saturating_sub(round_trip / 2 + target / 10).max(least);
        Self::Mesh { flush }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_tight_target_takes_the_mesh_and_a_loose_one_rounds() {
        let choose = |target, rtt| Plan::choose(ms(target), ms(rtt), None);
        assert_eq!(choose(100, 200), Plan::Mesh { flush: ms(15) });
        assert_eq!(choose(600, 200), Plan::Hub { period: ms(370) });
        assert_eq!(choose(600, 0), Plan::Hub { period: ms(570) });
        assert!(matches!(choose(300, 200), Plan::Hub { period } if period > ms(90)));
    }

    #[test]
    fn a_period_is_a_whole_number_of_milliseconds() {
        for target in 200..2000 {
            if let Plan::Hub { period } = Plan::choose(ms(target), ms(200), None) {
                assert_eq!(period, ms(u64::try_from(period.as_millis()).unwrap()), "{target}");
            }
        }
    }

    #[test]
    fn a_target_that_cannot_be_met_is_come_close_to() {
        assert!(matches!(Plan::choose(ms(1), ms(200), None), Plan::Mesh { .. }));
        assert!(matches!(Plan::choose(Duration::ZERO, Duration::ZERO, None), Plan::Hub { .. }));
    }

    #[test]
    fn a_small_change_of_the_delay_changes_no_plan() {
        let mut plan = Plan::choose(ms(400), ms(298), None);
        for rtt in [302, 298, 305, 296] {
            let next = Plan::choose(ms(400), ms(rtt), Some(plan));
            assert_eq!(matches!(next, Plan::Hub { .. }), matches!(plan, Plan::Hub { .. }), "{rtt}");
            plan = next;
        }
    }
}
