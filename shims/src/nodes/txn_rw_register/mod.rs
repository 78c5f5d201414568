mod registers;

use std::rc::Rc;

use glomers_gossip::Message;
use serde::{Deserialize, Serialize};

pub use registers::Registers;

use super::Element;
use crate::protocol::{Error, ErrorCode};
use crate::replicated::{GossipArgs, Replicated};
use crate::runtime::{Net, Node};

/// Registers that transactions read and write, on all nodes and without coordination.
///
/// A transaction reads a snapshot of what its node knows, and its writes are applied to it at once.
/// They reach the other nodes later, all of a transaction's together however messages are lost, and
/// where two transactions wrote the same register the later wins on every node: see [`Registers`].
/// Hence no node is ever unavailable; nobody sees an aborted, an intermediate or half a transaction's
/// writes, and since a transaction is later than whatever it has seen, dependencies never lead in a
/// circle: *read committed*, and indeed *read atomic*. Updates can be lost, and reads can be stale.
pub struct TxnRwRegister {
    id: Rc<str>,
    life: u64,
    registers: Replicated<State>,
}

/// When a transaction was carried out, by Lamport's clock, and where: the node's name, and random bits
/// that tell its lives apart, for it may forget the time when it is started again. So no two transactions
/// have the same.
type Stamp = (u64, Rc<str>, u64);

/// What the nodes share.
type State = Registers<Element, Element, Stamp>;

/// See [Maelstrom's workload](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// A transaction.
    Txn {
        /// What to do, in order: a key, and the value to write.
        txn: Vec<(Action, Element, Element)>,
    },
    /// Between nodes.
    Gossip(Box<Message<State>>),
}

/// One operation of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Asks for the value.
    #[serde(rename = "r")]
    Read,
    /// Gives a value.
    #[serde(rename = "w")]
    Write,
}

/// The answers.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response {
    /// It is done.
    TxnOk {
        /// The same, with what was read: null for what was never written.
        txn: Vec<(Action, Element, Option<Element>)>,
    },
}

impl Node for TxnRwRegister {
    const NAME: &'static str = "txn-rw-register";
    const ABOUT: &'static str = "Transactions on registers, read atomic and always available";
    type Args = GossipArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, args: GossipArgs) -> Result<Rc<Self>, Error> {
        // 53 bits: what every JSON reader keeps exactly.
        let (id, life) = (Rc::clone(net.id()), net.entropy()[0] >> 11);
        Ok(Rc::new(Self { id, life, registers: Replicated::start(net, &args)? }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        match request {
            Request::Txn { txn } => {
                self.registers.open();
                Ok(Some(Response::TxnOk { txn: self.carry_out(txn)? }))
            }
            Request::Gossip(message) => {
                self.registers.receive(&from, *message);
                Ok(None)
            }
        }
    }
}

impl TxnRwRegister {
    fn carry_out(
        &self,
        txn: Vec<(Action, Element, Element)>,
    ) -> Result<Vec<(Action, Element, Option<Element>)>, Error> {
        let mut writes: Vec<(Element, Element)> = Vec::new();
        let mut done = Vec::with_capacity(txn.len());
        let state = self.registers.state();
        for (action, key, value) in txn {
            let own = writes.iter().position(|(written, _)| *written == key);
            let value = match (action, own) {
                (Action::Read, Some(own)) => Some(writes[own].1.clone()),
                (Action::Read, None) => state.get(&key).cloned(),
                (Action::Write, own) => {
                    match own {
                        Some(own) => writes[own].1 = value.clone(),
                        None => writes.push((key.clone(), value.clone())),
                    }
                    Some(value)
                }
            };
            done.push((action, key, value));
        }
        if !writes.is_empty() {
            // Later than all that is known here, whether it was read or not.
            let time = state.latest().map_or(0, |(time, ..)| *time).checked_add(1);
            drop(state);
            let exhausted = || Error::new(ErrorCode::Abort, "there is no later time than this");
            let stamp = (time.ok_or_else(exhausted)?, Rc::clone(&self.id), self.life);
            self.registers.update(|registers| registers.commit(&stamp, writes));
        }
        Ok(done)
    }
}
