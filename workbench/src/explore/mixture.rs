use std::time::Duration;

use clap::ValueEnum;
use rand::RngExt;

use super::strengths;
use crate::nemesis::{FaultKind, Faults};
use crate::rng::Rng;

/// Which faults a run has.
#[expect(clippy::large_enum_variant, reason = "there is one for a whole search")]
#[derive(Clone, Debug, PartialEq)]
pub enum Mixture {
    /// These.
    Fixed(Faults),
    /// Some of these kinds, each in two runs of five, those of disks in one of five; as strong as it
    /// happens.
    Random(Vec<FaultKind>),
}

/// How likely a run has a fault of a kind, in per cent.
fn chance(kind: FaultKind) -> u32 {
    // There are many of disks, and each takes some of what nodes can do from the others.
    if kind.is_of_disks() { 20 } else { 40 }
}

/// How many times as long as the interval a load lasts at least where nodes are down: so that they
/// are up for most of it, and none of its operations comes to nothing everywhere.
const UP: f64 = 5.0;

impl Mixture {
    /// All kinds: our own nodes survive each of them, whatever the workload.
    pub fn fair() -> Self {
        Self::Random(FaultKind::value_variants().to_vec())
    }

    /// The kinds that anybody's right node survives, if it is a program: whether it
    /// keeps anything when it is killed is its own affair, and neither its clock nor its disk can be made
    /// to fail.
    pub fn fair_to_programs() -> Self {
        let spared = |kind: FaultKind| {
            matches!(kind, FaultKind::Kill | FaultKind::Skew) || kind.is_of_disks()
        };
        let kinds = FaultKind::value_variants().iter().copied();
        Self::Random(kinds.filter(|&kind| !spared(kind)).collect())
    }

    /// The faults that the dice give for a load of that length. Faults of disks have dice of their own: by
    /// these it does not matter to the others how many kinds of them there are.
    pub(super) fn draw(&self, rng: &mut Rng, of_disks: &mut Rng, time_limit: Duration) -> Faults {
        let kinds = match self {
            Self::Fixed(faults) => return faults.clone(),
            Self::Random(kinds) => kinds,
        };
        let mut faults = Faults::default();
        // For every kind, be it among them or not, so that one does not shift another.
        for &kind in FaultKind::value_variants() {
            let dice = if kind.is_of_disks() { &mut *of_disks } else { &mut *rng };
            let scale = strengths::scale(kind);
            let comes = dice.random_ratio(chance(kind), 100);
            let at = dice.random_range(0..scale.len());
            if comes && kinds.contains(&kind) {
                faults = strengths::with(&faults, kind, &scale[at]);
            }
        }
        let at = rng.random_range(0..strengths::INTERVALS.len());
        let most =
            if faults.take_nodes_away() { time_limit.as_secs_f64() / UP } else { f64::INFINITY };
        if faults.come_and_go() {
            faults.interval = Duration::from_secs_f64(strengths::INTERVALS[at].min(most));
        }
        faults
    }
}
