use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use rand::RngExt;
use serde_json::{Map, json};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::cluster::Cluster;
use super::{Crash, RunError};
use crate::client::{Client, RpcError};
use crate::nemesis::{Machines, Skew};
use crate::network::Network;
use crate::rng::Rng;

/// How long a node may take to answer `init`.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// The nodes of a run, life after life; each begins with an `init`.
pub(super) struct Lives {
    init: Init,
    /// For the lives after the first.
    rng: RefCell<Rng>,
    tasks: RefCell<JoinSet<()>>,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    /// Who has been initialised and not been killed since.
    up: BTreeSet<String>,
    /// Who is being initialised again.
    starting: BTreeMap<String, AbortHandle>,
    /// Who did not come back.
    failed: Vec<Crash>,
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
    pub(super) fn new(cluster: &Cluster, network: &Network, nodes: &[String], rng: Rng) -> Self {
        let (cluster, network) = (cluster.clone(), network.clone());
        Self {
            init: Init { cluster, network, nodes: nodes.into() },
            rng: RefCell::new(rng),
            tasks: RefCell::default(),
            state: Rc::default(),
        }
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
        let mut tasks = self.tasks.take();
        while tasks.join_next().await.is_some() {}
    }

    /// The nodes that did not come back when they were started again.
    pub(super) fn failed(&self) -> Vec<Crash> {
        self.state.borrow().failed.clone()
    }
}

impl Machines for Lives {
    fn kill(&self, node: &str) -> bool {
        let mut state = self.state.borrow_mut();
        state.up.remove(node);
        if let Some(init) = state.starting.remove(node) {
            init.abort();
        }
        self.init.cluster.kill(node)
    }

    fn start(&self, node: &str) {
        let Some(number) = self.init.nodes.iter().position(|it| it == node) else { return };
        let entropy = self.rng.borrow_mut().random();
        let started = self.init.cluster.start(number, node, entropy);
        let (init, state, name) = (self.init.clone(), Rc::clone(&self.state), node.to_owned());
        let task = self.tasks.borrow_mut().spawn_local(async move {
            let begun = match started {
                Ok(()) => init.initialise(name.clone()).await,
                Err(error) => Err(error),
            };
            let mut state = state.borrow_mut();
            state.starting.remove(&name);
            match begun {
                Ok(()) => {
                    state.up.insert(name);
                }
                Err(error) => state.failed.push(Crash {
                    status: format!("it was killed and did not come back: {error}"),
                    node: name,
                    log: String::new(),
                }),
            }
        });
        self.state.borrow_mut().starting.insert(node.to_owned(), task);
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
            Err(RpcError::Timeout) => Err("no init_ok within 10 s".to_owned()),
            Err(error) => Err(error.to_string()),
        }
        .map_err(|why| RunError::Init { log: self.cluster.last_words(&node), node, why })
    }
}
