use clap::{CommandFactory, FromArgMatches};
use glomers_check::check::Model;

use super::super::{Cli, Command, settings_of};
use super::*;
use crate::network::Distribution;

/// The arguments of a command line, once what is not given has been filled in.
fn explore(line: &str) -> (ExploreArgs, Given) {
    let matches = Cli::command().try_get_matches_from(line.split(' ')).unwrap();
    let given = Given::of("explore", &matches);
    match Cli::from_arg_matches(&matches).unwrap().command {
        Command::Explore(args) => (args.holding_to_promises(&given), given),
        _ => panic!("{line} is no exploration"),
    }
}

fn command(line: &str) -> String {
    let (args, given) = explore(line);
    let space = args.space(&Case::of(&args.test.settings(0, None).unwrap()), &given);
    args.command(&given, &space.draw(3))
}

#[test]
fn built_in_nodes_are_held_to_what_they_promise_and_programs_to_the_default() {
    for (line, held_to) in [
        ("-w txn-rw-register", &["read-atomic"][..]),
        ("-w txn-list-append", &["strict-serializable"]),
        ("-w txn-rw-register --bin ./node", &["strict-serializable"]),
        ("-w txn-rw-register --consistency-models PL-3,PL-2", &["serializable", "read-committed"]),
        ("-w txn-rw-register --consistency-models strict-serializable", &["strict-serializable"]),
    ] {
        let (args, _) = explore(&format!("glomers explore {line}"));
        let models = args.test.held_to().unwrap();
        let names: Vec<_> = models.iter().map(|model| model.name()).collect();
        assert_eq!(names, held_to, "{line}");
    }
    assert_eq!(explore("glomers explore -w g-set").0.test.held_to(), None);
}

#[test]
fn the_command_tells_what_transactions_are_like_and_held_to_where_test_would_not_know() {
    for (line, has, lacks) in [
        ("", "--workload txn-rw-register --consistency-models read-atomic --node-count", ""),
        (
            "--key-count 3 --max-writes-per-key 2 --consistency-models PL-2,read-atomic",
            "--key-count 3 --max-writes-per-key 2 --consistency-models \
             read-committed,read-atomic --node-count",
            "PL-2",
        ),
        (
            "--consistency-models strict-serializable",
            "--consistency-models strict-serializable --node-count",
            "read-atomic",
        ),
        ("--bin ./node", "--bin ./node --node-count", "--consistency-models"),
    ] {
        let line = format!("glomers explore -w txn-rw-register {line}");
        let command = command(line.trim_end());
        assert!(command.contains(has), "{has} is not in {command}");
        assert!(lacks.is_empty() || !command.contains(lacks), "{lacks} is in {command}");
        assert_eq!(command.matches("--consistency-models").count(), has.matches("--cons").count());
    }
    let command = command("glomers explore -w g-set");
    assert!(!command.contains("--consistency-models"), "{command}");
}

#[test]
fn the_command_asks_for_the_very_case() {
    let (args, given) = explore("glomers explore -w txn-rw-register --topology line");
    let space = args.space(&Case::of(&args.test.settings(0, None).unwrap()), &given);
    for seed in 0..50 {
        let mut case = space.draw(seed);
        if case.latency.mean_ms == 0 {
            // How what is nothing spreads is not told.
            case.latency.dist = Distribution::default();
        }
        let command = args.command(&given, &case);
        let (_, settings, _) = settings_of(command.split(' ')).unwrap();
        assert_eq!(Case::of(&settings), case, "{command}");
    }
}

#[test]
fn the_help_tells_what_nodes_are_held_to() {
    let mut command = Cli::command();
    let mut help = |name| {
        let command = command.find_subcommand_mut(name).unwrap();
        let help = command.render_long_help().to_string();
        help.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let default = format!("[default: {}]", Model::STRICT_SERIALIZABLE);
    assert!(help("test").contains(&default));
    let explore = help("explore");
    assert!(explore.contains("what the built-in node promises, read-atomic for"), "{explore}");
    assert!(!explore.contains(&default), "{explore}");
}
