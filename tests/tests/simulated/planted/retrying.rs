use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use glomers_shims::runtime::Net;
use serde::Serialize;
use tokio::time::sleep;

/// How long until what was not acknowledged is told again.
const AGAIN: Duration = Duration::from_millis(200);

/// When a peer is given up on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Never.
    Endless,
    /// When it has been told so often.
    Times(u32),
    /// When any other has acknowledged.
    UntilOneKnows,
}

/// Tells every peer of things until it has acknowledged them: in any order, and some more than once.
pub(crate) struct Retrying {
    net: Net,
    patience: Patience,
    /// For each peer, by a thing's number.
    pending: RefCell<BTreeMap<Rc<str>, BTreeMap<i64, Pending>>>,
}

struct Pending {
    content: i64,
    told: u32,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire {
    Things { things: Vec<(i64, i64)> },
    Known { numbers: Vec<i64> },
}

impl Retrying {
    pub(crate) fn start(net: &Net, patience: Patience) -> Rc<Self> {
        let retrying = Rc::new(Self { net: net.clone(), patience, pending: RefCell::default() });
        let again = Rc::clone(&retrying);
        net.spawn(async move {
            loop {
                sleep(AGAIN).await;
                again.tell(|pending| pending.told > 0);
            }
        });
        retrying
    }

    /// Tells all peers of a thing, now and for as long as it takes.
    pub(crate) fn tell_all(&self, number: i64, content: i64) {
        let nodes = self.net.node_ids();
        let peers = nodes.iter().filter(|node| self.net.is_peer(node));
        for peer in peers {
            let mut pending = self.pending.borrow_mut();
            let of_peer = pending.entry(Rc::clone(peer)).or_default();
            of_peer.insert(number, Pending { content, told: 0 });
        }
        self.tell(|pending| pending.told == 0);
    }

    fn tell(&self, due: impl Fn(&Pending) -> bool) {
        for (peer, pending) in &mut *self.pending.borrow_mut() {
            let mut things = Vec::new();
            for (number, thing) in pending.iter_mut().filter(|(_, thing)| due(thing)) {
                thing.told += 1;
                things.push((*number, thing.content));
            }
            if !things.is_empty() {
                self.net.send(peer, &Wire::Things { things });
            }
            if let Patience::Times(most) = self.patience {
                pending.retain(|_, thing| thing.told < most);
            }
        }
    }

    /// Acknowledges things of a peer.
    pub(crate) fn acknowledge(&self, peer: &str, numbers: Vec<i64>) {
        self.net.send(peer, &Wire::Known { numbers });
    }

    /// A peer has acknowledged.
    pub(crate) fn acknowledged(&self, peer: &str, numbers: &[i64]) {
        for (other, pending) in &mut *self.pending.borrow_mut() {
            if **other == *peer || self.patience == Patience::UntilOneKnows {
                pending.retain(|number, _| !numbers.contains(number));
            }
        }
    }
}
