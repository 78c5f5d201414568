use std::cell::Cell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::cli::NoArgs;
use crate::protocol::Error;
use crate::runtime::{Net, Node};

/// Generates ids that nobody else ever does, without talking to anyone.
///
/// An id is `NODE-LIFE-NUMBER`: the node's name, 128 random bits drawn when the process starts, and
/// a counter. No clock is asked, so none can step back; a restarted node draws other bits.
pub struct UniqueIds {
    prefix: String,
    next: Cell<u64>,
}

/// See [Maelstrom's workload](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Asks for a new id.
    Generate,
}

/// The answers.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response {
    /// A new id.
    GenerateOk {
        /// The id.
        id: String,
    },
}

impl Node for UniqueIds {
    const NAME: &'static str = "unique-ids";
    const ABOUT: &'static str =
        "Generates ids that are unique across nodes and restarts, without coordination";
    type Args = NoArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, _args: NoArgs) -> Result<Rc<Self>, Error> {
        let [high, low] = net.entropy();
        let prefix = format!("{}-{high:016x}{low:016x}", net.id());
        Ok(Rc::new(Self { prefix, next: Cell::new(0) }))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        Request::Generate: Request,
    ) -> Result<Option<Response>, Error> {
        let number = self.next.replace(self.next.get() + 1);
        Ok(Some(Response::GenerateOk { id: format!("{}-{number}", self.prefix) }))
    }
}
