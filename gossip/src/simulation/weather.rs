use core::time::Duration;

use super::Dice;

/// What the network does to messages.
///
/// ```
/// use std::time::Duration;
/// use glomers_gossip::simulation::{Delay, Weather};
///
/// let storm = Weather::of(Delay::Exponential(Duration::from_millis(100))).loss(0.2).duplication(0.2);
/// assert!(storm.loss > Weather::default().loss);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Weather {
    /// How long a message travels.
    pub delay: Delay,
    /// The probability that a message is lost, from 0 to 1.
    pub loss: f64,
    /// The probability that a message that is not lost comes twice, after a delay each.
    pub duplication: f64,
}

impl Weather {
    /// Every message comes once, after the same time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_gossip::simulation::Weather;
    ///
    /// assert_eq!(Weather::calm(Duration::from_millis(100)), Weather::default());
    /// ```
    pub const fn calm(delay: Duration) -> Self {
        Self::of(Delay::Constant(delay))
    }

    /// Every message comes once, after times by this law.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_gossip::simulation::{Delay, Weather};
    ///
    /// let weather = Weather::of(Delay::Uniform(Duration::from_millis(100)));
    /// assert_eq!((weather.loss, weather.duplication), (0.0, 0.0));
    /// ```
    pub const fn of(delay: Delay) -> Self {
        Self { delay, loss: 0.0, duplication: 0.0 }
    }

    /// The same, but for the probability of a loss.
    ///
    /// ```
    /// use glomers_gossip::simulation::Weather;
    ///
    /// assert_eq!(Weather::default().loss(0.1).loss, 0.1);
    /// ```
    #[must_use]
    pub const fn loss(mut self, loss: f64) -> Self {
        self.loss = loss;
        self
    }

    /// The same, but for the probability that a message comes twice.
    ///
    /// ```
    /// use glomers_gossip::simulation::Weather;
    ///
    /// assert_eq!(Weather::default().duplication(0.1).duplication, 0.1);
    /// ```
    #[must_use]
    pub const fn duplication(mut self, duplication: f64) -> Self {
        self.duplication = duplication;
        self
    }
}

/// Calm, with the delay that [`Config`](crate::Config) reckons with: 100 ms.
impl Default for Weather {
    fn default() -> Self {
        Self::calm(Duration::from_millis(100))
    }
}

/// The law by which the one-way delay of a message is drawn, given its mean: Maelstrom's three
/// (`--latency-dist`), in nanoseconds.
///
/// ```
/// use std::time::Duration;
/// use glomers_gossip::simulation::{Delay, Dice};
///
/// let mean = Duration::from_millis(100);
/// let mut dice = Dice::new(1);
/// assert_eq!(Delay::Constant(mean).draw(&mut dice), mean);
/// assert!(Delay::Uniform(mean).draw(&mut dice) < 2 * mean);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Delay {
    /// Every message takes the mean; none overtakes another.
    Constant(Duration),
    /// From nothing to just below twice the mean, all equally likely.
    Uniform(Duration),
    /// Mostly short, now and then many times the mean.
    Exponential(Duration),
}

impl Delay {
    /// The delay of one message.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_gossip::simulation::{Delay, Dice};
    ///
    /// let mut dice = Dice::new(1);
    /// let mean = Duration::from_millis(100);
    /// let sum: Duration = (0..10_000).map(|_| Delay::Exponential(mean).draw(&mut dice)).sum();
    /// assert!((sum / 10_000).abs_diff(mean) < mean / 20);
    /// ```
    pub fn draw(self, dice: &mut Dice) -> Duration {
        match self {
            Self::Constant(mean) => mean,
            Self::Uniform(mean) => dice.within(mean.saturating_mul(2)),
            Self::Exponential(mean) => dice.exponential(mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uniform_law_fills_its_range() {
        let mut dice = Dice::new(1);
        let mean = Duration::from_millis(100);
        let draws: Vec<Duration> =
            (0..100_000).map(|_| Delay::Uniform(mean).draw(&mut dice)).collect();
        let (least, most) = (draws.iter().min().unwrap(), draws.iter().max().unwrap());
        assert!(*least < mean / 100 && *most < mean * 2 && *most > mean * 199 / 100);
        let sum: Duration = draws.iter().sum();
        assert!((sum / 100_000).abs_diff(mean) < mean / 100);
    }

    #[test]
    fn the_greatest_times_overflow_nothing() {
        let mut dice = Dice::new(1);
        for _ in 0..1_000 {
            Delay::Uniform(Duration::MAX).draw(&mut dice);
            Delay::Exponential(Duration::MAX).draw(&mut dice);
        }
        assert_eq!(Delay::Exponential(Duration::ZERO).draw(&mut dice), Duration::ZERO);
    }
}
