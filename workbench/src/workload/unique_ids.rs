use glomers_check::checker::Checker;
use serde_json::{Map, Value};

use super::schema::Reply;
use super::{Draft, Outcome, Session, Workload};
use crate::client::Client;
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
        Box::new(UniqueIdsSession)
    }

    fn checker(&self) -> Checker {
        Checker::UniqueIds
    }
}

struct UniqueIdsSession;

impl Session for UniqueIdsSession {
    fn invoke<'a>(
        &'a mut self,
        client: &'a mut Client,
        node: &'a str,
        _draft: &'a Draft,
    ) -> Outcome<'a> {
        Box::pin(async move {
            let reply = client.rpc(node, "generate", Map::new()).await?;
            Ok(Reply::new(reply).any("id")?)
        })
    }

    fn is_idempotent(&self, _f: &str) -> bool {
        false
    }
}
