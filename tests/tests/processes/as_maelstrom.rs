//! Programs and flags that Maelstrom takes are taken.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use glomers_tests::in_parallel;
use glomers_tests::programs::{Glomers, program, python_node};
use serde_json::Value;

/// A program without a line that says whose it is, which tells its arguments and becomes an echo.
fn script(folder: &Path) -> PathBuf {
    let path = folder.join("node");
    let echo = program("echo");
    fs::write(&path, format!("echo \"called with: $*\" >&2\nexec {}\n", echo.display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The nodes that clients asked.
fn asked(run: &Glomers) -> BTreeSet<String> {
    let history = run.kept("history.jsonl");
    let ops = history.lines().map(|op| serde_json::from_str::<Value>(op).unwrap());
    ops.filter_map(|op| Some(op["node"].as_str()?.to_owned())).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_program_that_the_system_does_not_know_is_the_shells() {
    let folder = tempfile::tempdir().unwrap();
    let args =
        "-w echo --nodes ann,bob --rate 50 it --time-limit 60 --time-limit 1/2 can -- --wait";
    let run = Glomers::test(&script(folder.path()), args);
    run.assert_status(0).assert_tells(&["echo: 2 nodes", ", 0.5 s, "]);
    assert_eq!(asked(&run), names(&["ann", "bob"]));
    assert!(run.kept("node-logs/bob.log").contains("called with: it can --wait\n"));
    // What it does not know and nobody may run is still an error.
    let text = folder.path().join("text");
    fs::write(&text, "exit 0\n").unwrap();
    Glomers::test(&text, "-w echo --time-limit 1").assert_status(3).assert_tells(&["cannot run"]);
}

#[test]
fn flags_are_maelstroms() {
    let run = Glomers::run("test -w echo --time-limit 1 --rate 50 --seed 1");
    run.assert_status(0);
    assert_eq!(asked(&run), names(&["n1", "n2", "n3", "n4", "n5"]), "as there");
    let run = Glomers::run("test -w echo --time-limit 1 --rate 50 --seed 1 --node-count 2");
    assert_eq!(asked(&run), names(&["n0", "n1"]), "as there");

    let args = "test --time-limit 3 --rate 100 --seed 5 --test-count 2 --nemesis kill \
                --nemesis loss --availability 1/100 --no-ssh --logging-json --username me";
    let run = Glomers::run(args);
    run.assert_status(0).assert_tells(&["lin-kv: 5 nodes", "seed 5\n", "seed 6\n", ", loss 20 %"]);
    run.assert_tells(&["--no-ssh has no effect here", "--username has no effect here"]);
    assert!(!run.stdout().contains("kills"), "the last --nemesis counts: {}", run.stdout());

    // The first run that is not valid is the last.
    let args = "-w echo --time-limit 1 --rate 20 --test-count 3 --seed 1";
    let run = Glomers::test(&python_node("wrong_echo.py"), args);
    run.assert_status(1);
    assert_eq!(run.stdout().matches("verdict").count(), 1, "{}", run.stdout());
    for (args, complaint) in [
        ("test --nodes a,a", "the name of two nodes"),
        ("test --nodes-file /no/such/file", "/no/such/file"),
        ("explore --nodes a,b", "--node-count"),
        ("explore --test-count 2", "--seeds"),
        ("test nonsense", "nonsense"),
    ] {
        Glomers::run(args).assert_status(3).assert_tells(&[complaint]);
    }
}

#[test]
fn flags_about_machines_and_loads_are_taken_with_a_word() {
    for flag in [
        "--no-ssh",
        "--leave-db-running",
        "--strict-host-key-checking",
        "--logging-json",
        "--username u",
        "--password p",
        "--ssh-private-key k",
    ] {
        let run = Glomers::run(&format!("test -w echo --node-count 1 --time-limit 1 {flag}"));
        let name = flag.split(' ').next().unwrap();
        run.assert_status(0).assert_tells(&[&format!("note: {name} has no effect here")]);
    }
    // The files of names, then the list, then single ones; and ratios.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("names");
    fs::write(&file, "x\ny\n").unwrap();
    let flags = "--time-limit 1 --rate 60 --nemesis partition --nemesis-interval 1/2";
    let names_of = format!("--nodes-file {} --nodes a,b -n z", file.display());
    let run = Glomers::run(&format!("test -w echo {flags} {names_of}"));
    run.assert_status(0).assert_tells(&["echo: 5 nodes", "partitions about every 0.5 s"]);
    assert_eq!(asked(&run), names(&["x", "y", "a", "b", "z"]));
}

#[test]
fn nodes_that_never_agree_are_invalid_here_and_valid_there() {
    in_parallel(["broadcast", "g-set"], |workload| {
        let args = format!("-w {workload} --node-count 3 --rate 20 --time-limit 3 {workload}");
        let run = Glomers::test(&python_node("one_way.py"), &args);
        run.assert_status(1).assert_tells(&[
            "unconverged: ",
            "  verdict          INVALID\n  Maelstrom would say: valid (what is found here it does not \
             look for)\n",
        ]);
        let results = run.results();
        assert_eq!(
            (&results["valid?"], &results["maelstrom-valid?"]),
            (&false.into(), &true.into())
        );
        assert_eq!(results["maelstrom-anomalies"], serde_json::json!([]));
        assert!(results["workload"]["unconverged-count"].as_u64() > Some(5), "{results:#}");
    });
}

#[test]
fn a_frontier_tells_why_a_target_is_not_valid() {
    let node = python_node("one_way.py");
    let flags = "--steady --targets 600 --node-count 3 --rate 20 --time-limit 2 --latency 10";
    let run = Glomers::run(&format!("frontier --bin {} {flags}", node.display()));
    run.assert_status(1).assert_tells(&[
        "  INVALID\n",
        "\n600 ms: broadcast: 3 nodes",
        "unconverged: ",
        "  kept in          store/broadcast/",
    ]);
}

#[test]
fn lines_end_with_a_carriage_return_as_well() {
    let args = "-w echo --node-count 2 --rate 50 --time-limit 1";
    let run = Glomers::test(&python_node("typewriter.py"), args);
    run.assert_status(0);
    assert_eq!(run.results()["nodes"]["muted"], serde_json::json!([]));
}

#[test]
fn nobody_is_blamed_for_what_is_said_after_the_end() {
    for _ in 0..3 {
        let args = "-w echo --node-count 4 --rate 50 --time-limit 1";
        let run = Glomers::test(&python_node("chatterbox.py"), args);
        run.assert_status(0);
        assert!(!run.text().contains("muted"), "{}", run.text());
    }
}
