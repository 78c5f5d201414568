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
mod journal;
mod node_args;
mod output;
mod packed;
mod pictures;
mod progress;
mod prune;
mod report;
#[cfg(any(feature = "nats", feature = "udp"))]
mod request;
mod serve;
mod shells;
mod status;
mod stop;
mod store;
mod test;
mod txn;
mod values;
mod verdict;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use glomers_check::check::Valid;
use glomers_shims::nodes::{SHIMS, Shim};

use self::given::Given;
use self::output::{ended, log, print_clap, tell};
use self::status::{INVALID, NO_RUN, UNKNOWN, VALID};
use crate::node_logs::NodeLogs;
use crate::run::{RunError, Settings};
use crate::workload::{Kind, Workload};

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
    Store(prune::StoreCommand),
    /// Look at the journal that a node keeps, and save what is whole of one that is damaged
    ///
    /// Exit status: 0 if it is whole, or has an end that its node would cut off; 1 if it is damaged; 3 if there
    /// is none, or it cannot be read.
    Journal(journal::JournalArgs),
    /// Print what a shell needs to complete command lines
    Completions(shells::CompletionsArgs),
    /// Write manual pages
    Man(shells::ManArgs),
    /// Be a node: speak Maelstrom's protocol on STDIN and STDOUT, or on a network that is named
    #[command(subcommand, after_help = node_help(), subcommand_value_name = "NAME [ARGS]")]
    Node(NodeCommand),
    /// Ask a node on a network, and print its answer
    ///
    /// Exit status: 0 for an answer, 1 for one that is an error, 3 if there is none.
    #[cfg(any(feature = "nats", feature = "udp"))]
    Request(request::RequestArgs),
}

#[derive(Subcommand)]
enum NodeCommand {
    /// The node's name, then its own arguments
    #[command(external_subcommand)]
    Named(Vec<OsString>),
}

fn node_help() -> String {
    let nodes = SHIMS.iter().map(|shim| format!("  {:<15} {}\n", shim.name, shim.about));
    let nodes: String = nodes.collect();
    format!("Nodes:\n{nodes}\n`glomers node NAME --help` tells a node's arguments.")
}

/// The whole command line.
fn command() -> clap::Command {
    with_numbers(Cli::command()).mut_subcommand("explore", explore::with_own_help)
}

/// The command, whose flags and those of its subcommands take `-1` for a value, so that what is wrong with it
/// can be said, and not for a flag that is not there.
fn with_numbers(command: clap::Command) -> clap::Command {
    let takes = |arg: &clap::Arg| arg.get_long().is_some() && arg.get_action().takes_values();
    let numbers = |arg: clap::Arg| if takes(&arg) { arg.allow_negative_numbers(true) } else { arg };
    command.mut_args(numbers).mut_subcommands(with_numbers)
}

/// The `main` of the command: reads the command line and carries it out.
pub fn main() -> ExitCode {
    let parsed = command().try_get_matches();
    let parsed = parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            return wrong(&error);
        }
    };
    match cli.command {
        Command::Test(args) => {
            let logs = log(if args.log_stderr { NodeLogs::shown() } else { NodeLogs::default() });
            conclude(test::run(&args, &logs))
        }
        Command::Explore(args) => {
            conclude(explore::run(&args, &Given::of(&command(), "explore", &matches)))
        }
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
        Command::Store(command) => conclude(prune::run(&command)),
        Command::Journal(args) => conclude(journal::run(&args)),
        Command::Completions(args) => {
            conclude(Ok::<_, RunError>(shells::completions(&args, command())))
        }
        Command::Man(args) => conclude(shells::man(&args, command())),
        Command::Node(NodeCommand::Named(command_line)) => node(command_line),
        #[cfg(any(feature = "nats", feature = "udp"))]
        Command::Request(args) => {
            log(NodeLogs::default());
            conclude(request::run(&args))
        }
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
    let matches = command().try_get_matches_from(words)?;
    match Cli::from_arg_matches(&matches)?.command {
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
        Some(shim) => (shim.main)(command_line).unwrap_or_else(|error| wrong(&error)),
        None => {
            let name = name.unwrap_or_default();
            tell(&format!("error: there is no node called {name:?}\n\n{}", node_help()));
            ExitCode::from(NO_RUN)
        }
    }
}

/// Tells what is wrong with a command line, or what it asks to be told.
fn wrong(error: &clap::Error) -> ExitCode {
    print_clap(error);
    ended(if error.use_stderr() { NO_RUN } else { VALID })
}

fn conclude(verdict: Result<Valid, impl Into<NoVerdict>>) -> ExitCode {
    match verdict.map_err(Into::into) {
        Ok(valid) => ended(match valid {
            Valid::Yes => VALID,
            Valid::No => INVALID,
            Valid::Unknown => UNKNOWN,
        }),
        Err(NoVerdict::Run(RunError::Arguments(error))) => wrong(&error),
        Err(error) => {
            tell(&format!("error: {error}"));
            ended(NO_RUN)
        }
    }
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum NoVerdict {
    Run(#[from] RunError),
    Check(#[from] check::CheckError),
    #[cfg(any(feature = "nats", feature = "udp"))]
    Request(#[from] request::NoAnswer),
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    /// Each subcommand, by its words.
    fn all(command: &clap::Command, words: &str) -> Vec<(String, clap::Command)> {
        let words = format!("{words} {}", command.get_name()).trim().to_owned();
        let inner = command.get_subcommands().flat_map(|it| all(it, &words));
        inner.chain([(words.clone(), command.clone())]).collect()
    }

    #[test]
    fn what_is_wrong_with_a_negative_number_is_told() {
        let commands = all(&command(), "");
        assert!(commands.iter().any(|(words, _)| words == "glomers store prune"));
        for (words, subcommand) in &commands {
            let takes = |arg: &&clap::Arg| arg.get_action().takes_values();
            for flag in subcommand.get_arguments().filter(takes).filter_map(clap::Arg::get_long) {
                let line = format!("{words} --{flag} -1");
                let Err(error) = command().try_get_matches_from(line.split(' ')) else { continue };
                assert_ne!(error.kind(), ErrorKind::UnknownArgument, "{line}: {error}");
                let told = error.to_string();
                assert!(!told.contains("invalid digit"), "{line}: {error}");
            }
        }
        for (line, complaint) in [
            ("test --seed -1", "'-1' for '--seed <N>': must be an integer from 0 to 1844674407"),
            ("demo --seed 1.5", "must be an integer from 0 to 18446744073709551615"),
            ("explore --from -1", "must be an integer from 0 to 18446744073709551615"),
            ("explore --seeds 0", "must be positive"),
            ("store prune --keep -1", "must be an integer, and not negative"),
        ] {
            let words = std::iter::once("glomers").chain(line.split(' '));
            let error = command().try_get_matches_from(words).unwrap_err().to_string();
            assert!(error.contains(complaint), "{line}: {error}");
        }
    }

    #[test]
    fn help_names_every_topology() {
        let command = command();
        let test = command.find_subcommand("test").unwrap();
        let flag = test.get_arguments().find(|arg| arg.get_id() == "topology").unwrap();
        let help = flag.get_help().unwrap().to_string();
        // As the complaint about one that is none has them.
        let complaint = "star".parse::<glomers_gossip::Topology>().unwrap_err().to_string();
        let names = complaint.split(|it: char| !it.is_alphabetic());
        let names: Vec<_> =
            names.filter(|name| name.parse::<glomers_gossip::Topology>().is_ok()).collect();
        assert_eq!(names, ["hub", "mesh", "total", "grid", "line", "tree"]);
        for name in names.iter().chain(&["treeK"]) {
            assert!(help.contains(name), "no {name} in {help}");
        }
    }
}
