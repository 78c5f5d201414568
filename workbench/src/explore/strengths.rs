//! How strong each kind of fault can be: what the dice choose from, and what is weaker.

use std::time::Duration;

use clap::ValueEnum;

use crate::nemesis::{Choice, FaultKind, Faults, Reorder, Shape, Stall, Target};
use crate::network::Percent;

/// How many seconds there may be between the beginning and the end of faults that come and go, the
/// longest first: so they are rarest.
pub(super) const INTERVALS: [f64; 5] = [10.0, 5.0, 2.0, 1.0, 0.5];

/// One kind of fault alone, from weak to strong, apart from how often those come that come and go.
pub(super) fn scale(kind: FaultKind) -> Vec<Faults> {
    let percents = |percents: &[f64], with: fn(Percent) -> Faults| {
        percents.iter().filter_map(|&percent| Percent::new(percent)).map(with).collect()
    };
    // The first few of them, and so on to all.
    let targets = |with: fn(Choice<Target>) -> Faults| {
        let all = Target::EVERY;
        (1..=all.len()).filter_map(|n| Choice::of(all[..n].iter().copied())).map(with).collect()
    };
    match kind {
        FaultKind::Partition => {
            let shapes = [&[Shape::One][..], &Shape::USUAL, Shape::value_variants()];
            let shapes = shapes.into_iter().filter_map(|shapes| Choice::of(shapes.iter().copied()));
            shapes.map(|shapes| Faults { partition: Some(shapes), ..Faults::default() }).collect()
        }
        FaultKind::Kill => targets(|targets| Faults { kill: Some(targets), ..Faults::default() }),
        FaultKind::Pause => targets(|targets| Faults { pause: Some(targets), ..Faults::default() }),
        FaultKind::Loss => percents(&[1.0, 2.0, 5.0, 10.0, 20.0], |chance| Faults {
            loss: Some(chance),
            ..Faults::default()
        }),
        FaultKind::Duplicate => percents(&[1.0, 5.0, 10.0, 20.0, 50.0], |chance| Faults {
            duplicate: Some(chance),
            ..Faults::default()
        }),
        FaultKind::Reorder => percents(&[1.0, 5.0, 10.0, 20.0], |chance| Faults {
            reorder: Some(Reorder { chance, ..Reorder::default() }),
            ..Faults::default()
        }),
        FaultKind::Skew => [10, 100, 1000]
            .map(|ms| Faults { skew: Some(Duration::from_millis(ms)), ..Faults::default() })
            .to_vec(),
        FaultKind::Stall => [10, 40, 100, 1000]
            .map(|ms| {
                let stall = Stall { most: Duration::from_millis(ms), ..Stall::default() };
                Faults { stall: Some(stall), ..Faults::default() }
            })
            .to_vec(),
        FaultKind::Power => targets(|targets| Faults { power: Some(targets), ..Faults::default() }),
        FaultKind::DiskFull => {
            targets(|targets| Faults { disk_full: Some(targets), ..Faults::default() })
        }
        FaultKind::SyncError => percents(&[1.0, 5.0, 20.0, 50.0], |chance| Faults {
            sync_error: Some(chance),
            ..Faults::default()
        }),
        FaultKind::BitFlip => {
            targets(|targets| Faults { bit_flip: Some(targets), ..Faults::default() })
        }
        FaultKind::SlowSync => [1, 10, 100]
            .map(|ms| Faults { slow_sync: Some(Duration::from_millis(ms)), ..Faults::default() })
            .to_vec(),
    }
}

/// The faults with that of one kind as it is in others.
pub(super) fn with(faults: &Faults, kind: FaultKind, others: &Faults) -> Faults {
    let (mut faults, others) = (faults.clone(), others.clone());
    match kind {
        FaultKind::Partition => faults.partition = others.partition,
        FaultKind::Kill => faults.kill = others.kill,
        FaultKind::Pause => faults.pause = others.pause,
        FaultKind::Loss => faults.loss = others.loss,
        FaultKind::Duplicate => faults.duplicate = others.duplicate,
        FaultKind::Reorder => faults.reorder = others.reorder,
        FaultKind::Skew => faults.skew = others.skew,
        FaultKind::Stall => faults.stall = others.stall,
        FaultKind::Power => faults.power = others.power,
        FaultKind::DiskFull => faults.disk_full = others.disk_full,
        FaultKind::SyncError => faults.sync_error = others.sync_error,
        FaultKind::BitFlip => faults.bit_flip = others.bit_flip,
        FaultKind::SlowSync => faults.slow_sync = others.slow_sync,
    }
    if faults.come_and_go() { faults } else { Faults { interval: Faults::INTERVAL, ..faults } }
}

/// What grows with the strength of a kind of fault, where there is one.
fn strength(faults: &Faults, kind: FaultKind) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let count = |count: usize| count as f64;
    let targets = |it: &Option<Choice<Target>>| it.as_ref().map(|it| count(it.things().len()));
    match kind {
        FaultKind::Partition => faults.partition.as_ref().map(|it| count(it.things().len())),
        FaultKind::Kill => targets(&faults.kill),
        FaultKind::Pause => targets(&faults.pause),
        FaultKind::Loss => faults.loss.map(Percent::value),
        FaultKind::Duplicate => faults.duplicate.map(Percent::value),
        FaultKind::Reorder => faults.reorder.map(|reorder| reorder.chance.value()),
        FaultKind::Skew => faults.skew.map(|jump| jump.as_secs_f64()),
        FaultKind::Stall => faults.stall.map(|stall| stall.most.as_secs_f64()),
        FaultKind::Power => targets(&faults.power),
        FaultKind::DiskFull => targets(&faults.disk_full),
        FaultKind::SyncError => faults.sync_error.map(Percent::value),
        FaultKind::BitFlip => targets(&faults.bit_flip),
        FaultKind::SlowSync => faults.slow_sync.map(|most| most.as_secs_f64()),
    }
}

/// The faults without any, and without each one of them.
pub(super) fn fewer(faults: &Faults) -> Vec<Faults> {
    let none = Faults::default();
    let without = faults.kinds().into_iter().map(|kind| with(faults, kind, &none));
    let mut fewer: Vec<Faults> = without.filter(|fewer| !fewer.is_empty()).collect();
    if !faults.is_empty() {
        fewer.insert(0, none);
    }
    fewer
}

/// The faults with a weaker one of this kind, from weak to strong; none where there is none.
pub(super) fn weaker(faults: &Faults, kind: FaultKind) -> Vec<Faults> {
    let Some(present) = strength(faults, kind) else { return Vec::new() };
    scale(kind)
        .iter()
        .filter(|weaker| strength(weaker, kind).is_some_and(|strength| strength < present))
        .map(|weaker| with(faults, kind, weaker))
        .collect()
}

/// The faults with those that come and go coming less often, the rarest first.
pub(super) fn rarer(faults: &Faults) -> Vec<Faults> {
    if !faults.come_and_go() {
        return Vec::new();
    }
    let longer = INTERVALS.map(Duration::from_secs_f64).into_iter();
    let longer = longer.filter(|interval| *interval > faults.interval);
    longer.map(|interval| Faults { interval, ..faults.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_have_one_kind_and_grow() {
        for &kind in FaultKind::value_variants() {
            let scale = scale(kind);
            assert!(scale.len() > 2, "{kind:?}");
            for pair in scale.windows(2) {
                let [weak, strong] = [0, 1].map(|at| strength(&pair[at], kind).unwrap());
                assert!(weak < strong, "{pair:?}");
                assert_eq!(pair[0].kinds(), [kind]);
                assert_eq!(fewer(&pair[0]), [Faults::default()]);
                assert_eq!(with(&pair[0], kind, &pair[1]), pair[1]);
            }
            assert_eq!(weaker(&scale[2], kind), scale[..2]);
            assert_eq!(weaker(&Faults::default(), kind), []);
        }
    }

    #[test]
    fn what_comes_and_goes_can_come_less_often() {
        let with_interval = |kind, seconds| Faults {
            interval: Duration::from_secs(seconds),
            ..Faults::usual([kind])
        };
        let kills = |seconds| with_interval(FaultKind::Kill, seconds);
        assert_eq!(rarer(&kills(2)), [kills(10), kills(5)]);
        assert_eq!(rarer(&kills(10)), []);
        assert_eq!(rarer(&with_interval(FaultKind::Loss, 2)), []);
        // Where nothing comes and goes, there is one interval.
        let both = Faults {
            interval: Duration::from_secs(2),
            ..Faults::usual([FaultKind::Kill, FaultKind::Loss])
        };
        assert_eq!(fewer(&both)[1], Faults::usual([FaultKind::Loss]));
    }
}
