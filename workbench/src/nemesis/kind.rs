use clap::ValueEnum;

/// The kinds of faults that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FaultKind {
    /// Cut groups of nodes off from each other, now and then
    Partition,
    /// Kill nodes outright, now and then, and start them again
    Kill,
    /// Stop nodes, now and then, and let them go on
    Pause,
    /// Lose messages between nodes
    Loss,
    /// Deliver messages between nodes twice
    Duplicate,
    /// Hold messages between nodes up, so that others overtake them
    Reorder,
    /// Let the clocks of built-in nodes jump and run fast or slow, now and then
    Skew,
    /// Let the whole network stand still for a moment, now and then
    Stall,
    /// Cut the power of built-in nodes, now and then: what their disks had not synced is lost or torn
    Power,
    /// Let the disks of built-in nodes fill up, now and then
    DiskFull,
    /// Let writes and syncs of the disks of built-in nodes fail, now and then
    SyncError,
    /// Kill built-in nodes and turn a bit on their disks round, now and then
    BitFlip,
    /// Let syncs of the disks of built-in nodes take time
    SlowSync,
}

impl FaultKind {
    /// Whether it befalls disks, which only built-in nodes have in a form that can be made to fail.
    pub fn is_of_disks(self) -> bool {
        match self {
            Self::Power | Self::DiskFull | Self::SyncError | Self::BitFlip | Self::SlowSync => true,
            Self::Partition
            | Self::Kill
            | Self::Pause
            | Self::Loss
            | Self::Duplicate
            | Self::Reorder
            | Self::Skew
            | Self::Stall => false,
        }
    }

    /// Whether nodes are away while it lasts, or may be.
    pub fn takes_nodes_away(self) -> bool {
        match self {
            Self::Kill
            | Self::Pause
            | Self::Power
            | Self::DiskFull
            | Self::SyncError
            | Self::BitFlip => true,
            Self::Partition
            | Self::Loss
            | Self::Duplicate
            | Self::Reorder
            | Self::Skew
            | Self::Stall
            | Self::SlowSync => false,
        }
    }

    /// Whether it comes and goes about every [`Faults::interval`](super::Faults::interval).
    pub fn comes_and_goes(self) -> bool {
        match self {
            Self::Partition | Self::Skew => true,
            Self::Loss | Self::Duplicate | Self::Reorder | Self::Stall | Self::SlowSync => false,
            other => other.takes_nodes_away(),
        }
    }
}
