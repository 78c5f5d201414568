use std::time::Duration;

use clap::ValueEnum;
use rand::RngExt;

use crate::rng::Rng;

/// How long messages travel between nodes, and between a node and a service.
///
/// Always a whole number of milliseconds. A message to or from a client takes no time, whatever
/// this says: a delay there would only hide anomalies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// The mean, in milliseconds.
    pub mean_ms: u64,
    /// How single latencies spread around the mean.
    pub dist: Distribution,
}

/// The shape of a random latency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Distribution {
    /// Every message takes the mean.
    #[default]
    Constant,
    /// From nothing to just below twice the mean, all equally likely.
    Uniform,
    /// Mostly short, now and then many times the mean.
    Exponential,
}

impl Latency {
    /// The latency of one message.
    pub(super) fn draw(self, rng: &mut Rng) -> Duration {
        let mean = Duration::from_millis(self.mean_ms);
        if mean.is_zero() {
            return mean;
        }
        match self.dist {
            Distribution::Constant => mean,
            Distribution::Uniform => {
                Duration::from_millis(rng.random_range(0..self.mean_ms.saturating_mul(2)))
            }
            Distribution::Exponential => {
                // 1 − u is never 0, as u is below 1.
                let exact = mean.mul_f64(-libm::log(1.0 - rng.random::<f64>()));
                Duration::from_millis(u64::try_from(exact.as_millis()).unwrap_or(u64::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    /// Mean and extremes of many draws, in milliseconds.
    fn sample(dist: Distribution, mean_ms: u64) -> (f64, u128, u128) {
        let mut rng = Rng::seed_from_u64(1);
        let draws: Vec<_> = (0..20_000)
            .map(|_| {
                let drawn = Latency { mean_ms, dist }.draw(&mut rng);
                assert_eq!(drawn.subsec_nanos() % 1_000_000, 0, "whole milliseconds");
                drawn.as_millis()
            })
            .collect();
        let sum: u128 = draws.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "a few million at most")]
        let mean = sum as f64 / draws.len() as f64;
        (mean, *draws.iter().min().unwrap(), *draws.iter().max().unwrap())
    }

    #[test]
    fn every_shape_keeps_to_its_mean_and_range() {
        assert_eq!(sample(Distribution::Constant, 100), (100.0, 100, 100));

        let (mean, least, most) = sample(Distribution::Uniform, 100);
        assert!((98.0..=101.0).contains(&mean), "{mean}");
        assert_eq!((least, most), (0, 199));

        let (mean, least, most) = sample(Distribution::Exponential, 100);
        assert!((97.0..=102.0).contains(&mean), "{mean}");
        assert_eq!(least, 0);
        assert!(most > 700, "the tail is long: {most}");
    }

    #[test]
    fn no_latency_needs_no_randomness() {
        for dist in [Distribution::Constant, Distribution::Uniform, Distribution::Exponential] {
            assert_eq!(sample(dist, 0), (0.0, 0, 0));
        }
    }
}
