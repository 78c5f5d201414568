use std::rc::Rc;

use glomers_check::check::Observations;
use tokio::time::Instant;

use super::in_process::InProcess;
use super::processes::Processes;
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
            Nodes::InProcess { launch } => {
                Self::InProcess(Rc::new(InProcess::new(Rc::clone(launch), network)))
            }
            Nodes::Processes { .. } if settings.faults.skew.is_some() => {
                return Err(RunError::ForeignClock);
            }
            Nodes::Processes { program, args, logs } => {
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

    /// Ends a node's life; says whether it had not ended by itself.
    pub(super) fn kill(&self, node: &str) -> bool {
        match self {
            Self::InProcess(nodes) => nodes.kill(node),
            Self::Processes(nodes) => nodes.kill(node),
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
            Self::InProcess(_) => std::future::pending().await,
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
