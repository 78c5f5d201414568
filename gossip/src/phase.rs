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
        Due { at: u64::try_from(at).unwrap_or(u64::MAX), late: u32::try_from(late).unwrap_or(u32::MAX) }
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
