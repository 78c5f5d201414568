use std::rc::Rc;

use clap::Args;
use glomers_crdt::{Decompose, GCounter, PnCounter};
use glomers_gossip::Message;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::durable_slot::{Acks, DurableArgs, DurableSlot, Former, Tally};
use crate::protocol::Error;
use crate::replicated::{GossipArgs, Replicated, Restored, remove_life};
use crate::runtime::{Net, Node};

/// The grow-only counter's node.
pub type GCounterNode = CounterNode<GrowOnly>;

/// The node of the counter that goes both ways.
pub type PnCounterNode = CounterNode<BothWays>;

/// A counter: gossiped between the nodes, and each node's own slot kept on its disk and in seq-kv,
/// so that a restarted node neither loses nor counts twice.
pub struct CounterNode<K: CounterKind> {
    counter: Replicated<K::Counter>,
    slot: Rc<DurableSlot<K::Slot>>,
}

/// The arguments.
#[derive(Args, Clone, Debug)]
pub struct CounterArgs {
    #[command(flatten)]
    durable: DurableArgs,

    #[command(flatten)]
    gossip: GossipArgs,
}

/// What tells one kind of counter from the other.
pub trait CounterKind: 'static {
    /// The workload's name.
    const NAME: &'static str;

    /// What the node does.
    const ABOUT: &'static str;

    /// The CRDT.
    type Counter: Decompose + Serialize + DeserializeOwned + 'static;

    /// What one replica has contributed.
    type Slot: Tally<Amount: DeserializeOwned>;

    /// The sum.
    type Value: Serialize;

    /// The counter to which `replica` alone has contributed.
    fn of_replica(replica: Rc<str>, slot: Self::Slot) -> Self::Counter;

    /// What `replica` has contributed.
    fn slot(counter: &Self::Counter, replica: &Rc<str>) -> Self::Slot;

    /// The counter's sum.
    fn value(counter: &Self::Counter) -> Self::Value;
}

/// A counter that only grows; a negative amount is malformed.
pub struct GrowOnly;

impl CounterKind for GrowOnly {
    const NAME: &'static str = "g-counter";
    const ABOUT: &'static str = "A grow-only counter that all nodes share";
    type Counter = GCounter<Rc<str>>;
    type Slot = u64;
    type Value = u128;

    fn of_replica(replica: Rc<str>, slot: u64) -> Self::Counter {
        GCounter::from_iter([(replica, slot)])
    }

    fn slot(counter: &Self::Counter, replica: &Rc<str>) -> u64 {
        counter.slot(replica)
    }

    fn value(counter: &Self::Counter) -> u128 {
        counter.value()
    }
}

/// A counter that goes up and down.
pub struct BothWays;

impl CounterKind for BothWays {
    const NAME: &'static str = "pn-counter";
    const ABOUT: &'static str = "A counter that goes up and down and that all nodes share";
    type Counter = PnCounter<Rc<str>>;
    type Slot = (u64, u64);
    type Value = i128;

    fn of_replica(replica: Rc<str>, (up, down): (u64, u64)) -> Self::Counter {
        PnCounter::of_replica(replica, up, down)
    }

    fn slot(counter: &Self::Counter, replica: &Rc<str>) -> (u64, u64) {
        counter.slot(replica)
    }

    fn value(counter: &Self::Counter) -> i128 {
        counter.value()
    }
}

/// See [Maelstrom's workloads](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request<A, C> {
    /// Adds to the counter.
    Add {
        /// How much.
        delta: A,
    },
    /// Asks for the sum.
    Read,
    /// Between nodes.
    Gossip(Box<Message<C>>),
}

/// The answers.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response<V> {
    /// Added, and safe where it was to be.
    AddOk,
    /// The sum of the additions known here.
    ReadOk {
        /// The sum.
        value: V,
    },
}

impl<K: CounterKind> Node for CounterNode<K> {
    const NAME: &'static str = K::NAME;
    const ABOUT: &'static str = K::ABOUT;
    type Args = CounterArgs;
    type Request = Request<<K::Slot as Tally>::Amount, K::Counter>;
    type Response = Response<K::Value>;

    fn start(net: Net, args: CounterArgs) -> Result<Rc<Self>, Error> {
        let restored = match args.durable.acks {
            Acks::Disk => Restored::open_anywhere(&net)?,
            Acks::SeqKv => Restored::open(&net)?,
        };
        let former = former::<K>(&net, &restored);
        let counter = Replicated::start_from(net.clone(), &args.gossip, restored);
        let (shown, me) = (counter.clone(), Rc::clone(net.id()));
        let slot = DurableSlot::start(&net, args.durable, former, move |entry, tally| {
            shown.merge(&K::of_replica(replica(&me, entry), tally));
        });
        Ok(Rc::new(Self { counter, slot }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: Self::Request,
    ) -> Result<Option<Self::Response>, Error> {
        Ok(match request {
            Request::Add { delta } => {
                self.counter.open();
                self.slot.add(delta).await?;
                Some(Response::AddOk)
            }
            Request::Read => {
                self.counter.open();
                Some(Response::ReadOk { value: K::value(&self.counter.state()) })
            }
            Request::Gossip(message) => {
                self.counter.receive(&from, *message);
                None
            }
        })
    }
}

/// No node loses its journal so often.
const MOST_ENTRIES: usize = 1000;

/// Under which name a node's entry of that number counts.
fn replica(node: &Rc<str>, entry: usize) -> Rc<str> {
    if entry == 0 { Rc::clone(node) } else { format!("{node}#{entry}").into() }
}

/// What is in a counter of the node's entries.
fn entries<K: CounterKind>(counter: &K::Counter, node: &Rc<str>) -> Vec<K::Slot> {
    let slots = (0..MOST_ENTRIES).map(|entry| K::slot(counter, &replica(node, entry)));
    let mut entries: Vec<_> = slots.collect();
    let used = entries.iter().rposition(|slot| *slot != K::Slot::default());
    entries.truncate(used.map_or(0, |last| last + 1));
    entries
}

fn former<K: CounterKind>(net: &Net, restored: &Restored<K::Counter>) -> Former<K::Slot> {
    let (lives, is_unbroken) = (restored.lives(), restored.is_unbroken());
    let (of_life, removed) = (net.clone(), net.clone());
    Former {
        entries: entries::<K>(restored.state(), net.id()),
        is_unbroken,
        continues: Box::new(move |life| is_unbroken && lives.knows(life)),
        read: Box::new(move |life| {
            Some(entries::<K>(&Restored::of_life(&of_life, life)?, of_life.id()))
        }),
        remove: Box::new(move |life| remove_life(&removed, life)),
        is_kept: restored.is_kept(),
    }
}
