use std::time::Duration;

use clap::ValueEnum;
use rand::RngExt;

use super::{promises, strengths};
use crate::nemesis::{FaultKind, Faults};
use crate::rng::Rng;
use crate::workload::Kind;

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

/// How many times as long as the interval a load lasts at least where nodes are down: so that they
/// are up for most of it, and none of its operations comes to nothing everywhere.
const UP: f64 = 5.0;

impl Mixture {
    /// The kinds that our own node for the workload survives.
    pub fn fair(kind: Kind) -> Self {
        let kinds = FaultKind::value_variants().iter().copied();
        Self::Random(kinds.filter(|&fault| promises::survives(kind, fault)).collect())
    }

    /// The kinds that anybody's right node for the workload survives, if it is a program: whether it
    /// keeps anything when it is killed is its own affair, and its clock cannot be put wrong.
    pub fn fair_to_programs(kind: Kind) -> Self {
        let kinds = FaultKind::value_variants().iter().copied();
        let spared = |fault| matches!(fault, FaultKind::Kill | FaultKind::Skew);
        let kinds = kinds.filter(|&fault| promises::survives(kind, fault) && !spared(fault));
        Self::Random(kinds.collect())
    }

    /// The faults that the dice give for a load of that length.
    pub(super) fn draw(&self, rng: &mut Rng, time_limit: Duration) -> Faults {
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
        let at = rng.random_range(0..strengths::INTERVALS.len());
        let most = if faults.kill.is_some() || faults.pause.is_some() {
            time_limit.as_secs_f64() / UP
        } else {
            f64::INFINITY
        };
        if strengths::comes_and_goes(&faults) {
            faults.interval = Duration::from_secs_f64(strengths::INTERVALS[at].min(most));
        }
        faults
    }
}
