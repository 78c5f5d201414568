//! Counters whose nodes are killed and started again with an empty memory: nothing acknowledged is
//! lost, nothing is counted twice, whatever seq-kv shows them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeMap;
use std::time::Duration;

use glomers::client::{Client, RpcError};
use glomers::network::{Distribution, Latency, Network, Options};
use glomers::service;
use glomers::workload::Rng;
use glomers_shims::nodes::Shim;
use glomers_shims::runtime::Env;
use glomers_shims::transport::MemoryTransport;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

const NODES: [&str; 3] = ["n0", "n1", "n2"];

/// A cluster whose nodes can be killed.
struct Cluster {
    network: Network,
    shim: Shim,
    rng: Rng,
    lives: BTreeMap<&'static str, JoinSet<()>>,
}

impl Cluster {
    async fn start(workload: &str, latency: Latency, seed: u64) -> Self {
        let mut rng = Rng::seed_from_u64(seed);
        let options = Options { latency, ..Options::default() };
        let network = Network::new(options, Rng::from_rng(&mut rng));
        service::start(&network, &mut rng);
        let shim = Shim::named(workload).unwrap();
        let mut cluster = Self { network, shim, rng, lives: BTreeMap::new() };
        for node in NODES {
            cluster.begin_life(node).await;
        }
        cluster
    }

    /// Kills a node, with all that is in its memory and its inbox, and starts it again.
    async fn begin_life(&mut self, node: &'static str) {
        // The tasks of a life end with its set.
        self.lives.remove(node);
        let mut life = JoinSet::new();
        let (lines, input) = unbounded_channel();
        let (network, mut inbox) = (self.network.clone(), self.network.register(node));
        let transport = MemoryTransport::new(input, move |line| {
            // A client that was given up on may be gone; that is not what is tested here.
            let _ = network.submit_line(node, line);
        });
        let env = Env { entropy: [self.rng.random(), self.rng.random()], observer: None };
        let running = (self.shim.prepare)(&[]).unwrap()(env, transport);
        life.spawn_local(async move { running.await.unwrap() });
        life.spawn_local(async move {
            while let Some(message) = inbox.recv().await {
                let mut bytes = Vec::new();
                message.write_line(&mut bytes).unwrap();
                lines.send(bytes).unwrap();
            }
        });
        self.lives.insert(node, life);
        let mut client = Client::open(&self.network);
        let init = fields(&json!({ "node_id": node, "node_ids": NODES }));
        client.rpc(node, "init", init).await.unwrap();
    }
}

fn fields(json: &Value) -> Map<String, Value> {
    json.as_object().unwrap().clone()
}

/// Adds at random nodes, of which some are killed meanwhile, and compares what all nodes read in
/// the end with what was acknowledged, and what may have happened beside.
async fn adds_and_kills(workload: &str, latency: Latency, seed: u64) {
    let mut cluster = Cluster::start(workload, latency, seed).await;
    let (mut certain, mut least, mut most) = (0, 0, 0);
    for _ in 0..60 {
        let node = NODES[cluster.rng.random_range(0..NODES.len())];
        let lowest = if workload == "pn-counter" { -5 } else { 0 };
        let delta: i64 = cluster.rng.random_range(lowest..10);
        let (network, patience) = (cluster.network.clone(), cluster.rng.random_range(0..400));
        let add = tokio::task::spawn_local(async move {
            let mut client = Client::open(&network);
            client.rpc(node, "add", fields(&json!({ "delta": delta }))).await
        });
        // Sometimes the node is killed before it has answered.
        let kill = cluster.rng.random_ratio(1, 4);
        if kill {
            sleep(Duration::from_millis(patience)).await;
            cluster.begin_life(node).await;
        }
        match add.await.unwrap() {
            Ok(_) => certain += delta,
            Err(RpcError::Error { .. } | RpcError::Timeout) => {
                least += delta.min(0);
                most += delta.max(0);
            }
            Err(error) => panic!("{error}"),
        }
    }
    sleep(Duration::from_secs(10)).await;
    let mut values = Vec::new();
    for node in NODES {
        let mut client = Client::open(&cluster.network);
        let reply = client.rpc(node, "read", Map::new()).await.unwrap();
        values.push(reply["value"].as_i64().unwrap());
    }
    assert!(values.iter().all(|value| *value == values[0]), "seed {seed}: {values:?} differ");
    let possible = certain + least..=certain + most;
    assert!(possible.contains(&values[0]), "seed {seed}: {} is not in {possible:?}", values[0]);
}

fn seeds(workload: &str, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let latency = match seed % 3 {
            0 => Latency::default(),
            1 => Latency { mean_ms: 50, dist: Distribution::Uniform },
            _ => Latency { mean_ms: 100, dist: Distribution::Exponential },
        };
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        let test = adds_and_kills(workload, latency, seed);
        let limit = Duration::from_secs(3600);
        LocalSet::new().block_on(&runtime, async { timeout(limit, test).await.unwrap() });
    }
}

#[test]
fn a_g_counter_survives_its_nodes() {
    seeds("g-counter", 0..150);
}

#[test]
fn a_pn_counter_survives_its_nodes() {
    seeds("pn-counter", 0..150);
}
