use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};
use std::time::Duration;

use rand::RngExt;
use serde_json::{Map, json};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::cluster::Cluster;
use super::node_disk::NodeDisk;
use super::{Crash, RunError};
use crate::client::{Client, RpcError};
use crate::nemesis::{Condition, Disturbance, Fault, Flip, Machines, Skew};
use crate::network::Network;
use crate::rng::Rng;

/// How long a node may take to answer `init`.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Said of one that takes longer.
const NO_ANSWER: &str = "no init_ok within 10 s";

/// The nodes of a run, life after life; each begins with an `init`.
pub(super) struct Lives {
    init: Init,
    /// For the lives after the first.
    rng: RefCell<Rng>,
    tasks: RefCell<JoinSet<()>>,
    state: RefCell<State>,
    /// Writes down what nodes have done by themselves.
    tell: RefCell<Option<Box<dyn Fn(Fault)>>>,
    myself: Weak<Self>,
}

#[derive(Default)]
struct State {
    /// Who has been initialised and not been killed since.
    up: BTreeSet<String>,
    /// Who is being initialised again.
    starting: BTreeMap<String, AbortHandle>,
    /// Who is kept down, and by what: once for each.
    down: BTreeMap<String, Vec<Hold>>,
    /// Who did not come back.
    failed: Vec<Crash>,
    /// Whether flipped bits have been turned back for good.
    is_restored: bool,
}

/// What keeps a node down.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hold {
    /// Somebody has ended it, and will start it.
    Ended,
    /// It has given up, or does not start, since its disk fails.
    GaveUp,
    /// It does not start, since a bit has flipped.
    Damaged,
}

/// What it takes to begin a life.
#[derive(Clone)]
struct Init {
    cluster: Cluster,
    network: Network,
    nodes: Rc<[String]>,
}

impl Lives {
    /// None has begun. `rng` decides about the lives after the first.
    pub(super) fn new(
        cluster: &Cluster,
        network: &Network,
        nodes: &[String],
        rng: Rng,
    ) -> Rc<Self> {
        let (cluster, network) = (cluster.clone(), network.clone());
        let lives = Rc::new_cyclic(|myself| Self {
            init: Init { cluster, network, nodes: nodes.into() },
            rng: RefCell::new(rng),
            tasks: RefCell::default(),
            state: RefCell::default(),
            tell: RefCell::default(),
            myself: Weak::clone(myself),
        });
        let myself = Rc::downgrade(&lives);
        lives.init.cluster.on_end(Rc::new(move |node, how| {
            if let Some(lives) = myself.upgrade() {
                lives.has_ended(node, how);
            }
        }));
        lives
    }

    /// From now on `tell` hears of nodes that give up, or refuse to serve, since their disks fail.
    pub(super) fn tell_of_ends(&self, tell: impl Fn(Fault) + 'static) {
        self.tell.replace(Some(Box::new(tell)));
    }

    /// Starts the nodes side by side, each a little later than the one before or not, as processes do.
    pub(super) async fn start_all(&self, rng: &mut Rng) -> Result<(), RunError> {
        let mut starting = JoinSet::new();
        for (number, node) in self.init.nodes.iter().enumerate() {
            let delay = Duration::from_millis(rng.random_range(0..100));
            let entropy = [rng.random(), rng.random()];
            let (init, node) = (self.init.clone(), node.clone());
            starting.spawn_local(async move {
                if init.cluster.is_virtual() {
                    sleep_until(Instant::now() + delay).await;
                }
                init.cluster.start(number, &node, entropy)?;
                init.initialise(node).await
            });
        }
        while let Some(started) = starting.join_next().await {
            started.map_err(std::io::Error::other)??;
        }
        self.state.borrow_mut().up = self.init.nodes.iter().cloned().collect();
        Ok(())
    }

    /// Waits until all nodes that were started again are initialised, or cannot be.
    pub(super) async fn settled(&self) {
        loop {
            let mut tasks = self.tasks.take();
            if tasks.is_empty() {
                return;
            }
            while tasks.join_next().await.is_some() {}
        }
    }

    /// The nodes that did not come back when they were started again.
    pub(super) fn failed(&self) -> Vec<Crash> {
        self.state.borrow().failed.clone()
    }
}

impl Lives {
    /// Ends a node, perhaps with its machine, until it is started.
    fn end(&self, node: &str, with_power: bool) -> Condition {
        let mut state = self.state.borrow_mut();
        state.up.remove(node);
        let starting = state.starting.remove(node);
        if let Some(init) = &starting {
            init.abort();
        }
        let was_up = state.down.get(node).is_none_or(Vec::is_empty);
        state.down.entry(node.to_owned()).or_default().push(Hold::Ended);
        // It may be heard of while it is ended.
        drop(state);
        // Nobody is there any more to whom it could say that it has begun.
        match self.init.cluster.kill(node, with_power, starting.is_some()) {
            true => Condition::Running,
            false if was_up => Condition::Crashed,
            false => Condition::Down,
        }
    }

    /// Takes away what keeps a node down; if nothing else does, it begins another life.
    fn release(&self, node: &str, hold: Hold) {
        let is_free = match self.state.borrow_mut().down.get_mut(node) {
            Some(holds) => {
                let at = holds.iter().position(|it| *it == hold);
                at.map(|at| holds.remove(at)).is_some() && holds.is_empty()
            }
            None => false,
        };
        if is_free {
            self.begin(node);
        }
    }

    fn begin(&self, node: &str) {
        let Some(number) = self.init.nodes.iter().position(|it| it == node) else { return };
        let entropy = self.rng.borrow_mut().random();
        let started = self.init.cluster.start(number, node, entropy);
        let (init, myself, name) = (self.init.clone(), Weak::clone(&self.myself), node.to_owned());
        let task = self.tasks.borrow_mut().spawn_local(async move {
            let begun = match started {
                Ok(()) => init.initialise(name.clone()).await,
                Err(error) => Err(error),
            };
            if let Some(lives) = myself.upgrade() {
                lives.has_begun(name, begun);
            }
        });
        self.state.borrow_mut().starting.insert(node.to_owned(), task);
    }

    fn has_begun(&self, node: String, begun: Result<(), RunError>) {
        self.state.borrow_mut().starting.remove(&node);
        let error = match begun {
            Ok(()) => {
                self.init.cluster.with_disk(&node, NodeDisk::is_accepted);
                self.state.borrow_mut().up.insert(node.clone());
                // It may have ended while its answer was on its way.
                if let Some(how) = self.init.cluster.has_ended(&node) {
                    self.has_ended(&node, &how);
                }
                return;
            }
            Err(error) => error,
        };
        match self.excuse(&node, &error) {
            Some(hold) => self.stays_down(&node, hold, "refused", &error.to_string()),
            None => self.state.borrow_mut().failed.push(Crash {
                status: format!("it was killed and did not come back: {error}"),
                node,
                log: String::new(),
            }),
        }
    }

    /// What is to blame that a node does not start, if its disk is and the node says so: one with a flipped
    /// bit, where it must say in which file; or one that fails.
    fn excuse(&self, node: &str, error: &RunError) -> Option<Hold> {
        let text = error.to_string();
        if text.contains(NO_ANSWER) {
            return None;
        }
        let excuse = |disk: &mut NodeDisk| {
            if disk.flipped().is_some_and(|file| text.contains(file)) {
                return Some(Hold::Damaged);
            }
            disk.has_failed().then_some(Hold::GaveUp)
        };
        self.init.cluster.with_disk(node, excuse).flatten()
    }

    /// A node has ended by itself: if its disk has failed, that is what it should do.
    fn has_ended(&self, node: &str, how: &str) {
        let is_up = self.state.borrow().up.contains(node);
        let has_failed = self.init.cluster.with_disk(node, |disk| disk.has_failed());
        if is_up && has_failed == Some(true) {
            self.state.borrow_mut().up.remove(node);
            self.stays_down(node, Hold::GaveUp, "gave-up", how);
        }
    }

    /// Writes down why a node does not serve, and keeps it down for as long as that lasts.
    fn stays_down(&self, node: &str, hold: Hold, f: &'static str, why: &str) {
        self.init.cluster.take_down(node);
        tracing::info!(node, why, "{f}");
        if let Some(tell) = &*self.tell.borrow() {
            tell(Fault { f, value: json!({ "node": node, "why": why }) });
        }
        let mut state = self.state.borrow_mut();
        state.down.entry(node.to_owned()).or_default().push(hold);
        let is_over = match hold {
            Hold::Damaged => state.is_restored,
            _ => self.init.cluster.with_disk(node, |disk| disk.fails()) == Some(false),
        };
        drop(state);
        match hold {
            _ if !is_over => {}
            Hold::Damaged => self.restore(node),
            _ => self.release(node, hold),
        }
    }
}

impl Machines for Lives {
    fn kill(&self, node: &str) -> Condition {
        self.end(node, false)
    }

    fn cut_power(&self, node: &str) -> Condition {
        self.end(node, true)
    }

    fn start(&self, node: &str) {
        self.release(node, Hold::Ended);
    }

    fn pause(&self, node: &str) -> bool {
        let is_paused = self.state.borrow().up.contains(node) && self.init.cluster.pause(node);
        if is_paused {
            self.init.network.pause(node);
        }
        is_paused
    }

    fn resume(&self, node: &str) {
        self.init.network.resume(node);
        self.init.cluster.resume(node);
    }

    fn skew(&self, node: &str, skew: Skew) {
        self.init.cluster.skew(node, skew);
    }

    fn disturb(&self, node: &str, disturbance: Disturbance) {
        self.init.cluster.with_disk(node, |disk| disk.disturb(disturbance));
    }

    fn revive(&self, node: &str) {
        // While its disk fails in another way, it waits for the end of that.
        if self.init.cluster.with_disk(node, |disk| disk.fails()) == Some(false) {
            self.release(node, Hold::GaveUp);
        }
    }

    fn flip_bit(&self, node: &str) -> Option<Flip> {
        self.init.cluster.end(node);
        self.init.cluster.with_disk(node, NodeDisk::flip_bit).flatten()
    }

    fn restore(&self, node: &str) {
        self.state.borrow_mut().is_restored = true;
        let is_damaged =
            self.state.borrow().down.get(node).is_some_and(|holds| holds.contains(&Hold::Damaged));
        if is_damaged {
            self.init.cluster.with_disk(node, NodeDisk::turn_back);
            self.release(node, Hold::Damaged);
        }
    }
}

impl Init {
    /// Tells a node who it is.
    async fn initialise(&self, node: String) -> Result<(), RunError> {
        let fields = Map::from_iter([
            ("node_id".to_owned(), json!(node)),
            ("node_ids".to_owned(), json!(self.nodes)),
        ]);
        let mut client = Client::open(&self.network);
        let answer = tokio::select! {
            biased;
            answer = client.is_told_ok(INIT_TIMEOUT, &node, "init", fields) => answer,
            status = self.cluster.ended(&node) => {
                let why = format!("it ended: {status}");
                return Err(RunError::Init { log: self.cluster.last_words(&node), node, why });
            }
        };
        match answer {
            Ok(()) => Ok(()),
            Err(RpcError::Timeout) => Err(NO_ANSWER.to_owned()),
            Err(error) => Err(error.to_string()),
        }
        .map_err(|why| RunError::Init { log: self.cluster.last_words(&node), node, why })
    }
}
