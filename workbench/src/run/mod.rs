//! One run: a cluster, a load, faults, and the history of it all.
//!
//! The same code runs nodes in this process in virtual time and programs of any language in real
//! time: both are behind one interface, and the only clock is tokio's.

mod cluster;
mod in_process;
mod load;
mod processes;
mod settings;
mod stream;

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use rand::RngExt;
use serde_json::{Map, Value, json};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep, sleep_until};

pub use cluster::Crash;
pub use settings::{Concurrency, Nodes, Settings};

use self::cluster::Cluster;
use self::load::Load;
use self::stream::{Stream, stream};
use crate::check::Observations;
use crate::client::{Client, RpcError};
use crate::history::{self, History, Kind, Op, Process};
use crate::journal::Recorder;
use crate::nemesis::{Fault, Nemesis};
use crate::network::{Muted, Network, Options, Stats};
use crate::service;
use crate::workload::{Rng, Workload};

/// How long a node may take to answer `init`.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Quiet between the last fault and the last operations.
const QUIET: Duration = Duration::from_secs(10);

/// How long the last operations may go on.
const FINAL_LIMIT: Duration = Duration::from_secs(10);

/// What came of a run.
pub struct Outcome {
    /// Every operation.
    pub history: History,
    /// Messages counted.
    pub stats: Stats,
    /// Nodes that were not listened to any more.
    pub muted: Vec<Muted>,
    /// Nodes that ended before they were told to.
    pub crashes: Vec<Crash>,
    /// When nodes first held values, where they report it.
    pub observations: Option<Observations>,
}

/// Why there was no run to judge.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The program cannot be started.
    #[error("cannot run {}: {source}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The node's arguments are wrong.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    /// There is no node of ours for the workload.
    #[error("there is no built-in node for {0}: name a program with --bin")]
    NoShim(String),
    /// A node did not answer `init` as it should.
    #[error("node {node} failed to initialise: {why}{log}")]
    Init {
        /// Which.
        node: String,
        /// What came instead.
        why: String,
        /// The end of its log.
        log: String,
    },
    /// A node refused the workload's first request.
    #[error("node {node} failed to answer {request:?} before the load: {why}")]
    Setup {
        /// Which.
        node: String,
        /// The request's type.
        request: &'static str,
        /// What came instead.
        why: String,
    },
    /// Something of the surroundings does not work.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The user has stopped it.
    #[error("interrupted: the nodes are stopped, and nothing is judged")]
    Interrupted,
}

/// Hears how a run gets on.
pub trait Watcher {
    /// Something happened: `elapsed` of the `total` time of the load has passed.
    fn progress(&self, phase: Phase, elapsed: Duration, total: Duration, tally: Tally);
}

/// Watches nothing.
impl Watcher for () {
    fn progress(&self, _: Phase, _: Duration, _: Duration, _: Tally) {}
}

/// The parts of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nodes are started.
    Start,
    /// Clients are at work.
    Load,
    /// Faults are over; nobody asks for anything.
    Quiet,
    /// Clients look at the result.
    Final,
}

/// How operations have ended so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Succeeded.
    pub ok: u64,
    /// Failed for certain.
    pub fail: u64,
    /// Nobody knows.
    pub info: u64,
}

/// Carries out a run from beginning to end, on a runtime of its own.
///
/// # Errors
///
/// [`RunError`], if there is nothing to judge.
pub fn run(
    settings: &Settings,
    workload: &mut dyn Workload,
    watcher: &dyn Watcher,
) -> Result<Outcome, RunError> {
    run_recorded(settings, workload, watcher, None)
}

/// [`run`], with every message and its fate recorded. Recording changes nothing in the run.
///
/// # Errors
///
/// As [`run`]. A journal that cannot be written is warned of.
pub fn run_recorded(
    settings: &Settings,
    workload: &mut dyn Workload,
    watcher: &dyn Watcher,
    recorder: Option<Recorder>,
) -> Result<Outcome, RunError> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = match settings.nodes {
        Nodes::InProcess { .. } => builder.enable_time().start_paused(true).build()?,
        Nodes::Processes { .. } => builder.enable_all().build()?,
    };
    LocalSet::new().block_on(&runtime, async {
        if settings.is_virtual() {
            return perform(settings, workload, watcher, recorder).await;
        }
        tokio::select! {
            biased;
            outcome = perform(settings, workload, watcher, recorder) => outcome,
            _ = tokio::signal::ctrl_c() => Err(RunError::Interrupted),
        }
    })
}

async fn perform(
    settings: &Settings,
    workload: &mut dyn Workload,
    watcher: &dyn Watcher,
    recorder: Option<Recorder>,
) -> Result<Outcome, RunError> {
    let options = Options {
        latency: settings.latency,
        log_send: settings.log_net_send,
        log_recv: settings.log_net_recv,
        journal: false,
    };
    let network = Network::new(options, stream(settings.seed, Stream::Latency));
    if let Some(recorder) = recorder {
        network.record_with(recorder);
    }
    service::start(&network, &mut stream(settings.seed, Stream::Services));
    let nodes = settings.node_ids();
    watcher.progress(Phase::Start, Duration::ZERO, settings.time_limit, Tally::default());
    let mut rng = stream(settings.seed, Stream::Nodes);
    let cluster = Cluster::new(settings, &network)?;
    start_all(&cluster, &network, &nodes, &mut rng).await?;
    set_up(&network, &nodes, workload).await?;

    let began = Instant::now();
    network.load_begins();
    cluster.load_begins(began);
    let history = Rc::new(RefCell::new(History::default()));
    let end = began + settings.time_limit;
    let record = {
        let history = Rc::clone(&history);
        move |fault| {
            history.borrow_mut().push(fault_op(fault, began));
        }
    };
    let mut nemesis =
        Nemesis::new(&settings.faults, &network, &nodes, |kind| stream(settings.seed, kind.into()));
    nemesis.start().into_iter().for_each(&record);
    let faults = tokio::task::spawn_local({
        let record = record.clone();
        async move {
            nemesis.run_until(end, record).await;
            nemesis
        }
    });
    let mut load = Load::new(settings, &network, &history, began, watcher);
    load.run(workload, &mut stream(settings.seed, Stream::Load), end).await;
    if let Ok(mut nemesis) = faults.await {
        nemesis.heal().into_iter().for_each(record);
    }
    if workload.has_final() {
        load.tell(Phase::Quiet);
        sleep(QUIET).await;
        let limit = Instant::now() + FINAL_LIMIT;
        load.run_final(workload, &mut stream(settings.seed, Stream::Load), limit).await;
    }
    drop(load);
    // What nodes say while they are taken down one after another is none of their doing.
    let (stats, muted) = (network.stats(), network.muted());
    if let Some(Err(error)) = network.take_recorder().map(Recorder::finish) {
        tracing::warn!(%error, "not all messages are on record");
    }
    let (crashes, observations) = cluster.stop().await;
    service::stop(&network);
    Ok(Outcome { history: history.take(), stats, muted, crashes, observations })
}

/// Starts the nodes side by side, each a little later than the one before or not, as processes do.
async fn start_all(
    cluster: &Cluster,
    network: &Network,
    nodes: &[String],
    rng: &mut Rng,
) -> Result<(), RunError> {
    let mut starting = JoinSet::new();
    for (number, node) in nodes.iter().enumerate() {
        let delay = Duration::from_millis(rng.random_range(0..100));
        let entropy = [rng.random(), rng.random()];
        let (cluster, network) = (cluster.clone(), network.clone());
        let (node, nodes) = (node.clone(), nodes.to_vec());
        starting.spawn_local(async move {
            if cluster.is_virtual() {
                sleep_until(Instant::now() + delay).await;
            }
            cluster.start(number, &node, entropy)?;
            let fields = object(&json!({ "node_id": node, "node_ids": nodes }));
            let mut client = Client::open(&network);
            let answer = tokio::select! {
                biased;
                answer = client.rpc_within(INIT_TIMEOUT, &node, "init", fields) => answer,
                status = cluster.ended(&node) => {
                    let why = format!("it ended: {status}");
                    return Err(RunError::Init { log: cluster.last_words(&node), node, why });
                }
            };
            match answer {
                Ok(rest) if rest.is_empty() => Ok(()),
                Ok(rest) => Err(format!("its init_ok has unknown keys: {}", Value::Object(rest))),
                Err(RpcError::Timeout) => Err("no init_ok within 10 s".to_owned()),
                Err(error) => Err(error.to_string()),
            }
            .map_err(|why| RunError::Init {
                log: cluster.last_words(&node),
                node,
                why,
            })
        });
    }
    while let Some(started) = starting.join_next().await {
        started.map_err(std::io::Error::other)??;
    }
    Ok(())
}

async fn set_up(
    network: &Network,
    nodes: &[String],
    workload: &dyn Workload,
) -> Result<(), RunError> {
    let Some((request, fields)) = workload.setup() else { return Ok(()) };
    let mut asking = JoinSet::new();
    for node in nodes {
        let (mut client, node, fields) = (Client::open(network), node.clone(), fields.clone());
        asking.spawn_local(async move {
            match client.rpc(&node, request, fields).await {
                Ok(_) => Ok(()),
                Err(error) => Err(RunError::Setup { node, request, why: error.to_string() }),
            }
        });
    }
    while let Some(answered) = asking.join_next().await {
        answered.map_err(std::io::Error::other)??;
    }
    Ok(())
}

fn fault_op(fault: Fault, began: Instant) -> Op {
    Op {
        index: 0,
        time: nanos(began.elapsed()),
        process: Process::Nemesis(history::Nemesis::Nemesis),
        kind: Kind::Info,
        f: fault.f.to_owned(),
        value: fault.value,
        node: None,
        error: None,
        extra: Map::new(),
    }
}

/// The object that a literal is.
fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
