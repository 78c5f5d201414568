use crate::nemesis::FaultKind;
use crate::workload::Kind;

/// Whether a node that is right for the workload passes in spite of a fault.
///
/// All that Maelstrom's network does is allowed for: partitions heal, what is lost is sent again.
pub(super) fn survives(_kind: Kind, fault: FaultKind) -> bool {
    match fault {
        FaultKind::Partition | FaultKind::Loss | FaultKind::Duplicate => true,
    }
}
