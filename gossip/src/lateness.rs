use core::time::Duration;
use std::collections::VecDeque;

/// So many rounds are remembered. What comes late once in a hundred messages is late in every fifth
/// round of 25 replicas, and in one of some dozens where there are few; when the weather clears, it is
/// forgotten after as many.
const ROUNDS: usize = 64;

const RARE: usize = 32;

/// As many are thought to have passed at first, in which nothing was late.
const FEW: usize = 8;

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

    /// In what share of the rounds something was later than this.
    pub(crate) fn share_beyond(&self, late: Duration) -> f64 {
        let beyond = self.rounds.iter().filter(|worst| millis(**worst) > late).count();
        ratio(beyond, self.rounds.len().max(FEW))
    }

    /// How late the worst was, but for one round in 32: more than that, what is rare is not worth.
    pub(crate) fn margin(&self) -> Duration {
        let mut worst: Vec<u32> = self.rounds.iter().copied().collect();
        worst.sort_unstable_by(|a, b| b.cmp(a));
        worst.get(worst.len() / RARE).copied().map_or(Duration::ZERO, millis)
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
