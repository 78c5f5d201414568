use std::rc::Rc;

use glomers_crdt::PnCounter;
use glomers_gossip::Message;
use serde::{Deserialize, Serialize};

use super::counter::SharedCounter;
use crate::protocol::Error;
use crate::replicated::GossipArgs;
use crate::runtime::{Net, Node};

/// A counter that goes up and down: gossiped between the nodes, and each node's own slot kept in
/// seq-kv.
pub struct PnCounterNode {
    counter: SharedCounter<PnCounter<Rc<str>>, (u64, u64)>,
}

/// See [Maelstrom's workload](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Adds to the counter.
    Add {
        /// How much; it may be negative.
        delta: i64,
    },
    /// Asks for the sum.
    Read,
    /// Between nodes.
    Gossip(Message<PnCounter<Rc<str>>>),
}

/// The answers.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response {
    /// Added, and safe from a restart.
    AddOk,
    /// The sum of the additions known here.
    ReadOk {
        /// The sum.
        value: i128,
    },
}

impl Node for PnCounterNode {
    const NAME: &'static str = "pn-counter";
    const ABOUT: &'static str = "A counter that goes up and down and that all nodes share";
    type Args = GossipArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, args: GossipArgs) -> Result<Rc<Self>, Error> {
        let counter = SharedCounter::start(&net, Self::NAME, args, |me, (up, down)| {
            PnCounter::of_replica(me, up, down)
        });
        Ok(Rc::new(Self { counter }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        Ok(match request {
            Request::Add { delta } => {
                self.counter.add(delta).await?;
                Some(Response::AddOk)
            }
            Request::Read => Some(Response::ReadOk { value: self.counter.read(PnCounter::value) }),
            Request::Gossip(message) => {
                self.counter.gossip(&from, message);
                None
            }
        })
    }
}
