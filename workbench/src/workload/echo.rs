use glomers_check::checker::Checker;
use rand::RngExt;
use serde_json::{Map, Value, json};

use super::exchange::{Exchange, Exchanging, fields};
use super::schema::Reply;
use super::{Draft, Session, Workload};
use crate::client::RpcError;
use crate::rng::Rng;

/// Clients ask for their payload back.
#[derive(Debug, Default)]
pub struct Echo;

impl Workload for Echo {
    fn next(&mut self, rng: &mut Rng, _process: u64) -> Option<Draft> {
        let value = json!(format!("Please echo {}", rng.random_range(0..128)));
        Some(Draft { f: "echo", value, extra: Map::new() })
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(Exchanging(EchoSession))
    }

    fn checker(&self) -> Checker {
        Checker::Echo
    }
}

struct EchoSession;

impl Exchange for EchoSession {
    fn fields(&self, draft: &Draft) -> Map<String, Value> {
        fields([("echo", draft.value.clone())])
    }

    fn value(&self, _draft: &Draft, reply: Reply) -> Result<Value, RpcError> {
        reply.any("echo")
    }

    fn is_idempotent(&self, _f: &str) -> bool {
        false
    }
}
