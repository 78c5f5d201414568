//! Values of flags, out of the words of a command line.

use std::str::FromStr;
use std::time::Duration;

use glomers_check::check::Availability;

use crate::run::RunError;

/// Nobody simulates more nodes, or clients, than this.
pub(super) const MOST: usize = 100_000;

pub(super) fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=MOST).contains(&n) => Ok(n),
        _ => Err(format!("must be positive, an integer of {MOST} at most")),
    }
}

/// A number, or one over another, as `1/2`: Maelstrom reads some of its flags as Clojure does.
fn number(text: &str) -> Result<f64, String> {
    let Some((above, below)) = text.split_once('/') else {
        return text.parse().map_err(|_| "must be a number, or a ratio such as 1/2".to_owned());
    };
    let whole = |text: &str| {
        text.parse::<i32>().map_err(|_| "must be a number, or a ratio such as 1/2".to_owned())
    };
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
    let seconds = number(text)?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if time <= A_YEAR => Ok(time),
        _ if seconds.is_nan() => Err("must be a number".to_owned()),
        _ if seconds < 0.0 => Err("must not be negative".to_owned()),
        _ => Err("must be a year at most".to_owned()),
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

/// A number within bounds, which are its too.
pub(super) fn within<const LEAST: u64, const MOST: u64>(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(n) if (LEAST..=MOST).contains(&n) => Ok(n),
        _ => Err(format!("must be an integer from {LEAST} to {MOST}")),
    }
}

/// So many of something.
pub(super) fn count<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| {
        let why = match text.parse::<u128>() {
            Ok(0) => "must be positive",
            Ok(_) => "is too large",
            Err(_) => "must be an integer, and not negative",
        };
        why.to_owned()
    })
}

/// A seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("must be an integer from 0 to {}", u64::MAX))
}

/// A port.
pub(super) fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("must be an integer from 0 to {}", u16::MAX))
}

/// A seed from the operating system: of six digits, for people to copy.
pub(super) fn fresh_seed() -> Result<u64, RunError> {
    Ok(getrandom::u64().map_err(std::io::Error::other)? % 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU8;

    use super::*;

    #[test]
    fn ratios_are_numbers() {
        assert_eq!(number("1/2"), Ok(0.5));
        assert_eq!((number("3"), number("-1/4")), (Ok(3.0), Ok(-0.25)));
        for wrong in ["1/0", "1/", "/2", "1/2/3", "0.5/2", "a/b", ""] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
        for (wrong, complaint) in [
            ("nan", "must be a number"),
            ("x", "must be a number"),
            ("1/x", "must be a number"),
            ("-1", "must not be negative"),
            ("-1/2", "must not be negative"),
            ("1e99", "must be a year at most"),
            ("inf", "must be a year at most"),
        ] {
            let told = seconds(wrong).unwrap_err();
            assert!(told.starts_with(complaint), "{wrong}: {told}");
        }
        assert_eq!(positive_seconds("1/2"), Ok(Duration::from_millis(500)));
        assert_eq!((rate("5/2"), availability("9/10")), (Ok(2.5), Ok(Availability::Fraction(0.9))));
        assert!(availability("3/2").is_err() && positive_seconds("-1/2").is_err());
        assert_eq!(availability("total"), Ok(Availability::Total));
    }

    #[test]
    fn what_is_no_number_of_things_is_told() {
        let complaint = |text: &str| count::<NonZeroU8>(text).unwrap_err();
        assert_eq!(count("7"), Ok(7_u8));
        assert_eq!(complaint("0"), "must be positive");
        assert_eq!(complaint("256"), "is too large");
        for text in ["-1", "x", "1.5", ""] {
            assert_eq!(complaint(text), "must be an integer, and not negative");
            assert_eq!(
                seed(text).unwrap_err(),
                format!("must be an integer from 0 to {}", u64::MAX)
            );
        }
        assert_eq!(seed(&u64::MAX.to_string()), Ok(u64::MAX));
        for text in ["x", "-1", "65536", ""] {
            assert_eq!(port(text).unwrap_err(), "must be an integer from 0 to 65535");
        }
        assert_eq!((port("0"), port("65535")), (Ok(0), Ok(65535)));
    }
}
