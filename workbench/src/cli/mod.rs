//! The `glomers` command.

mod check;
mod covered;
mod demo;
mod explore;
mod exploring;
mod faults;
mod frontier;
mod given;
mod ignored;
mod node_args;
mod pictures;
mod progress;
mod report;
mod serve;
mod store;
mod test;
mod txn;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use glomers_check::check::Valid;
use glomers_shims::nodes::{SHIMS, Shim};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use self::given::Given;
use crate::node_logs::NodeLogs;
use crate::run::{RunError, Settings};
use crate::workload::{Kind, Workload};

/// Exit status: nothing is wrong.
const VALID: u8 = 0;
/// Exit status: something is wrong, and the report proves it.
const INVALID: u8 = 1;
/// Exit status: it could not be found out.
const UNKNOWN: u8 = 2;
/// Exit status: there was no run to judge, because of the command line or of the surroundings.
const NO_RUN: u8 = 3;

/// A workbench for the nodes of distributed systems: a simulated network with services, loads,
/// faults and checkers. Runs nodes of any language that speak Maelstrom's protocol, or its own in
/// virtual time, where a seed replays a run.
///
/// Exit status: 0 valid, 1 invalid, 2 unknown, 3 for a wrong command line or a broken workbench.
#[derive(Parser)]
#[command(name = "glomers", version, verbatim_doc_comment, args_override_self = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run one workload against nodes, and judge what they did
    Test(Box<test::TestArgs>),
    /// Judge a history that was recorded earlier, or elsewhere
    Check(check::CheckArgs),
    /// Try many seeds with random loads and faults, and shrink what fails
    Explore(Box<explore::ExploreArgs>),
    /// Run the challenges with their own parameters against the built-in nodes, in virtual time
    Demo(demo::DemoArgs),
    /// Measure what broadcast costs at several latency targets, against the least possible
    Frontier(Box<frontier::FrontierArgs>),
    /// Show the runs in the store to a browser on this machine
    Serve(serve::ServeArgs),
    /// Look after the runs in the store
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Be a node: speak Maelstrom's protocol on STDIN and STDOUT
    #[command(subcommand, after_help = node_help(), subcommand_value_name = "NAME [ARGS]")]
    Node(NodeCommand),
}

#[derive(Subcommand)]
enum NodeCommand {
    /// The node's name, then its own arguments
    #[command(external_subcommand)]
    Named(Vec<OsString>),
}

/// Where results go.
#[derive(Args, Clone, Debug)]
struct StoreArgs {
    /// The folder for the results of runs
    #[arg(long, value_name = "DIR", default_value = "store")]
    store: PathBuf,
}

fn node_help() -> String {
    let nodes = SHIMS.iter().map(|shim| format!("  {:<15} {}\n", shim.name, shim.about));
    let nodes: String = nodes.collect();
    format!("Nodes:\n{nodes}\n`glomers node NAME --help` tells a node's arguments.")
}

/// The `main` of the command: reads the command line and carries it out.
pub fn main() -> ExitCode {
    let parsed = Cli::command().try_get_matches();
    let parsed = parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // To whom, if not there?
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { NO_RUN } else { VALID });
        }
    };
    match cli.command {
        Command::Test(args) => {
            let logs = log(if args.log_stderr { NodeLogs::shown() } else { NodeLogs::default() });
            conclude(test::run(&args, &logs))
        }
        Command::Explore(args) => conclude(explore::run(&args, &Given::of("explore", &matches))),
        Command::Check(args) => {
            log(NodeLogs::default());
            conclude(check::run(&args))
        }
        Command::Demo(args) => {
            let logs = log(NodeLogs::default());
            conclude(demo::run(&args, &logs))
        }
        Command::Frontier(args) => {
            let logs = log(NodeLogs::default());
            conclude(frontier::run(&args, &logs))
        }
        Command::Serve(args) => {
            log(NodeLogs::default());
            conclude(serve::run(&args))
        }
        Command::Store(command) => conclude(store::run(&command)),
        Command::Node(NodeCommand::Named(command_line)) => node(command_line),
    }
}

/// What a command line of `glomers test`, the program's name included, asks for: to carry it out
/// with other nodes, say. The workload has the options of the command line, and is for one run.
///
/// # Errors
///
/// [`RunError::Arguments`] if it is wrong or no `glomers test`, and what is wrong with the nodes.
///
/// ```
/// let words = "glomers test -w g-set --node-count 3 --nemesis loss --seed 7".split(' ');
/// let (kind, settings, workload) = glomers::cli::settings_of(words)?;
/// assert_eq!((kind.name(), settings.node_count(), settings.seed), ("g-set", 3, 7));
/// assert!(workload.checker().anomalies().contains(&"lost"));
/// # Ok::<(), glomers::run::RunError>(())
/// ```
pub fn settings_of<W: Into<OsString> + Clone>(
    words: impl IntoIterator<Item = W>,
) -> Result<(Kind, Settings, Box<dyn Workload>), RunError> {
    match Cli::try_parse_from(words)?.command {
        Command::Test(args) => {
            let settings = args.settings(args.seed()?, None)?;
            let workload = args.workload(&settings.node_ids());
            Ok((args.workload, settings, workload))
        }
        _ => {
            let text = "expected the subcommand test\n";
            Err(clap::Error::raw(clap::error::ErrorKind::InvalidSubcommand, text).into())
        }
    }
}

fn node(command_line: Vec<OsString>) -> ExitCode {
    let name = command_line.first().map(|name| name.to_string_lossy().into_owned());
    match name.as_deref().and_then(Shim::named) {
        Some(shim) => (shim.main)(command_line),
        None => {
            let name = name.unwrap_or_default();
            tell(&format!("error: there is no node called {name:?}\n\n{}", node_help()));
            ExitCode::from(NO_RUN)
        }
    }
}

/// The workbench's own warnings go to STDERR, the nodes' to `nodes`.
fn log(nodes: NodeLogs) -> NodeLogs {
    let own = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_filter(tracing_subscriber::filter::dynamic_filter_fn(|event, context| {
            if event.is_span() {
                // Spans tell whose an event is.
                return true;
            }
            let ours = context.lookup_current().is_none();
            let shown = matches!(event.target(), "net::send" | "net::recv" | "node");
            ours && (shown || *event.level() <= tracing::Level::WARN)
        }));
    let gathered = nodes.clone().with_filter(LevelFilter::INFO);
    // A logger that is there already is as good.
    let _ = tracing_subscriber::registry().with(own).with(gathered).try_init();
    nodes
}

fn conclude(verdict: Result<Valid, impl Into<NoVerdict>>) -> ExitCode {
    match verdict.map_err(Into::into) {
        Ok(valid) => ExitCode::from(match valid {
            Valid::Yes => VALID,
            Valid::No => INVALID,
            Valid::Unknown => UNKNOWN,
        }),
        Err(NoVerdict::Run(RunError::Arguments(error))) => {
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { NO_RUN } else { VALID })
        }
        Err(error) => {
            tell(&format!("error: {error}"));
            ExitCode::from(NO_RUN)
        }
    }
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum NoVerdict {
    Run(#[from] RunError),
    Check(#[from] check::CheckError),
}

/// Tells the user, on STDERR.
fn tell(text: &str) {
    // Without a STDERR there is nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints a result, on STDOUT.
fn print(text: &str) {
    // A reader that has gone (`| head`) has seen enough.
    let _ = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
}
