//! What it costs, in coded symbols, round trips and bytes.

use super::*;

/// Means over seeds of the coded symbols sent for each of `ours + theirs` differences, and of the
/// round trips.
fn means(seeds: u32, common: usize, ours: usize, theirs: usize) -> (f64, f64, Vec<Cost>) {
    let cost = |seed| {
        let [ours, theirs] = sets(seed, common, ours, theirs);
        reconcile(Key::new(seed, 3), &ours, &theirs)
    };
    let costs: Vec<Cost> = (0..u64::from(seeds)).map(cost).collect();
    let mean = |figure: &dyn Fn(&Cost) -> usize| {
        let sum: usize = costs.iter().map(figure).sum();
        f64::from(u32::try_from(sum).unwrap()) / f64::from(seeds)
    };
    let differences = f64::from(u32::try_from(ours + theirs).unwrap());
    let means = (mean(&|cost| cost.symbols) / differences, mean(&|cost| cost.round_trips));
    (means.0, means.1, costs)
}

#[test]
#[ignore = "prints figures, best in a release build"]
fn figures() {
    let cases = [
        (500, 1, 0),
        (500, 1, 1),
        (500, 10, 0),
        (500, 5, 5),
        (500, 100, 0),
        (500, 0, 100),
        (500, 50, 50),
        (500, 80, 20),
        (2000, 1000, 0),
        (2000, 500, 500),
        (20_000, 10_000, 0),
        (20_000, 5000, 5000),
    ];
    for (common, ours, theirs) in cases {
        let seeds = 400_000 / u32::try_from(ours + theirs).unwrap().max(100);
        let (symbols, round_trips, mut costs) = means(seeds, common, ours, theirs);
        costs.sort_by_key(|cost| cost.symbols);
        let at = |percent: usize| costs[(costs.len() - 1) * percent / 100].symbols;
        let symbols_at = [50, 95, 99].map(at);
        costs.sort_by_key(|cost| cost.round_trips);
        let at = |percent: usize| costs[(costs.len() - 1) * percent / 100].round_trips;
        println!(
            "{ours} + {theirs}: {symbols:.3} symbols a difference ({symbols_at:?}), \
             {round_trips:.2} round trips ({:?})",
            [50, 95, 99].map(at),
        );
    }
}

/// What the steps take for sets of 100,000, one portion being the first, and one the last.
#[test]
#[ignore = "prints figures, best in a release build"]
fn times() {
    let timed = |what: &str, step: &mut dyn FnMut()| {
        let begin = std::time::Instant::now();
        step();
        println!("{what}: {:.1} ms", begin.elapsed().as_secs_f64() * 1e3);
    };
    for differences in [100, 10_000] {
        let [ours, theirs] = sets(1, 100_000 - differences / 2, differences / 2, differences / 2);
        let (mut inquiry, mut comparison) = (Inquiry::new(KEY, 1, ours), Comparison::default());
        let mut said = vec![inquiry.speak()];
        while let Some(message) = said.pop() {
            let (mut answer, mut heard) = (None, Heard::Nothing);
            timed("  comparison", &mut || {
                answer = comparison.hear(KEY, &theirs, &message).message;
            });
            let Some(answer) = answer else { continue };
            timed("inquiry", &mut || heard = inquiry.hear(&answer));
            if let Heard::Next(next) = heard {
                said = next;
                said.reverse();
            }
        }
    }
}

/// The seeds are the same every time. The bounds are a little above what these come to, and no less
/// than what `figures` prints.
#[test]
fn few_symbols_and_few_round_trips_do() {
    for (common, ours, theirs, most_symbols, most_round_trips) in [
        (300, 1, 0, 16.0, 1.0),
        (300, 5, 5, 2.1, 1.8),
        (300, 100, 0, 1.5, 3.5),
        (300, 50, 50, 1.5, 5.7),
        (2000, 500, 500, 1.41, 6.0),
    ] {
        let seeds = if ours + theirs > 100 { 10 } else { 200 };
        let (symbols, round_trips, _) = means(seeds, common, ours, theirs);
        assert!(symbols <= most_symbols, "{ours} + {theirs}: {symbols} symbols a difference");
        assert!(round_trips <= most_round_trips, "{ours} + {theirs}: {round_trips} round trips");
    }
}

/// Of 100,000 integers, 50 are on the one side only and 50 on the other.
#[cfg(feature = "serde")]
#[test]
fn a_hundred_differences_of_a_hundred_thousand_take_few_kilobytes() {
    let (symbols, _, costs) = means(6, 99_950, 50, 50);
    assert!(symbols <= 1.5, "{symbols} symbols a difference");
    let bytes = costs.iter().map(|cost| cost.bytes).sum::<usize>() / costs.len();
    assert!(bytes <= 8_800, "{bytes} bytes");
}
