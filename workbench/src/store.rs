//! Where runs are kept: `store/WORKLOAD/TIME/`, with links to the latest.

mod kept;
mod prune;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use glomers_check::exact;
use glomers_check::history::History;

use self::kept::{MESSAGES, NAME};
pub use self::prune::{Prune, Pruned, PrunedWorkload};
use crate::paths::{all, at};

/// The folder of one run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// The links that lead to it as the latest run.
    links: Vec<Latest>,
    /// The folders around it that were made for it, the inmost first.
    around: Vec<PathBuf>,
}

/// A link to the latest run.
#[derive(Clone, Debug)]
struct Latest {
    link: PathBuf,
    target: PathBuf,
    /// Where it led before, if it was there.
    before: Option<PathBuf>,
}

impl RunFolder {
    /// Makes `root/workload/time`, and points `root/latest` and `root/workload/latest` to it.
    ///
    /// # Errors
    ///
    /// What the file system reports.
    pub fn create(root: &Path, workload: &str) -> io::Result<Self> {
        let time = chrono::Local::now().format(NAME).to_string();
        let parent = root.join(workload);
        let around = [&*parent, root].into_iter().filter(|it| !it.exists());
        let around: Vec<PathBuf> = around.map(Path::to_owned).collect();
        at(&parent, fs::create_dir_all(&parent))?;
        // Virtual runs take a millisecond: more than one may begin in the same.
        let (mut name, mut number) = (time.clone(), 1);
        while let Err(error) = fs::create_dir(parent.join(&name)) {
            if error.kind() != io::ErrorKind::AlreadyExists {
                return at(&parent.join(&name), Err(error));
            }
            number += 1;
            name = format!("{time}-{number}");
        }
        let path = parent.join(&name);
        let mut links = Vec::new();
        for (folder, target) in
            [(root, Path::new(workload).join(&name)), (&*parent, PathBuf::from(&name))]
        {
            let link = folder.join("latest");
            let before = fs::read_link(&link).ok();
            at(&link, point(&link, &target))?;
            links.push(Latest { link, target, before });
        }
        Ok(Self { path, links, around })
    }

    /// Gives the folder up, for there was no run: what is in it and tells nothing is removed, and the links
    /// lead to the run before. The folder, if something is left in it: what nodes said.
    pub fn abandon(&self) -> Option<&Path> {
        for Latest { link, target, before } in &self.links {
            // Another run may have been quicker.
            if fs::read_link(link).is_ok_and(|it| it == *target) {
                // Where that fails, it fails as the run did.
                let _ = match before {
                    Some(before) => point(link, before),
                    None => fs::remove_file(link),
                };
            }
        }
        if !is_swept(&self.path) {
            return Some(&self.path);
        }
        for folder in &self.around {
            // Something else may be in it by now.
            let _ = fs::remove_dir(folder);
        }
        None
    }

    /// The folder of that path, which is made unless it is there.
    ///
    /// # Errors
    ///
    /// What the file system reports.
    pub fn at(path: PathBuf) -> io::Result<Self> {
        at(&path, fs::create_dir_all(&path))?;
        Ok(Self { path, links: Vec::new(), around: Vec::new() })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes its files have.
    ///
    /// # Errors
    ///
    /// What the file system reports.
    pub fn bytes(&self) -> io::Result<u64> {
        at(&self.path, kept::bytes(&self.path))
    }

    /// Where the nodes' logs go.
    pub fn node_logs(&self) -> PathBuf {
        self.path.join("node-logs")
    }

    /// Writes `results.json` and `history.jsonl`, which begins with what it says of itself; the latter
    /// even if the former cannot be written.
    ///
    /// # Errors
    ///
    /// What the file system reports of each.
    pub fn write(
        &self,
        results: &Map<String, Value>,
        header: &Map<String, Value>,
        history: &History,
    ) -> io::Result<()> {
        let results = self.write_json("results.json", results);
        let history = self.write_file("history.jsonl", |file| {
            writeln!(file, "{}", exact::to_string(header)?)?;
            history.write_jsonl(file)
        });
        all([results, history])
    }

    /// Makes `name` in this folder a link to `other`, a folder beside or within it.
    ///
    /// # Errors
    ///
    /// What the file system reports.
    pub fn link(&self, name: &str, other: &Path) -> io::Result<()> {
        let link = self.path.join(name);
        at(&link, point(&link, other))
    }

    /// Writes a file of JSON.
    ///
    /// # Errors
    ///
    /// What the file system reports.
    pub fn write_json(&self, name: &str, content: &impl Serialize) -> io::Result<()> {
        self.write_file(name, |file| {
            file.write_all(exact::to_string_pretty(content)?.as_bytes())?;
            file.write_all(b"\n")
        })
    }

    fn write_file(
        &self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.path.join(name);
        let written = File::create(&path).and_then(|file| {
            let mut file = BufWriter::new(file);
            write(&mut file)?;
            file.flush()
        });
        at(&path, written)
    }
}

/// Removes a folder of a run that did not begin, but for what nodes have said; whether it is gone.
fn is_swept(folder: &Path) -> bool {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            is_swept(&path);
        } else if entry.file_name() == MESSAGES || entry.metadata().is_ok_and(|it| it.len() == 0) {
            // Then the folder stays, too.
            let _ = fs::remove_file(path);
        }
    }
    fs::remove_dir(folder).is_ok()
}

/// Makes `link` a link to `target`. A file that is no link is left alone.
fn point(link: &Path, target: &Path) -> io::Result<()> {
    match fs::symlink_metadata(link) {
        Ok(found) if found.is_symlink() => fs::remove_file(link)?,
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    match symlink(target, link) {
        // Another run was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_run_is_linked() {
        let root = tempfile::tempdir().unwrap();
        // Fast enough to begin some in the same millisecond.
        for value in 1..50 {
            let folder = RunFolder::create(root.path(), "echo").unwrap();
            let results = Map::from_iter([("seed".to_owned(), value.into())]);
            folder.write(&results, &Map::new(), &History::default()).unwrap();
            for latest in ["latest/results.json", "echo/latest/results.json"] {
                let text = fs::read_to_string(root.path().join(latest)).unwrap();
                let json: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(json["seed"], value);
            }
        }
        let kept = fs::read_dir(root.path().join("echo")).unwrap().count();
        assert_eq!(kept, 49 + 1, "each run and the link");
    }

    #[test]
    fn a_run_that_did_not_begin_leaves_nothing_but_what_was_said() {
        let root = tempfile::tempdir().unwrap();
        let store = root.path().join("store");
        let fill = |folder: &RunFolder, log: &str| {
            fs::write(folder.path().join(MESSAGES), "{}\n").unwrap();
            fs::create_dir(folder.node_logs()).unwrap();
            fs::write(folder.node_logs().join("n1.log"), log).unwrap();
        };
        let first = RunFolder::create(&store, "echo").unwrap();
        fill(&first, "");
        assert_eq!(first.abandon(), None);
        assert!(!store.exists(), "it was made for this run");

        let first = RunFolder::create(&store, "echo").unwrap();
        let leads = |link: &str| fs::canonicalize(store.join(link)).unwrap();
        let path = fs::canonicalize(first.path()).unwrap();
        for (workload, log, is_left) in [("echo", "", false), ("kafka", "help", true)] {
            let second = RunFolder::create(&store, workload).unwrap();
            assert_eq!(leads("latest"), fs::canonicalize(second.path()).unwrap());
            fill(&second, log);
            assert_eq!(second.abandon().is_some(), is_left, "{workload}");
            assert_eq!(second.node_logs().join("n1.log").exists(), is_left);
            assert!(!second.path().join(MESSAGES).exists());
            assert_eq!([leads("latest"), leads("echo/latest")], [path.clone(), path.clone()]);
            assert!(fs::symlink_metadata(store.join("kafka/latest")).is_err());
        }

        // Another run has begun meanwhile, and is the latest.
        let (second, third) = (
            RunFolder::create(&store, "echo").unwrap(),
            RunFolder::create(&store, "echo").unwrap(),
        );
        assert_eq!(second.abandon(), None);
        assert_eq!(leads("latest"), fs::canonicalize(third.path()).unwrap());
    }

    #[test]
    fn what_is_no_link_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("latest"), "mine").unwrap();
        RunFolder::create(root.path(), "echo").unwrap();
        assert_eq!(fs::read_to_string(root.path().join("latest")).unwrap(), "mine");
    }
}
