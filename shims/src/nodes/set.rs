//! What the nodes of the two set workloads have in common.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;

use glomers_crdt::{GSet, Lattice};
use glomers_gossip::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Element;
use crate::protocol::Error;
use crate::replicated::{GossipArgs, Replicated};
use crate::runtime::{Net, Node};

/// A grow-only set that all nodes share.
pub struct SharedSet {
    net: Net,
    set: Replicated<GSet<Element>>,
}

impl SharedSet {
    pub(super) fn start(net: Net, args: &GossipArgs) -> Result<Self, Error> {
        Ok(Self { set: Replicated::start(net.clone(), args)?, net })
    }

    pub(super) fn add(&self, element: Element) {
        self.set.open();
        self.set.update(|set| {
            let delta = set.insert(element);
            self.observe(&delta);
            delta
        });
    }

    pub(super) fn read(&self) -> Vec<Element> {
        self.set.open();
        self.set.state().iter().cloned().collect()
    }

    pub(super) fn gossip(&self, from: &Rc<str>, message: Message<GSet<Element>>) {
        self.observe(&self.set.receive(from, message));
    }

    /// Takes note of whose neighbours are who, in the network's opinion.
    pub(super) fn offer_links(&self, topology: &BTreeMap<Rc<str>, Vec<Rc<str>>>) {
        let neighbours = topology.get(self.net.id()).map_or(&[][..], Vec::as_slice);
        self.set.offer_links(neighbours);
        self.set.open();
    }

    fn observe(&self, novel: &GSet<Element>) {
        if self.net.is_observed() && !novel.is_bottom() {
            novel.iter().for_each(|element| self.net.observe(element));
        }
    }
}

/// What a workload about a set calls things.
pub trait SetWords: 'static {
    /// See [`Node::NAME`].
    const NAME: &'static str;

    /// See [`Node::ABOUT`].
    const ABOUT: &'static str;

    /// What is asked.
    type Request: DeserializeOwned;

    /// What is answered.
    type Response: Serialize;

    /// Answers a request out of the set.
    fn answer(set: &SharedSet, from: &Rc<str>, request: Self::Request) -> Option<Self::Response>;
}

/// A node that shares a set, in the words of its workload.
pub struct SetNode<W> {
    set: SharedSet,
    words: PhantomData<W>,
}

impl<W: SetWords> Node for SetNode<W> {
    const NAME: &'static str = W::NAME;
    const ABOUT: &'static str = W::ABOUT;
    type Args = GossipArgs;
    type Request = W::Request;
    type Response = W::Response;

    fn start(net: Net, args: GossipArgs) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self { set: SharedSet::start(net, &args)?, words: PhantomData }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: W::Request,
    ) -> Result<Option<W::Response>, Error> {
        Ok(W::answer(&self.set, &from, request))
    }
}
