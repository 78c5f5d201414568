//! One run: a cluster, a load, faults, and the history of it all.
//!
//! The same code runs nodes in this process in virtual time and programs of any language in real
//! time: both are behind one interface, and the only clock is tokio's.

mod cluster;
mod crash;
mod error;
mod gate;
mod in_process;
mod lines;
mod lives;
mod load;
mod node_disk;
mod outcome;
mod processes;
mod settings;
mod stream;
mod watcher;

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use glomers_check::history::{self, History, Kind, Op, Process};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep};

pub use crash::Crash;
pub use error::RunError;
pub use outcome::Outcome;
pub(crate) use settings::check_for_programs;
pub use settings::{Concurrency, NodeNames, Nodes, Settings};
pub use watcher::{Phase, Tally, Watcher};

use self::cluster::Cluster;
use self::lives::Lives;
use self::load::Load;
use self::stream::{Stream, stream};
use crate::client::Client;
use crate::interrupts::Interrupts;
use crate::journal::Recorder;
use crate::nemesis::{Fault, Machines, Nemesis};
use crate::network::{Network, Observer, Options};
use crate::service;
use crate::workload::Workload;
use crate::workload::schema::Reply;

/// Quiet between the last fault and the last operations.
const QUIET: Duration = Duration::from_secs(10);

/// How long the last operations may go on.
const FINAL_LIMIT: Duration = Duration::from_secs(10);

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
    LocalSet::new().block_on(&runtime, perform(settings, workload, watcher, recorder))
}

/// Waits for somebody who wants the run to end: its nodes must not outlive it, least of all those that
/// are stopped at the moment.
async fn stopped(settings: &Settings, watcher: &dyn Watcher) {
    // In virtual time nothing waits for signals: whoever wants to hear them tells by the watcher.
    // Of SIGHUP, where it is not ignored, the system ends the nodes as it does when this program is
    // killed.
    let mut interrupts = (!settings.is_virtual()).then(Interrupts::listen);
    let mut heard = pin!(async {
        match &mut interrupts {
            Some(interrupts) => interrupts.next().await,
            None => pending().await,
        }
    });
    poll_fn(
        |context| {
            if watcher.is_stopped() { Poll::Ready(()) } else { heard.as_mut().poll(context) }
        },
    )
    .await;
}

/// Does a part of a run, unless it is stopped before or meanwhile.
async fn unless<T>(
    mut stopped: Pin<&mut impl Future<Output = ()>>,
    part: impl Future<Output = T>,
) -> Option<T> {
    let mut part = pin!(part);
    poll_fn(|context| match part.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => stopped.as_mut().poll(context).map(|()| None),
    })
    .await
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
    };
    workload.begin(&settings.conditions());
    let network = Network::new(options, stream(settings.seed, Stream::Latency));
    let recorder = recorder.map(|recorder| Rc::new(RefCell::new(recorder)));
    network.observe_with(recorder.clone().map(|recorder| recorder as Rc<RefCell<dyn Observer>>));
    service::start(&network, &mut stream(settings.seed, Stream::Services));
    let nodes = settings.node_ids();
    watcher.progress(Phase::Start, Duration::ZERO, settings.time_limit, Tally::default());
    let mut rng = stream(settings.seed, Stream::Nodes);
    let cluster = Cluster::new(settings, &network)?;
    let rebirths = stream(settings.seed, Stream::Lives);
    let lives = Lives::new(&cluster, &network, &nodes, rebirths);
    let mut stopped = pin!(stopped(settings, watcher));
    let start = async {
        lives.start_all(&mut rng).await?;
        set_up(&network, &nodes, workload).await
    };
    unless(stopped.as_mut(), start).await.unwrap_or(Err(RunError::Interrupted))?;

    let began = Instant::now();
    if let Some(recorder) = &recorder {
        recorder.borrow_mut().load_begins(network.elapsed());
    }
    cluster.load_begins(began);
    let history = Rc::new(RefCell::new(History::default()));
    let end = began + settings.time_limit;
    let record = {
        let history = Rc::clone(&history);
        move |fault| {
            history.borrow_mut().push(fault_op(fault, began));
        }
    };
    lives.tell_of_ends(record.clone());
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
    let mut load = Load::new(settings, &network, recorder.as_deref(), &history, began, watcher);
    let nemesis_at_work = faults.abort_handle();
    let all = async {
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
        Ok::<(), RunError>(())
    };
    let done = unless(stopped, all).await;
    // It must not start nodes while they are taken down.
    nemesis_at_work.abort();
    let is_interrupted = done.transpose()?.is_none();
    let held_up = load.held_up();
    drop(load);
    // What nodes say while they are taken down one after another is none of their doing.
    network.end();
    let (stats, trace, muted) = (network.stats(), network.trace(), network.muted());
    network.observe_with(None);
    if let Some(Err(error)) = recorder.map(|recorder| recorder.borrow_mut().finish()) {
        tracing::warn!(%error, "not all messages are on record");
    }
    let (mut crashes, observations) = cluster.stop().await;
    crashes.extend(lives.failed());
    service::stop(&network);
    Ok(Outcome {
        history: history.take(),
        stats,
        trace,
        muted,
        crashes,
        observations,
        held_up,
        is_interrupted,
    })
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
    let process = Process::Nemesis(history::Nemesis::Nemesis);
    Op { process, ..Op::new(0, Kind::Info, fault.f, fault.value) }.at(began.elapsed())
}
