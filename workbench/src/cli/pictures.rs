use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use glomers_check::check::Valid;
use serde_json::json;

use super::output::unkept;
use super::report::{figures, heading};
use crate::journal::Recorder;
use crate::judged::{About, Judged};
use crate::report::{MESSAGES, Report};
use crate::store::RunFolder;

/// Whether a run's messages are recorded, and drawn.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct PictureArgs {
    /// When to record all messages, draw them and write report.html
    #[arg(long, value_name = "WHEN", default_value = "always")]
    pictures: When,

    /// The same as --pictures never
    #[arg(long, conflicts_with = "pictures")]
    no_pictures: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    /// Of every run
    Always,
    /// Of a run that is not valid; of others, the messages are forgotten
    Invalid,
    /// Of none
    Never,
}

impl PictureArgs {
    /// Of every run, or of one that is not valid.
    pub(super) fn of_every_run(is_wanted: bool) -> Self {
        let pictures = if is_wanted { When::Always } else { When::Invalid };
        Self { pictures, no_pictures: false }
    }

    /// Who records the messages of a run, if that is wanted.
    pub(super) fn recorder(self, folder: &RunFolder) -> Option<Recorder> {
        if self.no_pictures || self.pictures == When::Never {
            return None;
        }
        let recorder = Recorder::create(&folder.path().join(MESSAGES));
        recorder.map_err(|error| unkept("no messages are recorded", &error)).ok()
    }

    /// Describes a run in its folder, and draws its pictures if that is wanted; the report's path. That something cannot be written changes no verdict, and is told.
    pub(super) fn draw(
        self,
        folder: &RunFolder,
        judged: &Judged,
        about: About<'_>,
    ) -> Option<PathBuf> {
        let About { workload, command, name } = about;
        let heading = heading(workload, &judged.settings);
        let mut run =
            json!({ "workload": workload, "heading": heading.trim(), "command": command });
        if let Some(name) = name {
            run["name"] = name.into();
        }
        if let Err(error) = folder.write_json("run.json", &run) {
            unkept("the run is not described", &error);
        }
        let wanted = match self.pictures {
            _ if self.no_pictures => return None,
            When::Never => return None,
            When::Always => true,
            When::Invalid => judged.results.valid != Valid::Yes,
        };
        let drawn = if wanted {
            draw(folder, about, &heading, judged).map(Some)
        } else {
            fs::remove_file(folder.path().join(MESSAGES)).map(|()| None)
        };
        drawn.unwrap_or_else(|error| {
            unkept("no report of the run", &error);
            None
        })
    }
}

fn draw(
    folder: &RunFolder,
    about: About<'_>,
    heading: &str,
    judged: &Judged,
) -> io::Result<PathBuf> {
    let Judged { settings, outcome, results, .. } = judged;
    let (figures, nodes) = (figures(results, &outcome.history), settings.node_ids());
    let differs = results.maelstrom_differs();
    let report = Report {
        workload: about.workload,
        heading,
        command: about.command,
        replays: settings.is_virtual(),
        figures: &figures,
        nodes: &nodes,
        history: &outcome.history,
        observations: outcome.observations.as_ref(),
        valid: results.valid,
        maelstrom: differs.as_deref(),
        findings: &results.findings,
    };
    report.write(folder.path())
}

/// This very command.
pub(super) fn own_command_line() -> String {
    let mut words: Vec<String> =
        std::env::args_os().map(|arg| quoted(&arg.to_string_lossy())).collect();
    if let Some(program) = words.first_mut() {
        "glomers".clone_into(program);
    }
    words.join(" ")
}

/// This very command, with the seed that it had.
pub(super) fn own_command(seed: u64) -> String {
    command(std::env::args_os(), seed)
}

fn command(args: impl Iterator<Item = OsString>, seed: u64) -> String {
    let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let given = args.iter().take_while(|arg| *arg != "--");
    let has_seed = given.clone().any(|arg| arg == "--seed" || arg.starts_with("--seed="));
    let place = given.count();
    let mut words: Vec<String> = args.iter().map(|arg| quoted(arg)).collect();
    if let Some(program) = words.first_mut() {
        "glomers".clone_into(program);
    }
    if !has_seed {
        words.splice(place..place, ["--seed".to_owned(), seed.to_string()]);
    }
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_has_its_seed_and_can_be_pasted() {
        let command = |line: &[&str]| command(line.iter().map(OsString::from), 7);
        assert_eq!(command(&["/x/glomers", "test", "-w", "echo"]), "glomers test -w echo --seed 7");
        assert_eq!(
            command(&["glomers", "test", "--bin", "it's mine", "--", "--seed", "3"]),
            "glomers test --bin 'it'\\''s mine' --seed 7 -- --seed 3"
        );
        for given in [&["glomers", "test", "--seed=4"][..], &["glomers", "test", "--seed", "4"]] {
            assert_eq!(command(given), given.join(" "));
        }
    }
}
