use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use glomers_check::check::Observations;
use glomers_check::exact;
use glomers_shims::disk::{Disk, MemoryDisk};
use glomers_shims::nodes::Launch;
use glomers_shims::runtime::{Clock, Env};
use glomers_shims::transport::MemoryTransport;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet, LocalSet};
use tokio::time::Instant;
use tracing::Instrument;

use super::Crash;
use super::gate::Gate;
use crate::nemesis::Skew;
use crate::network::Network;
use crate::units::nanos;

/// Nodes that run as tasks of this process.
pub(super) struct InProcess {
    launch: Rc<Launch>,
    network: Network,
    tasks: RefCell<JoinSet<()>>,
    lives: RefCell<BTreeMap<String, Life>>,
    /// What outlives them.
    disk: Rc<dyn Disk>,
    clocks: RefCell<BTreeMap<String, Clock>>,
    right: Clock,
    crashes: RefCell<Vec<Crash>>,
    observations: Rc<RefCell<Observations>>,
    began: Rc<Cell<Option<Instant>>>,
}

/// From a node's start to its end.
struct Life {
    node: AbortHandle,
    feed: AbortHandle,
    gate: Rc<Gate>,
}

impl InProcess {
    pub(super) fn new(launch: Rc<Launch>, network: &Network) -> Self {
        Self {
            launch,
            network: network.clone(),
            tasks: RefCell::default(),
            lives: RefCell::default(),
            disk: Rc::new(MemoryDisk::default()),
            clocks: RefCell::default(),
            right: Clock::default(),
            crashes: RefCell::default(),
            observations: Rc::default(),
            began: Rc::default(),
        }
    }

    pub(super) fn start(&self, number: usize, node: &str, entropy: [u64; 2]) {
        let (lines, input) = mpsc::unbounded_channel();
        let (network, name) = (self.network.clone(), node.to_owned());
        let transport = MemoryTransport::new(input, move |line| {
            // What is wrong with a line is on record in the network.
            let _ = network.submit_line(&name, line);
        });
        let mut env = Env::new(entropy);
        env.observer = Some(self.observer(node));
        env.disk = Some(Rc::clone(&self.disk));
        env.clock = self.clock(node);
        let span = tracing::info_span!("node", id = node, number);
        let running = (self.launch)(env, transport).instrument(span);
        let mut inbox = self.network.register(node);
        let gate = Rc::<Gate>::default();
        let mut tasks = self.tasks.borrow_mut();
        let guarded = Rc::clone(&gate);
        let handle = tasks.spawn_local(async move {
            // All tasks of a node are in a set of its own: they stop together, and end together.
            let life = LocalSet::new();
            // A transport in memory cannot fail.
            let _ = guarded.guard(life.run_until(running)).await;
        });
        // As a pipe would, if it held any amount: a node that is stopped finds there what came.
        let feed = tasks.spawn_local(async move {
            while let Some(message) = inbox.recv().await {
                let mut line = Vec::new();
                if message.write_line(&mut line).is_err() || lines.send(line).is_err() {
                    return;
                }
            }
        });
        self.lives.borrow_mut().insert(node.to_owned(), Life { node: handle, feed, gate });
    }

    fn clock(&self, node: &str) -> Clock {
        self.clocks.borrow_mut().entry(node.to_owned()).or_default().clone()
    }

    fn observer(&self, node: &str) -> Rc<dyn Fn(&str)> {
        let (observations, began) = (Rc::clone(&self.observations), Rc::clone(&self.began));
        let node = node.to_owned();
        Rc::new(move |json| {
            let time = began.get().map_or(0, |began| nanos(began.elapsed()));
            let value = exact::from_str(json).unwrap_or_else(|_| Value::from(json));
            observations.borrow_mut().record(node.as_str(), value, time);
        })
    }

    pub(super) fn load_begins(&self, began: Instant) {
        self.began.set(Some(began));
    }

    pub(super) fn take_observations(&self) -> Observations {
        self.observations.take()
    }

    pub(super) fn kill(&self, node: &str) -> bool {
        let Some(life) = self.lives.borrow_mut().remove(node) else { return false };
        self.network.take_down(node);
        life.feed.abort();
        let is_running = !life.node.is_finished();
        life.node.abort();
        if !is_running {
            self.crashes.borrow_mut().push(Self::crash(node));
        }
        is_running
    }

    pub(super) fn pause(&self, node: &str) -> bool {
        let lives = self.lives.borrow();
        let running = lives.get(node).filter(|life| !life.node.is_finished());
        if let Some(life) = running {
            life.gate.shut();
        }
        running.is_some()
    }

    pub(super) fn resume(&self, node: &str) {
        if let Some(life) = self.lives.borrow().get(node) {
            life.gate.open();
        }
    }

    pub(super) fn skew(&self, node: &str, skew: Skew) {
        let (clock, now) = (self.clock(node), Instant::now());
        let off = i64::try_from(clock.ahead_of(&self.right, now)).unwrap_or(0);
        clock.disturb(now, skew.ahead.saturating_sub(off), skew.drift);
    }

    pub(super) fn stop(&self) -> Vec<Crash> {
        let lives = self.lives.take();
        let ended = lives.iter().filter(|(_, life)| life.node.is_finished());
        let mut crashes = self.crashes.take();
        crashes.extend(ended.map(|(node, _)| Self::crash(node)));
        self.tasks.borrow_mut().abort_all();
        for node in lives.keys() {
            self.network.remove(node);
        }
        crashes
    }

    fn crash(node: &str) -> Crash {
        Crash { node: node.to_owned(), status: "its task has ended".to_owned(), log: String::new() }
    }
}
