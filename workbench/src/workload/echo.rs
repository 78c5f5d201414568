use glomers_check::checker::Checker;
use rand::RngExt;
use serde_json::{Map, Value, json};

use super::schema::Reply;
use super::{Draft, Outcome, Session, Workload};
use crate::client::Client;
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
        Box::new(EchoSession)
    }

    fn checker(&self) -> Checker {
        Checker::Echo
    }
}

struct EchoSession;

impl Session for EchoSession {
    fn invoke<'a>(
        &'a mut self,
        client: &'a mut Client,
        node: &'a str,
        draft: &'a Draft,
    ) -> Outcome<'a> {
        Box::pin(async move {
            let fields = Map::from_iter([("echo".to_owned(), draft.value.clone())]);
            let reply = client.rpc(node, "echo", fields).await?;
            let echo: Value = Reply::new(reply).any("echo")?;
            Ok(echo)
        })
    }

    fn is_idempotent(&self, _f: &str) -> bool {
        false
    }
}
