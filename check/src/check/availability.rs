//! What share of the requests succeeded, where that was promised.

use std::num::ParseFloatError;
use std::str::FromStr;

use serde_json::json;

use super::{Finding, Report};
use crate::history::{History, Kind};

/// How many of the requests must succeed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Availability {
    /// All of them.
    Total,
    /// At least this fraction, from 0 to 1.
    Fraction(f64),
}

/// `total`, or a number.
impl FromStr for Availability {
    type Err = ParseFloatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "total" { Ok(Self::Total) } else { text.parse().map(Self::Fraction) }
    }
}

/// Holds the run against the availability promised; if none was, any will do. Operations that never
/// completed did not succeed; crashes on purpose count as they do in Maelstrom, as failures.
pub fn availability(history: &History, promised: Option<Availability>) -> Report {
    let count = |kind| history.ops().iter().filter(|op| op.is_client() && op.kind == kind).count();
    let (ok, invoked) = (count(Kind::Ok), count(Kind::Invoke));
    let fraction = if invoked == 0 { 1.0 } else { ratio(ok, invoked) };
    let valid = match promised {
        None => true,
        Some(Availability::Total) => ok >= invoked,
        Some(Availability::Fraction(least)) => least <= fraction,
    };
    let finding = || {
        let unsuccessful = history.pairs().into_iter().filter_map(|(invoked, completed)| {
            let op = completed.unwrap_or(invoked);
            (op.kind != Kind::Ok).then_some(op.index)
        });
        let what = format!("{} of {invoked} requests did not succeed", invoked - ok);
        let first: Vec<_> = unsuccessful.take(super::report::SHOWN).collect();
        Finding::new("unavailable", what, first)
    };
    Report::new(valid).figure("ok-fraction", json!(fraction)).findings((!valid).then(finding))
}

fn ratio(part: usize, whole: usize) -> f64 {
    // Histories are shorter than 2^32.
    let float = |n: usize| u32::try_from(n).map_or(f64::INFINITY, f64::from);
    float(part) / float(whole)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::Valid;
    use super::super::testing::Script;
    use super::*;

    fn judge(promised: Option<Availability>) -> Report {
        let script = Script::default()
            .call(0, Kind::Ok, "read", Value::Null)
            .call(1, Kind::Ok, "read", Value::Null)
            .call(2, Kind::Fail, "read", Value::Null)
            .invoke(3, "read", Value::Null);
        availability(&script.history(), promised)
    }

    #[test]
    fn it_must_reach_what_was_promised() {
        let half = Availability::Fraction(0.5);
        for (promised, valid) in [
            (None, Valid::Yes),
            (Some(half), Valid::Yes),
            (Some(Availability::Fraction(0.51)), Valid::No),
            (Some(Availability::Total), Valid::No),
        ] {
            let report = judge(promised);
            assert_eq!((report.valid, &report.figures["ok-fraction"]), (valid, &json!(0.5)));
        }
        assert_eq!(judge(Some(Availability::Total)).findings[0].ops, [5, 6]);
        let idle = availability(&History::default(), Some(Availability::Total));
        assert_eq!((idle.valid, &idle.figures["ok-fraction"]), (Valid::Yes, &json!(1.0)));
    }

    #[test]
    fn it_is_written_as_maelstrom_writes_it() {
        assert_eq!("total".parse(), Ok(Availability::Total));
        assert_eq!("0.5".parse(), Ok(Availability::Fraction(0.5)));
        assert!("all".parse::<Availability>().is_err());
    }
}
