use glomers_check::check::Model;

use crate::workload::Kind;

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
