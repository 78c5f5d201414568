use core::time::Duration;

use crate::offset::Offset;
use crate::rounds::modulo;
use crate::{Beat, Due};

/// A hub's rounds as seen by another node: a loop that locks on to their phase.
///
/// With its acknowledgement the hub tells when, by its own clock, the batch came. How far that is from
/// when it was sent by ours is the difference of the clocks and the time on the way, and of no more
/// need is known to send what shall be there just before a round. What single batches are late does
/// not move it: see [`Offset`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Phase {
    /// From our clock to the hub's, with the time on the way there.
    there: Offset,
    /// From the hub's clock to ours, with the time on the way here.
    back: Option<Offset>,
    /// What the hub told last.
    beat: Beat,
    /// How late the latest of its messages was since that was last told.
    late: Duration,
}

impl Phase {
    /// From a first batch: when it left, and when it came by the hub's clock.
    pub(crate) fn new(sent_at: Duration, came_at: Duration, beat: Beat) -> Self {
        Self { there: Offset::new(sent_at, came_at), back: None, beat, late: Duration::ZERO }
    }

    pub(crate) fn period(&self) -> Duration {
        Duration::from_millis(self.beat.period.max(1).into())
    }

    /// Takes in what a further batch tells.
    pub(crate) fn observe(&mut self, sent_at: Duration, came_at: Duration) {
        self.there.observe(sent_at, came_at, self.far());
    }

    /// Takes in that a message came; returns by how much it was later than most.
    pub(crate) fn hear(&mut self, now: Duration, beat: Beat) -> Duration {
        let far = self.far();
        let clock = Duration::from_millis(beat.clock);
        let late = match &mut self.back {
            Some(back) => back.observe(clock, now, far).unwrap_or_default(),
            back @ None => {
                *back = Some(Offset::new(clock, now));
                Duration::ZERO
            }
        };
        if beat.clock >= self.beat.clock {
            self.beat = beat;
        }
        // Later than a period is no matter of weather.
        if late < self.period() {
            self.late = self.late.max(late);
        }
        late
    }

    /// The first moment from `now` on to send in time for a round.
    pub(crate) fn next_slot(&self, now: Duration) -> Duration {
        let beyond = self.since_slot(now);
        if beyond.is_zero() { now } else { now + self.period().saturating_sub(beyond) }
    }

    /// The last moment until `now` to send in time for a round.
    pub(crate) fn last_slot(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since_slot(now))
    }

    /// When what is sent now shall come, by the hub's clock, and how late its messages have been since
    /// that was last told.
    pub(crate) fn due(&mut self, now: Duration) -> Due {
        let late = std::mem::take(&mut self.late).as_millis();
        let at = self.there.translate(now).as_millis();
        Due {
            at: u64::try_from(at).unwrap_or(u64::MAX),
            late: u32::try_from(late).unwrap_or(u32::MAX),
        }
    }

    /// How long ago the last slot was.
    fn since_slot(&self, now: Duration) -> Duration {
        let Beat { since, clock, lead, .. } = self.beat;
        let period = self.period();
        let lead = Duration::from_millis(lead.into());
        let there = self.there.translate(now) + lead;
        // A round, and a slot, by the hub's clock.
        let round = Duration::from_millis(clock.saturating_sub(since.into()));
        if there >= round {
            return modulo(there.saturating_sub(round), period);
        }
        let until = modulo(round.saturating_sub(there), period);
        if until.is_zero() { until } else { period.saturating_sub(until) }
    }

    /// Two samples in a row that are so much off tell of another network.
    fn far(&self) -> Duration {
        self.period() / 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rounds::Rounds;

    const LEAD: u64 = 8;
    /// By how much the hub's clock is ahead.
    const AHEAD: Duration = ms(77_777);

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Sends a batch at each slot over a delay that `delay` gives, and returns by how much each
    /// came ahead of a round of the hub's.
    fn waits(phase_of_hub: Duration, delay: impl Fn(u64) -> Duration, sends: u64) -> Vec<Duration> {
        let rounds = Rounds::new(phase_of_hub, ms(400));
        let mut phase: Option<Phase> = None;
        let mut now = ms(5000);
        let mut waits = Vec::new();
        for send in 0..sends {
            let sent = phase.as_ref().map_or(now, |phase| phase.next_slot(now));
            let arrived = sent + delay(send) + AHEAD;
            let round = rounds.next(arrived);
            waits.push(round.saturating_sub(arrived));
            let clock = u64::try_from(round.as_millis()).unwrap();
            let beat = Beat { period: 400, since: 0, lead: 8, clock };
            now = round.saturating_sub(AHEAD) + delay(send);
            match &mut phase {
                Some(phase) => {
                    phase.hear(now, beat);
                    phase.observe(sent, arrived);
                }
                None => phase = Some(Phase::new(sent, arrived, beat)),
            }
            now += ms(123);
        }
        waits
    }

    #[test]
    fn it_locks_at_the_first_answer_wherever_it_began() {
        for offset in 0..400 {
            let waits = waits(ms(offset), |_| ms(100), 6);
            assert!(waits[1..].iter().all(|wait| *wait == ms(LEAD)), "offset {offset}: {waits:?}");
        }
    }

    #[test]
    fn it_follows_a_delay_that_changes() {
        let drifting = waits(ms(7), |send| ms(100 + send / 2), 100);
        assert!(drifting[5..].iter().all(|wait| *wait < ms(24)), "{drifting:?}");
        for later in [160, 400] {
            let jumping = waits(ms(7), |send| ms(if send < 50 { 100 } else { later }), 100);
            assert!(jumping[80..].iter().all(|wait| *wait == ms(LEAD)), "{later}: {jumping:?}");
        }
    }

    #[test]
    fn what_is_late_now_and_then_does_not_shift_it() {
        let waits = waits(ms(7), |send| ms(if send % 7 == 5 { 160 } else { 100 }), 100);
        for (send, wait) in (0_u64..).zip(&waits).skip(8) {
            let expected = if send % 7 == 5 { LEAD + 400 - 60 } else { LEAD };
            assert_eq!(*wait, ms(expected), "{send}: {waits:?}");
        }
    }

    #[test]
    fn how_late_messages_were_is_told_once() {
        let beat = |clock| Beat { period: 400, since: 0, lead: 8, clock };
        let mut phase = Phase::new(ms(1_000), ms(50_100), beat(50_000));
        for round in 0..10 {
            let late = if round == 7 { 30 } else { 0 };
            phase.hear(ms(1_100 + round * 400 + late), beat(50_000 + round * 400));
        }
        let due = phase.due(ms(9_000));
        assert_eq!((due.at, due.late), (58_100, 30));
        assert_eq!(phase.due(ms(9_400)).late, 0);
    }

    #[test]
    fn a_beat_that_was_overtaken_changes_nothing() {
        let beat = |period, clock| Beat { period, since: 0, lead: 8, clock };
        let mut phase = Phase::new(ms(1_000), ms(1_100), beat(400, 1_200));
        phase.hear(ms(1_700), beat(300, 1_600));
        phase.hear(ms(1_800), beat(400, 1_400));
        assert_eq!(phase.period(), ms(300));
        assert_eq!(phase.next_slot(ms(1_701)), ms(1_900 - 108));
    }
}
