//! The command line that every node's program shares.

mod network;
#[cfg(any(feature = "nats", feature = "udp"))]
mod place;
#[cfg(feature = "udp")]
mod udp;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Args, FromArgMatches};
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use self::network::NetworkArgs;
use crate::runtime::{Env, Node, Running, serve};
use crate::storage::{Durability, Storage};
use crate::transport::Transport;

/// For a node that takes no arguments of its own.
#[derive(Args, Clone, Debug, Default)]
pub struct NoArgs {}

/// What every node takes beside its own arguments.
#[derive(Args, Clone, Debug)]
struct CommonArgs {
    /// What to log to STDERR: off, error, warn, info, debug, trace; or levels by crate, as in
    /// `info,glomers_gossip=debug`.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "GLOMERS_LOG")]
    log: String,

    /// The folder for what is to outlive the node, where it has a folder of its own. Without one, nothing
    /// is kept, but by counters, of which seq-kv knows where it is
    #[arg(long, value_name = "DIR", env = "GLOMERS_DATA_DIR")]
    data_dir: Option<PathBuf>,

    /// What an acknowledgement outlives. Anything but nothing needs a --data-dir [default: process]
    #[arg(long, value_name = "WHAT", value_enum)]
    durability: Option<Durability>,

    #[command(flatten)]
    network: NetworkArgs,
}

/// The `main` of a node's program: reads the command line, runs the node on STDIN and STDOUT, or on
/// the network that the command line names.
///
/// Exit status: 0 after the end of the input or a signal to end on a network, 1 if something broke, 2 for a wrong command line.
pub fn main<N: Node>() -> ExitCode {
    run::<N, _>(std::env::args_os()).unwrap_or_else(|error| told(&error))
}

/// Tells what is wrong with a command line, or what it asks to be told, if that can be written.
fn told(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| io::stdout().flush());
    match printed.err().filter(|it| !error.use_stderr() && it.kind() != io::ErrorKind::BrokenPipe) {
        Some(broken) => {
            // Without a STDERR there is nobody to tell.
            let _ = writeln!(io::stderr(), "error: STDOUT cannot be written: {broken}");
            ExitCode::FAILURE
        }
        None => u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from),
    }
}

/// As [`main`], with the given command line, the program's name first.
///
/// # Errors
///
/// What is wrong with the command line; help and version, where it asks for these.
pub fn run<N: Node, C: IntoIterator<Item = OsString>>(
    command_line: C,
) -> Result<ExitCode, clap::Error> {
    run_with::<N>(command_line.into_iter().collect())
}

fn run_with<N: Node>(command_line: Vec<OsString>) -> Result<ExitCode, clap::Error> {
    let matches = command::<N>().try_get_matches_from(command_line)?;
    let args = N::Args::from_arg_matches(&matches)?;
    let start = |env, transport| -> Running { Box::pin(serve::<N>(args, env, transport)) };
    run_on_network(command::<N>, &matches, Box::new(start))
}

/// Starts a node's life.
type Start = Box<dyn FnOnce(Env, Box<dyn Transport>) -> Running>;

// All that need not know the node is compiled once, and not for each.
fn run_on_network(
    command: fn() -> clap::Command,
    matches: &ArgMatches,
    start: Start,
) -> Result<ExitCode, clap::Error> {
    let common = CommonArgs::from_arg_matches(matches)?;
    let wrong = |text| command().error(clap::error::ErrorKind::ValueValidation, text);
    let filter: Targets = common.log.parse().map_err(|error| wrong(format!("--log: {error}")))?;
    let (durability, storage) = common.kept().map_err(wrong)?;
    // A second logger in one process would be a mistake of the embedding program, and harmless.
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(is_coloured());
    let lines = lines.with_filter(filter_fn(|event| !network::tells_secrets(event)));
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    Ok(match on_network(command().get_name(), &common.network, durability, storage, start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "{} gives up", command().get_name());
            ExitCode::FAILURE
        }
    })
}

fn on_network(
    workload: &str,
    network: &NetworkArgs,
    durability: Durability,
    storage: Storage,
    start: Start,
) -> io::Result<()> {
    let mut env = Env::from_os().map_err(io::Error::other)?;
    env.durability = durability;
    env.storage = Some(storage);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    let transport = network.open(workload)?;
    drop(entered);
    tokio::task::LocalSet::new().block_on(&runtime, start(env, transport))
}

/// Whether logs on STDERR may have colours: on a terminal, unless `NO_COLOR` is set to anything, as
/// <https://no-color.org> has it.
pub fn is_coloured() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
}

impl CommonArgs {
    /// What is to be outlived, and where it is kept.
    fn kept(&self) -> Result<(Durability, Storage), String> {
        match (self.data_dir.clone(), self.durability) {
            (Some(folder), durability) => {
                Ok((durability.unwrap_or_default(), Storage::Folder(folder)))
            }
            (None, None | Some(Durability::None)) => {
                let temporary = Storage::Temporary(std::env::temp_dir());
                Ok((self.durability.unwrap_or_default(), temporary))
            }
            (None, Some(_)) => Err("--durability: where? It needs a --data-dir".to_owned()),
        }
    }
}

/// Reads a node's own arguments.
///
/// # Errors
///
/// What is wrong with them, as clap prints it.
pub fn parse<N: Node>(args: &[String]) -> Result<N::Args, clap::Error> {
    N::Args::from_arg_matches(&matches::<N>(args)?)
}

/// Reads the arguments of a node for which another program provides: its own, and what is to be outlived.
pub(crate) fn parse_with_durability<N: Node>(
    args: &[String],
) -> Result<(N::Args, Durability), clap::Error> {
    let matches = matches::<N>(args)?;
    let common = CommonArgs::from_arg_matches(&matches)?;
    if common.network.is_named() {
        let text = "the node has a network already, which is that of the program around it";
        return Err(command::<N>().error(clap::error::ErrorKind::ArgumentConflict, text));
    }
    Ok((N::Args::from_arg_matches(&matches)?, common.durability.unwrap_or_default()))
}

fn matches<N: Node>(args: &[String]) -> Result<ArgMatches, clap::Error> {
    let command_line = std::iter::once(N::NAME).chain(args.iter().map(String::as_str));
    command::<N>().try_get_matches_from(command_line)
}

fn command<N: Node>() -> clap::Command {
    with_common_args(N::Args::augment_args(clap::Command::new(N::NAME)), N::ABOUT)
}

fn with_common_args(command: clap::Command, about: &'static str) -> clap::Command {
    // Arguments bring their own documentation along, so the node's comes after them.
    CommonArgs::augment_args(command)
        // So that what is wrong with -1 can be said.
        .mut_args(|arg| {
            let takes = arg.get_action().takes_values();
            if takes { arg.allow_negative_numbers(true) } else { arg }
        })
        .about(about)
        .long_about(None)
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(
            "A node program: speaks Maelstrom's protocol on STDIN and STDOUT, logs to STDERR.",
        )
}
