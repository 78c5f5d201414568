//! The two clocks of a hub's rounds: the hub's own, and what another node makes of it from afar.

use core::time::Duration;

/// The hub's rounds: moments a period apart, on which it pushes what is new.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rounds {
    anchor: Duration,
    period: Duration,
}

impl Rounds {
    pub(crate) fn new(anchor: Duration, period: Duration) -> Self {
        Self { anchor, period: period.max(Duration::from_millis(1)) }
    }

    pub(crate) fn period(&self) -> Duration {
        self.period
    }

    /// The first round after `now`.
    pub(crate) fn next(&self, now: Duration) -> Duration {
        self.latest(now) + self.period
    }

    /// From the last round on, they are `period` apart.
    pub(crate) fn set_period(&mut self, now: Duration, period: Duration) {
        if period != self.period {
            *self = Self::new(self.latest(now), period);
        }
    }

    /// The last round until `now`.
    pub(crate) fn latest(&self, now: Duration) -> Duration {
        let since = now.saturating_sub(self.anchor);
        now.saturating_sub(modulo(since, self.period)).max(self.anchor)
    }
}

/// A hub's rounds as seen by another node: a loop that locks on to their phase.
///
/// With every acknowledgement the hub tells how long the batch lay waiting for its round. Had the
/// batch left so much later, it would have come at the last moment. That latest moment, one period
/// after another, is the phase; no clocks are compared. A batch that just missed a round waited
/// almost a period: on the circle of phases that is a little *late*, not very early.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Phase {
    /// A latest moment at which to send.
    anchor: Duration,
    period: Duration,
    /// How far samples lie from where they were expected, smoothed.
    deviation: Duration,
}

impl Phase {
    /// From a first sample: a latest moment to send.
    pub(crate) fn new(latest: Duration, period: Duration) -> Self {
        let period = period.max(Duration::from_millis(1));
        Self { anchor: latest, period, deviation: Duration::from_millis(1) }
    }

    pub(crate) fn period(&self) -> Duration {
        self.period
    }

    /// Takes a further sample in. A small error is followed half-way, for it is mostly noise; a
    /// large one, or another period, at once.
    pub(crate) fn observe(&mut self, latest: Duration, period: Duration) {
        if period != self.period || latest < self.anchor {
            let deviation = self.deviation;
            *self = Self { deviation, ..Self::new(latest, period) };
            return;
        }
        let ahead = modulo(latest.saturating_sub(self.anchor), self.period);
        let (error, is_late) = if ahead * 2 <= self.period {
            (ahead, false)
        } else {
            (self.period.saturating_sub(ahead), true)
        };
        self.deviation = (self.deviation * 3 + error) / 4;
        let correction = if error * 4 > self.period { Duration::ZERO } else { error / 2 };
        self.anchor = if is_late { latest + correction } else { latest.saturating_sub(correction) };
    }

    /// The first moment from `now` on to send in time for a round: ahead of the latest one by as
    /// much as the samples scatter.
    pub(crate) fn next_slot(&self, now: Duration) -> Duration {
        let slot = self.anchor.saturating_sub(self.lead());
        let since = now.saturating_sub(slot);
        let beyond = modulo(since, self.period);
        if beyond.is_zero() { slot.max(now) } else { now + self.period.saturating_sub(beyond) }
    }

    /// The last moment until `now` to send in time for a round.
    pub(crate) fn last_slot(&self, now: Duration) -> Duration {
        let next = self.next_slot(now);
        if next == now { now } else { next.saturating_sub(self.period) }
    }

    fn lead(&self) -> Duration {
        const LEAST: Duration = Duration::from_millis(8);
        (LEAST + self.deviation * 4).min(self.period / 2)
    }
}

fn modulo(time: Duration, period: Duration) -> Duration {
    let remainder = time.as_nanos() % period.as_nanos();
    // Less than a period, which fits.
    Duration::from_nanos(u64::try_from(remainder).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn rounds_are_a_period_apart() {
        let mut rounds = Rounds::new(ms(1000), ms(300));
        assert_eq!(rounds.next(ms(0)), ms(1300).min(rounds.next(ms(0))));
        assert_eq!(rounds.next(ms(1000)), ms(1300));
        assert_eq!(rounds.next(ms(1299)), ms(1300));
        assert_eq!(rounds.next(ms(1300)), ms(1600));
        rounds.set_period(ms(1700), ms(500));
        assert_eq!(rounds.next(ms(1700)), ms(2100), "500 ms after the round at 1600");
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
            let arrived = sent + delay(send);
            let wait = rounds.next(arrived).saturating_sub(arrived);
            waits.push(wait);
            let latest = sent + wait;
            match &mut phase {
                Some(phase) => phase.observe(latest, ms(400)),
                None => phase = Some(Phase::new(latest, ms(400))),
            }
            now = rounds.next(arrived) + delay(send) + ms(123);
        }
        waits
    }

    #[test]
    fn it_locks_at_the_first_answer_wherever_it_began() {
        for offset in 0..400 {
            let waits = waits(ms(offset), |_| ms(100), 6);
            for wait in &waits[1..] {
                assert!((ms(1)..=ms(14)).contains(wait), "offset {offset}: {waits:?}");
            }
        }
    }

    #[test]
    fn it_follows_a_delay_that_changes() {
        let drifting = waits(ms(7), |send| ms(100 + send), 100);
        assert!(drifting[5..].iter().all(|wait| *wait < ms(24)), "{drifting:?}");
        let jumping = waits(ms(7), |send| ms(if send < 50 { 100 } else { 160 }), 100);
        assert!(jumping[80..].iter().all(|wait| *wait < ms(24)), "{jumping:?}");
    }

    #[test]
    fn it_leaves_room_for_jitter() {
        let jitter = |send: u64| ms(100 + (send.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % 20);
        let waits = waits(ms(7), jitter, 200);
        let missed = waits[10..].iter().filter(|wait| **wait > ms(200)).count();
        assert!(missed <= 6, "{missed} of 190 missed: {waits:?}");
    }
}
