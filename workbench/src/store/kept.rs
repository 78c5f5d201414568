//! What a run leaves, told from what others put beside it.

use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use chrono::{DateTime, FixedOffset};

/// How a run's folder is called: its time, and where several began in the same millisecond, a
/// number from 2.
pub(super) const NAME: &str = "%Y%m%dT%H%M%S%.3f%z";

/// Where a run's messages are, from its beginning on.
pub(super) const MESSAGES: &str = "messages.jsonl";

/// How long a name is without the number.
const LEN: usize = "20260131T235959.999+0000".len();

/// What only a run that has come to its end leaves: what it was judged to be, or what many runs of an
/// exploration have covered.
const ENDS: [&str; 2] = ["results.json", "coverage.json"];

/// When a run of that name began, and which it was of those in the same millisecond.
pub(super) fn began(name: &str) -> Option<(DateTime<FixedOffset>, u32)> {
    let (time, number) = name.split_at_checked(LEN)?;
    let time = DateTime::parse_from_str(time, NAME).ok()?;
    let number = match number.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|it| it.is_ascii_digit()) => digits.parse().ok()?,
        None if number.is_empty() => 1,
        _ => return None,
    };
    Some((time, number))
}

/// Why a folder is not that of a run that is over, with nothing in it but what a run leaves.
pub(super) fn objection(folder: &Path) -> io::Result<Option<String>> {
    if let Some(name) = stranger(folder)? {
        return Ok(Some(format!("it holds {}, which no run leaves", name.display())));
    }
    let is_over = ENDS.iter().any(|end| folder.join(end).is_file());
    Ok((!is_over).then(|| "its run is not over, or was broken off".to_owned()))
}

/// The name of something in a folder that is not of a run.
fn stranger(folder: &Path) -> io::Result<Option<OsString>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !is_of_a_run(&entry)? {
            return Ok(Some(entry.file_name()));
        }
    }
    Ok(None)
}

fn is_of_a_run(entry: &DirEntry) -> io::Result<bool> {
    let (name, kind) = (entry.file_name(), entry.file_type()?);
    let Some(name) = name.to_str() else { return Ok(false) };
    if kind.is_symlink() {
        return Ok(matches!(name, "found" | "smallest"));
    }
    if kind.is_dir() {
        return match name {
            "node-logs" => all_are_files(&entry.path(), "log"),
            "space-time" => all_are_files(&entry.path(), "svg"),
            _ if is_trial(name) => Ok(stranger(&entry.path())?.is_none()),
            _ => Ok(false),
        };
    }
    let known = ["history.jsonl", MESSAGES, "report.html", "run.json"];
    let is_picture = Path::new(name).extension().is_some_and(|it| it == "svg");
    Ok(kind.is_file() && (ENDS.contains(&name) || known.contains(&name) || is_picture))
}

/// Whether a folder of that name is one run of an exploration's: one that failed, or the last that
/// was under way.
fn is_trial(name: &str) -> bool {
    name == "running" || name.starts_with("seed-")
}

fn all_are_files(folder: &Path, ending: &str) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if !entry.file_type()?.is_file() || path.extension().is_none_or(|it| it != ending) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes the folder of a run, to which there is no [`objection`]. What shows that the run is over
/// goes last, so that a removal that was broken off can be told from a run and is not taken for one;
/// and what has been put there meanwhile is an error, and stays.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    let entries: Vec<DirEntry> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    let is_end = |entry: &DirEntry| ENDS.iter().any(|end| entry.file_name() == *end);
    let (ends, others): (Vec<DirEntry>, Vec<DirEntry>) = entries.into_iter().partition(is_end);
    for entry in others.iter().chain(&ends) {
        let path = entry.path();
        if !entry.file_type()?.is_dir() {
            fs::remove_file(path)?;
        } else if is_trial(&entry.file_name().to_string_lossy()) {
            remove(&path)?;
        } else {
            for file in fs::read_dir(&path)? {
                fs::remove_file(file?.path())?;
            }
            fs::remove_dir(path)?;
        }
    }
    fs::remove_dir(folder)
}

/// How many bytes the files in a folder have, links not followed.
pub(super) fn bytes(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        sum += if metadata.is_dir() { bytes(&entry.path())? } else { metadata.len() };
    }
    Ok(sum)
}
