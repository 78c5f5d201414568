use std::rc::Rc;

use glomers_check::check::Observations;
use tokio::time::Instant;

use super::in_process::InProcess;
use super::node_disk::NodeDisk;
use super::processes::Processes;
use super::stream::{Stream, stream};
use super::{Crash, Nodes, RunError, Settings};
use crate::nemesis::Skew;
use crate::network::Network;

/// The nodes of a run. Clones stand for the same nodes.
#[derive(Clone)]
pub(super) enum Cluster {
    InProcess(Rc<InProcess>),
    Processes(Rc<Processes>),
}

impl Cluster {
    pub(super) fn new(settings: &Settings, network: &Network) -> Result<Self, RunError> {
        Ok(match &settings.nodes {
            Nodes::InProcess { launch, durable } => {
                let durable = durable.as_ref().filter(|_| settings.makes_durable());
                let launch = Rc::clone(durable.unwrap_or(launch));
                let mut rng = stream(settings.seed, Stream::Disks);
                let nodes = InProcess::new(launch, network, settings.node_ids(), &mut rng);
                Self::InProcess(Rc::new(nodes))
            }
            Nodes::Processes { program, args, logs } => {
                settings.check_faults()?;
                let logs = logs.clone();
                let shown = settings.log_stderr;
                let processes = Processes::new(program, args, logs, shown, network)?;
                Self::Processes(Rc::new(processes))
            }
        })
    }

    pub(super) fn is_virtual(&self) -> bool {
        matches!(self, Self::InProcess(_))
    }

    /// Starts one life of a node, and brings it into the network.
    pub(super) fn start(
        &self,
        number: usize,
        node: &str,
        entropy: [u64; 2],
    ) -> Result<(), RunError> {
        match self {
            Self::InProcess(nodes) => {
                nodes.start(number, node, entropy);
                Ok(())
            }
            Self::Processes(nodes) => nodes.start(node),
        }
    }

    /// Ends a node's life, perhaps with its machine, and at once or perhaps a little later; says whether it
    /// had not ended by itself.
    pub(super) fn kill(&self, node: &str, with_power: bool, at_once: bool) -> bool {
        match self {
            Self::InProcess(nodes) => nodes.kill(node, with_power, at_once),
            // Their machine is ours.
            Self::Processes(nodes) => nodes.kill(node),
        }
    }

    /// Ends the life of a node that may end, be it over or not. A program's is not in our hands: it may
    /// always have been a mistake.
    pub(super) fn take_down(&self, node: &str) {
        if let Self::InProcess(nodes) = self {
            nodes.take_down(node, false);
        }
    }

    /// What the disk of a node is asked, if it is in our hands.
    pub(super) fn with_disk<T>(
        &self,
        node: &str,
        ask: impl FnOnce(&mut NodeDisk) -> T,
    ) -> Option<T> {
        match self {
            Self::InProcess(nodes) => nodes.with_disk(node, ask),
            Self::Processes(_) => None,
        }
    }

    /// How a node has ended by itself, if it has. Of a program it is not told.
    pub(super) fn has_ended(&self, node: &str) -> Option<String> {
        match self {
            Self::InProcess(nodes) => nodes.how_ended(node),
            Self::Processes(_) => None,
        }
    }

    /// Ends a node at last that was killed and is still busy.
    pub(super) fn end(&self, node: &str) {
        if let Self::InProcess(nodes) = self {
            nodes.end(node);
        }
    }

    /// From now on `hear` is told of nodes that end by themselves, and how.
    pub(super) fn on_end(&self, hear: Rc<dyn Fn(&str, &str)>) {
        if let Self::InProcess(nodes) = self {
            nodes.on_end(hear);
        }
    }

    /// Stops a node; says whether it was running.
    pub(super) fn pause(&self, node: &str) -> bool {
        match self {
            Self::InProcess(nodes) => nodes.pause(node),
            Self::Processes(nodes) => nodes.pause(node),
        }
    }

    /// Lets a node go on.
    pub(super) fn resume(&self, node: &str) {
        match self {
            Self::InProcess(nodes) => nodes.resume(node),
            Self::Processes(nodes) => nodes.resume(node),
        }
    }

    /// Puts the clock of a node wrong or right. A program's is not in our hands.
    pub(super) fn skew(&self, node: &str, skew: Skew) {
        if let Self::InProcess(nodes) = self {
            nodes.skew(node, skew);
        }
    }

    /// Notes when the load began: observations are dated from then.
    pub(super) fn load_begins(&self, began: Instant) {
        if let Self::InProcess(nodes) = self {
            nodes.load_begins(began);
        }
    }

    /// The end of a node's log, to explain what went wrong; empty where there is none.
    pub(super) fn last_words(&self, node: &str) -> String {
        match self {
            Self::InProcess(_) => String::new(),
            Self::Processes(nodes) => nodes.last_words(node),
        }
    }

    /// Waits until a node has ended by itself; tells how.
    pub(super) async fn ended(&self, node: &str) -> String {
        match self {
            Self::InProcess(nodes) => nodes.ended(node).await,
            Self::Processes(nodes) => nodes.ended(node).await,
        }
    }

    /// Ends all nodes; tells which had ended before, and what the nodes reported.
    pub(super) async fn stop(&self) -> (Vec<Crash>, Option<Observations>) {
        match self {
            Self::InProcess(nodes) => (nodes.stop(), Some(nodes.take_observations())),
            Self::Processes(nodes) => (nodes.stop().await, None),
        }
    }
}
