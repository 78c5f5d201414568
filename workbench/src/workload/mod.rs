//! Workloads: what clients ask of the nodes, and how the answers are judged.

use std::future::Future;
use std::pin::Pin;

use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};

use crate::check::Report;
use crate::client::{Client, RpcError};
use crate::history::{History, Op};

/// The source of every random choice in a run. Its stream is the same on every machine.
pub type Rng = ChaCha8Rng;

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

/// One kind of load, with its checker.
pub trait Workload {
    /// The next operation for `process`, which is free now; `None`: nothing for it at the moment.
    fn next(&mut self, rng: &mut Rng, process: u64) -> Option<Draft>;

    /// The next of the operations after the faults, for `process`; `None`: it is done.
    fn next_final(&mut self, rng: &mut Rng, process: u64) -> Option<Draft>;

    /// Hears of each invocation and completion, in order.
    fn observe(&mut self, _op: &Op) {}

    /// What a process keeps between its operations; a fresh one for every process.
    fn session(&self) -> Box<dyn Session>;

    /// Judges a run.
    fn check(&self, history: &History) -> Report;
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
