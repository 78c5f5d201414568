use core::time::Duration;

use crate::lateness::Lateness;

/// A batch leaves so much ahead, however punctual all are: clocks tell whole milliseconds, and
/// batches that come together are taken in one after another.
pub(crate) const LEAST_LEAD: Duration = Duration::from_millis(8);

/// A batch that was as late as any seen shall be there so much ahead.
const AHEAD: Duration = Duration::from_millis(3);

/// A round costs a push to everyone and a batch of about every second; another push in it costs as
/// much as the first.
const COST_OF_ROUND: f64 = 1.5;

/// What a hub has seen of the weather lately, and how rounds are to be spaced by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Slack {
    /// That came here.
    pub(crate) batches: Lateness,
    /// Of ours, as those tell to whom they came.
    pub(crate) pushes: Lateness,
}

/// How much of the time between two rounds is set aside for what is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reserve {
    /// So long before the round batches shall be there.
    pub(crate) lead: Duration,
    /// So late may a push be without harm.
    pub(crate) margin: Duration,
}

impl Slack {
    /// The cheapest reserve of at most `most`, where `room` is what the target leaves for a period and a
    /// reserve, and delays differ by `deviation` on average.
    ///
    /// A late push cannot be mended, so there is a margin for it. A batch that misses its round can
    /// be, by another push: where that seldom happens it costs less than a lead does, which makes
    /// every period shorter. Where more is wanted than there may be, values are late whatever is set aside,
    /// and by so much less is. O(r²) for r remembered rounds.
    pub(crate) fn reserve(&self, room: Duration, most: Duration, deviation: Duration) -> Reserve {
        let least = LEAST_LEAD.min(most);
        // Where all delays differ, when a batch will come is not known well either.
        let margin = self.pushes.worst() + deviation / 2;
        let cost = |lead: Duration| {
            let reserve = lead + margin.min(most);
            let period = room.saturating_sub(reserve).max(room / 8).as_secs_f64();
            (COST_OF_ROUND + more_pushes(self.batches.share_beyond(lead))) / period
        };
        let longer = self.batches.seen().map(|late| late + AHEAD);
        let lead = longer
            .filter(|lead| (least..=most).contains(lead))
            .fold((least, cost(least)), |best, lead| {
                let cost = cost(lead);
                if cost < best.1 || (cost <= best.1 && lead < best.0) { (lead, cost) } else { best }
            })
            .0;
        let wanted = lead + margin;
        if wanted <= most {
            return Reserve { lead, margin };
        }
        let granted = most.saturating_sub(wanted.saturating_sub(most)).max(most * 2 / 3);
        let share = granted.as_secs_f64() / wanted.as_secs_f64();
        let lead = lead.mul_f64(share).max(least);
        Reserve { lead, margin: granted.saturating_sub(lead) }
    }

    /// How late a push may be, as far as it matters for a target.
    pub(crate) fn margin(&self, target: Duration) -> Duration {
        self.pushes.worst().min(target / 5)
    }

    /// For so long after its last moment something may wait for a round, where the plan leaves `planned` for
    /// late pushes, and `margin` is how late they are: in four rounds of five no push is so late; and the
    /// rounds themselves are late by what the plan lacks.
    pub(crate) fn grace(&self, margin: Duration, planned: Duration) -> Duration {
        margin.saturating_sub(self.pushes.mostly()) + margin.saturating_sub(planned)
    }

    /// A round is over.
    pub(crate) fn end_round(&mut self) {
        self.pushes.end_round();
        self.batches.end_round();
    }
}

/// How many more pushes a round takes on average, if it takes any with this probability: as many as
/// there are late batches, which are late independently of each other.
fn more_pushes(share: f64) -> f64 {
    -(1.0 - share.min(0.99)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Of 60 rounds, so many had a batch, or a push, that was so late.
    fn seen(batches: (u32, u64), pushes: (u32, u64)) -> Slack {
        let mut slack = Slack::default();
        for round in 0..60 {
            for (lateness, (count, late)) in
                [(&mut slack.batches, batches), (&mut slack.pushes, pushes)]
            {
                lateness.note(if round < count { ms(late) } else { ms(0) });
                lateness.end_round();
            }
        }
        slack
    }

    #[test]
    fn in_steady_weather_nothing_is_set_aside() {
        let reserve = seen((0, 0), (0, 0)).reserve(ms(400), ms(100), ms(0));
        assert_eq!(reserve, Reserve { lead: LEAST_LEAD, margin: ms(0) });
    }

    #[test]
    fn a_late_push_is_allowed_for() {
        let margin = |deviation| seen((0, 0), (1, 50)).reserve(ms(400), ms(100), deviation).margin;
        assert_eq!([ms(0), ms(20)].map(margin), [ms(50), ms(60)]);
    }

    /// A lead of 53 instead of 8 ms makes rounds by an eighth more frequent.
    #[test]
    fn a_lead_is_longer_if_that_costs_less_than_further_pushes() {
        let lead = |rounds| seen((rounds, 50), (0, 0)).reserve(ms(400), ms(100), ms(0)).lead;
        assert_eq!([0, 3, 6].map(lead), [LEAST_LEAD; 3]);
        assert_eq!([15, 30, 60].map(lead), [ms(50) + AHEAD; 3]);
    }

    #[test]
    fn what_there_is_is_shared_and_less_where_it_does_not_do() {
        let shared = |late, most| seen((60, late), (60, late)).reserve(ms(400), ms(most), ms(0));
        let sum = |late, most| shared(late, most).lead + shared(late, most).margin;
        assert_eq!(sum(90, 183), ms(183), "93 and 90 are granted");
        assert_eq!(sum(90, 163), ms(143), "20 are lacking, and 20 are saved");
        assert_eq!(sum(90, 102), ms(68), "two thirds are granted at least");
        assert!(shared(90, 102).lead > ms(30) && shared(90, 102).margin > ms(30));
        assert_eq!(seen((60, 90), (60, 90)).reserve(ms(20), ms(5), ms(0)).lead, ms(5));
        assert_eq!(seen((0, 0), (0, 0)).reserve(ms(0), ms(0), ms(0)).lead, ms(0));
    }

    #[test]
    fn what_waits_is_in_time_mostly() {
        assert_eq!(seen((0, 0), (5, 50)).grace(ms(50), ms(50)), ms(50), "few pushes are late");
        assert_eq!(seen((0, 0), (60, 50)).grace(ms(50), ms(50)), ms(0), "some always are");
        assert_eq!(seen((0, 0), (60, 50)).grace(ms(50), ms(20)), ms(30), "rounds are as late");
    }
}
