use std::fmt;
use std::str::FromStr;

use rand::RngExt;
use serde::Serialize;

use crate::rng::Rng;

/// A chance in per cent: from 0, which never comes up, to 100, which always does.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Percent(f64);

impl Percent {
    /// So many per cent; nothing if that is not between 0 and 100.
    pub fn new(percent: f64) -> Option<Self> {
        (0.0..=100.0).contains(&percent).then_some(Self(percent))
    }

    /// So many per cent, from 0 to 100.
    pub fn value(self) -> f64 {
        self.0
    }

    /// Whether it comes up this time.
    pub(super) fn comes_up(self, rng: &mut Rng) -> bool {
        // The draw is below 1.
        rng.random::<f64>() * 100.0 < self.0
    }
}

/// One in five: enough to be felt by whatever counts on every message, and not so much that nodes
/// which send again get nowhere.
impl Default for Percent {
    fn default() -> Self {
        Self(20.0)
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent: f64 = text.parse().map_err(|error| format!("{error}"))?;
        Self::new(percent).ok_or_else(|| "must be between 0 and 100".to_owned())
    }
}

/// `20 %`.
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn it_is_a_number_from_0_to_100() {
        assert_eq!("12.5".parse(), Ok(Percent(12.5)));
        for wrong in ["", "many", "-1", "100.1", "NaN", "inf", "20%"] {
            assert!(wrong.parse::<Percent>().is_err(), "{wrong}");
        }
        assert_eq!(Percent::default().to_string(), "20 %");
    }

    #[test]
    fn it_comes_up_as_often_as_it_says() {
        let mut rng = Rng::seed_from_u64(1);
        let mut often =
            |percent| (0..10_000).filter(|_| Percent(percent).comes_up(&mut rng)).count();
        assert_eq!((often(0.0), often(100.0)), (0, 10_000));
        let fifth = often(20.0);
        // Five standard deviations of 40 either way.
        assert!((1800..=2200).contains(&fifth), "{fifth}");
    }
}
