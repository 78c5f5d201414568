use std::rc::Rc;

use glomers_crdt::GSet;
use glomers_gossip::Message;
use serde::{Deserialize, Serialize};

use super::Element;
use super::set::{SetNode, SetWords, SharedSet};

/// A grow-only set, replicated.
pub type GSetNode = SetNode<GSetWords>;

/// The words of the workload `g-set`.
pub struct GSetWords;

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
    Gossip(Box<Message<GSet<Element>>>),
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

impl SetWords for GSetWords {
    const NAME: &'static str = "g-set";
    const ABOUT: &'static str = "A grow-only set that all nodes share";
    type Request = Request;
    type Response = Response;

    fn answer(elements: &SharedSet, from: &Rc<str>, request: Request) -> Option<Response> {
        match request {
            Request::Add { element } => {
                elements.add(element);
                Some(Response::AddOk)
            }
            Request::Read => Some(Response::ReadOk { value: elements.read() }),
            Request::Gossip(message) => {
                elements.gossip(from, *message);
                None
            }
        }
    }
}
