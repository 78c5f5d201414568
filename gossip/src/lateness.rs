use core::time::Duration;
use std::collections::VecDeque;

/// So many rounds are remembered. What comes late once in a hundred messages is late in every fifth
/// round of 25 replicas, and in one of some dozens where there are few; when the weather clears, it is
/// forgotten after as many.
const ROUNDS: usize = 64;

/// How late the latest message of each of the last rounds was.
///
/// Late is a message by what it comes after it would have if it had taken as long as most do. It is
/// the worst of a round that counts: a push must have come to everyone, and one batch that misses
/// its round is enough for another push.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Lateness {
    /// In whole milliseconds, the oldest first.
    rounds: VecDeque<u32>,
    /// The worst of the round that goes on.
    worst: u32,
}

impl Lateness {
    /// Notes that a message came so late.
    pub(crate) fn note(&mut self, late: Duration) {
        self.worst = self.worst.max(u32::try_from(late.as_millis()).unwrap_or(u32::MAX));
    }

    /// The next round begins.
    pub(crate) fn end_round(&mut self) {
        if self.rounds.len() == ROUNDS {
            self.rounds.pop_front();
        }
        self.rounds.push_back(std::mem::take(&mut self.worst));
    }

    /// In what share of the rounds, if as many as are remembered had passed, something was later
    /// than this.
    pub(crate) fn share_beyond(&self, late: Duration) -> f64 {
        let beyond = self.rounds.iter().filter(|worst| millis(**worst) > late).count();
        ratio(beyond, ROUNDS)
    }

    /// The least margin that leaves on average no more than `excess` of a round's worst lateness.
    pub(crate) fn margin(&self, excess: Duration) -> Duration {
        let mut worst: Vec<u32> = self.rounds.iter().copied().collect();
        worst.sort_unstable_by(|a, b| b.cmp(a));
        // Lowering the margin from the worst to the next, each of those beyond it exceeds it more.
        let allowed = excess.as_secs_f64() * 1e3 * ratio(ROUNDS, 1);
        let mut total = 0.0;
        for (count, latest) in (1_u32..).zip(&worst) {
            let next = worst.get(usize::try_from(count).unwrap_or(usize::MAX)).unwrap_or(&0);
            let more = f64::from(count) * f64::from(latest - next);
            if total + more >= allowed {
                let lower = (allowed - total) / f64::from(count);
                return Duration::from_secs_f64((f64::from(*latest) - lower).max(0.0) / 1e3);
            }
            total += more;
        }
        Duration::ZERO
    }

    /// What has come up, none twice and in no order: the values between which nothing changes.
    pub(crate) fn seen(&self) -> impl Iterator<Item = Duration> + '_ {
        self.rounds.iter().copied().map(millis)
    }
}

fn millis(millis: u32) -> Duration {
    Duration::from_millis(millis.into())
}

fn ratio(part: usize, whole: usize) -> f64 {
    let float = |count| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    float(part) / float(whole)
}
