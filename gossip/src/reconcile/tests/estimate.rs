//! What is told from the symbols so far.

use super::super::estimate::{Counts, by_counts, next, probabilities, rest};
use super::*;

/// The differences of the counts of so many symbols, for so many items on either side.
fn differences(seed: u64, [ours, theirs]: [usize; 2], len: usize) -> Vec<i64> {
    let [ours, theirs] = sets(seed, 0, ours, theirs);
    let [mut ours, mut theirs] = [ours, theirs].map(|set| encoder(Key::new(seed, 4), &set));
    let pairs = ours.coded_symbols(0..len).iter().zip(theirs.coded_symbols(0..len));
    pairs.map(|(ours, theirs)| ours.count - theirs.count).collect()
}

#[test]
fn an_item_is_where_it_should_be_as_often_as_it_should() {
    let items = 100_000;
    let counts = differences(1, [items, 0], 200);
    for (index, (count, probability)) in counts.into_iter().zip(probabilities()).enumerate() {
        let count = f64::from(u32::try_from(count).unwrap());
        let mean = 100_000.0 * probability;
        let off = (count - mean).abs();
        assert!(off <= 4.5 * (mean * (1.0 - probability)).sqrt(), "{index}: {count} for {mean}");
    }
}

#[test]
fn the_counts_tell_how_many_differences_there_are() {
    for (sides, len, error) in
        [([500, 500], 16, 0.365), ([500, 500], 200, 0.1), ([700, 300], 200, 0.1)]
    {
        let seeds = 500_u32;
        let counts = |seed: u32| by_counts(&differences(seed.into(), sides, len));
        let all: Vec<Counts> = (0..seeds).map(counts).collect();
        let mean = all.iter().map(|counts| counts.likely / 1000.0).sum::<f64>() / f64::from(seeds);
        assert!((mean - 1.0).abs() < 4.0 * error / f64::from(seeds).sqrt(), "{sides:?}: {mean}");
        let wrong = all.iter().filter(|counts| counts.at_least > 1000.0).count();
        assert!(wrong < 60, "{sides:?}, {len}: {wrong} of {seeds}");
    }
}

#[test]
fn that_all_are_on_one_side_is_seen() {
    for sides in [[1000, 0], [0, 1000]] {
        let seen = (0..300_u32).filter(|seed| {
            let counts = by_counts(&differences((*seed).into(), sides, 16));
            assert!((counts.surplus - 1000.0).abs() < 0.1 && counts.likely >= counts.surplus);
            counts.at_least <= counts.surplus
        });
        assert!(seen.count() > 270, "{sides:?}");
    }
    for nothing in [&[0; 16][..], &[-1], &[]] {
        let Counts { likely, surplus, .. } = by_counts(nothing);
        assert!((likely - 1.0).abs() < 1e-9 && (surplus - 1.0).abs() < 1e-9, "{nothing:?}");
    }
}

#[test]
fn the_more_was_found_the_less_is_lacking() {
    let rests = (0..50_u32).map(|percent| rest(f64::from(percent) / 100.0));
    assert!(rests.clone().is_sorted_by(|a, b| a >= b));
    let near = |found: f64, lacking: f64| assert!((rest(found) - lacking).abs() < 1e-9, "{found}");
    near(0.0, 1.6);
    near(0.04, 1.075);
    near(0.31, 0.0295);
    near(0.4, 0.0);
}

#[test]
fn it_goes_on_whatever_was_received_and_not_for_ever() {
    for count in [0, 1, -1, 1000, i64::MAX, i64::MIN] {
        let (mut len, mut attempts) = (1, 0);
        while len < MAX_SYMBOLS {
            let further = next(&vec![count; len], len, attempts);
            assert!(further > len, "{count}, {len}");
            (len, attempts) = (further, attempts + 1);
        }
        assert!(attempts < 60, "{count}: {attempts} attempts");
    }
}
