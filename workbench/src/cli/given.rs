use std::ffi::{OsStr, OsString};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};

use super::faults::FaultArgs;

/// The flags that the user has given to a subcommand, as they were written: the others have their
/// defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Given(Vec<Flag>);

#[derive(Clone, Debug, PartialEq)]
struct Flag {
    id: String,
    /// As `--long`; nothing for what stands after `--`.
    name: Option<String>,
    values: Vec<OsString>,
    is_fault: bool,
}

impl Given {
    /// Those of a `subcommand` of the whole `command` that `test` has, too, in its order.
    pub(super) fn of(command: &Command, subcommand: &str, matches: &ArgMatches) -> Self {
        let Some(matches) = matches.subcommand_matches(subcommand) else { return Self::default() };
        let test = command.find_subcommand("test");
        let all = test.into_iter().flat_map(Command::get_arguments);
        let given = all.filter(|arg| {
            let id = arg.get_id().as_str();
            matches.try_contains_id(id).is_ok()
                && matches.value_source(id) == Some(ValueSource::CommandLine)
        });
        let faults = FaultArgs::augment_args(Command::new("faults"));
        let about_faults: Vec<_> =
            faults.get_arguments().map(|arg| arg.get_id().as_str()).collect();
        Self(given.map(|arg| Flag::of(arg, matches, &about_faults)).collect())
    }

    /// Whether this one is among them.
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|flag| flag.id == id)
    }

    /// Whether one that is about faults is among them.
    pub(super) fn has_faults(&self) -> bool {
        self.0.iter().any(|flag| flag.is_fault)
    }

    /// The command line of `glomers test` that these flags and the others make together. Where a
    /// case says the same, the case is right.
    pub(super) fn command(&self, case: &[String]) -> Vec<OsString> {
        let decided = |flag: &&Flag| {
            flag.is_fault
                || CASE.contains(&&*flag.id)
                || flag.name.as_ref().is_some_and(|name| case.contains(name))
        };
        let (named, rest): (Vec<_>, Vec<_>) = self.0.iter().partition(|flag| flag.name.is_some());
        let mut words: Vec<OsString> = ["glomers", "test"].map(OsString::from).to_vec();
        for flag in named.into_iter().filter(|flag| !decided(flag)) {
            words.extend(flag.name.iter().map(OsString::from));
            words.extend(flag.values.iter().cloned());
        }
        words.extend(case.iter().map(OsString::from));
        if !rest.is_empty() {
            words.push("--".into());
            words.extend(rest.into_iter().flat_map(|flag| flag.values.iter().cloned()));
        }
        words
    }
}

/// What a case decides beside the faults, be it in its flags or be it at its default.
const CASE: [&str; 7] =
    ["node_count", "concurrency", "rate", "time_limit", "latency", "latency_dist", "seed"];

impl Flag {
    fn of(arg: &Arg, matches: &ArgMatches, about_faults: &[&str]) -> Self {
        let id = arg.get_id().as_str();
        let values = matches.get_raw(id).into_iter().flatten().map(OsStr::to_owned);
        let mut values: Vec<OsString> = values.collect();
        if !arg.get_action().takes_values() {
            values.clear();
        } else if let Some(delimiter) = arg.get_value_delimiter() {
            values = vec![values.join(OsStr::new(&delimiter.to_string()))];
        }
        Self {
            id: id.to_owned(),
            name: arg.get_long().map(|name| format!("--{name}")),
            values,
            is_fault: about_faults.contains(&id),
        }
    }
}

/// A command line for people to copy into a shell.
pub(super) fn quoted(words: &[OsString]) -> String {
    let quote = |word: &OsString| {
        let word = word.to_string_lossy();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        let words = ["a-b", "", "it's", "$x y"].map(OsString::from);
        assert_eq!(quoted(&words), r"a-b '' 'it'\''s' '$x y'");
    }

    #[test]
    fn a_case_replaces_what_the_user_gave_and_leaves_the_rest() {
        let given = |line: &str| {
            let matches = Cli::command().try_get_matches_from(line.split(' ')).unwrap();
            Given::of(&Cli::command(), "explore", &matches)
        };
        let line = "glomers explore -w g-set --seeds 3 --rate 7 --nemesis loss,partition \
                    --availability 0.5 -- --latency-target 9";
        let given = given(line);
        assert!(given.has("rate") && given.has_faults() && !given.has("latency"));
        let case = ["--rate", "3", "--seed", "8"].map(str::to_owned);
        let command = "glomers test --workload g-set --availability 0.5 --rate 3 --seed 8 \
                       -- --latency-target 9";
        assert_eq!(quoted(&given.command(&case)), command);
    }
}
