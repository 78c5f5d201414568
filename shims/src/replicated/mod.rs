//! A [`Replica`] on a node's network: its messages sent, its wake-ups kept, its state in the node's
//! journal.

mod bound;
mod restored;
mod wire;

use std::cell::{Cell, Ref, RefCell};
use std::future::pending;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use clap::Args;
use glomers_crdt::Decompose;
use glomers_gossip::{Config, Event, Link, Members, Message, Overdue, Replica, Topology};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::time::sleep_until;

pub use self::bound::BoundArgs;
use self::restored::NodeJournal;
pub use self::restored::Restored;
pub(crate) use self::restored::remove_life;
use self::wire::Wire;
use crate::protocol::Error;
use crate::runtime::Net;

/// The arguments of a node that replicates a state.
#[derive(Args, Clone, Debug)]
pub struct GossipArgs {
    /// Within what time a value shall reach every node, in milliseconds. Longer costs fewer
    /// messages: within one network delay everyone sends to everyone, beyond two they meet in
    /// rounds at a hub. What the network's delays do not allow is come close to.
    #[arg(long, value_name = "MS", default_value_t = 600)]
    pub latency_target: u64,

    /// Who sends to whom: auto, as the latency target has it; or, whatever that is, hub, mesh (or
    /// total), grid, line, tree, treeK; or given, for the neighbours that the workload's topology
    /// message names (auto until it comes).
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = parse_layout)]
    pub topology: Layout,

    /// How long what is new is gathered before it is sent on, in milliseconds, if the topology is
    /// not auto. With the hub, only the hub gathers; otherwise every hop adds as much to the
    /// latency.
    #[arg(long, value_name = "MS", default_value_t = 100)]
    pub flush: u64,

    /// How large messages between nodes may be.
    #[command(flatten)]
    pub bound: BoundArgs,
}

/// Whence the links come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Chosen by the latency target and the delays measured.
    Auto,
    /// Computed by each node from the list of nodes.
    Fixed(Topology),
    /// What the network hands over.
    Given,
}

fn parse_layout(name: &str) -> Result<Layout, String> {
    match name {
        "auto" => Ok(Layout::Auto),
        "given" => Ok(Layout::Given),
        name => name
            .parse()
            .map(Layout::Fixed)
            .map_err(|error: glomers_gossip::ParseTopologyError| format!("{error}, auto or given")),
    }
}

/// A state that all nodes of the cluster share. Clones stand for the same replica.
///
/// A node of one's own: a guest book, a set of names that every node shares, and that outlives them.
///
/// ```
/// use std::rc::Rc;
///
/// use glomers_crdt::GSet;
/// use glomers_gossip::Message;
/// use glomers_shims::cli;
/// use glomers_shims::protocol::Error;
/// use glomers_shims::replicated::{GossipArgs, Replicated, Restored};
/// use glomers_shims::runtime::{Env, Net, Node};
/// use glomers_shims::storage::Storage;
/// use glomers_shims::testing::{TestNode, in_virtual_time};
/// use glomers_store::SimulatedDisk;
/// use serde::{Deserialize, Serialize};
/// use serde_json::json;
///
/// struct GuestBook(Replicated<GSet<String>>);
///
/// #[derive(Deserialize)]
/// #[serde(rename_all = "snake_case")]
/// enum Request {
///     Sign { name: String },
///     Guests,
///     /// What the replicas tell each other.
///     Gossip(Message<GSet<String>>),
/// }
///
/// #[derive(Serialize)]
/// #[serde(tag = "type", rename_all = "snake_case")]
/// enum Response {
///     SignOk,
///     GuestsOk { names: Vec<String> },
/// }
///
/// impl Node for GuestBook {
///     const NAME: &'static str = "guest-book";
///     const ABOUT: &'static str = "Remembers who was there";
///     type Args = GossipArgs;
///     type Request = Request;
///     type Response = Response;
///
///     fn start(net: Net, args: GossipArgs) -> Result<Rc<Self>, Error> {
///         let restored = Restored::open(&net)?;
///         Ok(Rc::new(Self(Replicated::start_from(net, &args, restored))))
///     }
///
///     async fn handle(self: Rc<Self>, from: Rc<str>, request: Request)
///     -> Result<Option<Response>, Error> {
///         let book = &self.0;
///         Ok(match request {
///             Request::Sign { name } => {
///                 book.update(|names| names.insert(name));
///                 Some(Response::SignOk)
///             }
///             Request::Guests => {
///                 Some(Response::GuestsOk { names: book.state().iter().cloned().collect() })
///             }
///             Request::Gossip(message) => {
///                 book.receive(&from, message);
///                 None
///             }
///         })
///     }
/// }
///
/// in_virtual_time(async {
///     let disk = SimulatedDisk::new(1);
///     for (life, name) in [(1, "Ada"), (2, "Grace")] {
///         let mut env = Env::new([life, life]);
///         env.storage = Some(Storage::Memory(disk.clone()));
///         let args = cli::parse::<GuestBook>(&[]).expect("there is nothing wrong with it");
///         let node = TestNode::with_env::<GuestBook>(args, env);
///         node.init(&["n1"]).await;
///         node.ask(json!({ "type": "sign", "name": name })).await;
///         let guests = node.ask(json!({ "type": "guests" })).await;
///         assert_eq!(guests["names"], json!(["Ada", "Grace"][..life as usize]));
///         node.kill();
///         disk.kill();
///     }
/// });
/// ```
pub struct Replicated<S>(Rc<Inner<S>>);

struct Inner<S> {
    net: Net,
    linking: Linking,
    replica: RefCell<Replica<S, Rc<str>>>,
    /// Where the state is kept.
    journal: Option<NodeJournal>,
    latency_target: Duration,
    /// How much that came too late will be logged next: once, twice, four times …
    complains_at: Cell<u64>,
    /// The next wake-up has moved.
    rescheduled: Notify,
}

impl<S: Decompose + Serialize + DeserializeOwned + 'static> Replicated<S> {
    /// Links the nodes as `args` has it, with what the node's earlier lives have kept, and starts the
    /// task that keeps its wake-ups.
    ///
    /// # Errors
    ///
    /// See [`Restored::open`].
    pub fn start(net: Net, args: &GossipArgs) -> Result<Self, Error> {
        let restored = Restored::open(&net)?;
        Ok(Self::start_from(net, args, restored))
    }

    /// As [`start`](Self::start), with what was found before.
    pub fn start_from(net: Net, args: &GossipArgs, restored: Restored<S>) -> Self {
        let latency_target = Duration::from_millis(args.latency_target);
        let config = Config::default().latency_target(latency_target);
        let config = args.bound.bound(config, &net);
        let flush = Duration::from_millis(args.flush);
        match args.topology {
            Layout::Auto => Self::join(net, config, restored),
            Layout::Given => Self::of(net, config, restored, Linking::Given(flush)),
            Layout::Fixed(topology) => {
                Self::of(net, config, restored, Linking::Fixed(topology, flush))
            }
        }
    }

    /// Joins the cluster with what was found, and starts the task that keeps its wake-ups.
    pub fn join(net: Net, config: Config, restored: Restored<S>) -> Self {
        Self::of(net, config, restored, Linking::Auto)
    }

    fn of(net: Net, config: Config, restored: Restored<S>, linking: Linking) -> Self {
        // 53 bits: what every JSON reader keeps exactly.
        let epoch = net.entropy()[0] >> 11;
        let latency_target = config.latency_target;
        let Restored { state, journal, .. } = restored;
        let mut replica = Replica::restore(net.now(), epoch, config, state);
        replica.measure_by(bound::measure);
        linking.link(&mut replica, &net);
        let replica = RefCell::new(replica);
        let (complains_at, rescheduled) = (Cell::new(1), Notify::new());
        let inner =
            Inner { net, linking, replica, journal, latency_target, complains_at, rescheduled };
        let inner = Rc::new(inner);
        if let Some(journal) = &inner.journal {
            let weak = Rc::downgrade(&inner);
            journal.make_snapshots_of(move || match weak.upgrade() {
                Some(inner) => inner.snapshot(),
                None => Err(io::ErrorKind::NotFound.into()),
            });
        }
        inner.net.spawn(keep_awake(Rc::clone(&inner)));
        Self(inner)
    }

    /// The state.
    pub fn state(&self) -> Ref<'_, S> {
        Ref::map(self.0.replica.borrow(), Replica::state)
    }

    /// Changes the state; `mutate` returns the delta.
    pub fn update(&self, mutate: impl FnOnce(&mut S) -> S) {
        let delta = self.0.input(|replica, now| replica.update(now, mutate));
        self.0.keep(&delta);
    }

    /// Merges a delta; returns what was new in it.
    pub fn merge(&self, delta: &S) -> S {
        let novel = self.0.input(|replica, now| replica.merge(now, delta));
        self.0.keep(&novel);
        novel
    }

    /// Takes in a message of a peer; returns what was new in it. One from a stranger is dropped:
    /// there may be nobody to acknowledge it to.
    pub fn receive(&self, from: &Rc<str>, message: Message<S>) -> S {
        if !self.0.net.is_peer(from) {
            tracing::warn!(from = &**from, "gossip from a stranger is dropped");
            return S::default();
        }
        let novel = self.0.input(|replica, now| replica.receive(now, from, message));
        self.0.keep(&novel);
        novel
    }

    /// Notes that every node is up: a client's request shows it, for clients come last.
    pub fn open(&self) {
        self.0.input(Replica::open);
    }

    /// Takes the neighbours that the network hands over, if told to.
    pub fn offer_links(&self, neighbours: &[Rc<str>]) {
        if let Linking::Given(flush) = self.0.linking {
            let peers = neighbours.iter().filter(|peer| self.0.net.is_peer(peer));
            let links: Vec<_> =
                peers.map(|peer| Link::new(Rc::clone(peer), flush, Some(flush))).collect();
            self.0.input(|replica, now| replica.set_links(now, links));
        }
    }
}

/// Who sends to whom, of the nodes that there are.
#[derive(Clone, Copy)]
enum Linking {
    Auto,
    Fixed(Topology, Duration),
    /// How long is gathered for the neighbours that the network hands over; until then as `Auto`.
    Given(Duration),
}

impl Linking {
    fn link<S: Decompose>(self, replica: &mut Replica<S, Rc<str>>, net: &Net) {
        let nodes = net.node_ids();
        match self {
            Self::Auto | Self::Given(_) => {
                replica.join(net.now(), net.id(), nodes.iter().cloned().collect::<Members<_>>());
            }
            Self::Fixed(topology, flush) => {
                replica.set_links(net.now(), topology.links(&nodes, net.id(), flush));
            }
        }
    }
}

impl<S> Clone for Replicated<S> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<S: Decompose + Serialize> Inner<S> {
    /// Gives the replica an input and carries out what follows from it.
    fn input<T>(&self, input: impl FnOnce(&mut Replica<S, Rc<str>>, Duration) -> T) -> T {
        let mut replica = self.replica.borrow_mut();
        let before = replica.next_wake();
        let result = input(&mut replica, self.net.now());
        while let Some((peer, message)) = replica.poll_transmit() {
            self.net.send(&peer, &Wire::Gossip(message));
        }
        if replica.next_wake() != before {
            self.rescheduled.notify_one();
        }
        while let Some(event) = replica.poll_event() {
            match event {
                Event::EpochReused { peer, former, .. } => tracing::warn!(
                    peer = &*peer,
                    former,
                    "this life has the epoch of another: it takes a new one"
                ),
                Event::PartTooLarge { peer, size, .. } => {
                    let parts = serde_json::to_string(replica.too_large()).unwrap_or_default();
                    let parts: String = parts.chars().take(200).collect();
                    tracing::error!(
                        peer = &*peer,
                        bytes = size,
                        parts,
                        "a part of the state is larger than --max-message, and is not sent"
                    );
                }
                event => tracing::warn!(?event, "the replica tells of something unknown"),
            }
        }
        self.log_overdue(replica.overdue());
        result
    }

    /// Puts a delta into the journal, for which all that leaves the node from now on waits.
    fn keep(&self, delta: &S) {
        if let Some(journal) = &self.journal
            && !delta.is_bottom()
        {
            journal.keep(delta);
        }
    }

    fn snapshot(&self) -> io::Result<Vec<u8>> {
        let Some(journal) = &self.journal else { return Err(io::ErrorKind::NotFound.into()) };
        journal.snapshot(self.replica.borrow().state())
    }

    /// Logs that values took too long, and again whenever twice as many have.
    fn log_overdue(&self, overdue: Overdue) {
        if overdue.messages >= self.complains_at.get() {
            self.complains_at.set(overdue.messages.saturating_mul(2));
            tracing::warn!(
                messages = overdue.messages,
                worst_ms = overdue.worst.as_millis(),
                latency_target_ms = self.latency_target.as_millis(),
                "values took longer to get here than the latency target has it"
            );
        }
    }
}

async fn keep_awake<S: Decompose + Serialize>(inner: Rc<Inner<S>>) {
    loop {
        let wake = inner.replica.borrow().next_wake();
        let waking = async {
            match wake {
                None => pending().await,
                Some(at) => sleep_until(inner.net.instant_at(at)).await,
            }
        };
        tokio::select! {
            biased;
            () = inner.rescheduled.notified() => {}
            () = inner.net.members_changed() => {
                inner.input(|replica, _| inner.linking.link(replica, &inner.net));
            }
            () = waking => inner.input(Replica::wake),
        }
    }
}
