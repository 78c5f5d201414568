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

/// What is left of a time after whole periods.
pub(crate) fn modulo(time: Duration, period: Duration) -> Duration {
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
}
