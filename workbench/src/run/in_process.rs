use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use glomers_check::check::Observations;
use glomers_check::exact;
use glomers_shims::nodes::Launch;
use glomers_shims::runtime::{Clock, Env};
use glomers_shims::storage::Storage;
use glomers_shims::transport::MemoryTransport;
use glomers_store::SimulatedDisk;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet, LocalSet};
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::Crash;
use super::gate::Gate;
use super::node_disk::NodeDisk;
use crate::nemesis::Skew;
use crate::network::Network;
use crate::rng::Rng;
use crate::units::nanos;

/// How long a node that is to end in the middle of a change of its disk is waited for: if it makes none
/// by then, it ends all the same.
const GRACE: Duration = Duration::from_millis(200);

/// Nodes that run as tasks of this process.
pub(super) struct InProcess {
    launch: Rc<Launch>,
    network: Network,
    tasks: RefCell<JoinSet<()>>,
    lives: RefCell<BTreeMap<String, Life>>,
    /// What outlives them.
    disks: BTreeMap<String, RefCell<NodeDisk>>,
    clocks: RefCell<BTreeMap<String, Clock>>,
    right: Clock,
    crashes: RefCell<Vec<Crash>>,
    observations: Rc<RefCell<Observations>>,
    began: Rc<Cell<Option<Instant>>>,
    /// Hears of nodes that have ended by themselves, and how.
    on_end: RefCell<Option<Rc<OnEnd>>>,
}

type OnEnd = dyn Fn(&str, &str);

/// From a node's start to its end.
struct Life {
    node: AbortHandle,
    feed: AbortHandle,
    gate: Rc<Gate>,
    /// How it has ended by itself, once it has.
    end: watch::Receiver<Option<String>>,
    dying: Option<Dying>,
}

/// A node is about to end in the middle of a change of its disk.
struct Dying {
    with_power: bool,
    deadline: AbortHandle,
}

impl InProcess {
    /// `rng` decides about what their disks do.
    pub(super) fn new(
        launch: Rc<Launch>,
        network: &Network,
        nodes: Vec<String>,
        rng: &mut Rng,
    ) -> Self {
        let disk = |node| (node, RefCell::new(NodeDisk::new(rng)));
        Self {
            launch,
            network: network.clone(),
            tasks: RefCell::default(),
            lives: RefCell::default(),
            disks: nodes.into_iter().map(disk).collect(),
            clocks: RefCell::default(),
            right: Clock::default(),
            crashes: RefCell::default(),
            observations: Rc::default(),
            began: Rc::default(),
            on_end: RefCell::default(),
        }
    }

    /// From now on `hear` is told of each node that ends by itself.
    pub(super) fn on_end(&self, hear: Rc<OnEnd>) {
        self.on_end.replace(Some(hear));
    }

    pub(super) fn start(self: &Rc<Self>, number: usize, node: &str, entropy: [u64; 2]) {
        // The one before may be about to end.
        self.end(node);
        let disk = self.with_disk(node, |disk| {
            disk.life_begins();
            disk.disk().clone()
        });
        let (lines, input) = mpsc::unbounded_channel();
        let (network, name, last_words) = (self.network.clone(), node.to_owned(), disk.clone());
        let transport = MemoryTransport::new(input, move |line| {
            // Of a process that has ended nothing leaves.
            if !last_words.as_ref().is_some_and(SimulatedDisk::is_gone) {
                // What is wrong with a line is on record in the network.
                let _ = network.submit_line(&name, line);
            }
        });
        let mut env = Env::new(entropy);
        env.observer = Some(self.observer(node));
        env.storage = disk.map(Storage::Memory);
        env.clock = self.clock(node);
        let span = tracing::info_span!("node", id = node, number);
        let running = (self.launch)(env, transport).instrument(span);
        let mut inbox = self.network.register(node);
        let gate = Rc::<Gate>::default();
        let mut tasks = self.tasks.borrow_mut();
        let guarded = Rc::clone(&gate);
        let (tell_end, end) = watch::channel(None);
        let (nodes, name) = (Rc::downgrade(self), node.to_owned());
        let handle = tasks.spawn_local(async move {
            // All tasks of a node are in a set of its own: they stop together, and end together.
            let life = LocalSet::new();
            let ended = guarded.guard(life.run_until(running)).await;
            drop(life);
            let how = in_words(ended);
            tell_end.send_replace(Some(how.clone()));
            if let Some(nodes) = nodes.upgrade() {
                nodes.has_ended(&name, &how);
            }
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
        self.lives
            .borrow_mut()
            .insert(node.to_owned(), Life { node: handle, feed, gate, end, dying: None });
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

    /// What the disk of a node is asked, if there is such a node.
    pub(super) fn with_disk<T>(
        &self,
        node: &str,
        ask: impl FnOnce(&mut NodeDisk) -> T,
    ) -> Option<T> {
        self.disks.get(node).map(|disk| ask(&mut disk.borrow_mut()))
    }

    /// A node has ended by itself.
    fn has_ended(&self, node: &str, how: &str) {
        let is_dying = self.lives.borrow().get(node).is_some_and(|life| life.dying.is_some());
        if is_dying {
            // It has noticed that its disk is gone.
            self.end(node);
            return;
        }
        let hear = self.on_end.borrow().clone();
        if let Some(hear) = hear {
            hear(node, how);
        }
    }

    /// Ends a node, perhaps with its machine, and, unless it shall end at once, perhaps in the middle of the
    /// next changes of its disk; says whether it had not ended by itself.
    pub(super) fn kill(self: &Rc<Self>, node: &str, with_power: bool, at_once: bool) -> bool {
        self.end(node);
        let is_running = match self.lives.borrow().get(node) {
            Some(life) => !life.node.is_finished(),
            None => {
                // The machine is there, though the process is not.
                self.with_disk(node, |disk| disk.ends(with_power));
                return false;
            }
        };
        let ends_later = is_running
            && !at_once
            && self.with_disk(node, NodeDisk::ends_in_a_change) == Some(true);
        if ends_later {
            let (nodes, name) = (Rc::downgrade(self), node.to_owned());
            let deadline = self.tasks.borrow_mut().spawn_local(async move {
                sleep(GRACE).await;
                if let Some(nodes) = nodes.upgrade() {
                    nodes.end(&name);
                }
            });
            if let Some(life) = self.lives.borrow_mut().get_mut(node) {
                life.dying = Some(Dying { with_power, deadline });
            }
            return true;
        }
        if !is_running && let Some(life) = self.lives.borrow().get(node) {
            self.crashes.borrow_mut().push(life.crash(node));
        }
        self.take_down(node, with_power);
        is_running
    }

    /// Ends a node that is about to.
    pub(super) fn end(&self, node: &str) {
        let dying = self.lives.borrow_mut().get_mut(node).and_then(|life| life.dying.take());
        if let Some(Dying { with_power, deadline }) = dying {
            self.take_down(node, with_power);
            deadline.abort();
        }
    }

    /// Ends a node's life, here and now.
    pub(super) fn take_down(&self, node: &str, with_power: bool) {
        self.network.take_down(node);
        let life = self.lives.borrow_mut().remove(node);
        if let Some(life) = life {
            life.feed.abort();
            life.node.abort();
        }
        self.with_disk(node, |disk| disk.ends(with_power));
    }

    /// How a node has ended by itself, if it has.
    pub(super) fn how_ended(&self, node: &str) -> Option<String> {
        self.lives.borrow().get(node).and_then(|life| life.end.borrow().clone())
    }

    /// Waits until a node has ended by itself; tells how.
    pub(super) async fn ended(&self, node: &str) -> String {
        let end = self.lives.borrow().get(node).map(|life| life.end.clone());
        if let Some(mut end) = end
            && let Ok(how) = end.wait_for(Option::is_some).await
            && let Some(how) = &*how
        {
            return how.clone();
        }
        std::future::pending().await
    }

    pub(super) fn pause(&self, node: &str) -> bool {
        let lives = self.lives.borrow();
        let is_there = |life: &&Life| !life.node.is_finished() && life.dying.is_none();
        let running = lives.get(node).filter(is_there);
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
        self.on_end.take();
        let ended = lives.iter().filter(|(_, life)| life.node.is_finished());
        let mut crashes = self.crashes.take();
        crashes.extend(ended.map(|(node, life)| life.crash(node)));
        self.tasks.borrow_mut().abort_all();
        for node in lives.keys() {
            self.network.remove(node);
        }
        crashes
    }
}

impl Life {
    /// It has ended by itself.
    fn crash(&self, node: &str) -> Crash {
        let status = self.end.borrow().clone().unwrap_or_else(|| "its task has ended".to_owned());
        Crash { node: node.to_owned(), status, log: String::new() }
    }
}

/// How a node has ended by itself.
fn in_words(ended: io::Result<()>) -> String {
    match ended {
        Ok(()) => "its task has ended".to_owned(),
        Err(error) => format!("its task has ended: {error}"),
    }
}
