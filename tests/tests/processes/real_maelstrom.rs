//! Our nodes under the real Maelstrom: switched on by the environment variable `MAELSTROM`, the path
//! of its launcher.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command;

use glomers_tests::programs::program;

/// Runs a workload with our node for it; it must be valid.
#[track_caller]
fn assert_valid(workload: &str, args: &str) {
    let Some(maelstrom) = std::env::var_os("MAELSTROM").map(PathBuf::from) else {
        // Past the harness, which would hide it: whoever runs the tests shall know.
        let told = writeln!(io::stderr(), "MAELSTROM is not set: {workload} was not run under it");
        return told.unwrap();
    };
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(&maelstrom)
        .current_dir(&folder)
        .args(["test", "-w", workload, "--bin"])
        .arg(program(workload))
        .args(args.split_whitespace())
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", maelstrom.display()));
    let text = String::from_utf8_lossy(&output.stdout);
    let tail: Vec<_> = text.lines().rev().take(60).collect();
    let tail: String = tail.into_iter().rev().map(|line| line.to_owned() + "\n").collect();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{workload} {args}: {}\n{tail}\n{complaint}", output.status);
    assert!(text.contains("Everything looks good!"), "{workload} {args}\n{tail}");
}

#[test]
fn echo() {
    assert_valid("echo", "--node-count 1 --time-limit 10");
}

#[test]
fn unique_ids() {
    assert_valid(
        "unique-ids",
        "--time-limit 30 --rate 1000 --node-count 3 --availability total --nemesis partition",
    );
}

#[test]
fn broadcast() {
    assert_valid("broadcast", "--node-count 5 --time-limit 20 --rate 10 --nemesis partition");
}

#[test]
fn broadcast_on_25_nodes() {
    assert_valid("broadcast", "--node-count 25 --time-limit 20 --rate 100 --latency 100");
}

#[test]
fn g_set() {
    assert_valid("g-set", "--node-count 5 --time-limit 20 --rate 100 --nemesis partition");
}

#[test]
fn g_counter() {
    assert_valid("g-counter", "--node-count 3 --rate 100 --time-limit 20 --nemesis partition");
}

#[test]
fn pn_counter() {
    assert_valid("pn-counter", "--node-count 3 --rate 100 --time-limit 20 --nemesis partition");
}

#[test]
fn kafka() {
    for nodes in [1, 2, 5] {
        let args = "--concurrency 2n --time-limit 20 --rate 1000";
        assert_valid("kafka", &format!("--node-count {nodes} {args}"));
    }
}

#[test]
fn kafka_in_partitions() {
    let args = "--node-count 5 --concurrency 2n --time-limit 20 --rate 1000 --latency 100";
    assert_valid("kafka", &format!("{args} --nemesis partition"));
}

#[test]
fn txn_rw_register() {
    let args = "--node-count 2 --concurrency 2n --time-limit 20 --rate 1000 --availability total";
    for model in ["read-uncommitted", "read-committed"] {
        let args = format!("{args} --consistency-models {model} --nemesis partition");
        assert_valid("txn-rw-register", &args);
    }
}

#[test]
fn txn_list_append() {
    let args = "--node-count 3 --time-limit 20 --rate 100 --latency 5 --nemesis partition";
    assert_valid("txn-list-append", &format!("{args} --consistency-models strict-serializable"));
}
