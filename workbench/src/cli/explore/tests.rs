use clap::FromArgMatches;

use super::super::{Cli, Command, settings_of};
use super::*;
use crate::network::Distribution;

/// The arguments of a command line, once what is not given has been filled in.
fn explore(line: &str) -> (ExploreArgs, Given) {
    let matches = super::super::command().try_get_matches_from(line.split(' ')).unwrap();
    let given = Given::of(&super::super::command(), "explore", &matches);
    match Cli::from_arg_matches(&matches).unwrap().command {
        Command::Explore(args) => (*args, given),
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
        ("-w txn-rw-register", "read-atomic, which the built-in node promises"),
        ("-w txn-list-append", "strict-serializable, which the built-in node promises"),
        ("-w txn-rw-register --bin ./node", "strict-serializable, Maelstrom's default"),
        (
            "-w txn-rw-register --consistency-models PL-3,PL-2",
            "serializable, read-committed, as --consistency-models says",
        ),
        (
            "-w txn-rw-register --consistency-models strict-serializable",
            "strict-serializable, as --consistency-models says",
        ),
    ] {
        let (args, _) = explore(&format!("glomers explore {line}"));
        let told = args.test.held_to().unwrap();
        assert!(told.starts_with(held_to), "{line}: {told}");
        assert_eq!(
            !held_to.contains("as --cons"),
            told.ends_with("--consistency-models changes it")
        );
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
    let promised = "[default: what the built-in node promises, read-atomic for txn-rw-register and \
                    strict-serializable for txn-list-append; strict-serializable for programs";
    for name in ["test", "explore"] {
        let mut command = super::super::command();
        let help = command.find_subcommand_mut(name).unwrap().render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains(promised), "{help}");
    }
}

#[test]
fn the_help_has_no_flag_that_is_refused_and_no_default_but_its_own() {
    let command = super::super::command();
    let own = command.find_subcommand("explore").unwrap();
    let refused: Vec<&str> = REFUSED.iter().flat_map(|(ids, _)| *ids).copied().collect();
    for id in &refused {
        let (args, given) = match *id {
            "as_maelstrom" => explore("glomers explore -w echo --as-maelstrom"),
            "nodes" => explore("glomers explore -w echo --nodes a,b"),
            id => explore(&format!("glomers explore -w echo --{} 1", id.replace('_', "-"))),
        };
        assert!(run(&args, &given).is_err(), "{id}");
    }
    for arg in own.get_arguments() {
        let id = arg.get_id().as_str();
        assert_eq!(arg.is_hide_set(), refused.contains(&id), "{id}");
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.matches("[default").count() <= 1, "{help}");
    }
    // Where a flag tells a default, the space is the same with that value given.
    let base = Case::of(&explore("glomers explore -w g-set").0.test.settings(0, None).unwrap());
    let space = |line: &str| {
        let (args, given) = explore(line);
        format!("{:?}", args.space(&base, &given))
    };
    let usual = space("glomers explore -w g-set");
    for arg in own.get_arguments().filter(|arg| arg.get_action().takes_values()) {
        let (Some(long), [default]) = (arg.get_long(), arg.get_default_values()) else { continue };
        if !arg.is_hide_default_value_set() && !arg.is_hide_set() && long != "workload" {
            let line = format!("glomers explore -w g-set --{long} {}", default.to_string_lossy());
            assert_eq!(space(&line), usual, "{line}");
        }
    }
}

#[test]
fn what_contradicts_itself_or_has_no_seeds_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    for (line, complaint) in [
        ("--no-nemesis --nemesis partition", "--no-nemesis wants no faults"),
        ("--no-nemesis --loss 5", "--no-nemesis wants no faults"),
        ("--from 18446744073709551615 --seeds 3", "goes beyond the last seed"),
        ("--from 18446744073709551615 --seeds 1", "goes beyond the last seed"),
    ] {
        let (args, given) =
            explore(&format!("glomers explore -w g-set --store {} {line}", store.display()));
        let error = run(&args, &given).unwrap_err().to_string();
        assert!(error.contains(complaint) && !store.exists(), "{line}: {error}");
    }
    let none = super::super::command().try_get_matches_from(["glomers", "explore", "--seeds", "0"]);
    assert!(none.unwrap_err().to_string().contains("must be positive"));
    let (args, given) = explore("glomers explore --from 18446744073709551612 --seeds 3");
    assert!(args.check(&given).is_ok());
}
