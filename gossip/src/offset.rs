use core::time::Duration;
use std::collections::VecDeque;

/// So many samples are remembered; a quarter of them may be late without harm. Where no two messages take
/// the same time, more of them tell better when one will come.
const SAMPLES: usize = 32;

/// If so many in a row are all later than usual, or all earlier, that is no chance: the delay creeps.
const RUN: usize = 12;

/// Before as many, what is usual is not known.
const ENOUGH: usize = 3;

/// By how much the other end's clock is ahead of ours when a message comes there that left here, or
/// the other way round: the difference of the clocks, and with it the time that most messages take.
///
/// It is the mean of the middle half of the last samples: a message that is late now and then does not
/// move it. If two in a row are far off and alike, the network or a clock has changed, and it begins
/// anew with them; a change that comes bit by bit is told by a dozen in a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Offset {
    /// In microseconds, the oldest first.
    samples: VecDeque<i64>,
}

impl Offset {
    /// From the first sample: a moment by one clock, and by the other.
    pub(crate) fn new(from: Duration, to: Duration) -> Self {
        Self { samples: VecDeque::from([difference(from, to)]) }
    }

    /// Takes in a further sample; returns by how much it is later than usual, if that is known. Two that lie
    /// by more than `far` off all before, and alike, count alone.
    pub(crate) fn observe(
        &mut self,
        from: Duration,
        to: Duration,
        far: Duration,
    ) -> Option<Duration> {
        let sample = difference(from, to);
        let usual = self.usual();
        let is_known = self.samples.len() >= ENOUGH;
        let has_moved = self.has_moved(sample, micros(far));
        if has_moved {
            self.keep(1);
        } else if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        if self.has_crept(usual) {
            self.keep(RUN);
        }
        let late = u64::try_from(sample.saturating_sub(usual)).unwrap_or(0);
        (is_known && !has_moved).then(|| Duration::from_micros(late))
    }

    /// Whether this sample and the last one are alike, and far off all before.
    fn has_moved(&self, sample: i64, far: i64) -> bool {
        let Some(previous) = self.samples.back().copied() else { return false };
        let before = || self.samples.iter().copied().take(self.samples.len() - 1);
        let (least, most) = (before().min(), before().max());
        let is_off = |sample: i64| {
            least.is_some_and(|least| sample < least.saturating_sub(far))
                || most.is_some_and(|most| sample > most.saturating_add(far))
        };
        is_off(previous) && is_off(sample) && previous.abs_diff(sample) < far.unsigned_abs()
    }

    /// Whether the last samples are all later than usual, or all earlier.
    fn has_crept(&self, usual: i64) -> bool {
        let last = || self.samples.iter().rev().take(RUN);
        last().len() == RUN
            && (last().all(|sample| *sample > usual) || last().all(|sample| *sample < usual))
    }

    /// Forgets all but the last so many.
    fn keep(&mut self, count: usize) {
        self.samples.drain(..self.samples.len().saturating_sub(count));
    }

    /// By the other clock.
    pub(crate) fn translate(&self, from: Duration) -> Duration {
        shifted(from, self.usual())
    }

    fn usual(&self) -> i64 {
        let mut sorted: Vec<i64> = self.samples.iter().copied().collect();
        sorted.sort_unstable();
        let quarter = sorted.len() / 4;
        let middle = &sorted[quarter..sorted.len() - quarter];
        let sum: i128 = middle.iter().copied().map(i128::from).sum();
        let count = i128::try_from(middle.len().max(1)).unwrap_or(1);
        i64::try_from(sum / count).unwrap_or(0)
    }
}

fn shifted(time: Duration, by: i64) -> Duration {
    let amount = Duration::from_micros(by.unsigned_abs());
    if by < 0 { time.saturating_sub(amount) } else { time.saturating_add(amount) }
}

fn difference(from: Duration, to: Duration) -> i64 {
    micros(to).saturating_sub(micros(from))
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: Duration = ms(100);

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// The clocks differ by an hour, and a message takes 100 ms and so much more.
    fn observe(offset: &mut Offset, at: u64, late: u64) -> Option<Duration> {
        offset.observe(ms(at), ms(3_600_000 + at + 100 + late), FAR)
    }

    fn usual(samples: usize) -> Offset {
        let mut offset = Offset::new(ms(0), ms(3_600_100));
        for _ in 1..samples {
            observe(&mut offset, 0, 0);
        }
        offset
    }

    #[test]
    fn a_late_message_is_told_and_moves_nothing() {
        let mut offset = usual(SAMPLES);
        assert_eq!(observe(&mut offset, 1_000, 60), Some(ms(60)));
        assert_eq!(observe(&mut offset, 2_000, 90), Some(ms(90)));
        assert_eq!(observe(&mut offset, 3_000, 0), Some(ms(0)));
        assert_eq!(offset.translate(ms(5_000)), ms(3_605_100));
    }

    #[test]
    fn what_is_usual_takes_some_messages_to_know() {
        let mut offset = usual(1);
        let told: Vec<_> = [60, 0, 30].map(|late| observe(&mut offset, 0, late)).into();
        assert_eq!(told[..2], [None, None]);
        assert!(told[2].is_some());
    }

    #[test]
    fn another_network_is_taken_for_one() {
        let mut offset = usual(SAMPLES);
        assert!(observe(&mut offset, 0, 500).is_some());
        assert_eq!(observe(&mut offset, 0, 510), None, "what is late is not known any more");
        assert_eq!(offset.translate(ms(0)), ms(3_600_605));
        let mut crept = usual(SAMPLES);
        for _ in 0..SAMPLES {
            observe(&mut crept, 0, 60);
        }
        assert_eq!(crept.translate(ms(0)), ms(3_600_160), "a small change takes longer");
    }

    #[test]
    fn clocks_may_differ_either_way() {
        let offset = Offset::new(ms(3_600_000), ms(100));
        assert_eq!(offset.translate(ms(3_601_000)), ms(1_100));
        assert_eq!(offset.translate(ms(0)), ms(0), "as far as there are times");
    }
}
