use std::rc::Rc;

use glomers_crdt::GSet;
use glomers_gossip::Message;
use serde::{Deserialize, Serialize};

use super::Element;
use super::set::SharedSet;
use crate::protocol::Error;
use crate::replicated::GossipArgs;
use crate::runtime::{Net, Node};

/// A grow-only set, replicated.
pub struct GSetNode {
    elements: SharedSet,
}

/// See [Maelstrom's workload](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Adds an element.
    Add {
        /// Any JSON.
        element: Element,
    },
    /// Asks for all elements.
    Read,
    /// Between nodes.
    Gossip(Message<GSet<Element>>),
}

/// The answers.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response {
    /// Added.
    AddOk,
    /// The elements known here.
    ReadOk {
        /// In no particular order.
        value: Vec<Element>,
    },
}

impl Node for GSetNode {
    const NAME: &'static str = "g-set";
    const ABOUT: &'static str = "A grow-only set that all nodes share";
    type Args = GossipArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, args: GossipArgs) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self { elements: SharedSet::start(net, &args) }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        Ok(match request {
            Request::Add { element } => {
                self.elements.add(element);
                Some(Response::AddOk)
            }
            Request::Read => Some(Response::ReadOk { value: self.elements.read() }),
            Request::Gossip(message) => {
                self.elements.gossip(&from, message);
                None
            }
        })
    }
}
