use super::append;
use super::cases::Cases;
use super::cycles::{Cycle, Variant, cycles};
use super::explain;
use super::finals;
use super::graph::Edges;
use super::manner::Manner;
use super::model::{Model, forbidden};
use super::orders;
use super::phenomena;
use super::register::{self, Promises};
use super::transactions::{Datatype, Transactions};
use crate::check::Finding;
use crate::history::History;

/// What there is to tell of a history, beside the anomalies: its transactions and how they depend on
/// each other.
pub(super) struct Dependencies<'a> {
    pub(super) transactions: &'a Transactions,
    pub(super) edges: &'a Edges,
    pub(super) cycles: &'a [Cycle],
}

impl Dependencies<'_> {
    /// Whether any transaction of the load depends on another.
    pub(super) fn has_dependencies(&self) -> bool {
        let is_load = |node: usize| self.transactions.list.get(node).is_none_or(|it| !it.is_final);
        self.edges.iter().any(|edge| is_load(edge.from) && is_load(edge.to))
    }
}

/// Finds all anomalies in a manner of judging, and `tell`s of them.
pub(super) fn analyse<R>(
    history: &History,
    models: &[Model],
    datatype: Datatype,
    manner: Manner,
    tell: impl FnOnce(Cases<'_>, &Dependencies<'_>) -> R,
) -> Result<R, Box<Finding>> {
    let transactions = Transactions::of(history, datatype, manner)?;
    let forbidden = forbidden(models);
    let mut cases = Cases::new(&transactions);
    phenomena::check(&transactions, &mut cases, manner);
    let finals = finals::check(&transactions, &mut cases);

    let mut variants = vec![Variant::Data];
    // What breaks the order of a process breaks that of real time, by which Elle calls it then.
    if forbidden.iter().any(|name| name.ends_with("-realtime")) {
        variants.push(Variant::Realtime);
    } else if forbidden.iter().any(|name| name.ends_with("-process")) {
        variants.push(Variant::Process);
    }
    let mut edges = Edges::new(transactions.list.len());
    match datatype {
        Datatype::List => append::add_dependencies(&transactions, &mut edges, &mut cases),
        Datatype::Register => {
            let promises = Promises::of(models, manner);
            register::add_dependencies(&transactions, &finals, promises, &mut edges, &mut cases);
        }
    }
    if variants.contains(&Variant::Process) {
        orders::add_process(&transactions, &mut edges);
    }
    if variants.contains(&Variant::Realtime) {
        orders::add_realtime(&transactions, &mut edges);
    }
    let cycles = cycles(&edges, transactions.list.len(), &variants);
    for cycle in &cycles {
        cases.add(&cycle.anomaly, explain::explain(&transactions, &finals, cycle));
    }
    let dependencies = Dependencies { transactions: &transactions, edges: &edges, cycles: &cycles };
    Ok(tell(cases, &dependencies))
}
