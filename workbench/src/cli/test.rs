use std::io;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Args;
use clap::error::ErrorKind;
use glomers_check::check::{Model, Valid};
use glomers_gossip::Topology;
use rustix::fs::Access;

use super::faults::FaultArgs;
use super::ignored::IgnoredArgs;
use super::node_args::NodeArgs;
use super::output::{keep, or_abandon, print};
use super::pictures::{PictureArgs, own_command};
use super::progress::Progress;
use super::report;
use super::stop::stop_on_signals;
use super::store::StoreArgs;
use super::txn::TxnArgs;
use super::values::{count, fresh_seed, rate, seconds, seed, within};
use super::verdict::VerdictArgs;
use crate::explore::promised_models;
use crate::judged::{About, Judged};
use crate::nemesis::Faults;
use crate::network::{Distribution, Latency};
use crate::node_logs::NodeLogs;
use crate::run::{Concurrency, Nodes, RunError, Settings, check_for_programs};
use crate::store::RunFolder;
use crate::workload::{Kind, Workload};

/// The flags are Maelstrom's, with its defaults, and a seed.
#[derive(Args, Clone)]
pub(super) struct TestArgs {
    /// What clients ask of the nodes
    #[arg(short, long, value_name = "NAME", default_value = "lin-kv")]
    pub(super) workload: Kind,

    /// The program of a node, run in real time; without it our own node for the workload runs in
    /// this process, in virtual time
    #[arg(long, value_name = "PROGRAM")]
    pub(super) bin: Option<PathBuf>,

    #[command(flatten)]
    nodes: NodeArgs,

    /// How many clients: a number, or one followed by n for so many a node
    #[arg(long, value_name = "N", default_value = "1n")]
    concurrency: Concurrency,

    /// About how many operations a second, over all clients
    #[arg(long, value_name = "HZ", default_value_t = 5.0, value_parser = rate)]
    rate: f64,

    /// How long the load lasts, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    time_limit: Duration,

    /// The mean latency of messages between nodes and to services, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = within::<0, 1_000_000>)]
    latency: u64,

    /// How single latencies spread around the mean
    #[arg(long, value_name = "TYPE", default_value = "constant")]
    latency_dist: Distribution,

    #[command(flatten)]
    faults: FaultArgs,

    /// The neighbours that broadcast's nodes are told of: grid, line, total (or mesh), tree, treeK for K
    /// children, or hub
    #[arg(long, value_name = "SPEC", default_value = "grid")]
    topology: Topology,

    #[command(flatten)]
    verdict: VerdictArgs,

    /// Show the nodes' logs
    #[arg(long)]
    pub(super) log_stderr: bool,

    /// Show messages as they are sent
    #[arg(long)]
    log_net_send: bool,

    /// Show messages as they arrive
    #[arg(long)]
    log_net_recv: bool,

    /// How often to run it, each time with the next seed; ends early with the first run that is not
    /// valid
    #[arg(long, value_name = "N", default_value_t = NonZeroU64::MIN, value_parser = count::<NonZeroU64>)]
    test_count: NonZeroU64,

    /// Whence all random choices come; with the built-in nodes, the same seed replays the same run.
    /// Drawn at random if not given
    #[arg(long, value_name = "N", value_parser = seed)]
    seed: Option<u64>,

    #[command(flatten)]
    txn: TxnArgs,

    #[command(flatten)]
    pub(super) store: StoreArgs,

    #[command(flatten)]
    pub(super) pictures: PictureArgs,

    #[command(flatten)]
    ignored: IgnoredArgs,

    /// Arguments of the node; after -- if they begin with a dash
    #[arg(value_name = "ARGS")]
    args: Vec<String>,
}

impl TestArgs {
    /// The seed that was given, or a fresh one.
    pub(super) fn seed(&self) -> Result<u64, RunError> {
        self.seed.map_or_else(fresh_seed, Ok)
    }

    /// What to run, with the logs of programs in this folder.
    pub(super) fn settings(&self, seed: u64, logs: Option<PathBuf>) -> Result<Settings, RunError> {
        self.txn.check()?;
        Ok(Settings {
            nodes: match &self.bin {
                Some(program) => {
                    Nodes::Processes { program: program.clone(), args: self.args.clone(), logs }
                }
                None => {
                    Nodes::built_in(self.workload, &self.args).map_err(|it| self.of_node(it))?
                }
            },
            names: self.nodes.names()?,
            concurrency: self.concurrency,
            rate: self.rate,
            time_limit: self.time_limit,
            latency: Latency { mean_ms: self.latency, dist: self.latency_dist },
            faults: self.faults.faults(),
            availability: self.verdict.availability,
            seed,
            log_stderr: self.log_stderr,
            log_net_send: self.log_net_send,
            log_net_recv: self.log_net_recv,
        })
    }

    /// The same error with whose arguments are wrong, where they are the node's: nobody who misses a flag
    /// would know that there is a node with arguments.
    fn of_node(&self, error: RunError) -> RunError {
        let error = match error {
            RunError::Arguments(error) if error.use_stderr() => error,
            other => return other,
        };
        let (name, text) = (self.workload.name(), error.to_string());
        let text = text.trim_start_matches("error: ").split("\n\nUsage").next();
        let text = text.and_then(|text| text.split("\n\nFor more").next()).unwrap_or_default();
        let text = format!(
            "{text}\n\nWhat is no flag, or stands behind --, is for the node: here for our own, which takes what \
             `glomers node {name} --help` tells. The workload is named by -w, a program by --bin.\n"
        );
        clap::Error::raw(error.kind(), text).into()
    }

    /// What clients ask for.
    pub(super) fn workload(&self, nodes: &[String]) -> Box<dyn Workload> {
        self.workload.workload_with(nodes, self.topology, &self.txn.options(self.models()))
    }

    /// What transactions are held to: what the user says; or else what our own node promises, and of a
    /// program what Maelstrom asks of it.
    fn models(&self) -> Vec<Model> {
        match (self.txn.given_models(), &self.bin) {
            (Some(models), _) => models.to_vec(),
            (None, None) => promised_models(self.workload),
            (None, Some(_)) => vec![Model::STRICT_SERIALIZABLE],
        }
    }

    /// What transactions are held to, by whom, and how to change it; if the workload has any.
    pub(super) fn held_to(&self) -> Option<String> {
        let models = self.models();
        let names: Vec<_> = models.iter().map(|model| model.name()).collect();
        let by_whom = match (self.txn.given_models(), &self.bin) {
            (Some(_), _) => "as --consistency-models says",
            (None, None) => "which the built-in node promises; --consistency-models changes it",
            (None, Some(_)) => "Maelstrom's default; --consistency-models changes it",
        };
        let text = || format!("{}, {by_whom}", names.join(", "));
        self.workload.has_transactions().then(text)
    }

    /// The flags about transactions that are not at their defaults, if the workload has any.
    pub(super) fn txn_flags(&self) -> Vec<String> {
        if self.workload.has_transactions() {
            self.txn.options(self.models()).to_flags()
        } else {
            Vec::new()
        }
    }

    /// Tells what is wrong with the program, or else with the arguments of our own node, and with what else
    /// is asked for, before anything is made.
    ///
    /// # Errors
    ///
    /// That.
    pub(super) fn check_nodes(&self) -> Result<(), RunError> {
        let settings = self.settings(0, None)?;
        check_program(self.bin.as_deref(), &settings.faults)
    }
}

/// Tells what is wrong with a program, if there is one, or with what shall be done to it.
///
/// # Errors
///
/// That.
pub(super) fn check_program(program: Option<&Path>, faults: &Faults) -> Result<(), RunError> {
    let Some(program) = program else { return Ok(()) };
    check_for_programs(faults)?;
    let found = program.metadata().and_then(|found| {
        if found.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(rustix::fs::access(program, Access::EXEC_OK)?)
    });
    found.map_err(|source| RunError::Program { program: program.to_owned(), source })
}

pub(super) fn run(args: &TestArgs, logs: &NodeLogs) -> Result<Valid, RunError> {
    let first = args.seed()?;
    args.check_nodes()?;
    if first.checked_add(args.test_count.get() - 1).is_none() {
        let text = format!(
            "--test-count {} goes beyond the last seed, which is {}: it begins with {first}\n",
            args.test_count,
            u64::MAX
        );
        return Err(clap::Error::raw(ErrorKind::ValueValidation, text).into());
    }
    args.ignored.warn();
    let stop = stop_on_signals("what has happened by now is judged")?;
    let mut verdict = Valid::Yes;
    for number in 0..args.test_count.get() {
        if number > 0 {
            print("\n");
        }
        verdict = run_once(args, first + number, logs, &stop)?;
        if verdict != Valid::Yes {
            break;
        }
    }
    Ok(verdict)
}

fn run_once(
    args: &TestArgs,
    seed: u64,
    logs: &NodeLogs,
    stop: &Arc<AtomicBool>,
) -> Result<Valid, RunError> {
    let folder = RunFolder::create(&args.store.store, args.workload.name())?;
    let settings = args.settings(seed, Some(folder.node_logs()))?;
    let mut workload = args.workload(&settings.node_ids());
    print(&report::heading(args.workload.name(), &settings));
    if let Some(held_to) = args.held_to() {
        print(&report::line(report::HELD_TO, &held_to));
    }
    let progress = Progress::new(settings.is_virtual(), Arc::clone(stop));
    let recorder = args.pictures.recorder(&folder);
    let judged = Judged::run_recorded(settings, &mut *workload, &progress, recorder);
    let judged = or_abandon(&folder, judged)?;
    let command = own_command(judged.settings.seed);
    let about = About { workload: args.workload.name(), command: &command, name: None };
    keep(&judged, &folder, logs, about);
    progress.drawing();
    let drawn = args.pictures.draw(&folder, &judged, about);
    progress.clear();
    print(&report::body(&judged, &folder, drawn.as_deref()));
    print(&report::replay(&judged));
    Ok(args.verdict.status(&judged.results))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: TestArgs,
    }

    #[test]
    fn what_is_refused_leaves_the_store_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let plain = folder.path().join("plain");
        std::fs::write(&plain, "").unwrap();
        let bin = |path: &Path| format!("-w echo --bin {}", path.display());
        for (flags, complaint) in [
            ("--nodes a,a".to_owned(), "the name of two nodes"),
            ("-n c1".to_owned(), "clients are called so"),
            (
                "broadcast".to_owned(),
                "'broadcast' found\n\nWhat is no flag, or stands behind --, is for",
            ),
            ("-w kafka -- --acks x".to_owned(), "`glomers node kafka --help`"),
            (bin(folder.path()), "is a directory"),
            (bin(&plain), "Permission denied"),
            (bin(&folder.path().join("none")), "No such file"),
            (bin(Path::new("/bin/sh")) + " --nemesis skew", "skew is for built-in nodes alone"),
            (
                bin(Path::new("/bin/sh")) + " --nemesis kill,power",
                "power is for built-in nodes alone",
            ),
            (
                bin(Path::new("/bin/sh")) + " --sync-error 5",
                "sync-error is for built-in nodes alone",
            ),
            ("--seed 18446744073709551615 --test-count 2".to_owned(), "goes beyond the last seed"),
            (
                "-w txn-list-append --min-txn-length 5 --max-txn-length 2".to_owned(),
                "--min-txn-length 5 is more than --max-txn-length 2",
            ),
        ] {
            let mut words = vec!["test", "--store", store.to_str().unwrap()];
            words.extend(flags.split(' '));
            let args = Cli::try_parse_from(words).unwrap().args;
            let error = run(&args, &NodeLogs::default()).unwrap_err().to_string();
            assert!(error.contains(complaint), "{flags}: {error}");
            assert!(!store.exists(), "{flags}");
        }
    }
}
