/// By whose rules transactions are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// By ours.
    Own,
    /// By Elle's, as Maelstrom asks it: without the last reads, the assumptions about registers and the
    /// anomalies that are ours alone.
    Elle,
}
