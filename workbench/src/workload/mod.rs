//! Workloads: what clients ask of the nodes, and how the answers are judged.

mod counter;
mod echo;
mod exchange;
pub mod kafka;
mod kinds;
pub mod lin_kv;
pub mod schema;
mod set;
pub mod txn;
mod unique_ids;

use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Duration;

use glomers_check::checker::Checker;
use glomers_check::history::Op;
use rand::RngExt;
use serde_json::{Map, Value};

pub use counter::Counter;
pub use echo::Echo;
pub use kinds::Kind;
pub use lin_kv::LinKv;
pub use set::Set;
pub use txn::Txn;
pub use unique_ids::UniqueIds;

use crate::client::{Client, RpcError};
use crate::rng::Rng;

/// An operation that a process shall try.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// What it does: `read`, `send` …
    pub f: &'static str,
    /// Its argument.
    pub value: Value,
    /// Further keys of the history's event, such as `"final?"`.
    pub extra: Map<String, Value>,
}

/// What a workload learns of the run that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// How many nodes there are.
    pub nodes: usize,
    /// How many clients ask at a time.
    pub workers: usize,
    /// How long messages between nodes travel on average.
    pub latency: Duration,
}

/// One kind of load, with its checker.
pub trait Workload {
    /// The next operation for `process`, which is free now; `None`: nothing for it at the moment.
    fn next(&mut self, rng: &mut Rng, process: u64) -> Option<Draft>;

    /// The next of the operations after the faults, for `process`; `None`: it is done.
    fn next_final(&mut self, _rng: &mut Rng, _process: u64) -> Option<Draft> {
        None
    }

    /// Whether there are operations after the faults, for which to wait until all is quiet; without
    /// it nobody asks for them.
    fn has_final(&self) -> bool {
        false
    }

    /// Learns what kind of run it is for, before that begins.
    fn begin(&mut self, _conditions: &Conditions) {}

    /// Hears of each invocation and completion, in order.
    fn observe(&mut self, _op: &Op) {}

    /// A request that every node is asked once, before the load: its type and its fields.
    fn setup(&self) -> Option<(&'static str, Map<String, Value>)> {
        None
    }

    /// The operation whose values are to reach every node, if that is what the workload is about.
    fn spreads(&self) -> Option<&'static str> {
        None
    }

    /// Whether a process may keep its client after an operation whose outcome is unknown.
    fn reuses_clients(&self) -> bool {
        false
    }

    /// Whether a process also gets a new client after an operation that failed: where Maelstrom takes
    /// every error for one of which nobody knows what it means. So a node that answers a read too late
    /// answers to somebody who has gone.
    fn drops_clients_that_fail(&self) -> bool {
        false
    }

    /// What a process keeps between its operations; a fresh one for every process.
    fn session(&self) -> Box<dyn Session>;

    /// How a run is judged.
    fn checker(&self) -> Checker;
}

/// One process's side of a workload: carries out operations, and remembers what a client would.
pub trait Session {
    /// Carries out `draft` at `node`; the value of the completed operation.
    fn invoke<'a>(
        &'a mut self,
        client: &'a mut Client,
        node: &'a str,
        draft: &'a Draft,
    ) -> Outcome<'a>;

    /// Whether a failure of `f` means that it did not happen, whatever the error: reads.
    fn is_idempotent(&self, f: &str) -> bool;
}

/// How an operation ends.
pub type Outcome<'a> = Pin<Box<dyn Future<Output = Result<Value, InvokeError>> + 'a>>;

/// Why an operation did not succeed.
#[derive(Debug)]
pub enum InvokeError {
    /// The request failed.
    Rpc(RpcError),
    /// The workload makes its client crash on purpose: the operation ends as `info`.
    Crash,
}

impl From<RpcError> for InvokeError {
    fn from(error: RpcError) -> Self {
        Self::Rpc(error)
    }
}

/// Whether heads came up.
fn coin(rng: &mut Rng) -> bool {
    rng.random()
}

/// The last reads: each worker tries one, once, and under whatever process it is by then.
#[derive(Debug)]
struct Finals {
    workers: u64,
    tried: BTreeSet<u64>,
}

impl Finals {
    /// With so many workers, of which each is process n, n plus their number, and so on.
    fn of(workers: usize) -> Self {
        let workers = u64::try_from(workers).unwrap_or(u64::MAX).max(1);
        Self { workers, tried: BTreeSet::new() }
    }

    fn read_once(&mut self, process: u64) -> Option<Draft> {
        let extra = Map::from_iter([("final?".to_owned(), true.into())]);
        let is_new = self.tried.insert(process % self.workers);
        is_new.then_some(Draft { f: "read", value: Value::Null, extra })
    }
}

/// Without any workers but those that are processes for good.
impl Default for Finals {
    fn default() -> Self {
        Self { workers: u64::MAX, tried: BTreeSet::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_read_is_tried_once_a_worker() {
        let mut finals = Finals::of(3);
        let tries: Vec<_> = [0, 4, 3, 2, 1, 300].map(|process| finals.read_once(process)).into();
        let is_try = |draft: &Option<Draft>| draft.is_some();
        assert_eq!(
            tries.iter().map(is_try).collect::<Vec<_>>(),
            [true, true, false, true, false, false]
        );
        assert_eq!(tries[0].as_ref().map(|draft| &draft.extra["final?"]), Some(&true.into()));
    }
}
