use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use glomers_check::check::Availability;
use glomers_shims::nodes::{Launch, Shim};

use super::RunError;
use crate::nemesis::Faults;
use crate::network::Latency;
use crate::workload::{Conditions, Kind};

/// Everything that a run depends on, beside its workload. With built-in nodes, the same settings
/// give the same run.
#[derive(Clone)]
pub struct Settings {
    /// What the nodes are.
    pub nodes: Nodes,
    /// How many there are, and what they are called.
    pub names: NodeNames,
    /// How many clients ask at a time.
    pub concurrency: Concurrency,
    /// Operations a second, over all clients; 0 for none.
    pub rate: f64,
    /// How long the load lasts.
    pub time_limit: Duration,
    /// How long messages travel.
    pub latency: Latency,
    /// What goes wrong with the network meanwhile.
    pub faults: Faults,
    /// What share of the operations must succeed.
    pub availability: Option<Availability>,
    /// Whence all random choices come.
    pub seed: u64,
    /// Whether to show the nodes' logs.
    pub log_stderr: bool,
    /// Whether to show messages as they are sent.
    pub log_net_send: bool,
    /// Whether to show messages as they arrive.
    pub log_net_recv: bool,
}

/// What the nodes of a run are.
#[derive(Clone)]
pub enum Nodes {
    /// Nodes of ours, in this process, in virtual time.
    InProcess {
        /// How to start one.
        launch: Rc<Launch>,
        /// How to start one where disks fail in the run, if that is something else.
        durable: Option<Rc<Launch>>,
    },
    /// Programs, in real time.
    Processes {
        /// The program.
        program: PathBuf,
        /// Its arguments.
        args: Vec<String>,
        /// The folder for the nodes' logs.
        logs: Option<PathBuf>,
    },
}

impl Nodes {
    /// Our own node for a workload, with these arguments. Where disks fail, or the power does, it syncs
    /// what it acknowledges, unless its arguments say otherwise.
    ///
    /// # Errors
    ///
    /// [`RunError::NoShim`] if there is none, [`RunError::Arguments`] if they are wrong.
    pub fn built_in(workload: Kind, args: &[String]) -> Result<Self, RunError> {
        let name = workload.name();
        let shim = Shim::named(name).ok_or_else(|| RunError::NoShim(name.to_owned()))?;
        let launch = Rc::new((shim.prepare)(args)?);
        let durable = if names_durability(args) {
            None
        } else {
            let durable = DURABLE.map(str::to_owned).into_iter().chain(args.iter().cloned());
            Some(Rc::new((shim.prepare)(&durable.collect::<Vec<_>>())?))
        };
        Ok(Self::InProcess { launch, durable })
    }

    /// Whether they are told to sync what they acknowledge where disks fail.
    pub fn can_be_made_durable(&self) -> bool {
        matches!(self, Self::InProcess { durable: Some(_), .. })
    }

    /// Nodes that `launch` starts, whatever befalls them.
    pub fn launched_by(launch: Launch) -> Self {
        Self::InProcess { launch: Rc::new(launch), durable: None }
    }
}

/// What our own nodes are told where disks fail and nothing else is said.
const DURABLE: [&str; 2] = ["--durability", "power"];

/// Whether a node's arguments say what shall outlive what.
fn names_durability(args: &[String]) -> bool {
    let names = |arg: &String| arg == DURABLE[0] || arg.starts_with("--durability=");
    args.iter().take_while(|arg| *arg != "--").any(names)
}

impl Settings {
    /// With these nodes, and for all else the defaults of the command: five nodes, a client a node,
    /// five operations a second for a minute, no latency, no faults, no promise, and seed 0.
    pub fn of(nodes: Nodes) -> Self {
        Self {
            nodes,
            names: NodeNames::Numbered(5),
            concurrency: Concurrency::PerNode(1),
            rate: 5.0,
            time_limit: Duration::from_secs(60),
            latency: Latency::default(),
            faults: Faults::default(),
            availability: None,
            seed: 0,
            log_stderr: false,
            log_net_send: false,
            log_net_recv: false,
        }
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.names.count()
    }

    /// The nodes' ids, in order.
    pub fn node_ids(&self) -> Vec<String> {
        match &self.names {
            NodeNames::Numbered(count) => (0..*count).map(|number| format!("n{number}")).collect(),
            NodeNames::Given(names) => names.clone(),
        }
    }

    /// How many clients there are.
    pub fn workers(&self) -> usize {
        self.concurrency.workers(self.node_count())
    }

    /// What a workload learns of them.
    pub(super) fn conditions(&self) -> Conditions {
        let latency = Duration::from_millis(self.latency.mean_ms);
        Conditions { nodes: self.node_count(), workers: self.workers(), latency }
    }

    /// Whether built-in nodes are told to sync what they acknowledge, since disks fail and nobody has said
    /// anything else.
    pub fn makes_durable(&self) -> bool {
        self.nodes.can_be_made_durable() && self.faults.are_of_disks()
    }

    /// Tells what cannot befall such nodes.
    ///
    /// # Errors
    ///
    /// [`RunError::ForeignClock`] and [`RunError::ForeignDisk`].
    pub fn check_faults(&self) -> Result<(), RunError> {
        if self.is_virtual() { Ok(()) } else { check_for_programs(&self.faults) }
    }

    /// Whether time is virtual.
    pub fn is_virtual(&self) -> bool {
        matches!(self.nodes, Nodes::InProcess { .. })
    }
}

/// Tells what cannot befall programs.
pub(crate) fn check_for_programs(faults: &Faults) -> Result<(), RunError> {
    if faults.skew.is_some() {
        return Err(RunError::ForeignClock);
    }
    match faults.kinds().into_iter().find(|kind| kind.is_of_disks()) {
        Some(kind) => {
            let fault = kind.to_possible_value().map(|it| it.get_name().to_owned());
            Err(RunError::ForeignDisk { fault: fault.unwrap_or_default() })
        }
        None => Ok(()),
    }
}

/// What nodes are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeNames {
    /// So many, `n0`, `n1` …
    Numbered(usize),
    /// These, of which no two are the same.
    Given(Vec<String>),
}

impl NodeNames {
    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Numbered(count) => *count,
            Self::Given(names) => names.len(),
        }
    }
}

/// A number of clients: so many, or so many a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// In all.
    Total(usize),
    /// For each node.
    PerNode(usize),
}

/// More clients than this, in all or a node, are taken for a slip.
const MOST: usize = 10_000;

impl Concurrency {
    /// How many that is where there are so many nodes.
    pub fn workers(self, nodes: usize) -> usize {
        match self {
            Self::Total(workers) => workers,
            Self::PerNode(workers) => workers.saturating_mul(nodes),
        }
    }
}

impl FromStr for Concurrency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, of): (_, fn(usize) -> Self) =
            text.strip_suffix('n').map_or((text, Self::Total), |digits| (digits, Self::PerNode));
        match digits.parse() {
            Ok(workers) if (1..=MOST).contains(&workers) => Ok(of(workers)),
            _ => Err(format!(
                "expected a positive number, or one followed by n for so many a node; {MOST} at most"
            )),
        }
    }
}

impl fmt::Display for Concurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Total(workers) => write!(f, "{workers}"),
            Self::PerNode(workers) => write!(f, "{workers}n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_is_a_number_or_a_number_a_node() {
        assert_eq!("10".parse(), Ok(Concurrency::Total(10)));
        assert_eq!("2n".parse(), Ok(Concurrency::PerNode(2)));
        assert_eq!(Concurrency::PerNode(2).workers(5), 10);
        for wrong in ["", "n", "0", "0n", "-1", "2m", "1.5n"] {
            assert!(wrong.parse::<Concurrency>().is_err(), "{wrong}");
        }
    }
}
