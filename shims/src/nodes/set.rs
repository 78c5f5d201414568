//! What the nodes of the two set workloads have in common.

use std::rc::Rc;

use glomers_crdt::{GSet, Lattice};
use glomers_gossip::Message;

use super::Element;
use crate::replicated::{GossipArgs, Replicated};
use crate::runtime::Net;

/// A grow-only set that all nodes share.
pub(super) struct SharedSet {
    net: Net,
    set: Replicated<GSet<Element>>,
}

impl SharedSet {
    pub(super) fn start(net: Net, args: &GossipArgs) -> Self {
        Self { set: Replicated::start(net.clone(), args), net }
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

    pub(super) fn offer_links(&self, neighbours: &[Rc<str>]) {
        self.set.offer_links(neighbours);
        self.set.open();
    }

    fn observe(&self, novel: &GSet<Element>) {
        if self.net.is_observed() && !novel.is_bottom() {
            novel.iter().for_each(|element| self.net.observe(element));
        }
    }
}
