use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use super::{kept, point};
use crate::paths::at;

/// Removes old runs from a store.
///
/// Only what a run leaves is removed: a folder `WORKLOAD/TIME` with a name as runs are given, whose run is
/// over, and in which nothing lies but what a run writes. Anything else stays and is told; links are
/// not followed.
///
/// ```
/// use glomers::store::{Prune, RunFolder};
///
/// let store = std::env::temp_dir().join(format!("pruned-{}", std::process::id()));
/// let old = RunFolder::create(&store, "echo")?;
/// let new = RunFolder::create(&store, "echo")?;
/// for run in [&old, &new] {
///     run.write_json("results.json", &"a verdict")?;
/// }
/// let pruned = Prune { keep: 1, dry_run: false }.run(&store)?;
/// assert_eq!(pruned.workloads[0].removed, [old.path()]);
/// assert_eq!(pruned.workloads[0].kept, 1);
/// # std::fs::remove_dir_all(store)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Prune {
    /// So many runs of each workload stay, the latest.
    pub keep: usize,
    /// Removes nothing: only tells what would be.
    pub dry_run: bool,
}

/// What was removed, or would be.
#[derive(Clone, Debug, Default)]
pub struct Pruned {
    /// What became of each workload's runs, by its name.
    pub workloads: Vec<PrunedWorkload>,
    /// What stays because it is not a run's folder as far as can be seen, each with the reason.
    pub left: Vec<(PathBuf, String)>,
}

/// What became of a workload's runs.
#[derive(Clone, Debug)]
pub struct PrunedWorkload {
    /// The workload, or `explore`.
    pub name: String,
    /// So many runs stay.
    pub kept: usize,
    /// The folders of the others, the oldest first.
    pub removed: Vec<PathBuf>,
    /// So many bytes were in them.
    pub bytes: u64,
}

/// A run's folder, in the order of time.
type Run = ((DateTime<FixedOffset>, u32), PathBuf);

impl Prune {
    /// Removes old runs from the store in that folder. A store that is not there has no runs.
    ///
    /// # Errors
    ///
    /// What the file system reports, with the path: what was removed until then is gone, and the rest
    /// is as it was.
    pub fn run(self, store: &Path) -> io::Result<Pruned> {
        let mut pruned = Pruned::default();
        let mut latest: Option<Run> = None;
        for workload in folders(store)? {
            let mut runs = Vec::new();
            for folder in folders(&workload)? {
                let name = folder.file_name().unwrap_or_default().to_string_lossy();
                let objection = match kept::began(&name) {
                    None => Some("it is not called as a run is".to_owned()),
                    Some(began) => {
                        let objection = at(&folder, kept::objection(&folder))?;
                        if objection.is_none() {
                            runs.push((began, folder.clone()));
                        }
                        objection
                    }
                };
                pruned.left.extend(objection.map(|objection| (folder, objection)));
            }
            runs.sort_by(|a, b| b.cmp(a));
            let old = runs.split_off(self.keep.min(runs.len()));
            if let Some(run) = runs.first() {
                latest = latest.max(Some(run.clone()));
            }
            pruned.workloads.extend(self.remove(&workload, &runs, old)?);
        }
        if !self.dry_run {
            let latest = latest.and_then(|(_, run)| Some(run.strip_prefix(store).ok()?.to_owned()));
            relink(&store.join("latest"), latest.as_deref())?;
        }
        Ok(pruned)
    }

    /// Removes a workload's old runs, the latest first in both lists.
    fn remove(
        self,
        workload: &Path,
        runs: &[Run],
        old: Vec<Run>,
    ) -> io::Result<Option<PrunedWorkload>> {
        if runs.is_empty() && old.is_empty() {
            return Ok(None);
        }
        let name = workload.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut pruned = PrunedWorkload { name, kept: runs.len(), removed: Vec::new(), bytes: 0 };
        for (_, run) in old.into_iter().rev() {
            pruned.bytes += at(&run, kept::bytes(&run))?;
            if !self.dry_run {
                at(&run, kept::remove(&run))?;
            }
            pruned.removed.push(run);
        }
        if !self.dry_run {
            let latest = runs.first().and_then(|(_, run)| run.file_name());
            relink(&workload.join("latest"), latest.map(Path::new))?;
        }
        Ok(Some(pruned))
    }
}

/// The folders within a folder, by name; none if it is not there.
fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => at(folder, entries)?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = at(folder, entry)?;
        if at(&entry.path(), entry.file_type())?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

/// Has a link whose run is gone lead to another, or to none.
fn relink(link: &Path, run: Option<&Path>) -> io::Result<()> {
    let is_link = fs::symlink_metadata(link).is_ok_and(|it| it.is_symlink());
    if !is_link || link.exists() {
        return Ok(());
    }
    match run {
        Some(run) => at(link, point(link, run)),
        None => at(link, fs::remove_file(link)),
    }
}

#[cfg(test)]
mod tests;
