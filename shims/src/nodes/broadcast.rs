use std::collections::BTreeMap;
use std::rc::Rc;

use glomers_crdt::GSet;
use glomers_gossip::Message;
use serde::{Deserialize, Serialize};

use super::Element;
use super::set::SharedSet;
use crate::protocol::Error;
use crate::replicated::GossipArgs;
use crate::runtime::{Net, Node};

/// Spreads every message it is given to all nodes: a grow-only set, replicated.
pub struct Broadcast {
    id: Rc<str>,
    seen: SharedSet,
}

/// See [Maelstrom's workload](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Who is whose neighbour, in the network's opinion.
    Topology {
        /// Every node's neighbours.
        topology: BTreeMap<Rc<str>, Vec<Rc<str>>>,
    },
    /// A message for all.
    Broadcast {
        /// Any JSON.
        message: Element,
    },
    /// Asks for all messages seen.
    Read,
    /// Between nodes.
    Gossip(Message<GSet<Element>>),
}

/// The answers.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "the protocol's names")]
pub enum Response {
    /// Noted.
    TopologyOk,
    /// The message will reach every node.
    BroadcastOk,
    /// All messages seen so far.
    ReadOk {
        /// In no particular order.
        messages: Vec<Element>,
    },
}

impl Node for Broadcast {
    const NAME: &'static str = "broadcast";
    const ABOUT: &'static str = "Spreads messages to all nodes, in few messages and bounded time";
    type Args = GossipArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, args: GossipArgs) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self { id: Rc::clone(net.id()), seen: SharedSet::start(net, &args) }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        Ok(match request {
            Request::Topology { topology } => {
                let neighbours = topology.get(&self.id).map_or(&[][..], Vec::as_slice);
                self.seen.offer_links(neighbours);
                Some(Response::TopologyOk)
            }
            Request::Broadcast { message } => {
                self.seen.add(message);
                Some(Response::BroadcastOk)
            }
            Request::Read => Some(Response::ReadOk { messages: self.seen.read() }),
            Request::Gossip(message) => {
                self.seen.gossip(&from, message);
                None
            }
        })
    }
}
