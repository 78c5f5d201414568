use std::collections::BTreeMap;
use std::rc::Rc;

use glomers_crdt::GSet;
use glomers_gossip::Message;
use serde::{Deserialize, Serialize};

use super::Element;
use super::set::{SetNode, SetWords, SharedSet};

/// Spreads every message it is given to all nodes: a grow-only set, replicated.
pub type Broadcast = SetNode<BroadcastWords>;

/// The words of the workload `broadcast`.
pub struct BroadcastWords;

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
    Gossip(Box<Message<GSet<Element>>>),
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

impl SetWords for BroadcastWords {
    const NAME: &'static str = "broadcast";
    const ABOUT: &'static str = "Spreads messages to all nodes, in few messages and bounded time";
    type Request = Request;
    type Response = Response;

    fn answer(seen: &SharedSet, from: &Rc<str>, request: Request) -> Option<Response> {
        match request {
            Request::Topology { topology } => {
                seen.offer_links(&topology);
                Some(Response::TopologyOk)
            }
            Request::Broadcast { message } => {
                seen.add(message);
                Some(Response::BroadcastOk)
            }
            Request::Read => Some(Response::ReadOk { messages: seen.read() }),
            Request::Gossip(message) => {
                seen.gossip(from, *message);
                None
            }
        }
    }
}
