//! What the nodes of the two counter workloads have in common.

use std::rc::Rc;

use glomers_crdt::Lattice;
use glomers_gossip::Message;
use serde::Serialize;

use crate::durable_slot::{DurableSlot, Tally};
use crate::protocol::Error;
use crate::replicated::{GossipArgs, Replicated};
use crate::runtime::Net;

/// A counter that all nodes share, whose own slot outlives the node.
pub(super) struct SharedCounter<C, T: Tally> {
    counter: Replicated<C>,
    slot: Rc<DurableSlot<T>>,
}

impl<C: Lattice + Serialize + 'static, T: Tally> SharedCounter<C, T> {
    /// `of_replica` makes a counter to which one replica alone has contributed.
    pub(super) fn start(
        net: &Net,
        kind: &str,
        args: GossipArgs,
        of_replica: impl Fn(Rc<str>, T) -> C + 'static,
    ) -> Self {
        let counter = Replicated::start(net.clone(), args);
        let (shown, me) = (counter.clone(), Rc::clone(net.id()));
        let slot = DurableSlot::start(net, kind, move |tally| {
            shown.merge(&of_replica(Rc::clone(&me), tally));
        });
        Self { counter, slot }
    }

    /// Adds; returns when a restart cannot undo it any more.
    pub(super) async fn add(&self, amount: T::Amount) -> Result<(), Error> {
        self.counter.open();
        self.slot.add(amount).await
    }

    pub(super) fn read<V>(&self, value: impl FnOnce(&C) -> V) -> V {
        self.counter.open();
        value(&self.counter.state())
    }

    pub(super) fn gossip(&self, from: &Rc<str>, message: Message<C>) {
        self.counter.receive(from, message);
    }
}
