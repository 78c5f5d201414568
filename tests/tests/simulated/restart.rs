//! Counters whose nodes are killed and started again with an empty memory: nothing acknowledged is
//! lost, nothing is counted twice, whatever seq-kv shows them, and whatever becomes of their disks.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use glomers::client::{Client, RpcError};
use glomers::network::{Distribution, Latency, Network, Options};
use glomers::rng::Rng;
use glomers::service;
use glomers_shims::cli;
use glomers_shims::nodes::{GCounterNode, PnCounterNode};
use glomers_shims::runtime::{Env, Node, serve};
use glomers_shims::storage::{Durability, Storage};
use glomers_shims::transport::MemoryTransport;
use glomers_store::{Faults, SimulatedDisk};
use glomers_tests::{in_parallel, seeds};
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

const NODES: [&str; 3] = ["n0", "n1", "n2"];

/// As many seeds are tried, unless the environment asks for more or fewer.
const SEEDS: u64 = 150;

/// What a node that was killed finds on its disk, and what it waits for before it acknowledges.
#[derive(Clone, Copy, PartialEq)]
enum Disks {
    /// All that was written; by default, the disk is waited for.
    Survive,
    /// All that was written, but writing may fail, which ends a life, and each life has another policy.
    Fail,
    /// There is none, and seq-kv is waited for.
    Absent,
    /// Nothing, though it was the disk that was waited for; but there was time to store it in
    /// seq-kv.
    LostStored,
    /// Nothing either, but there was time to tell other nodes.
    LostTold,
}

impl Disks {
    fn are_lost(self) -> bool {
        matches!(self, Self::LostStored | Self::LostTold)
    }

    /// For a node's next life.
    fn args(self, rng: &mut Rng) -> Vec<String> {
        let args: &[&str] = match self {
            Self::Survive | Self::LostStored => &[],
            Self::Fail | Self::Absent => {
                if rng.random() {
                    &["--acks", "seq-kv"]
                } else {
                    &["--acks", "disk"]
                }
            }
            Self::LostTold => &["--store-every", "86400000"],
        };
        args.iter().map(|&arg| arg.to_owned()).collect()
    }
}

/// A cluster whose nodes can be killed.
struct Cluster {
    network: Network,
    disks: Disks,
    disk: BTreeMap<&'static str, SimulatedDisk>,
    faults: Faults,
    rng: Rng,
    lives: BTreeMap<&'static str, Life>,
}

/// One life of a node.
struct Life {
    /// They end with it.
    _tasks: JoinSet<()>,
    has_ended: Rc<Cell<bool>>,
}

impl Cluster {
    async fn start<N: Node>(disks: Disks, latency: Latency, seed: u64) -> Self {
        let mut rng = Rng::seed_from_u64(seed);
        let options = Options { latency, ..Options::default() };
        let network = Network::new(options, Rng::from_rng(&mut rng));
        service::start(&network, &mut rng);
        let disk = NODES.map(|node| (node, SimulatedDisk::new(rng.random()))).into();
        let faults = Faults { write_errors: 0.05, ..Faults::default() };
        let mut cluster = Self { network, disks, disk, faults, rng, lives: BTreeMap::new() };
        for node in NODES {
            cluster.begin_life::<N>(node).await;
        }
        cluster
    }

    /// Kills a node, with all that is in its memory and its inbox, and starts it again; as often as it takes,
    /// where the disk may fail.
    async fn begin_life<N: Node>(&mut self, node: &'static str) {
        while !self.try_begin_life::<N>(node).await {
            assert!(self.disks == Disks::Fail, "{node} does not begin another life");
        }
    }

    async fn try_begin_life<N: Node>(&mut self, node: &'static str) -> bool {
        // The tasks of a life end with its set.
        self.lives.remove(node);
        let disk = &self.disk[node];
        disk.kill();
        let mut tasks = JoinSet::new();
        let (lines, input) = unbounded_channel();
        let (network, mut inbox) = (self.network.clone(), self.network.register(node));
        let transport = MemoryTransport::new(input, move |line| {
            // A client that was given up on may be gone; that is not what is tested here.
            let _ = network.submit_line(node, line);
        });
        let mut env = Env::new([self.rng.random(), self.rng.random()]);
        let args = cli::parse::<N>(&self.disks.args(&mut self.rng)).unwrap();
        let storage = match self.disks {
            Disks::Survive => Some(disk.clone()),
            Disks::Fail => {
                disk.set_faults(self.faults.clone());
                env.durability =
                    if self.rng.random() { Durability::Power } else { Durability::Process };
                Some(disk.clone())
            }
            Disks::Absent => None,
            Disks::LostStored | Disks::LostTold => Some(SimulatedDisk::new(0)),
        };
        env.storage = storage.map(Storage::Memory);
        let running = serve::<N>(args, env, transport);
        let has_ended = Rc::new(Cell::new(false));
        let (ended, may_fail) = (Rc::clone(&has_ended), self.disks == Disks::Fail);
        tasks.spawn_local(async move {
            let result = running.await;
            assert!(result.is_ok() || may_fail, "{result:?}");
            ended.set(true);
        });
        tasks.spawn_local(async move {
            while let Some(message) = inbox.recv().await {
                let mut bytes = Vec::new();
                message.write_line(&mut bytes).unwrap();
                // As to a machine whose program has ended: nobody reads it.
                let _ = lines.send(bytes);
            }
        });
        self.lives.insert(node, Life { _tasks: tasks, has_ended });
        let mut client = Client::open(&self.network);
        let init = fields(&json!({ "node_id": node, "node_ids": NODES }));
        client.rpc(node, "init", init).await.is_ok()
    }

    /// Starts those again whose disk has failed.
    async fn begin_other_lives<N: Node>(&mut self) {
        for node in NODES {
            if self.lives[node].has_ended.get() {
                self.begin_life::<N>(node).await;
            }
        }
    }
}

fn fields(json: &Value) -> Map<String, Value> {
    json.as_object().unwrap().clone()
}

/// Adds at random nodes, of which some are killed meanwhile, and compares what all nodes read in
/// the end with what was acknowledged, and what may have happened beside.
async fn adds_and_kills<N: Node>(disks: Disks, latency: Latency, seed: u64) {
    let mut cluster = Cluster::start::<N>(disks, latency, seed).await;
    let (mut certain, mut least, mut most) = (0, 0, 0);
    // None leaves: the network would hold a late answer to it against the node.
    let mut clients = Vec::new();
    for _ in 0..60 {
        if disks.are_lost() {
            // Time for what is on the disk to be stored in seq-kv, or to be told to others.
            sleep(Duration::from_secs(5)).await;
        }
        cluster.begin_other_lives::<N>().await;
        let node = NODES[cluster.rng.random_range(0..NODES.len())];
        let lowest = if N::NAME == "pn-counter" { -5 } else { 0 };
        let delta: i64 = cluster.rng.random_range(lowest..10);
        let (network, patience) = (cluster.network.clone(), cluster.rng.random_range(0..400));
        let add = tokio::task::spawn_local(async move {
            let mut client = Client::open(&network);
            let result = client.rpc(node, "add", fields(&json!({ "delta": delta }))).await;
            (client, result)
        });
        // Sometimes the node is killed before it has answered, or soon after; and now and then
        // others with it, perhaps all.
        let kill = cluster.rng.random_ratio(1, 4);
        if kill {
            sleep(Duration::from_millis(patience)).await;
            for victim in NODES {
                let too = disks != Disks::LostTold && cluster.rng.random_ratio(1, 4);
                if victim == node || too {
                    cluster.begin_life::<N>(victim).await;
                }
            }
        }
        let (client, result) = add.await.unwrap();
        clients.push(client);
        match result {
            Ok(_) if !disks.are_lost() || !kill => certain += delta,
            Err(error) if error.is_definite() => panic!("seed {seed}: {error}"),
            Ok(_) | Err(RpcError::Error { .. } | RpcError::Timeout) => {
                least += delta.min(0);
                most += delta.max(0);
            }
            Err(error) => panic!("{error}"),
        }
    }
    cluster.faults = Faults::default();
    for disk in cluster.disk.values() {
        disk.set_faults(Faults::default());
    }
    cluster.begin_other_lives::<N>().await;
    // Where messages take long, so does what rests on them.
    sleep(Duration::from_secs(10) + 50 * Duration::from_millis(latency.mean_ms)).await;
    let mut values = Vec::new();
    for node in NODES {
        let mut client = Client::open(&cluster.network);
        // A request may wait long behind a peer's message that is late.
        let reply = loop {
            match client.rpc(node, "read", Map::new()).await {
                Err(RpcError::Timeout) => {}
                reply => break reply.unwrap(),
            }
        };
        values.push(reply["value"].as_i64().unwrap());
    }
    assert!(values.iter().all(|value| *value == values[0]), "seed {seed}: {values:?} differ");
    let possible = certain + least..=certain + most;
    assert!(possible.contains(&values[0]), "seed {seed}: {} is not in {possible:?}", values[0]);
}

fn kill_by_seed<N: Node>(disks: Disks) {
    in_parallel(0..seeds(SEEDS), |seed| {
        let latency = match seed % 4 {
            0 => Latency::default(),
            1 => Latency { mean_ms: 50, dist: Distribution::Uniform },
            2 => Latency { mean_ms: 100, dist: Distribution::Exponential },
            // Requests of one life come in the next one.
            _ => Latency { mean_ms: 400, dist: Distribution::Exponential },
        };
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        let test = adds_and_kills::<N>(disks, latency, seed);
        let limit = Duration::from_secs(3600);
        LocalSet::new().block_on(&runtime, async { timeout(limit, test).await.unwrap() });
    });
}

#[test]
fn a_g_counter_survives_its_nodes() {
    kill_by_seed::<GCounterNode>(Disks::Survive);
}

#[test]
fn a_pn_counter_survives_its_nodes() {
    kill_by_seed::<PnCounterNode>(Disks::Survive);
}

#[test]
fn a_g_counter_survives_its_nodes_and_failing_disks() {
    kill_by_seed::<GCounterNode>(Disks::Fail);
}

#[test]
fn a_pn_counter_survives_its_nodes_and_failing_disks() {
    kill_by_seed::<PnCounterNode>(Disks::Fail);
}

#[test]
fn a_g_counter_survives_its_nodes_without_disks() {
    kill_by_seed::<GCounterNode>(Disks::Absent);
}

#[test]
fn a_pn_counter_survives_its_nodes_without_disks() {
    kill_by_seed::<PnCounterNode>(Disks::Absent);
}

#[test]
fn a_g_counter_that_was_stored_survives_the_loss_of_disks() {
    kill_by_seed::<GCounterNode>(Disks::LostStored);
}

#[test]
fn a_g_counter_that_others_know_survives_the_loss_of_disks() {
    kill_by_seed::<GCounterNode>(Disks::LostTold);
}

#[test]
fn a_pn_counter_that_was_stored_survives_the_loss_of_disks() {
    kill_by_seed::<PnCounterNode>(Disks::LostStored);
}

#[test]
fn a_pn_counter_that_others_know_survives_the_loss_of_disks() {
    kill_by_seed::<PnCounterNode>(Disks::LostTold);
}
