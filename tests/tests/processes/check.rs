//! `glomers check`: histories from files, from STDIN, from our own runs; and what is no history.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use glomers_tests::programs::{Glomers, program};

const STALE: &str = r"{:type :invoke, :process 0, :f :write, :value [0 1]}
{:type :ok, :process 0, :f :write, :value [0 1]}
{:type :invoke, :process 0, :f :write, :value [0 2]}
{:type :ok, :process 0, :f :write, :value [0 2]}
{:type :invoke, :process 1, :f :read, :value [0 nil]}
{:type :ok, :process 1, :f :read, :value [0 1]}
";

fn check(args: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(program("glomers"))
        .arg("check")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who has been told enough does not listen to the end.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn a_history_from_stdin_is_judged() {
    let (status, stdout, _) = check(&["-w", "lin-kv", "-"], STALE);
    assert_eq!(status, 1, "{stdout}");
    for told in [
        "lin-kv: STDIN (EDN)\n",
        "operations       3: 3 ok, 0 failed, 0 unknown\n",
        "nonlinearizable: key 0: a read shows 1, but by its end the key can hold 2 only",
        "#5 0.000 s process 1: read ok [0,1]\n",
        "verdict          INVALID\n",
    ] {
        assert!(stdout.contains(told), "no {told:?} in\n{stdout}");
    }
    let (status, stdout, _) = check(&["-w", "lin-kv", "-"], &STALE.replace("[0 1]}\n", "[0 2]}\n"));
    assert_eq!(status, 0, "{stdout}");
    let unknown = STALE.lines().next().unwrap();
    assert_eq!(check(&["-w", "lin-kv", "-"], unknown).0, 2);
}

#[test]
fn a_run_of_ours_gets_the_verdict_that_it_got() {
    for workload in ["broadcast", "kafka", "lin-kv", "pn-counter"] {
        let run = Glomers::run(&format!("test -w {workload} --time-limit 5 --rate 50 --seed 1"));
        run.assert_status(0);
        // The folder tells the workload, even through the link.
        let latest = run.folder.path().join("store/latest/history.jsonl");
        let kept = run.folder.path().join("results.json");
        let paths = [latest.to_str().unwrap(), "--results", kept.to_str().unwrap()];
        let (status, stdout, stderr) = check(&paths, "");
        assert_eq!(status, 0, "{stdout}{stderr}");
        assert!(stdout.starts_with(&format!("{workload}: ")), "{stdout}");
        let results: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(kept).unwrap()).unwrap();
        assert_eq!(results["stats"], run.results()["stats"]);
        assert_eq!(results["valid?"], true);
    }
}

#[test]
fn what_cannot_be_judged_is_told_and_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let cut = file("cut.edn", &STALE.as_bytes()[..80]);
    let garbled =
        file("garbled.jsonl", b"{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n\x00\x01{");
    let nameless = file("nameless.edn", STALE.as_bytes());
    let misnamed = file("misnamed.edn", format!("{{:workload \"dance\"}}{STALE}").as_bytes());
    let absent = folder.path().join("absent").to_str().unwrap().to_owned();
    for (args, told) in [
        (vec!["-w", "lin-kv", &cut], "cut.edn: not EDN: 2:1: the text ends within a map"),
        (vec!["-w", "lin-kv", &garbled], "garbled.jsonl: 2:1: not JSON: expected value"),
        (vec!["-w", "lin-kv", &absent], "absent: No such file"),
        (vec![&nameless], "nothing tells which workload this is a history of"),
        (vec![&misnamed], "there is no workload \"dance\""),
        (vec!["-w", "dance", &nameless], "invalid value 'dance'"),
        (vec!["-w", "lin-kv", folder.path().to_str().unwrap()], "Is a directory"),
    ] {
        let (status, stdout, stderr) = check(&args, "");
        assert_eq!(status, 3, "{args:?}: {stdout}{stderr}");
        assert!(stderr.contains(told), "{args:?}: no {told:?} in {stderr}");
        assert!(stdout.is_empty(), "{stdout}");
    }
}

#[test]
fn the_corpus_can_be_looked_at() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../check/tests/corpus");
    let file = corpus.join("kafka/poll-skips.jsonl");
    let (status, stdout, _) = check(&[file.to_str().unwrap()], "");
    assert_eq!(status, 1, "{stdout}");
    assert!(
        stdout.contains("poll-skip: process 1 polled message 1 of key k, and next 3"),
        "{stdout}"
    );
}
