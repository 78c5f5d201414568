mod action;
mod committer;
mod database;

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use self::action::{Action, Outcome};
use self::committer::Committer;
use super::Element;
use crate::cli::NoArgs;
use crate::protocol::{Error, ErrorCode};
use crate::runtime::{Net, Node};

/// Lists that transactions read and append to, strictly serializable by the help of lin-kv.
///
/// The lists lie there in leaves that never change, and one root says which leaves there are now. A
/// transaction reads the root and the leaves, writes those that it changes as new ones, and exchanges
/// the root by a compare-and-set: so it happens at that moment, or not at all. All transactions that wait
/// on a node are carried out together.
///
/// It answers with error 30 where other nodes were faster for too long, and 11 where lin-kv does not
/// answer before the root is to be exchanged: nothing has happened then. If the answer to that exchange
/// does not come, it is error 0: it may happen.
pub struct TxnListAppend {
    committer: Rc<Committer>,
}

/// See [Maelstrom's workload](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// A transaction.
    Txn {
        /// What to do, in order: a key, and the element to append.
        txn: Vec<(Action, Element, Element)>,
    },
}

/// The answers.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response {
    /// It is done.
    TxnOk {
        /// The same, with what was read.
        txn: Vec<(Action, Element, Outcome)>,
    },
}

impl Node for TxnListAppend {
    const NAME: &'static str = "txn-list-append";
    const ABOUT: &'static str = "Transactions on lists, strictly serializable, kept in lin-kv";
    type Args = NoArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, _args: NoArgs) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self { committer: Committer::start(&net) }))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        let Request::Txn { txn } = request;
        let (answer, answered) = oneshot::channel();
        self.committer.submit(txn, answer);
        let ended = |_| Error::new(ErrorCode::Crash, "the node no longer commits anything");
        Ok(Some(Response::TxnOk { txn: answered.await.map_err(ended)?? }))
    }
}
