use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cli::NoArgs;
use crate::protocol::Error;
use crate::runtime::{Net, Node};

/// Answers `echo` with the same payload, byte for byte.
pub struct Echo;

/// See [Maelstrom's workload](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Asks for its payload back.
    Echo {
        /// Any JSON.
        echo: Box<RawValue>,
    },
}

/// The answers.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response {
    /// The payload.
    EchoOk {
        /// What was sent.
        echo: Box<RawValue>,
    },
}

impl Node for Echo {
    const NAME: &'static str = "echo";
    const ABOUT: &'static str = "Answers every echo request with its payload";
    type Args = NoArgs;
    type Request = Request;
    type Response = Response;

    fn start(_net: Net, _args: NoArgs) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        let Request::Echo { echo } = request;
        Ok(Some(Response::EchoOk { echo }))
    }
}
