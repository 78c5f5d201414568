//! What runs leave in the store: what the demo keeps, and that old runs are removed and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::fs;
use std::path::{Path, PathBuf};

use glomers_tests::programs::{Glomers, python_node};
use tempfile::TempDir;

/// The folders of a workload's runs in a store.
fn runs(store: &Path, workload: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(store.join(workload)).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    folders.map(|entry| entry.path()).collect()
}

fn run(store: &TempDir, args: &str) -> Glomers {
    Glomers::run(&format!("{args} --store {}", store.path().display()))
}

#[test]
fn old_runs_are_removed_whoever_left_them() {
    let store = tempfile::tempdir().unwrap();
    for seed in 1..=3 {
        run(&store, &format!("test -w g-set --time-limit 2 --rate 20 --seed {seed}"))
            .assert_status(0);
    }
    // With runs that failed and are kept, and without.
    let node = python_node("wrong_echo.py");
    let explore = format!(
        "explore -w echo --bin {} --seeds 2 --rate 20 --time-limit 1 --node-count 1 --no-nemesis \
         --shrink-runs 3",
        node.display()
    );
    run(&store, &explore).assert_status(1);
    run(&store, "explore -w g-set --seeds 2 --time-limit 2").assert_status(0);
    run(&store, "frontier --targets 1800 --steady --node-count 3 --time-limit 2").assert_status(0);
    let mine = store.path().join("g-set/mine");
    fs::create_dir(&mine).unwrap();
    assert_eq!(
        [3 + 1, 2, 1],
        ["g-set", "explore", "broadcast"].map(|it| runs(store.path(), it).len())
    );

    let told = run(&store, "store prune --keep 1 --dry-run");
    told.assert_status(0).assert_tells(&["would be removed", "left alone: ", "g-set/mine"]);
    assert_eq!(told.stderr().lines().count(), 1, "{}", told.stderr());
    assert_eq!(runs(store.path(), "g-set").len(), 3 + 1);

    let pruned = run(&store, "store prune --keep 1");
    pruned.assert_status(0).assert_tells(&["left alone: "]);
    let last = pruned.stdout().lines().last().unwrap().to_owned();
    let all: Vec<_> = last.split_whitespace().take(3).map(str::to_owned).collect();
    assert_eq!(all, ["all", "3", "3"], "{}", pruned.stdout());
    assert_eq!(
        [1 + 1, 1, 1],
        ["g-set", "explore", "broadcast"].map(|it| runs(store.path(), it).len())
    );
    assert!(store.path().join("g-set/latest/results.json").is_file());

    run(&store, "store prune --keep 0").assert_status(0);
    assert_eq!(runs(store.path(), "g-set"), [mine]);
    assert!(!store.path().join("latest").exists());
}

#[test]
fn what_is_no_store_is_not_pruned() {
    Glomers::run("store prune --keep 1 --store nowhere")
        .assert_status(3)
        .assert_tells(&["nowhere"]);
    Glomers::run("store prune").assert_status(3).assert_tells(&["--keep"]);
}

#[test]
fn the_demo_keeps_pictures_of_what_it_is_asked_for() {
    Glomers::run("demo --keep 3f")
        .assert_status(3)
        .assert_tells(&["--keep 3f", "no such challenge"]);

    let demo = Glomers::run("demo --seed 7 --keep 3d,lin-kv");
    demo.assert_status(0).assert_tells(&[
        "All valid",
        "18 runs, 2 of them with all messages and pictures, ",
        "glomers store prune",
    ]);
    let store = demo.folder.path().join("store");
    let has = |run: &Path, file: &str| run.join(file).exists();
    for (workload, count, drawn) in [("broadcast", 5, 1), ("lin-kv", 1, 1), ("kafka", 3, 0)] {
        let runs = runs(&store, workload);
        let count_of = |file| runs.iter().filter(|run| has(run, file)).count();
        assert_eq!(runs.len(), count, "{workload}");
        assert_eq!(["results.json", "history.jsonl"].map(count_of), [count, count], "{workload}");
        let pictures = ["report.html", "messages.jsonl", "latency.svg"];
        assert_eq!(pictures.map(count_of), [drawn; 3], "{workload}");
    }
}
