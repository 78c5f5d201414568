//! How many coded symbols it will take, told from those that did not suffice.

/// Up to which coded symbol to ask for. `differences` are the differences of the counts of those
/// compared so far, which led to `found` items and were not enough; so did not fewer, `attempts`
/// times before.
///
/// Two things tell how many it will take. At first, the counts: see [`by_counts`]. Later, how many
/// items were found: few until shortly before the end and then all at once, in a way that depends
/// on little else than the number of coded symbols for each difference (Yang, Gilad and Alizadeh,
/// [Practical Rateless Set Reconciliation](https://arxiv.org/abs/2402.02668), SIGCOMM 2024, section
/// 5). The counts err by half as much again by then, and so have a quarter of the say. Of the rest
/// that is expected, a part is asked for: too little costs a round trip, and what is too much cannot
/// be taken back.
pub(super) fn next(differences: &[i64], found: usize, attempts: u32) -> usize {
    let (len, found) = (float(differences.len()), float(found));
    let Counts { likely, at_least, surplus } = by_counts(differences);
    let by_progress = len * (1.0 + rest(found / len)) + 7.0;
    let expected = if attempts == 0 {
        by_progress
    } else {
        (0.75 * by_progress + 0.25 * symbols(likely)).max(len + 7.0)
    };
    let part = len + 0.7 * (expected - len);
    let target = if at_least <= surplus {
        // Only one side has something, as it seems. What is asked for suffices one time in five.
        part.max(symbols(surplus) - 0.9 * surplus.sqrt())
    } else if attempts == 0 && found == 0.0 {
        1.5 * at_least
    } else {
        part
    };
    // Whatever is received, it comes to an end: steps get longer after some attempts.
    let step = f64::from(attempts.saturating_sub(6)).mul_add(0.02, 0.03);
    whole(target.max(len * (1.0 + step))).max(differences.len() + 1)
}

/// How many coded symbols so many differences take on average.
fn symbols(differences: f64) -> f64 {
    1.35 * differences + differences.sqrt()
}

/// What the counts alone tell of the number of differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counts {
    pub(super) likely: f64,
    /// Hardly ever fewer.
    pub(super) at_least: f64,
    /// So many more are on one side than on the other, for sure.
    pub(super) surplus: f64,
}

/// Judges by the counts.
///
/// Coded symbol i holds an item with a probability ρ, which is 1 for the first. So with d
/// differences, Δ more on one side than on the other, the first count is Δ, and the i-th is Δρ on
/// average with a variance of d ρ (1 − ρ). The mean of (count − Δρ)² / (ρ (1 − ρ)) over m of them
/// is an estimate of d with a relative error of about √(2 / m), of which one and a half are taken
/// off to be sure. If no more than |Δ| is left then, which there are at least, d may well be that.
pub(super) fn by_counts(differences: &[i64]) -> Counts {
    let counts = differences.iter().map(|count| {
        let limit = i64::from(i32::MAX);
        i32::try_from((*count).clamp(-limit, limit)).map_or(0.0, f64::from)
    });
    let (mut sum, mut surplus) = (0.0, 0.0);
    for (count, probability) in counts.zip(probabilities()) {
        if probability < 1.0 {
            let off: f64 = count - surplus * probability;
            sum += off * off / (probability * (1.0 - probability));
        } else {
            surplus = count;
        }
    }
    let samples = float(differences.len().saturating_sub(1).max(1));
    let surplus = surplus.abs().max(1.0);
    let likely = (sum / samples).max(surplus);
    Counts { likely, at_least: likely * (1.0 - 1.5 * (2.0 / samples).sqrt()), surplus }
}

/// With which probability each coded symbol holds an item.
///
/// From index i an item goes beyond n with a probability of ((i + 3/2) / (n + 1))², or 1 if that is
/// more, which it is for n = i only. So it comes to n from i < n − 1 with the probability
/// (i + 3/2)² (1/n² − 1/(n + 1)²), in which i and n are apart.
pub(super) fn probabilities() -> impl Iterator<Item = f64> {
    let (mut before, mut last, mut weight) = (0.0, 1.0, 0.0);
    let next = (1..=u32::MAX).map(f64::from).map(move |n| {
        let [here, beyond] = [n, n + 1.0].map(|n| (n * n).recip());
        let (from_last, from_before) = (1.0 - (n + 0.5) * (n + 0.5) * beyond, here - beyond);
        weight += before * (n - 0.5) * (n - 0.5);
        before = last;
        last = last * from_last + weight * from_before;
        last
    });
    std::iter::once(1.0).chain(next)
}

/// How many coded symbols are lacking for each received one if so many items were found for each.
/// That is for many differences; few take somewhat more.
pub(super) fn rest(found: f64) -> f64 {
    const RESTS: [(f64, f64); 13] = [
        (0.0, 1.6),
        (0.03, 1.2),
        (0.05, 0.95),
        (0.07, 0.73),
        (0.09, 0.57),
        (0.11, 0.46),
        (0.13, 0.365),
        (0.15, 0.294),
        (0.17, 0.234),
        (0.21, 0.142),
        (0.25, 0.084),
        (0.29, 0.044),
        (0.33, 0.015),
    ];
    let above = RESTS.partition_point(|(known, _)| *known <= found);
    match RESTS.get(above.saturating_sub(1)..=above) {
        Some(&[(low, most), (high, least)]) => most + (least - most) * (found - low) / (high - low),
        _ => 0.0,
    }
}

fn float(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn whole(number: f64) -> usize {
    number.ceil() as usize
}
