//! Quantiles as Jepsen takes them.

use serde_json::{Map, Value};

/// A quantile: its name in a report, and per cent.
pub(crate) type Point = (&'static str, usize);

/// The quantiles of set-full's latencies.
pub(crate) const LATENCY: [Point; 5] =
    [("0", 0), ("0.5", 50), ("0.95", 95), ("0.99", 99), ("1", 100)];

/// The quantiles that matter of a thing that is always positive.
pub(crate) const UPPER: [Point; 4] = [("0.5", 50), ("0.95", 95), ("0.99", 99), ("1", 100)];

/// The value at index ⌊n·q⌋ of the sorted values, the last at most; nothing of nothing.
pub(crate) fn quantiles(points: &[Point], mut values: Vec<u64>) -> Map<String, Value> {
    values.sort_unstable();
    let Some(last) = values.len().checked_sub(1) else { return Map::new() };
    points
        .iter()
        .map(|&(name, percent)| {
            (name.to_owned(), values[(values.len() * percent / 100).min(last)].into())
        })
        .collect()
}

/// Whole milliseconds.
pub(crate) fn millis(nanos: u64) -> u64 {
    nanos / 1_000_000
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_quantile_is_a_value_and_the_highest_is_the_last() {
        let found = quantiles(&LATENCY, (1..=4).rev().collect());
        assert_eq!(Value::Object(found), json!({"0": 1, "0.5": 3, "0.95": 4, "0.99": 4, "1": 4}));
        assert!(quantiles(&UPPER, Vec::new()).is_empty());
    }
}
