use core::time::Duration;
use std::collections::VecDeque;

/// So many samples are remembered; a quarter of them may be late without harm.
const SAMPLES: usize = 16;

/// Before as many, what is usual is not known.
const ENOUGH: usize = 3;

/// By how much the other end's clock is ahead of ours when a message comes there that left here, or
/// the other way round: the difference of the clocks, and with it the time that most messages take.
///
/// It is the mean of the middle half of the last samples: a message that is late now and then does not
/// move it. If two in a row are far off and alike, the network or a clock has changed, and it begins
/// anew with them.
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

    /// Takes in a further sample. Two that lie by more than `far` off all before, and alike, count
    /// alone. Returns
    /// by how much it is later than usual, if that is known.
    pub(crate) fn observe(&mut self, from: Duration, to: Duration, far: Duration) -> Option<Duration> {
        let sample = difference(from, to);
        let far = micros(far);
        let usual = self.usual();
        let is_known = self.samples.len() >= ENOUGH;
        let has_moved = self.samples.back().copied().is_some_and(|last| {
            let before = || self.samples.iter().copied().take(self.samples.len() - 1);
            let (least, most) = (before().min(), before().max());
            let is_off = |sample: i64| {
                least.is_some_and(|least| sample < least.saturating_sub(far))
                    || most.is_some_and(|most| sample > most.saturating_add(far))
            };
            is_off(last) && is_off(sample) && last.abs_diff(sample) < far.unsigned_abs()
        });
        if has_moved {
            let last = self.samples.pop_back();
            self.samples.clear();
            self.samples.extend(last);
        } else if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        let late = u64::try_from(sample.saturating_sub(usual)).unwrap_or(0);
        (is_known && !has_moved).then(|| Duration::from_micros(late))
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
