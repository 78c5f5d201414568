use std::collections::BTreeSet;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

/// A store with runs of these names, each with a verdict of ten bytes.
fn store(runs: &[&str]) -> TempDir {
    let store = tempfile::tempdir().unwrap();
    for run in runs {
        let folder = store.path().join(run);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("results.json"), "0123456789").unwrap();
    }
    store
}

/// All that is there, links and folders included.
fn everything(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(everything(&entry.path()));
        }
        found.insert(entry.path());
    }
    found
}

const OLD: &str = "echo/20261129T235959.999+0000";
const TWIN: &str = "echo/20261129T235959.999+0000-10";
const NEW: &str = "echo/20261130T000001.000+0100";
const OTHER: &str = "kafka/20261101T000000.000+0000";

#[test]
fn the_latest_of_each_workload_stay() {
    // By what time it was, and not by the names: an hour east, it is the oldest of the three.
    let store = store(&[OLD, TWIN, NEW, OTHER]);
    let pruned = Prune { keep: 1, dry_run: false }.run(store.path()).unwrap();
    let [echo, kafka] = &pruned.workloads[..] else { panic!("{pruned:?}") };
    assert_eq!(echo.removed, [store.path().join(NEW), store.path().join(OLD)]);
    assert_eq!((echo.kept, echo.bytes, echo.name.as_str()), (1, 20, "echo"));
    assert_eq!((kafka.kept, kafka.bytes, kafka.removed.len()), (1, 0, 0));
    assert_eq!(pruned.left, []);
    let left = everything(store.path());
    let stays = |run: &str| left.contains(&store.path().join(run).join("results.json"));
    assert!(stays(TWIN) && stays(OTHER) && left.len() == 6, "{left:?}");
}

#[test]
fn a_dry_run_tells_the_same_and_removes_nothing() {
    let store = store(&[OLD, TWIN, NEW, OTHER]);
    let before = everything(store.path());
    let told = Prune { keep: 0, dry_run: true }.run(store.path()).unwrap();
    assert_eq!(everything(store.path()), before);
    let done = Prune { keep: 0, dry_run: false }.run(store.path()).unwrap();
    let in_short = |pruned: &Pruned| -> Vec<(Vec<PathBuf>, u64)> {
        pruned.workloads.iter().map(|it| (it.removed.clone(), it.bytes)).collect()
    };
    assert_eq!(in_short(&told), in_short(&done));
    assert_eq!(everything(store.path()).len(), 2, "the workloads' folders");
}

#[test]
fn what_no_run_left_is_left_alone() {
    let others = [
        // Not over yet.
        ("echo/20261130T000000.000+0000", "messages.jsonl"),
        // Not called as runs are.
        ("echo/mine", "results.json"),
        ("echo/20261130T000000.000+0000-x", "results.json"),
        ("echo/20261330T000000.000+0000", "results.json"),
        ("echo/20261130T000000.000+0000.kept", "results.json"),
        // Somebody has put something into it.
        ("echo/20261130T000001.000+0000", "notes.txt"),
        ("echo/20261130T000002.000+0000", "node-logs/notes.txt"),
        ("echo/20261130T000003.000+0000", "node-logs/deep/n0.log"),
        ("echo/20261130T000004.000+0000", "mine/history.jsonl"),
        ("explore/20261130T000000.000+0000", "seed-1-abc/notes.txt"),
        // Not in its place.
        ("echo/deeper/20261130T000000.000+0000", "results.json"),
    ];
    let store = store(&[]);
    for (folder, file) in others {
        let file = store.path().join(folder).join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "precious").unwrap();
    }
    for second in 1..=4 {
        let folder = store.path().join(format!("echo/20261130T00000{second}.000+0000"));
        fs::write(folder.join("results.json"), "{}").unwrap();
    }
    fs::write(store.path().join("explore/20261130T000000.000+0000/coverage.json"), "{}").unwrap();
    fs::write(store.path().join("notes.txt"), "precious").unwrap();
    fs::write(store.path().join("echo/notes.txt"), "precious").unwrap();
    let before = everything(store.path());
    let pruned = Prune { keep: 0, dry_run: false }.run(store.path()).unwrap();
    assert_eq!(everything(store.path()), before);
    assert!(pruned.workloads.is_empty(), "{pruned:?}");
    let left: BTreeSet<_> = pruned.left.iter().map(|(path, _)| path.clone()).collect();
    let folders = others.iter().map(|(folder, _)| match folder.strip_prefix("echo/deeper") {
        Some(_) => "echo/deeper",
        None => folder,
    });
    assert_eq!(left, folders.map(|folder| store.path().join(folder)).collect(), "all are told");
}

#[test]
fn links_are_not_followed_and_none_is_left_that_leads_nowhere() {
    let store = store(&[OLD, TWIN, NEW, OTHER]);
    let outside = self::store(&[OLD]);
    for (link, target) in [
        // A workload, and a run, that are elsewhere.
        ("set", outside.path().join("echo")),
        ("echo/20261128T000000.000+0000", outside.path().join(OLD)),
        // Of the newest, though it is not the latest by its time.
        ("echo/latest", PathBuf::from("20261130T000001.000+0100")),
        ("kafka/latest", PathBuf::from("20261101T000000.000+0000")),
        ("latest", PathBuf::from(NEW)),
    ] {
        symlink(target, store.path().join(link)).unwrap();
    }
    Prune { keep: 1, dry_run: false }.run(store.path()).unwrap();
    assert!(outside.path().join(OLD).join("results.json").is_file());
    let leads_to = |link: &str| fs::read_link(store.path().join(link)).unwrap();
    assert_eq!(leads_to("latest"), Path::new(TWIN));
    assert_eq!(leads_to("echo/latest"), Path::new("20261129T235959.999+0000-10"));
    assert_eq!(leads_to("kafka/latest"), Path::new("20261101T000000.000+0000"));

    Prune { keep: 0, dry_run: false }.run(store.path()).unwrap();
    assert!(outside.path().join(OLD).join("results.json").is_file());
    for link in ["latest", "echo/latest", "kafka/latest"] {
        assert!(fs::symlink_metadata(store.path().join(link)).is_err(), "{link}");
    }
}

#[test]
fn a_store_that_is_not_there_has_no_runs() {
    let store = store(&[]);
    let pruned = Prune { keep: 0, dry_run: false }.run(&store.path().join("nowhere")).unwrap();
    assert!(pruned.workloads.is_empty() && pruned.left.is_empty());
}
