use core::time::Duration;

/// Numbers by seed, the same on every machine: Steele, Lea and Flood's `SplitMix64`. For the chance
/// in a simulation and in what is done to it; not for secrets.
///
/// ```
/// use glomers_gossip::simulation::Dice;
///
/// let (mut dice, mut again) = (Dice::new(7), Dice::new(7));
/// assert_eq!(dice.roll(), again.roll());
/// assert!((0..100).all(|_| dice.below(6) < 6));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dice(u64);

impl Dice {
    /// The stream of a seed.
    ///
    /// ```
    /// use glomers_gossip::simulation::Dice;
    ///
    /// assert_ne!(Dice::new(1).roll(), Dice::new(2).roll());
    /// ```
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, any of them equally likely.
    ///
    /// ```
    /// use glomers_gossip::simulation::Dice;
    ///
    /// let seeds: Vec<u64> = std::iter::repeat_with({ let mut d = Dice::new(1); move || d.roll() })
    ///     .take(3)
    ///     .collect();
    /// assert!(seeds[0] != seeds[1] && seeds[1] != seeds[2]);
    /// ```
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// One of the numbers from 0 to just below `limit`; 0 if there is none.
    ///
    /// ```
    /// use glomers_gossip::simulation::Dice;
    ///
    /// let nodes = ["a", "b", "c"];
    /// let drawn = nodes[Dice::new(1).below(nodes.len())];
    /// assert!(nodes.contains(&drawn));
    /// ```
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        // Less than the limit, which was a usize.
        usize::try_from(part(limit, self.roll())).unwrap_or(usize::MAX)
    }

    /// True with a probability from 0, never, to 1, always.
    ///
    /// ```
    /// use glomers_gossip::simulation::Dice;
    ///
    /// let mut dice = Dice::new(1);
    /// let hits = (0..10_000).filter(|_| dice.chance(0.2)).count();
    /// assert!((1_800..2_200).contains(&hits));
    /// ```
    pub fn chance(&mut self, probability: f64) -> bool {
        // All of this is exact, so that no machine rounds otherwise.
        let drawn = u32::try_from(self.roll() >> 32).unwrap_or(u32::MAX);
        f64::from(drawn) < probability * 4_294_967_296.0
    }

    /// A time from nothing to just below `span`, all equally likely.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_gossip::simulation::Dice;
    ///
    /// let second = Duration::from_secs(1);
    /// assert!(Dice::new(1).within(second) < second);
    /// ```
    pub fn within(&mut self, span: Duration) -> Duration {
        Duration::from_nanos(part(nanos(span), self.roll()))
    }

    /// A time of exponential distribution, as von Neumann drew it: by nothing but comparisons, and
    /// so without a logarithm, which is not the same on every machine.
    ///
    /// Draw a first number, and further ones as long as they fall. With x for the first, as a part
    /// of 1, at least n of them fall with probability xⁿ / n!. That an even number of them fell
    /// after the first so has probability 1 − x + x² / 2 − … = e⁻ˣ. Then x is the time. If not, one
    /// mean has passed, and we start again, as a time without memory may.
    pub(super) fn exponential(&mut self, mean: Duration) -> Duration {
        let mean = nanos(mean);
        let mut time: u64 = 0;
        loop {
            let first = self.roll();
            let mut last = first;
            let mut fell_oddly = false;
            loop {
                let next = self.roll();
                if next >= last {
                    break;
                }
                last = next;
                fell_oddly = !fell_oddly;
            }
            if !fell_oddly {
                return Duration::from_nanos(time.saturating_add(part(mean, first)));
            }
            time = time.saturating_add(mean);
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// `whole · fraction / 2⁶⁴`.
fn part(whole: u64, fraction: u64) -> u64 {
    // The upper half of the product, which fits.
    u64::try_from((u128::from(whole) * u128::from(fraction)) >> 64).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first numbers of seed 1234567.
    #[test]
    fn it_is_split_mix_64() {
        let mut dice = Dice::new(1_234_567);
        assert_eq!(dice.roll(), 6_457_827_717_110_365_317);
        assert_eq!(dice.roll(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn all_is_drawn_from_its_range() {
        let mut dice = Dice::new(1);
        let mut seen = [0; 5];
        (0..5_000).for_each(|_| seen[dice.below(5)] += 1);
        assert!(seen.iter().all(|count| (900..1_100).contains(count)), "{seen:?}");
        assert_eq!(dice.below(0), 0);
        assert_eq!(dice.within(Duration::ZERO), Duration::ZERO);
        assert!((0..1_000).all(|_| !dice.chance(0.0) && dice.chance(1.0)));
        assert!((0..1_000).all(|_| !dice.chance(f64::NAN) && !dice.chance(-1.0)));
    }

    /// Of many draws with a mean of 1 s, e⁻ˣ are beyond x, for each x.
    #[test]
    fn the_exponential_law_is_met_all_along() {
        let mut dice = Dice::new(1);
        let second = Duration::from_secs(1);
        let draws: Vec<Duration> = (0..100_000).map(|_| dice.exponential(second)).collect();
        let beyond = |x: f64| draws.iter().filter(|draw| draw.as_secs_f64() > x).count();
        for tenth in 0..50 {
            let x = f64::from(tenth) / 10.0;
            let expected = 100_000.0 * (-x).exp();
            let found = f64::from(u32::try_from(beyond(x)).unwrap());
            // Four times the standard deviation, which is at most √expected.
            assert!((found - expected).abs() <= 4.0 * expected.sqrt(), "{x}: {found}");
        }
    }
}
