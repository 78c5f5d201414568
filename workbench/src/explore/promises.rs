use glomers_check::check::Model;

use crate::nemesis::FaultKind;
use crate::workload::Kind;

/// Whether our own node for the workload, if it is right, passes in spite of a fault: the table in
/// the workbench's README.
///
/// What the network does is allowed for by every workload. Nodes that are killed may lose what the
/// workload does not ask them to keep, which is most of what is in their memory.
pub(super) fn survives(kind: Kind, fault: FaultKind) -> bool {
    match fault {
        FaultKind::Partition
        | FaultKind::Loss
        | FaultKind::Duplicate
        | FaultKind::Reorder
        | FaultKind::Skew
        | FaultKind::Stall
        | FaultKind::Pause => true,
        FaultKind::Kill => match kind {
            Kind::Echo
            | Kind::UniqueIds
            | Kind::GCounter
            | Kind::PnCounter
            | Kind::LinKv
            | Kind::TxnListAppend => true,
            Kind::Broadcast | Kind::GSet | Kind::Kafka | Kind::TxnRwRegister => false,
        },
    }
}

/// The consistency models to which our own node for the workload holds transactions: those that
/// [`Subject::built_in`](super::Subject::built_in) judges it by. Of a workload without transactions
/// it is the default.
///
/// ```
/// use glomers_check::check::Model;
/// use glomers::explore::promised_models;
/// use glomers::workload::Kind;
///
/// assert_eq!(promised_models(Kind::TxnRwRegister), [Model::READ_ATOMIC]);
/// assert_eq!(promised_models(Kind::TxnListAppend), [Model::STRICT_SERIALIZABLE]);
/// ```
pub fn promised_models(kind: Kind) -> Vec<Model> {
    vec![match kind {
        Kind::TxnRwRegister => Model::READ_ATOMIC,
        _ => Model::STRICT_SERIALIZABLE,
    }]
}
