//! One run: a cluster, a load, faults, and the history of it all.
//!
//! The same code runs nodes in this process in virtual time and programs of any language in real
//! time: both are behind one interface, and the only clock is tokio's.

mod cluster;
mod gate;
mod in_process;
mod lives;
mod load;
mod processes;
mod settings;
mod stream;

use std::cell::RefCell;
use std::future::poll_fn;
use std::path::PathBuf;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep};

pub use cluster::Crash;
use glomers_check::check::Observations;
use glomers_check::fingerprint::Fingerprint;
use glomers_check::history::{self, History, Kind, Op, Process};
pub use settings::{Concurrency, Nodes, Settings};

use self::cluster::Cluster;
use self::lives::Lives;
use self::load::Load;
use self::stream::{Stream, stream};
use crate::client::Client;
use crate::journal::Recorder;
use crate::nemesis::{Fault, Machines, Nemesis};
use crate::network::{Muted, Network, Options, Stats};
use crate::service;
use crate::workload::Workload;

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
    /// The fingerprint of all that befell messages.
    pub trace: Fingerprint,
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
    /// The clocks of programs cannot be put wrong.
    #[error("skew is for built-in nodes alone: a program sees the clock of this machine")]
    ForeignClock,
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
    /// One of many runs could not be judged.
    #[error("{source}\nin the run with {flags}")]
    OfMany {
        /// What tells it from the others.
        flags: String,
        /// Why.
        source: Box<RunError>,
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

    /// The run is over, and the checkers begin.
    fn judging(&self) {}
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
            () = interrupted() => Err(RunError::Interrupted),
        }
    })
}

/// Waits for somebody who wants this program to end: its nodes must not outlive it, least of all those
/// that are stopped at the moment.
async fn interrupted() {
    // Not SIGHUP, which may be ignored on purpose; where it is not, the system ends the nodes as it does
    // when this program is killed.
    let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
    // What cannot be listened for ends the program as it always does.
    let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    poll_fn(|context| {
        let came = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
        if came { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
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
    workload.begin(settings);
    let network = Network::new(options, stream(settings.seed, Stream::Latency));
    if let Some(recorder) = recorder {
        network.record_with(recorder);
    }
    service::start(&network, &mut stream(settings.seed, Stream::Services));
    let nodes = settings.node_ids();
    watcher.progress(Phase::Start, Duration::ZERO, settings.time_limit, Tally::default());
    let mut rng = stream(settings.seed, Stream::Nodes);
    let cluster = Cluster::new(settings, &network)?;
    let rebirths = stream(settings.seed, Stream::Lives);
    let lives = Rc::new(Lives::new(&cluster, &network, &nodes, rebirths));
    lives.start_all(&mut rng).await?;
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
    let machines: Rc<dyn Machines> = Rc::<Lives>::clone(&lives);
    let mut nemesis = Nemesis::new(&settings.faults, &network, &machines, &nodes, |kind| {
        stream(settings.seed, kind.into())
    });
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
    let mut nemesis = faults.await.map_err(std::io::Error::other)?;
    nemesis.heal().into_iter().for_each(record);
    lives.settled().await;
    if workload.has_final() {
        load.tell(Phase::Quiet);
        sleep(QUIET).await;
        let limit = Instant::now() + FINAL_LIMIT;
        load.run_final(workload, &mut stream(settings.seed, Stream::Load), limit).await;
    }
    drop(load);
    // What nodes say while they are taken down one after another is none of their doing.
    network.end();
    let (stats, trace, muted) = (network.stats(), network.trace(), network.muted());
    if let Some(Err(error)) = network.take_recorder().map(Recorder::finish) {
        tracing::warn!(%error, "not all messages are on record");
    }
    let (mut crashes, observations) = cluster.stop().await;
    crashes.extend(lives.failed());
    service::stop(&network);
    Ok(Outcome { history: history.take(), stats, trace, muted, crashes, observations })
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
            let answer = client.rpc(&node, request, fields).await;
            answer
                .and_then(|fields| Reply::new(fields).nothing())
                .map_err(|error| RunError::Setup { node, request, why: error.to_string() })
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
