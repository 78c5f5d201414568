use std::cell::{Cell, RefCell};
use std::rc::Rc;

use glomers_shims::nodes::Launch;
use glomers_shims::runtime::Env;
use glomers_shims::transport::MemoryTransport;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;
use tracing::Instrument;

use super::{Crash, nanos};
use crate::check::Observations;
use crate::network::Network;

/// Nodes that run as tasks of this process.
pub(super) struct InProcess {
    launch: Rc<Launch>,
    network: Network,
    tasks: RefCell<JoinSet<()>>,
    nodes: RefCell<Vec<(String, AbortHandle)>>,
    observations: Rc<RefCell<Observations>>,
    began: Rc<Cell<Option<Instant>>>,
}

impl InProcess {
    pub(super) fn new(launch: Rc<Launch>, network: &Network) -> Self {
        Self {
            launch,
            network: network.clone(),
            tasks: RefCell::default(),
            nodes: RefCell::default(),
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
        let env = Env { entropy, observer: Some(self.observer(node)) };
        let span = tracing::info_span!("node", id = node, number);
        let running = (self.launch)(env, transport).instrument(span);
        let mut inbox = self.network.register(node);
        let mut tasks = self.tasks.borrow_mut();
        let handle = tasks.spawn_local(async move {
            // A transport in memory cannot fail.
            let _ = running.await;
        });
        self.nodes.borrow_mut().push((node.to_owned(), handle));
        tasks.spawn_local(async move {
            while let Some(message) = inbox.recv().await {
                let mut line = Vec::new();
                if message.write_line(&mut line).is_err() || lines.send(line).is_err() {
                    return;
                }
            }
        });
    }

    fn observer(&self, node: &str) -> Rc<dyn Fn(&str)> {
        let (observations, began) = (Rc::clone(&self.observations), Rc::clone(&self.began));
        let node = node.to_owned();
        Rc::new(move |json| {
            let time = began.get().map_or(0, |began| nanos(began.elapsed()));
            let value = serde_json::from_str(json).unwrap_or_else(|_| Value::from(json));
            observations.borrow_mut().record(node.as_str(), value, time);
        })
    }

    pub(super) fn load_begins(&self, began: Instant) {
        self.began.set(Some(began));
    }

    pub(super) fn take_observations(&self) -> Observations {
        self.observations.take()
    }

    pub(super) fn stop(&self) -> Vec<Crash> {
        let crashes = self
            .nodes
            .borrow()
            .iter()
            .filter(|(_, handle)| handle.is_finished())
            .map(|(node, _)| Crash {
                node: node.clone(),
                status: "its task has ended".to_owned(),
                log: String::new(),
            })
            .collect();
        self.tasks.borrow_mut().abort_all();
        for (node, _) in self.nodes.borrow().iter() {
            self.network.remove(node);
        }
        crashes
    }
}
