use core::time::Duration;

use crate::Config;
use crate::slack::{LEAST_LEAD, Reserve, Slack};

/// How to meet a latency target at the least cost, given the delay of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Plan {
    /// Everyone to everyone, after gathering for so long: one delay.
    Mesh { flush: Duration },
    /// Through the hub, in rounds of so long a period, for which batches leave so much ahead: two
    /// delays.
    Hub { period: Duration, lead: Duration },
}

/// What is known of the network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delays {
    /// There and back, on average.
    pub(crate) round_trip: Duration,
    /// By how much a round trip differs from that, on average.
    pub(crate) deviation: Duration,
    /// Over how many links a value travels to the tree's root; a mesh is out of the question if it
    /// is more than one.
    pub(crate) height: u32,
}

/// Batches that leave at one moment arrive so far apart.
const SPREAD: Duration = Duration::from_millis(30);

impl Plan {
    /// The plan for the latency target of `config`.
    ///
    /// A hub needs two delays, so it is worth its while if the target leaves a good part of itself
    /// for the period. A plan that is followed is not given up for a small change of the delay.
    pub(crate) fn choose(
        config: &Config,
        delays: Delays,
        slack: &Slack,
        current: Option<Self>,
    ) -> Self {
        let Delays { round_trip, deviation, height } = delays;
        let target = config.latency_target;
        let left = target.saturating_sub(round_trip * height);
        let enough = match current {
            None => target / 4,
            // Down to here, rounds cost less.
            Some(Self::Hub { .. }) => target / 8,
            Some(Self::Mesh { .. }) => target * 3 / 10,
        };
        if left >= enough || height > 1 || config.is_answered {
            // Batches that arrive together are handed over one after another, and a batch must be
            // there a little before its round. What comes late now and then may cost three tenths of the
            // period, and so three sevenths more messages; if delays vary all the time, more.
            let spread = SPREAD.min(left / 13);
            let varies = deviation * 3 >= slack.pushes.worst();
            let most = (if varies { left * 3 / 4 } else { left * 3 / 10 }).max(spread);
            let Reserve { lead, margin } =
                slack.reserve(left / height.max(1), most / height.max(1), deviation);
            let early = spread.max(lead + margin) * height;
            // A target that even rounds without a pause would miss is not worth the messages.
            let least = match height {
                _ if config.is_answered => (round_trip + SPREAD.max(deviation * 4)) * height,
                0 | 1 => target / 20,
                _ => (round_trip / 2).max(target / 20),
            };
            let period = whole(left.saturating_sub(early).max(least)).max(Duration::from_millis(1));
            let lead = whole(lead.max(LEAST_LEAD.min(period / 2)));
            return Self::Hub { period, lead };
        }
        Self::mesh(target, round_trip)
    }

    /// Everyone to everyone: what one delay leaves of the target is for gathering.
    pub(crate) fn mesh(target: Duration, round_trip: Duration) -> Self {
        let least = target * 15 / 100;
        let flush = target.saturating_sub(round_trip / 2 + target / 10).max(least);
        Self::Mesh { flush }
    }
}

/// Others are told it in whole milliseconds, and must not drift from it.
fn whole(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn within(target: u64) -> Config {
        Config { latency_target: ms(target), ..Config::default() }
    }

    fn choose(config: &Config, delays: Delays, current: Option<Plan>) -> Plan {
        Plan::choose(config, delays, &Slack::default(), current)
    }

    fn hub(period: u64) -> Plan {
        Plan::Hub { period: ms(period), lead: ms(8) }
    }

    fn steady(rtt: u64) -> Delays {
        Delays { round_trip: ms(rtt), deviation: Duration::ZERO, height: 1 }
    }

    #[test]
    fn a_tight_target_takes_the_mesh_and_a_loose_one_rounds() {
        let choose = |target, rtt| choose(&within(target), steady(rtt), None);
        assert_eq!(choose(100, 200), Plan::Mesh { flush: ms(15) });
        assert_eq!(choose(600, 200), hub(370));
        assert_eq!(choose(600, 0), hub(570));
        assert!(matches!(choose(300, 200), Plan::Hub { period, .. } if period > ms(90)));
    }

    #[test]
    fn a_period_is_a_whole_number_of_milliseconds() {
        for target in 200..2000 {
            if let Plan::Hub { period, .. } = choose(&within(target), steady(200), None) {
                assert_eq!(period, ms(u64::try_from(period.as_millis()).unwrap()), "{target}");
            }
        }
    }

    #[test]
    fn a_target_that_cannot_be_met_is_come_close_to() {
        assert!(matches!(choose(&within(1), steady(200), None), Plan::Mesh { .. }));
        assert!(matches!(choose(&within(0), steady(0), None), Plan::Hub { .. }));
    }

    #[test]
    fn a_small_change_of_the_delay_changes_no_plan() {
        let mut plan = choose(&within(400), steady(298), None);
        for rtt in [302, 298, 305, 296] {
            let next = choose(&within(400), steady(rtt), Some(plan));
            assert_eq!(matches!(next, Plan::Hub { .. }), matches!(plan, Plan::Hub { .. }), "{rtt}");
            plan = next;
        }
    }

    #[test]
    fn a_plan_is_kept_as_long_as_it_is_not_clearly_the_worse_one() {
        let hub = hub(90);
        let mesh = Plan::Mesh { flush: ms(45) };
        for (rtt, from_hub, from_mesh) in
            [(205, true, true), (215, true, false), (260, true, false), (265, false, false)]
        {
            let becomes_hub = |current| {
                matches!(choose(&within(300), steady(rtt), Some(current)), Plan::Hub { .. })
            };
            assert_eq!((becomes_hub(hub), becomes_hub(mesh)), (from_hub, from_mesh), "{rtt}");
        }
    }

    #[test]
    fn an_answer_is_in_time_for_the_next_round() {
        let choose = |target, rtt| {
            choose(&Config { is_answered: true, ..within(target) }, steady(rtt), None)
        };
        assert_eq!(choose(120, 0), hub(110));
        assert_eq!(choose(120, 200), hub(230));
        assert_eq!(choose(600, 200), hub(370));
    }

    /// So many milliseconds late was a batch and a push in each of the last rounds.
    fn late(late: u64) -> Slack {
        let mut slack = Slack::default();
        for _ in 0..64 {
            slack.batches.note(ms(late));
            slack.pushes.note(ms(late));
            slack.batches.end_round();
            slack.pushes.end_round();
        }
        slack
    }

    #[test]
    fn what_is_late_now_and_then_takes_three_tenths_and_where_delays_vary_more() {
        let period = |slack: &Slack, deviation| {
            let delays = Delays { deviation: ms(deviation), ..steady(200) };
            match Plan::choose(&within(600), delays, slack, None) {
                Plan::Hub { period, .. } => period,
                Plan::Mesh { .. } => Duration::ZERO,
            }
        };
        assert_eq!(period(&late(0), 0), ms(370));
        assert_eq!(period(&late(0), 40), ms(370), "what is never late costs nothing");
        assert_eq!(period(&late(40), 0), ms(400 - 40 - 43));
        assert_eq!(period(&late(100), 0), ms(400 - 80), "120 would not do");
        assert_eq!(period(&late(100), 60), ms(400 - 100 - 103 - 30));
        assert_eq!(period(&late(250), 500), ms(400 - 200), "300 would not do");
    }

    #[test]
    fn a_high_tree_never_becomes_a_mesh() {
        let plan = choose(&within(300), Delays { height: 3, ..steady(200) }, None);
        assert_eq!(plan, hub(100));
        let plan = choose(&within(1600), Delays { height: 3, ..steady(200) }, None);
        assert_eq!(plan, hub(910));
    }
}
