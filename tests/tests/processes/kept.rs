//! What is kept and printed, and what is told where that cannot be.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use glomers_tests::programs::{Glomers, program, python_node};

/// A command's exit status, and what it complains of, if nothing more goes onto the disk that its STDOUT
/// is on.
fn unheard(name: &str, args: &str, folder: &Path) -> (i32, String) {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(program(name));
    command.args(args.split_whitespace()).current_dir(folder);
    let output = command.stdin(Stdio::null()).stdout(full).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_cannot_be_printed_is_told_and_no_success() {
    let run = Glomers::run("test -w g-set --time-limit 1 --rate 20 --seed 1");
    let folder = run.folder.path();
    let wrong = python_node("wrong_echo.py").display().to_string();
    let wrong = format!("test -w echo --time-limit 1 --rate 20 --bin {wrong}");
    let short = "--node-count 3 --time-limit 1";
    for (name, args, expected) in [
        ("glomers", "--help", 3),
        ("glomers", "--version", 3),
        ("glomers", "test --help", 3),
        ("glomers", "completions zsh", 3),
        ("glomers", "man pages", 3),
        ("glomers", "node broadcast --help", 3),
        ("glomers", "check store/g-set/latest/history.jsonl", 3),
        ("glomers", "store prune --keep 1", 3),
        ("glomers", "test -w g-set --time-limit 1 --seed 1", 3),
        ("glomers", &format!("explore -w g-set --seeds 2 {short}"), 3),
        ("glomers", &format!("frontier --targets 600 --steady {short}"), 3),
        // What is wrong is still wrong.
        ("glomers", &wrong, 1),
        ("broadcast", "--help", 1),
    ] {
        let (status, told) = unheard(name, args, folder);
        assert_eq!(status, expected, "{name} {args}: {told}");
        assert!(told.contains("error: STDOUT cannot be written: No space left"), "{args}: {told}");
    }
    assert!(folder.join("pages/glomers.1").is_file());
    // Only the command line is wrong, and STDERR can be written.
    let (status, told) = unheard("glomers", "test --nonsense", folder);
    assert!(status == 3 && !told.contains("STDOUT"), "{told}");
}

#[test]
fn who_has_heard_enough_does_not_make_it_a_failure() {
    for args in [&["completions", "bash"][..], &["test", "--help"]] {
        let mut command = Command::new(program("glomers"));
        let mut child =
            command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        assert!(status.success() && stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    }
}

/// Runs a command that may write files of no more than four kilobytes each.
fn cramped(args: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    // So many blocks a file may have, and no signal comes of more.
    let glomers = program("glomers").display().to_string();
    let command = format!("trap '' XFSZ; ulimit -f 8; exec {glomers} {args}");
    let shell = Command::new("sh").args(["-c", &command]).current_dir(&folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (shell.status.code().unwrap(), text(&shell.stdout) + &text(&shell.stderr))
}

#[test]
fn runs_that_were_to_be_kept_and_are_not_are_no_success() {
    let (status, text) =
        cramped("frontier --targets 600 --steady --node-count 5 --time-limit 5 --seed 1");
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("  valid\n") && text.contains("history.jsonl: File too large"), "{text}");
    assert!(text.contains("error: what the warnings name could not be written\n"), "{text}");
}

#[test]
fn where_results_cannot_be_written_they_are_told_or_nothing_is_begun() {
    let run = Glomers::run("test -w g-set --time-limit 1 --rate 20 --seed 1");
    let history = run.folder.path().join("store/latest/history.jsonl");
    let judged = Glomers::run(&format!("check {} --results none/r.json", history.display()));
    judged.assert_status(3).assert_tells(&["error: none/r.json: No such file"]);
    assert!(judged.stdout().contains("  verdict          valid\n"), "{}", judged.stdout());
    let frontier = Glomers::run("frontier --svg none/f.svg");
    frontier.assert_status(3).assert_tells(&["error: none/f.svg: No such file"]);
    assert!(frontier.stdout().is_empty(), "{}", frontier.stdout());
}

#[test]
fn a_demo_that_is_broken_off_tells_how_far_it_came() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("store")).unwrap();
    fs::write(folder.path().join("store/broadcast"), "in the way").unwrap();
    let mut command = Command::new(program("glomers"));
    let output = command.args(["demo", "--seed", "1"]).current_dir(&folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{stdout}{stderr}");
    assert!(stdout.contains("2 unique ids ") && stdout.contains("\nBroken off: "), "{stdout}");
    assert!(stdout.contains("2 runs, without messages"), "{stdout}");
    assert!(stderr.contains("error: store/broadcast: "), "{stderr}");
}

#[test]
fn a_run_that_does_not_begin_is_not_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    let script = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    };
    let absent = script("absent", "#!/no/such/interpreter\n");
    let silent = script("silent", "#!/bin/sh\nread line\n");
    let loud = script("loud", "#!/bin/sh\necho I cannot >&2\nexit 1\n");
    let store = folder.path().join("store");
    let run = |args: &str| Glomers::run(&format!("{args} --store {}", store.display()));
    let test = |bin: &str| run(&format!("test -w echo --time-limit 1 --node-count 2 --bin {bin}"));
    for bin in [&absent, &silent] {
        test(bin).assert_status(3);
        assert!(!store.exists(), "{bin} left something");
    }
    run("test -w echo --time-limit 1 --seed 1").assert_status(0);
    let latest = || fs::canonicalize(store.join("latest")).unwrap();
    let before = latest();
    let failed = test(&loud);
    failed.assert_status(3).assert_tells(&[
        "what the nodes said is kept in ",
        "failed to initialise",
        "\n  | I cannot",
    ]);
    let told = failed.stderr();
    let kept = told.split("is kept in ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(fs::read_to_string(format!("{kept}/node-logs/n0.log")).unwrap(), "I cannot\n");
    assert_eq!(fs::read_dir(kept).unwrap().count(), 1, "nothing else is kept");
    for args in [
        format!("explore -w echo --seeds 1 --time-limit 1 --bin {absent}"),
        format!("frontier --steady --time-limit 1 --node-count 2 --bin {absent}"),
    ] {
        run(&args).assert_status(3);
    }
    assert!(!store.join("explore").exists() && !store.join("broadcast").exists());
    assert_eq!(
        [latest(), fs::canonicalize(store.join("echo/latest")).unwrap()],
        [before.clone(), before]
    );
}
