use glomers_check::checker::Checker;
use rand::RngExt;
use serde_json::{Map, Value};

use super::exchange::{Exchange, Exchanging, fields};
use super::schema::Reply;
use super::{Conditions, Draft, Finals, Session, Workload, coin};
use crate::client::RpcError;
use crate::rng::Rng;

/// Clients add to a counter and read it: `g-counter` and `pn-counter`.
#[derive(Debug)]
pub struct Counter {
    least: i64,
    finals: Finals,
}

impl Counter {
    /// The workload `g-counter`, which adds 0 to 4.
    pub fn growing() -> Self {
        Self { least: 0, finals: Finals::default() }
    }

    /// The workload `pn-counter`, which adds −5 to 4.
    pub fn both_ways() -> Self {
        Self { least: -5, finals: Finals::default() }
    }
}

impl Workload for Counter {
    fn next(&mut self, rng: &mut Rng, _process: u64) -> Option<Draft> {
        // Maelstrom draws for both workloads alike, and again where a grow-only counter would
        // shrink: so of the operations on one, a third are additions.
        loop {
            if !coin(rng) {
                return Some(Draft { f: "read", value: Value::Null, extra: Map::new() });
            }
            let delta = rng.random_range(-5..5_i64);
            if delta >= self.least {
                return Some(Draft { f: "add", value: delta.into(), extra: Map::new() });
            }
        }
    }

    fn begin(&mut self, conditions: &Conditions) {
        self.finals = Finals::of(conditions.workers);
    }

    fn has_final(&self) -> bool {
        true
    }

    fn next_final(&mut self, _rng: &mut Rng, process: u64) -> Option<Draft> {
        self.finals.read_once(process)
    }

    fn drops_clients_that_fail(&self) -> bool {
        true
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(Exchanging(CounterSession))
    }

    fn checker(&self) -> Checker {
        Checker::Counter
    }
}

struct CounterSession;

impl Exchange for CounterSession {
    fn fields(&self, draft: &Draft) -> Map<String, Value> {
        if draft.f == "add" { fields([("delta", draft.value.clone())]) } else { Map::new() }
    }

    fn value(&self, draft: &Draft, reply: Reply) -> Result<Value, RpcError> {
        if draft.f == "add" {
            reply.nothing()?;
            return Ok(draft.value.clone());
        }
        reply.integer("value")
    }

    fn is_idempotent(&self, f: &str) -> bool {
        f == "read"
    }
}
