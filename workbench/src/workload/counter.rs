use glomers_check::checker::Checker;
use rand::RngExt;
use serde_json::{Map, Value};

use super::schema::Reply;
use super::{Conditions, Draft, Finals, Outcome, Session, Workload, coin};
use crate::client::Client;
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
        Box::new(CounterSession)
    }

    fn checker(&self) -> Checker {
        Checker::Counter
    }
}

struct CounterSession;

impl Session for CounterSession {
    fn invoke<'a>(
        &'a mut self,
        client: &'a mut Client,
        node: &'a str,
        draft: &'a Draft,
    ) -> Outcome<'a> {
        Box::pin(async move {
            if draft.f == "add" {
                let fields = Map::from_iter([("delta".to_owned(), draft.value.clone())]);
                Reply::new(client.rpc(node, "add", fields).await?).nothing()?;
                Ok(draft.value.clone())
            } else {
                let reply = client.rpc(node, "read", Map::new()).await?;
                Ok(Reply::new(reply).integer("value")?)
            }
        })
    }

    fn is_idempotent(&self, f: &str) -> bool {
        f == "read"
    }
}
