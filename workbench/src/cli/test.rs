use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::Args;
use glomers_gossip::Topology;
use glomers_shims::nodes::Shim;

use super::progress::Progress;
use super::txn::TxnArgs;
use super::{StoreArgs, print, report};
use crate::check::{Availability, Valid};
use crate::nemesis::{FaultKind, Faults};
use crate::network::{Distribution, Latency, Percent};
use crate::node_logs::NodeLogs;
use crate::results::Results;
use crate::run::{self, Concurrency, Nodes, RunError, Settings};
use crate::store::RunFolder;
use crate::workload::Kind;

/// The flags are Maelstrom's, with its defaults, and a seed.
#[derive(Args, Clone)]
pub(super) struct TestArgs {
    /// What clients ask of the nodes
    #[arg(short, long, value_name = "NAME")]
    workload: Kind,

    /// The program of a node, run in real time; without it our own node for the workload runs in
    /// this process, in virtual time
    #[arg(long, value_name = "PROGRAM")]
    bin: Option<PathBuf>,

    /// How many nodes
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = positive, allow_negative_numbers = true)]
    node_count: usize,

    /// How many clients: a number, or one followed by n for so many a node
    #[arg(long, value_name = "N", default_value = "1n")]
    concurrency: Concurrency,

    /// About how many operations a second, over all clients
    #[arg(long, value_name = "HZ", default_value_t = 5.0, value_parser = rate, allow_negative_numbers = true)]
    rate: f64,

    /// How long the load lasts, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds, allow_negative_numbers = true)]
    time_limit: Duration,

    /// The mean latency of messages between nodes and to services, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    latency: u64,

    /// How single latencies spread around the mean
    #[arg(long, value_name = "TYPE", default_value = "constant")]
    latency_dist: Distribution,

    /// Faults to inject, separated by commas. Loss and duplication last for the whole load; neither
    /// they nor partitions touch what clients and services send or get
    #[arg(long, value_name = "FAULTS", value_delimiter = ',')]
    nemesis: Vec<FaultKind>,

    /// How many seconds between a partition's beginning and its end, and again until the next, on
    /// average
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = positive_seconds, allow_negative_numbers = true)]
    nemesis_interval: Duration,

    /// How likely a message between nodes is lost, in per cent [default: 20]. Given, it is a fault
    /// even if --nemesis does not name loss
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    loss: Option<Percent>,

    /// How likely a message between nodes that is not lost comes twice, in per cent [default: 20].
    /// Given, it is a fault even if --nemesis does not name duplicate
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    duplicate: Option<Percent>,

    /// The neighbours that broadcast's nodes are told of: line, grid, tree, tree2, tree3, tree4 or
    /// total
    #[arg(long, value_name = "SPEC", default_value = "grid")]
    topology: Topology,

    /// What share of the operations must succeed: a number from 0 to 1, or total
    #[arg(long, value_name = "SHARE", value_parser = availability, allow_negative_numbers = true)]
    availability: Option<Availability>,

    /// Show the nodes' logs
    #[arg(long)]
    pub(super) log_stderr: bool,

    /// Show messages as they are sent
    #[arg(long)]
    log_net_send: bool,

    /// Show messages as they arrive
    #[arg(long)]
    log_net_recv: bool,

    /// Whence all random choices come; with the built-in nodes, the same seed replays the same run.
    /// Drawn at random if not given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    #[command(flatten)]
    txn: TxnArgs,

    #[command(flatten)]
    store: StoreArgs,

    /// Arguments of the node
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<String>,
}

/// Nobody simulates more nodes, or clients, than this.
pub(super) const MOST: usize = 100_000;

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=MOST).contains(&n) => Ok(n),
        Ok(_) => Err(format!("must be positive, and {MOST} at most")),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate == 0.0 || (1e-6..=1e6).contains(&rate) => Ok(rate),
        Ok(_) => {
            Err("must be between 0 and 1000000, and 0.000001 at least if it is not 0".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|error| format!("{error}"))?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if time <= A_YEAR => Ok(time),
        Ok(_) => Err("must be a year at most".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn positive_seconds(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        Duration::ZERO => Err("must be positive".to_owned()),
        time => Ok(time),
    }
}

pub(super) fn availability(text: &str) -> Result<Availability, String> {
    match text.parse() {
        Ok(Availability::Fraction(share)) if !(0.0..=1.0).contains(&share) => {
            Err("must be between 0 and 1, or total".to_owned())
        }
        Ok(availability) => Ok(availability),
        Err(_) => Err("expected a number from 0 to 1, or total".to_owned()),
    }
}

impl TestArgs {
    fn settings(&self, seed: u64, folder: &RunFolder) -> Result<Settings, RunError> {
        Ok(Settings {
            nodes: match &self.bin {
                Some(program) => Nodes::Processes {
                    program: program.clone(),
                    args: self.args.clone(),
                    logs: Some(folder.node_logs()),
                },
                None => built_in(self.workload, &self.args)?,
            },
            node_count: self.node_count,
            concurrency: self.concurrency,
            rate: self.rate,
            time_limit: self.time_limit,
            latency: Latency { mean_ms: self.latency, dist: self.latency_dist },
            faults: self.faults(),
            availability: self.availability,
            seed,
            log_stderr: self.log_stderr,
            log_net_send: self.log_net_send,
            log_net_recv: self.log_net_recv,
        })
    }

    /// Whoever says how strong a fault is wants it, whether or not the list has it.
    fn faults(&self) -> Faults {
        let named = |kind| self.nemesis.contains(&kind);
        let chance = |given: Option<Percent>, kind| given.or(named(kind).then(Percent::default));
        Faults {
            partitions: named(FaultKind::Partition).then_some(self.nemesis_interval),
            loss: chance(self.loss, FaultKind::Loss),
            duplication: chance(self.duplicate, FaultKind::Duplicate),
        }
    }
}

/// Our own node for a workload.
pub(super) fn built_in(workload: Kind, args: &[String]) -> Result<Nodes, RunError> {
    let shim =
        Shim::named(workload.name()).ok_or_else(|| RunError::NoShim(workload.name().to_owned()))?;
    Ok(Nodes::InProcess { launch: Rc::new((shim.prepare)(args)?) })
}

/// A seed from the operating system: of six digits, for people to copy.
pub(super) fn fresh_seed() -> Result<u64, RunError> {
    Ok(getrandom::u64().map_err(std::io::Error::other)? % 1_000_000)
}

pub(super) fn run(args: &TestArgs, logs: &NodeLogs) -> Result<Valid, RunError> {
    let seed = args.seed.map_or_else(fresh_seed, Ok)?;
    if let Some(program) = &args.bin
        && let Err(source) = program.metadata()
    {
        return Err(RunError::Program { program: program.clone(), source });
    }
    if args.bin.is_none() {
        // Wrong arguments are told before anything is made.
        built_in(args.workload, &args.args)?;
    }
    let folder = RunFolder::create(&args.store.store, args.workload.name())?;
    let settings = args.settings(seed, &folder)?;
    let mut workload =
        args.workload.workload_with(&settings.node_ids(), args.topology, &args.txn.options());
    print(&report::heading(args.workload.name(), &settings));
    let started = Instant::now();
    let progress = Progress::new(settings.is_virtual());
    let outcome = run::run(&settings, &mut *workload, &progress)?;
    progress.finish("judging");
    let results = Results::judge(&*workload, &settings, &outcome);
    folder.write(&results.json, &outcome.history)?;
    logs.write(&folder.node_logs())?;
    progress.clear();
    let wall = started.elapsed();
    print(&report::body(&results, &outcome.history, &settings, &folder, wall));
    Ok(results.valid)
}

#[cfg(test)]
mod tests {
    use clap::{Parser, error};

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: TestArgs,
    }

    fn faults(flags: &str) -> Result<Faults, error::Error> {
        let words = "test -w echo".split_whitespace().chain(flags.split_whitespace());
        Cli::try_parse_from(words).map(|cli| cli.args.faults())
    }

    #[test]
    fn faults_are_a_list_and_their_strengths() {
        let ten = Some(Duration::from_secs(10));
        let fifth = Some(Percent::default());
        for (flags, expected) in [
            ("", Faults::default()),
            ("--nemesis-interval 3", Faults::default()),
            ("--nemesis partition", Faults { partitions: ten, ..Faults::default() }),
            ("--nemesis loss", Faults { loss: fifth, ..Faults::default() }),
            (
                "--nemesis duplicate,partition,loss --loss 5",
                Faults { partitions: ten, loss: Percent::new(5.0), duplication: fifth },
            ),
            ("--duplicate 0.5", Faults { duplication: Percent::new(0.5), ..Faults::default() }),
        ] {
            assert_eq!(faults(flags).unwrap(), expected, "{flags}");
        }
        for (flags, complaint) in [
            ("--nemesis rain", "[possible values: partition, loss, duplicate]"),
            ("--loss 101", "must be between 0 and 100"),
            ("--duplicate -1", "must be between 0 and 100"),
        ] {
            let error = faults(flags).unwrap_err().to_string();
            assert!(error.contains(complaint), "{flags}: {error}");
        }
    }
}
