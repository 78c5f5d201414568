//! Programs as nodes, killed and stopped by real signals; and that none is left behind.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use glomers_tests::programs::{Glomers, program};
use serde_json::Value;

fn acts(run: &Glomers, f: &str) -> Vec<Value> {
    let history = run.kept("history.jsonl");
    let ops = history.lines().map(|op| serde_json::from_str::<Value>(op).unwrap());
    ops.filter(|op| op["process"] == "nemesis" && op["f"] == f).collect()
}

fn count(run: &Glomers, kind: &str, key: &str) -> u64 {
    run.results()["faults"][kind][key].as_u64().unwrap()
}

#[test]
fn programs_are_killed_and_started_again() {
    let args = "-w unique-ids --node-count 3 --time-limit 3 --rate 300 \
                --nemesis kill --nemesis-interval 0.3 --seed 4";
    let run = Glomers::test(&program("unique-ids"), args);
    run.assert_status(0).assert_tells(&["kills about every 0.3 s", "\n  faults ", " kills of "]);
    let killed = count(&run, "kill", "count");
    assert!(killed >= 3, "{killed}");
    assert_eq!(acts(&run, "start-kill").len() as u64, count(&run, "kill", "times"));
    // Each life says so in the one log of its node, unless it is over before it could.
    let lives = |node: usize| run.kept(&format!("node-logs/n{node}.log")).matches(" is up").count();
    let lives = (0..3).map(lives).sum::<usize>() as u64;
    assert!(
        (4 + killed / 2..=3 + killed).contains(&lives),
        "{lives} lives, {killed} ended by force"
    );
    assert_eq!(run.results()["nodes"]["muted"], serde_json::json!([]));
}

#[test]
fn a_counter_keeps_what_it_has_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let args = format!(
        "-w pn-counter --node-count 3 --time-limit 3 --rate 100 --nemesis kill,pause \
         --nemesis-interval 0.4 --seed 1 -- --data-dir {}",
        folder.path().display()
    );
    let run = Glomers::test(&program("pn-counter"), &args);
    run.assert_status(0);
    assert!(count(&run, "kill", "count") >= 3 && count(&run, "pause", "count") >= 3);
}

/// Each run has a folder for that, of which nothing stays.
#[test]
fn what_programs_have_acknowledged_survives_kills_of_all() {
    let run = |args: &str| {
        let args = format!(
            "-w broadcast --node-count 2 --concurrency 50n --time-limit 4 --rate 25 --kill-targets all \
             --nemesis-interval 0.7 --seed 2 {args}"
        );
        let temporary = tempfile::tempdir().unwrap();
        let run = Glomers::test_with_temporary(&program("broadcast"), &args, temporary.path());
        assert!(count(&run, "kill", "count") >= 4);
        let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        run
    };
    std::thread::scope(|scope| {
        scope.spawn(|| run("").assert_status(0).status());
        scope.spawn(|| {
            run("-- --durability none").assert_status(1).assert_tells(&["lost"]).status()
        });
        // Who names a folder finds there what was kept.
        scope.spawn(|| {
            let own = tempfile::tempdir().unwrap();
            run(&format!("-- --data-dir {}", own.path().display())).assert_status(0);
            assert_eq!(fs::read_dir(own.path()).unwrap().count(), 2);
        });
    });
}

#[test]
fn the_power_of_programs_is_not_cut() {
    for fault in ["power", "disk-full", "sync-error", "bit-flip", "slow-sync"] {
        let args = format!("-w echo --nemesis {fault} --time-limit 1");
        let run = Glomers::test(&program("echo"), &args);
        let text = format!("{fault} is for built-in nodes alone");
        run.assert_status(3).assert_tells(&[&text]);
    }
}

#[test]
fn programs_are_stopped_and_go_on() {
    let args = "-w unique-ids --node-count 1 --concurrency 1 --time-limit 4 --rate 200 \
                --nemesis pause --nemesis-interval 0.5 --seed 3";
    let run = Glomers::test(&program("unique-ids"), args);
    run.assert_status(0).assert_tells(&["pauses about every 0.5 s", " pauses of "]);
    let history = run.kept("history.jsonl");
    let ops: Vec<Value> = history.lines().map(|op| serde_json::from_str(op).unwrap()).collect();
    let time = |op: &Value| op["time"].as_u64().unwrap();
    let starts = acts(&run, "start-pause");
    let mut long = 0;
    for (start, stop) in starts.iter().zip(acts(&run, "stop-pause")) {
        assert_eq!(start["value"]["nodes"], serde_json::json!(["n0"]));
        // What was on its way to the workbench is still read.
        let (from, to) = (time(start) + 50_000_000, time(&stop));
        let answered = |op: &&Value| op["type"] == "ok" && (from..to).contains(&time(op));
        assert_eq!(ops.iter().filter(answered).count(), 0, "in {from} to {to}");
        long += usize::from(to > from + 100_000_000);
    }
    assert!(long >= 2, "{starts:?}");
    let lives = run.kept("node-logs/n0.log").matches(" is up").count();
    assert_eq!(lives, 1, "it is the same process all the time");
}

#[test]
fn all_that_programs_say_and_hear_stands_still() {
    let args = "-w echo --node-count 2 --concurrency 2n --time-limit 4 --rate 200 \
                --stall 600 --stall-every 400 --seed 3";
    let run = Glomers::test(&program("echo"), args);
    run.assert_status(0).assert_tells(&["stalls of up to 0.6 s about every 0.4 s", " stalls of "]);
    let history = run.kept("history.jsonl");
    let ops: Vec<Value> = history.lines().map(|op| serde_json::from_str(op).unwrap()).collect();
    let time = |op: &Value| op["time"].as_u64().unwrap();
    let mut long = 0;
    for (start, stop) in acts(&run, "start-stall").iter().zip(acts(&run, "stop-stall")) {
        let (from, to) = (time(start) + 1_000_000, time(&stop));
        let answered = |op: &&Value| op["type"] == "ok" && (from..to).contains(&time(op));
        assert_eq!(ops.iter().filter(answered).count(), 0, "in {from} to {to}");
        long += usize::from(to > from + 100_000_000);
    }
    assert!(long >= 2, "{:?}", acts(&run, "start-stall"));
    assert!(count(&run, "stall", "count") > 0);
}

#[test]
fn clocks_of_programs_are_left_alone() {
    let run = Glomers::test(&program("echo"), "-w echo --nemesis skew --time-limit 1");
    run.assert_status(3).assert_tells(&["skew is for built-in nodes alone"]);
}

/// The echo program under a name of its own, by which its processes are found.
fn own_program(folder: &Path) -> PathBuf {
    let path = folder.join("echo-that-must-end");
    fs::copy(program("echo"), &path).unwrap();
    path
}

/// The processes that run a program, and whether they are stopped.
fn running(program: &Path) -> BTreeSet<(u32, bool)> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let state = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let state = state.rsplit(") ").next().and_then(|rest| rest.chars().next());
        if fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == program) {
            found.insert((id, state == Some('T')));
        }
    }
    found
}

fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}: not in 20 s");
        sleep(Duration::from_millis(20));
    }
}

/// Whether whoever started the tests has set SIGHUP to be ignored, which programs inherit.
fn is_hang_up_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(ignored.trim(), 16).unwrap() & 1 == 1
}

fn signal(glomers: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &glomers.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
#[cfg(target_os = "linux")]
fn no_node_outlives_the_workbench_not_even_a_stopped_one() {
    for (how, code) in [("-INT", Some(2)), ("-TERM", Some(2)), ("-HUP", None), ("-KILL", None)] {
        if how == "-HUP" && is_hang_up_ignored() {
            eprintln!("SIGHUP is ignored here, as under nohup: it was not tried");
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let echo = own_program(folder.path());
        let mut glomers = Command::new(program("glomers"))
            .current_dir(&folder)
            .args(["test", "-w", "echo", "--time-limit", "60", "--node-count", "3", "--bin"])
            .arg(&echo)
            .args(["--pause-targets", "minority", "--nemesis-interval", "1000"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for("a stopped node", || {
            let nodes = running(&echo);
            nodes.len() == 3 && nodes.iter().filter(|(_, is_stopped)| *is_stopped).count() == 1
        });
        signal(&glomers, how);
        let status = glomers.wait().unwrap();
        assert_eq!(status.code(), code, "{how}");
        wait_for(&format!("the end of all nodes after {how}"), || running(&echo).is_empty());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_script_is_stopped_and_killed_with_what_it_runs() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let (echo, script) = (own_program(folder.path()), folder.path().join("node.sh"));
    // It does not exec, so that the node is its child.
    fs::write(&script, format!("#!/bin/sh\n{}\nexit $?\n", echo.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let args = "-w echo --node-count 2 --time-limit 3 --rate 50 --kill-targets one \
                --pause-targets one --nemesis-interval 0.5 --seed 2";
    let run = Glomers::test(&script, args);
    // An echo that a kill prevents is held against the node, as in Maelstrom.
    assert_eq!(run.results()["nodes"]["valid?"], true);
    assert!(count(&run, "kill", "count") > 0 && count(&run, "pause", "count") > 0);
    wait_for("the end of all nodes", || running(&echo).is_empty());
}

#[test]
fn who_ends_by_itself_has_crashed_even_where_others_are_killed() {
    let program = glomers_tests::programs::python_node("crashes.py");
    let args = "-w echo --node-count 3 --time-limit 3 --rate 50 --kill-targets one \
                --nemesis-interval 0.7 --seed 1";
    let run = Glomers::test(&program, args);
    run.assert_status(1);
    let crashed = run.results()["nodes"]["crashed"].clone();
    let times = crashed.as_array().unwrap().len() as u64;
    assert!((1..=3 + count(&run, "kill", "count")).contains(&times), "{crashed}");
}
