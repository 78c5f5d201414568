use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use glomers_check::check::{Availability, Model, Valid};
use glomers_check::checker::Checker;
use glomers_check::exact;
use glomers_check::recorded::{self, Format, Recorded};
use glomers_check::results::Results;

use super::output::{print, tell};
use super::packed;
use super::report;
use super::txn::model;
use super::values::availability;
use super::verdict::VerdictArgs;
use crate::paths::is_same;
use crate::workload::Kind;

/// The history may be ours (history.jsonl) or Maelstrom's (history.edn), and packed by gzip or zstd; its
/// content tells which.
///
/// Findings, figures, verdict and exit status are those of `glomers test`, but for what only the
/// network and the nodes would tell.
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct CheckArgs {
    /// The file; - for STDIN
    #[arg(value_name = "HISTORY")]
    history: PathBuf,

    /// What clients asked of the nodes. If not given: what the history itself says in its first line,
    /// or else the name of the folder it is kept in, as in STORE/WORKLOAD/TIME/history.edn
    #[arg(short, long, value_name = "NAME")]
    workload: Option<Kind>,

    #[command(flatten)]
    verdict: VerdictArgs,

    /// What transactions are held to, as for `glomers test`. If not given: what the history itself says
    /// in its first line, as ours do, or else strict-serializable
    #[arg(long, value_name = "MODELS", value_delimiter = ',', value_parser = model)]
    consistency_models: Option<Vec<Model>>,

    /// Write the full results there, as results.json has them
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
}

/// Why a history cannot be judged.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckError {
    #[error("{path}: {source}")]
    History { path: String, source: recorded::Error },
    #[error("{path}: {source}")]
    Results { path: String, source: io::Error },
    #[error("--results {path} would overwrite {input}, which is read: name another file")]
    OverInput { path: String, input: String },
    #[error(
        "{path}: nothing tells which workload this is a history of\n\n\
         Name it: -w {}",
        names()
    )]
    WhichWorkload { path: String },
    #[error("{path}: there is no workload {name:?}\n\nThere are: {}", names())]
    NoWorkload { path: String, name: String },
    #[error("{path}: {why}")]
    NoModel { path: String, why: String },
}

fn names() -> String {
    Kind::value_variants().iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}

/// The share of operations that must have succeeded, if the history says so.
fn promised(recorded: &Recorded) -> Option<Availability> {
    let promised = recorded.header.get("availability")?;
    let text = promised.as_str().map_or_else(|| promised.to_string(), str::to_owned);
    availability(&text).ok()
}

/// The models that a history says it is held to.
fn models(recorded: &Recorded) -> Result<Option<Vec<Model>>, String> {
    let Some(models) = recorded.header.get("models") else { return Ok(None) };
    let names = models.as_array().map_or(&[][..], Vec::as_slice);
    let parsed = names.iter().map(|name| model(name.as_str().unwrap_or_default()));
    parsed.collect::<Result<_, _>>().map(Some)
}

pub(super) fn run(args: &CheckArgs) -> Result<Valid, CheckError> {
    let started = Instant::now();
    let is_stdin = args.history == Path::new("-");
    let path = if is_stdin { "STDIN".to_owned() } else { args.history.display().to_string() };
    if is_stdin && io::stdin().is_terminal() {
        tell("reading a history from STDIN");
    }
    if let Some(results) = &args.results {
        let inputs = if is_stdin {
            vec![PathBuf::from("/dev/stdin")]
        } else {
            vec![args.history.clone(), beside(&args.history)]
        };
        if let Some(input) = inputs.iter().find(|input| is_same(results, input)) {
            let (path, input) = (results.display().to_string(), input.display().to_string());
            return Err(CheckError::OverInput { path, input });
        }
    }
    let input = if is_stdin {
        packed::unpacked(io::stdin().lock())
    } else {
        File::open(&args.history).and_then(packed::unpacked)
    };
    let read = input.map_err(recorded::Error::from).and_then(Recorded::read);
    let mut recorded = read.map_err(|source| CheckError::History { path: path.clone(), source })?;
    let taken = if is_stdin { 0 } else { take_answers(&mut recorded, &args.history) };
    let kind = match args.workload {
        Some(kind) => kind,
        None => workload(&recorded, &args.history, &path)?,
    };
    let models = match &args.consistency_models {
        Some(models) => models.clone(),
        None => models(&recorded)
            .map_err(|why| CheckError::NoModel { path: path.clone(), why })?
            .unwrap_or_else(|| vec![Model::STRICT_SERIALIZABLE]),
    };
    let name = kind.name();
    let checker = Checker::of_workload(name, &models)
        .ok_or_else(|| CheckError::NoWorkload { path: path.clone(), name: name.to_owned() })?;
    let promised = args.verdict.availability.or_else(|| promised(&recorded));
    let results = Results::of_history(&checker, &recorded.history, promised);
    let format = match recorded.format {
        Format::Json => "JSON",
        Format::Edn => "EDN",
    };
    let taken = match taken {
        0 => String::new(),
        1 => ", one answer from history.txt".to_owned(),
        taken => format!(", {taken} answers from history.txt"),
    };
    print(&format!("{}: {path} ({format}{taken})\n", kind.name()));
    print(&report::of_history(&results, &recorded.history, started.elapsed()));
    if let Some(file) = &args.results {
        write(&results, file).map_err(|source| {
            let path = file.display().to_string();
            CheckError::Results { path, source }
        })?;
    }
    Ok(args.verdict.status(&results))
}

/// Where Maelstrom writes the operations as text.
fn beside(history: &Path) -> PathBuf {
    history.with_file_name("history.txt")
}

/// Takes the answers that an EDN history lacks from the `history.txt` beside it, and says how many.
fn take_answers(recorded: &mut Recorded, history: &Path) -> usize {
    if recorded.format != Format::Edn {
        return 0;
    }
    let printed = fs::read_to_string(beside(history));
    printed.map_or(0, |printed| recorded.take_answers(&printed))
}

/// The workload that a history is of, if it or its place tells.
fn workload(recorded: &Recorded, file: &Path, path: &str) -> Result<Kind, CheckError> {
    if let Some(name) = recorded.header.get("workload") {
        let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
        let kind = Kind::from_str(&name, false);
        return kind.map_err(|_| CheckError::NoWorkload { path: path.to_owned(), name });
    }
    // A link to the latest run is no name.
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let mut folders = file.ancestors().skip(1).take(2).filter_map(Path::file_name);
    folders
        .find_map(|folder| Kind::from_str(folder.to_str()?, false).ok())
        .ok_or_else(|| CheckError::WhichWorkload { path: path.to_owned() })
}

fn write(results: &Results, file: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(file)?);
    file.write_all(exact::to_string_pretty(&results.json)?.as_bytes())?;
    file.write_all(b"\n")?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: CheckArgs,
    }

    #[test]
    fn results_go_over_nothing_that_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let text = "{:type :invoke, :process 0, :f :echo, :value \"a\"}\n";
        for name in ["history.edn", "history.txt"] {
            fs::write(at(name), text).unwrap();
        }
        std::os::unix::fs::symlink(at("history.edn"), at("link")).unwrap();
        fs::hard_link(at("history.edn"), at("other")).unwrap();
        let judge = |results: &str| {
            let (history, results) = (at("history.edn"), at(results));
            let words = ["check", "-w", "echo"].map(PathBuf::from);
            let words = words.into_iter().chain([history, "--results".into(), results]);
            run(&Cli::try_parse_from(words).unwrap().args)
        };
        for name in ["history.edn", "history.txt", "link", "other", "../none/history.edn"] {
            let error = judge(name).unwrap_err().to_string();
            let is_there = at(name).exists();
            assert_eq!(error.contains("would overwrite"), is_there, "{name}: {error}");
        }
        for name in ["history.edn", "history.txt"] {
            assert_eq!(fs::read_to_string(at(name)).unwrap(), text);
        }
        assert!(judge("results.json").is_ok() && judge("results.json").is_ok());
    }
}
