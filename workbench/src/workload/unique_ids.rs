use glomers_check::checker::Checker;
use serde_json::{Map, Value};

use super::exchange::{Exchange, Exchanging};
use super::schema::Reply;
use super::{Draft, Session, Workload};
use crate::client::RpcError;
use crate::rng::Rng;

/// Clients ask for ids, no two of which may be equal.
#[derive(Debug, Default)]
pub struct UniqueIds;

impl Workload for UniqueIds {
    fn next(&mut self, _rng: &mut Rng, _process: u64) -> Option<Draft> {
        Some(Draft { f: "generate", value: Value::Null, extra: Map::new() })
    }

    fn reuses_clients(&self) -> bool {
        true
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(Exchanging(UniqueIdsSession))
    }

    fn checker(&self) -> Checker {
        Checker::UniqueIds
    }
}

struct UniqueIdsSession;

impl Exchange for UniqueIdsSession {
    fn fields(&self, _draft: &Draft) -> Map<String, Value> {
        Map::new()
    }

    fn value(&self, _draft: &Draft, reply: Reply) -> Result<Value, RpcError> {
        reply.any("id")
    }

    fn is_idempotent(&self, _f: &str) -> bool {
        false
    }
}
