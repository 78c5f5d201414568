use core::time::Duration;
use std::collections::VecDeque;

/// So many rounds are remembered. What comes late once in a hundred messages is late in every fifth
/// round of 25 replicas, and in one of some dozens where there are few; when the weather clears, it is
/// forgotten after as many.
const ROUNDS: usize = 64;

/// As many are thought to have passed at first, in which nothing was late.
const FEW: usize = 32;

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

    /// How late the worst of all was.
    pub(crate) fn worst(&self) -> Duration {
        self.rounds.iter().copied().max().map_or(Duration::ZERO, millis)
    }

    /// How late the worst was, but for a fifth of the rounds.
    pub(crate) fn mostly(&self) -> Duration {
        let mut worst: Vec<u32> = self.rounds.iter().copied().collect();
        worst.sort_unstable_by(|a, b| b.cmp(a));
        worst.get(worst.len() / 5).copied().map_or(Duration::ZERO, millis)
    }

    /// How late the worst of each round was: between these values no share changes.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// After rounds of which the last was so late, the one before so late …
    fn after(rounds: impl DoubleEndedIterator<Item = u64>) -> Lateness {
        let mut lateness = Lateness::default();
        for late in rounds.rev() {
            lateness.note(Duration::from_millis(late));
            lateness.note(Duration::ZERO);
            lateness.end_round();
        }
        lateness
    }

    #[test]
    fn the_worst_of_a_round_counts() {
        let lateness = after([0, 40, 0, 10].into_iter());
        assert_eq!(lateness.worst(), Duration::from_millis(40));
        assert!((lateness.share_beyond(Duration::from_millis(10)) - ratio(1, FEW)).abs() < 1e-9);
        assert!((lateness.share_beyond(Duration::from_millis(9)) - ratio(2, FEW)).abs() < 1e-9);
    }

    #[test]
    fn mostly_leaves_a_fifth_out() {
        let mostly =
            |late: usize| after((0..50).map(|at| if at < late { 60 } else { 20 })).mostly();
        assert_eq!([10, 11].map(mostly), [20, 60].map(Duration::from_millis));
        assert_eq!(Lateness::default().mostly(), Duration::ZERO);
    }

    #[test]
    fn old_rounds_are_forgotten() {
        let late = after((0..ROUNDS as u64).map(|_| 60));
        assert_eq!(late.worst(), Duration::from_millis(60));
        let mut clear = late;
        (0..ROUNDS - 1).for_each(|_| clear.end_round());
        assert_eq!(clear.worst(), Duration::from_millis(60));
        clear.end_round();
        assert_eq!(clear.worst(), Duration::ZERO);
        assert!(clear.seen().all(|late| late.is_zero()));
    }
}
