use std::collections::BTreeMap;

use glomers_check::checker::Checker;
use serde_json::{Map, Value, json};

use super::exchange::{Exchange, Exchanging, fields};
use super::schema::Reply;
use super::{Conditions, Draft, Finals, Session, Workload, coin};
use crate::client::RpcError;
use crate::rng::Rng;

/// Clients add integers and read them all: `broadcast` and `g-set`, which differ in their words.
#[derive(Debug)]
pub struct Set {
    words: Words,
    topology: Option<BTreeMap<String, Vec<String>>>,
    next: u64,
    finals: Finals,
}

/// What the two workloads call things.
#[derive(Clone, Copy, Debug)]
struct Words {
    add: &'static str,
    element: &'static str,
    elements: &'static str,
}

impl Set {
    /// The workload `broadcast`, which begins by telling the nodes their neighbours.
    pub fn broadcast(topology: BTreeMap<String, Vec<String>>) -> Self {
        let words = Words { add: "broadcast", element: "message", elements: "messages" };
        Self { words, topology: Some(topology), next: 0, finals: Finals::default() }
    }

    /// The workload `g-set`.
    pub fn g_set() -> Self {
        let words = Words { add: "add", element: "element", elements: "value" };
        Self { words, topology: None, next: 0, finals: Finals::default() }
    }
}

impl Workload for Set {
    fn next(&mut self, rng: &mut Rng, _process: u64) -> Option<Draft> {
        Some(if coin(rng) {
            self.next += 1;
            Draft { f: self.words.add, value: (self.next - 1).into(), extra: Map::new() }
        } else {
            Draft { f: "read", value: Value::Null, extra: Map::new() }
        })
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

    fn setup(&self) -> Option<(&'static str, Map<String, Value>)> {
        let topology = self.topology.as_ref()?;
        Some(("topology", Map::from_iter([("topology".to_owned(), json!(topology))])))
    }

    fn spreads(&self) -> Option<&'static str> {
        Some(self.words.add)
    }

    /// Of broadcast, Maelstrom knows that a read which fails has done nothing.
    fn drops_clients_that_fail(&self) -> bool {
        self.topology.is_none()
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(Exchanging(SetSession(self.words)))
    }

    fn checker(&self) -> Checker {
        Checker::SetFull { add: self.words.add.to_owned() }
    }
}

struct SetSession(Words);

impl Exchange for SetSession {
    fn fields(&self, draft: &Draft) -> Map<String, Value> {
        let Words { add, element, .. } = self.0;
        if draft.f == add { fields([(element, draft.value.clone())]) } else { Map::new() }
    }

    fn value(&self, draft: &Draft, reply: Reply) -> Result<Value, RpcError> {
        let Words { add, elements, .. } = self.0;
        if draft.f == add {
            reply.nothing()?;
            return Ok(draft.value.clone());
        }
        Ok(reply.array(elements)?.into())
    }

    fn is_idempotent(&self, f: &str) -> bool {
        f == "read"
    }
}
