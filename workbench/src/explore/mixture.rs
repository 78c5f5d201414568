use clap::ValueEnum;
use rand::RngExt;

use super::{promises, strengths};
use crate::nemesis::{FaultKind, Faults};
use crate::workload::{Kind, Rng};

/// Which faults a run has.
#[derive(Clone, Debug, PartialEq)]
pub enum Mixture {
    /// These.
    Fixed(Faults),
    /// Some of these kinds, each in two runs of five, as strong as it happens.
    Random(Vec<FaultKind>),
}

/// How likely a run has a fault of a kind, in per cent.
const CHANCE: u32 = 40;

impl Mixture {
    /// The kinds that our own node for the workload survives.
    pub fn fair(kind: Kind) -> Self {
        let kinds = FaultKind::value_variants().iter().copied();
        Self::Random(kinds.filter(|&fault| promises::survives(kind, fault)).collect())
    }

    /// The faults that the dice give.
    pub(super) fn draw(&self, rng: &mut Rng) -> Faults {
        let kinds = match self {
            Self::Fixed(faults) => return faults.clone(),
            Self::Random(kinds) => kinds,
        };
        let mut faults = Faults::default();
        // For every kind, be it among them or not, so that one does not shift another.
        for &kind in FaultKind::value_variants() {
            let scale = strengths::scale(kind);
            let (comes, at) = (rng.random_ratio(CHANCE, 100), rng.random_range(0..scale.len()));
            if comes && kinds.contains(&kind) {
                faults = strengths::with(&faults, kind, &scale[at]);
            }
        }
        faults
    }
}
