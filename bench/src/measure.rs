//! Clocks, and two sides measured in turn.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::ensure;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::time::{ClockId, clock_gettime};

/// How often the sides take their turns.
#[derive(Clone, Copy)]
pub(crate) enum Effort {
    /// One round, without a warm-up: for what gives the same figure every time, or takes too long.
    Once,
    /// One round to warm up, and this many that count.
    Rounds(usize),
    /// One round to warm up, then [`FEWEST_ROUNDS`] at least, and for this long at least.
    For(Duration),
}

/// How many rounds a median is taken of at least, where rounds are short.
const FEWEST_ROUNDS: usize = 11;

/// What the rounds come to.
pub(crate) struct Medians {
    pub(crate) ours: f64,
    pub(crate) peer: f64,
    /// Of ours to the peer's, round by round.
    pub(crate) ratio: f64,
}

/// Lets the two sides take turns; the side that goes first changes from round to round. A side
/// returns what it has cost.
pub(crate) fn in_turn(
    effort: Effort,
    mut ours: impl FnMut() -> anyhow::Result<f64>,
    mut peer: impl FnMut() -> anyhow::Result<f64>,
) -> anyhow::Result<Medians> {
    let mut round = |ours_first: bool| -> anyhow::Result<(f64, f64)> {
        Ok(if ours_first {
            let ours = ours()?;
            (ours, peer()?)
        } else {
            let peer = peer()?;
            (ours()?, peer)
        })
    };
    if !matches!(effort, Effort::Once) {
        round(true)?;
    }
    let begin = Instant::now();
    let mut rounds = Vec::new();
    while match effort {
        Effort::Once => rounds.is_empty(),
        Effort::Rounds(count) => rounds.len() < count,
        Effort::For(time) => rounds.len() < FEWEST_ROUNDS || begin.elapsed() < time,
    } {
        rounds.push(round(rounds.len().is_multiple_of(2))?);
    }
    ensure!(rounds.iter().all(|(ours, peer)| *ours > 0.0 && *peer > 0.0), "a side cost nothing");
    Ok(Medians {
        ours: median(rounds.iter().map(|(ours, _)| *ours)),
        peer: median(rounds.iter().map(|(_, peer)| *peer)),
        ratio: median(rounds.iter().map(|(ours, peer)| ours / peer)),
    })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

/// Seconds of CPU for each of the inputs. What the routine returns is dropped off the clock.
#[expect(clippy::cast_precision_loss, reason = "there are not that many inputs")]
pub(crate) fn each<I, O>(
    inputs: impl IntoIterator<Item = I>,
    mut routine: impl FnMut(I) -> O,
) -> anyhow::Result<f64> {
    let inputs: Vec<I> = inputs.into_iter().collect();
    let count = inputs.len();
    let mut outputs = Vec::with_capacity(count);
    let begin = thread_cpu()?;
    outputs.extend(inputs.into_iter().map(|input| black_box(routine(black_box(input)))));
    let end = thread_cpu()?;
    Ok((end - begin) / count as f64)
}

/// Seconds of CPU for each of `calls` calls, what they return being dropped on the clock.
pub(crate) fn repeat<O>(calls: u32, mut routine: impl FnMut() -> O) -> anyhow::Result<f64> {
    let begin = thread_cpu()?;
    for _ in 0..calls {
        black_box(routine());
    }
    let end = thread_cpu()?;
    Ok((end - begin) / f64::from(calls))
}

/// Seconds that this thread has run, in user and kernel mode.
pub(crate) fn thread_cpu() -> nix::Result<f64> {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?;
    Ok(Duration::from(time).as_secs_f64())
}

/// Seconds that the children that have ended have run, all their threads, in user and kernel mode.
pub(crate) fn children_cpu() -> nix::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

#[expect(clippy::cast_precision_loss, reason = "microseconds are exact for many years")]
fn seconds(time: TimeVal) -> f64 {
    time.num_microseconds() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    fn same(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn medians_are_in_the_middle() {
        assert!(same(median([3.0, 1.0, 2.0].into_iter()), 2.0));
        assert!(same(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5));
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        // The machine is slower in some rounds, for both sides; ours takes half as long in each.
        let pace = |turn: &Cell<u32>| {
            turn.set(turn.get() + 1);
            [1.0, 9.0, 2.0, 100.0, 1.0, 3.0][turn.get() as usize % 6]
        };
        let (ours, peer) = (Cell::new(0), Cell::new(0));
        let medians =
            in_turn(Effort::Rounds(5), || Ok(pace(&ours)), || Ok(pace(&peer) * 2.0)).unwrap();
        assert!(same(medians.ratio, 0.5));
        assert!(same(medians.ours, 2.0) && same(medians.peer, 4.0));
    }

    #[test]
    fn the_first_turn_changes() {
        let order = RefCell::new(String::new());
        let turn = |side| {
            order.borrow_mut().push(side);
            Ok(1.0)
        };
        in_turn(Effort::Rounds(2), || turn('o'), || turn('p')).unwrap();
        assert_eq!(*order.borrow(), "opoppo", "a warm-up and two rounds");
    }

    #[test]
    fn a_ratio_to_nothing_is_an_error() {
        assert!(in_turn(Effort::Once, || Ok(1.0), || Ok(0.0)).is_err());
    }
}
