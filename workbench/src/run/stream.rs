use rand::SeedableRng;

use crate::nemesis::FaultKind;
use crate::rng::Rng;

/// Separate streams of one seed, so that a change of one thing does not shift the others. Their
/// order is part of what a seed means: a new one goes to the end.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Load,
    Latency,
    Services,
    Partitions,
    Nodes,
    Loss,
    Duplication,
    Kills,
    Pauses,
    Reordering,
    Skew,
    /// Nodes that are started again.
    Lives,
    Stalls,
    PowerCuts,
    FullDisks,
    SyncErrors,
    BitFlips,
    SlowSyncs,
    /// What comes of it when a disk fails.
    Disks,
}

impl From<FaultKind> for Stream {
    fn from(fault: FaultKind) -> Self {
        match fault {
            FaultKind::Partition => Self::Partitions,
            FaultKind::Loss => Self::Loss,
            FaultKind::Duplicate => Self::Duplication,
            FaultKind::Kill => Self::Kills,
            FaultKind::Pause => Self::Pauses,
            FaultKind::Reorder => Self::Reordering,
            FaultKind::Skew => Self::Skew,
            FaultKind::Stall => Self::Stalls,
            FaultKind::Power => Self::PowerCuts,
            FaultKind::DiskFull => Self::FullDisks,
            FaultKind::SyncError => Self::SyncErrors,
            FaultKind::BitFlip => Self::BitFlips,
            FaultKind::SlowSync => Self::SlowSyncs,
        }
    }
}

pub(super) fn stream(seed: u64, stream: Stream) -> Rng {
    let mut rng = Rng::seed_from_u64(seed);
    rng.set_stream(stream as u64);
    rng
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::ValueEnum;
    use rand::RngExt;

    use super::*;

    #[test]
    fn no_two_things_share_a_stream() {
        let others = [
            Stream::Load,
            Stream::Latency,
            Stream::Services,
            Stream::Nodes,
            Stream::Lives,
            Stream::Disks,
        ];
        let kinds = FaultKind::value_variants();
        let streams = kinds.iter().map(|&kind| kind.into()).chain(others);
        let draws: BTreeSet<u64> = streams.map(|it| stream(1, it).random()).collect();
        assert_eq!(draws.len(), kinds.len() + others.len());
    }
}
