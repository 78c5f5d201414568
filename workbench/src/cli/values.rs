//! Values of flags, out of the words of a command line.

use std::time::Duration;

use glomers_check::check::Availability;

use crate::run::RunError;

/// Nobody simulates more nodes, or clients, than this.
pub(super) const MOST: usize = 100_000;

pub(super) fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=MOST).contains(&n) => Ok(n),
        Ok(_) => Err(format!("must be positive, and {MOST} at most")),
        Err(error) => Err(error.to_string()),
    }
}

/// A number, or one over another, as `1/2`: Maelstrom reads some of its flags as Clojure does.
fn number(text: &str) -> Result<f64, String> {
    let Some((above, below)) = text.split_once('/') else {
        return text.parse::<f64>().map_err(|error| error.to_string());
    };
    let whole = |text: &str| text.parse::<i32>().map_err(|error| error.to_string());
    match (whole(above)?, whole(below)?) {
        (_, 0) => Err("a ratio to nothing is none".to_owned()),
        (above, below) => Ok(f64::from(above) / f64::from(below)),
    }
}

pub(super) fn rate(text: &str) -> Result<f64, String> {
    match number(text) {
        Ok(rate) if rate == 0.0 || (1e-6..=1e6).contains(&rate) => Ok(rate),
        Ok(_) => {
            Err("must be between 0 and 1000000, and 0.000001 at least if it is not 0".to_owned())
        }
        Err(error) => Err(error),
    }
}

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match Duration::try_from_secs_f64(number(text)?) {
        Ok(time) if time <= A_YEAR => Ok(time),
        Ok(_) => Err("must be a year at most".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn positive_seconds(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        Duration::ZERO => Err("must be positive".to_owned()),
        time => Ok(time),
    }
}

pub(super) fn availability(text: &str) -> Result<Availability, String> {
    let share = text.contains('/').then(|| number(text).map(Availability::Fraction));
    match share.transpose()?.map_or_else(|| text.parse(), Ok) {
        Ok(Availability::Fraction(share)) if !(0.0..=1.0).contains(&share) => {
            Err("must be between 0 and 1, or total".to_owned())
        }
        Ok(availability) => Ok(availability),
        Err(_) => Err("expected a number from 0 to 1, or total".to_owned()),
    }
}

/// A seed from the operating system: of six digits, for people to copy.
pub(super) fn fresh_seed() -> Result<u64, RunError> {
    Ok(getrandom::u64().map_err(std::io::Error::other)? % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_numbers() {
        assert_eq!(number("1/2"), Ok(0.5));
        assert_eq!((number("3"), number("-1/4")), (Ok(3.0), Ok(-0.25)));
        for wrong in ["1/0", "1/", "/2", "1/2/3", "0.5/2", "a/b", ""] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
        assert_eq!(positive_seconds("1/2"), Ok(Duration::from_millis(500)));
        assert_eq!((rate("5/2"), availability("9/10")), (Ok(2.5), Ok(Availability::Fraction(0.9))));
        assert!(availability("3/2").is_err() && positive_seconds("-1/2").is_err());
        assert_eq!(availability("total"), Ok(Availability::Total));
    }
}
