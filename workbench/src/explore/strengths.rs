//! How strong each kind of fault can be: what the dice choose from, and what is weaker.

use std::time::Duration;

use clap::ValueEnum;

use crate::nemesis::{FaultKind, Faults};
use crate::network::Percent;

/// One kind of fault alone, from weak to strong.
pub(super) fn scale(kind: FaultKind) -> Vec<Faults> {
    let percents = |percents: &[f64], with: fn(Option<Percent>) -> Faults| {
        percents.iter().map(|&percent| with(Percent::new(percent))).collect()
    };
    match kind {
        FaultKind::Partition => [10.0, 5.0, 2.0, 1.0, 0.5]
            .map(|seconds| Faults {
                partitions: Some(Duration::from_secs_f64(seconds)),
                ..Faults::default()
            })
            .to_vec(),
        FaultKind::Loss => percents(&[1.0, 2.0, 5.0, 10.0, 20.0, 30.0], |loss| Faults {
            loss,
            ..Faults::default()
        }),
        FaultKind::Duplicate => percents(&[1.0, 5.0, 10.0, 20.0, 50.0], |duplication| Faults {
            duplication,
            ..Faults::default()
        }),
    }
}

/// The faults with that of one kind as it is in others.
pub(super) fn with(faults: &Faults, kind: FaultKind, others: &Faults) -> Faults {
    let (mut faults, others) = (faults.clone(), others.clone());
    match kind {
        FaultKind::Partition => faults.partitions = others.partitions,
        FaultKind::Loss => faults.loss = others.loss,
        FaultKind::Duplicate => faults.duplication = others.duplication,
    }
    faults
}

/// What grows with the strength of a kind of fault, where there is one.
fn strength(faults: &Faults, kind: FaultKind) -> Option<f64> {
    match kind {
        FaultKind::Partition => faults.partitions.map(|every| -every.as_secs_f64()),
        FaultKind::Loss => faults.loss.map(Percent::get),
        FaultKind::Duplicate => faults.duplication.map(Percent::get),
    }
}

/// The faults without any, and without each one of them.
pub(super) fn fewer(faults: &Faults) -> Vec<Faults> {
    let none = Faults::default();
    let without = FaultKind::value_variants().iter().map(|&kind| with(faults, kind, &none));
    let mut fewer = vec![none.clone()];
    fewer.extend(without.filter(|fewer| *fewer != none));
    fewer.retain(|fewer| fewer != faults);
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
                assert_eq!(fewer(&pair[0]), [Faults::default()]);
                assert_eq!(with(&pair[0], kind, &pair[1]), pair[1]);
            }
            assert_eq!(weaker(&scale[2], kind), scale[..2]);
            assert_eq!(weaker(&Faults::default(), kind), []);
        }
    }
}
