//! What the person in front of it is told, and keeps.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use glomers_tests::programs::{Glomers, program};
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn the_heading_tells_what_transactions_are_held_to_by_whom_and_how_to_change_it() {
    let args = "test -w txn-rw-register --time-limit 10 --rate 200 --nemesis partition --seed 1";
    Glomers::run(args).assert_status(0).assert_tells(&[
        "  held to          read-atomic, which the built-in node promises; --consistency-models \
         changes it\n",
    ]);
    let strict = Glomers::run(&format!("{args} --consistency-models strict-serializable"));
    strict.assert_status(1);
    strict
        .assert_tells(&["  held to          strict-serializable, as --consistency-models says\n"]);
    let args = "-w txn-list-append --node-count 1 --time-limit 1";
    Glomers::test(&program("txn-list-append"), args)
        .assert_tells(&["strict-serializable, Maelstrom's default; --consistency-models changes"]);
}

/// What a command writes to STDERR, if that is a terminal.
fn on_a_terminal(command: &str, no_color: Option<&str>) -> String {
    const SPAWN: &str = "import pty, sys; pty.spawn(['/bin/sh', '-c', sys.argv[1]])";
    let mut python = Command::new("python3");
    python.args(["-c", SPAWN, command]).env_remove("NO_COLOR");
    if let Some(value) = no_color {
        python.env("NO_COLOR", value);
    }
    let folder = tempfile::tempdir().unwrap();
    let output = python.current_dir(&folder).stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn who_wants_no_colours_has_none_in_logs() {
    let glomers = program("glomers").display().to_string();
    let init = r#"{"src":"c","dest":"n","body":{"type":"init","msg_id":1,"node_id":"n","node_ids":["n"]}}"#;
    for (command, said) in [
        (format!("echo '{init}' | {glomers} node echo"), "echo is up"),
        (
            format!(
                "{glomers} test -w echo --node-count 1 --time-limit 1 --log-net-send </dev/null"
            ),
            "net::send",
        ),
    ] {
        // Not only what a progress bar is drawn with.
        let is_coloured = |no_color| {
            let text = on_a_terminal(&command, no_color);
            assert!(text.contains(said), "no {said:?} in {text}");
            text.contains("\u{1b}[32m")
        };
        assert!(is_coloured(None), "{command}");
        assert!(is_coloured(Some("")), "{command}: as if it were not set");
        assert!(!is_coloured(Some("1")), "{command}");
    }
}

#[test]
fn a_node_of_one_has_no_ratio_to_nothing() {
    let run = Glomers::run("frontier --node-count 1 --targets 100,600 --time-limit 2 --svg f.svg");
    run.assert_status(0);
    let drawn = fs::read_to_string(run.folder.path().join("f.svg")).unwrap();
    for text in [run.stdout(), drawn] {
        assert!(!text.contains("NaN") && !text.contains("inf "), "{text}");
    }
}

#[test]
fn a_node_ends_as_the_help_of_the_command_says() {
    for (args, status, told) in [
        ("node echo --bogus", 3, "unexpected argument '--bogus'"),
        ("node kafka --acks seven", 3, "--acks"),
        ("node echo --log a=b=c", 3, "--log"),
        ("node echo --help", 0, "Usage: echo"),
        ("node echo --version", 0, "echo "),
    ] {
        Glomers::run(args).assert_status(status).assert_tells(&[told]);
    }
}

#[test]
fn errors_of_the_file_system_name_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();
    let file = file.display();
    for (args, path) in [
        (format!("test -w echo --time-limit 1 --store {file}/x"), format!("{file}/x/echo: ")),
        (format!("explore -w echo --seeds 1 --store {file}"), format!("{file}/explore: ")),
        (format!("demo --store {file}"), format!("{file}/echo: ")),
        (
            format!("frontier --node-count 1 --targets 600 --steady --svg {file}/f.svg"),
            format!("{file}/f.svg: "),
        ),
        (format!("store prune --keep 1 --store {file}"), format!("{file}: ")),
        (format!("journal {file}/x"), format!("{file}/x: ")),
        (format!("check {file}/h.jsonl"), format!("{file}/h.jsonl: ")),
        (format!("man {file}/man"), format!("{file}/man: ")),
    ] {
        let run = Glomers::run(&args);
        run.assert_status(3);
        assert!(run.stderr().contains(&path), "{args}: {path} is not in {}", run.stderr());
    }
}

#[test]
fn a_rate_that_cannot_be_reached_is_told() {
    let args = "test -w lin-kv --node-count 1 --latency 100 --time-limit 5 --seed 1";
    let run = Glomers::run(&format!("{args} --rate 1000 --concurrency 2"));
    run.assert_tells(&[
        "  rate             ",
        " a second instead of 1000: all 2 clients were busy",
    ]);
    let reached = run.results()["load"]["reached-rate"].as_f64().unwrap();
    assert!((5.0..15.0).contains(&reached), "{reached}");
    let run = Glomers::run(&format!("{args} --rate 2 --concurrency 4"));
    assert!(!run.stdout().contains("instead of"), "{}", run.stdout());
    assert!(run.results().get("load").is_none());
}

/// A `glomers` at work.
struct Working {
    child: Child,
    folder: TempDir,
}

impl Working {
    fn start(args: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new(program("glomers"))
            .current_dir(&folder)
            .args(args.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    /// Its end after a signal: its status, and what it has said.
    fn end(self, signal: &str) -> (Option<i32>, String, TempDir) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let Output { status, stdout, stderr } = self.child.wait_with_output().unwrap();
        let text = [stdout, stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
        (status.code(), text.concat(), self.folder)
    }
}

fn kept(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join("store/latest").join(name)).unwrap()
}

#[test]
fn an_interrupted_run_is_kept_and_judged_for_what_it_is() {
    let echo = program("echo");
    for (args, signal) in [
        ("test -w g-set --time-limit 1000000 --rate 100".to_owned(), "-INT"),
        ("test -w lin-kv --time-limit 1000000 --rate 100 --nemesis pause".to_owned(), "-TERM"),
        (format!("test -w echo --time-limit 60 --rate 50 --bin {}", echo.display()), "-INT"),
        (format!("test -w echo --time-limit 60 --rate 50 --bin {}", echo.display()), "-TERM"),
    ] {
        let working = Working::start(&args);
        sleep(Duration::from_secs(2));
        let (status, text, folder) = working.end(signal);
        assert_eq!(status, Some(2), "{args}: {text}");
        assert!(text.contains("  verdict          unknown: interrupted\n"), "{args}: {text}");
        let results: Value = serde_json::from_str(&kept(&folder, "results.json")).unwrap();
        assert_eq!(results["valid?"], "unknown");
        assert_eq!(results["interrupted?"], true);
        let history = kept(&folder, "history.jsonl");
        assert!(history.lines().count() > 50, "{args}: {} lines", history.lines().count());
        assert!(kept(&folder, "report.html").contains("Unknown"));
    }
}

#[test]
fn an_interrupted_demo_is_kept_as_far_as_it_came() {
    let mut working = Working::start("demo --seed 1");
    let mut lines = BufReader::new(working.child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    while !text.contains("3a ") {
        text += &(lines.next().unwrap().unwrap() + "\n");
    }
    let (status, _, folder) = working.end("-TERM");
    text.extend(lines.map(|line| line.unwrap() + "\n"));
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("Interrupted: not all challenges were carried out"), "{text}");
    assert!(!text.contains("– lin-kv"), "{text}");
    assert!(folder.path().join("store/echo/latest/results.json").is_file());
}

#[test]
fn an_interrupted_frontier_is_kept_as_far_as_it_came() {
    let mut working =
        Working::start("frontier --node-count 5 --targets 600,300 --time-limit 200000");
    let mut lines = BufReader::new(working.child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    while !text.contains("  target") {
        text += &(lines.next().unwrap().unwrap() + "\n");
    }
    sleep(Duration::from_secs(1));
    let (status, said, folder) = working.end("-INT");
    text.extend(lines.map(|line| line.unwrap() + "\n"));
    assert_eq!(status, Some(2), "{text}{said}");
    assert!(said.contains("interrupted: what was measured so far is told"), "{said}");
    assert!(text.contains("  unknown: interrupted\n"), "{text}");
    assert!(text.contains("\nunknown: interrupted; not all targets were measured\n"), "{text}");
    let results: Value = serde_json::from_str(&kept(&folder, "results.json")).unwrap();
    assert_eq!(results["interrupted?"], true);
}

#[test]
fn what_does_not_fit_on_the_disk_is_named_and_the_verdict_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // So many blocks a file may have, and no signal comes of more.
    let command = format!(
        "trap '' XFSZ; ulimit -f 8; exec {} test -w g-set --time-limit 5 --rate 100 --seed 1",
        program("glomers").display()
    );
    let shell = Command::new("sh").args(["-c", &command]).current_dir(&folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&shell.stdout), text(&shell.stderr));
    assert_eq!(shell.status.code(), Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("  verdict          valid\n"), "{stdout}");
    for name in ["history.jsonl: File too large", "messages.jsonl: File too large"] {
        assert!(stderr.contains(name), "{name} is not named in {stderr}");
    }
}

#[test]
fn shells_complete_and_pages_are_written() {
    for (shell, part) in [
        ("bash", "complete -F _glomers"),
        ("zsh", "#compdef glomers"),
        ("fish", "complete -c glomers"),
        ("elvish", "glomers;explore"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let run = Glomers::run(&format!("completions {shell}"));
        run.assert_status(0).assert_tells(&[part, "consistency-models"]);
    }
    Glomers::run("completions cmd").assert_status(3);
    let run = Glomers::run("man pages");
    run.assert_status(0).assert_tells(&["written to pages"]);
    let page = |name: &str| fs::read_to_string(run.folder.path().join("pages").join(name)).unwrap();
    assert!(page("glomers.1").contains("workbench"));
    assert!(page("glomers-test.1").contains("consistency\\-models"));
    assert!(page("glomers-store-prune.1").contains("dry\\-run"));
}

/// Judges a history in a folder that does not tell its workload.
fn judged(folder: &Path, name: &str, content: &[u8]) -> Glomers {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    Glomers::run(&format!("check {}", path.display()))
}

#[test]
fn a_history_tells_its_workload_and_what_it_was_held_to() {
    let args = "test -w txn-rw-register --time-limit 10 --rate 200 --nemesis partition --seed 1 \
                --availability 0.5";
    let run = Glomers::run(args);
    run.assert_status(0);
    let history = run.kept("history.jsonl");
    let header: Value = serde_json::from_str(history.lines().next().unwrap()).unwrap();
    assert_eq!(header["workload"], "txn-rw-register");
    assert_eq!(header["command"], format!("glomers {args}").replace("  ", ""));
    assert_eq!(header["models"], serde_json::json!(["read-atomic"]));
    assert!(header["version"].is_string());

    let folder = run.folder.path();
    judged(folder, "h.jsonl", history.as_bytes())
        .assert_status(0)
        .assert_tells(&["txn-rw-register: ", "  held to          read-atomic\n"]);
    // The share that must succeed is on record as well.
    let demanding = history.replacen("\"availability\":0.5", "\"availability\":1.0", 1);
    assert!(demanding != history, "{header}");
    let timed_out = demanding.replacen("\"type\":\"ok\"", "\"type\":\"info\"", 1);
    judged(folder, "d.jsonl", timed_out.as_bytes()).assert_status(1).assert_tells(&["unavailable"]);
    let without = history.split_once('\n').unwrap().1;
    judged(folder, "w.jsonl", without.as_bytes())
        .assert_status(3)
        .assert_tells(&["nothing tells which workload"]);

    let packed = folder.join("h.jsonl.gz");
    let gzip =
        "import gzip, sys; gzip.open(sys.argv[2], 'wb').write(open(sys.argv[1], 'rb').read())";
    let python = Command::new("python3")
        .args(["-c", gzip])
        .args([folder.join("h.jsonl"), packed.clone()])
        .status();
    assert!(python.unwrap().success());
    Glomers::run(&format!("check {}", packed.display()))
        .assert_status(0)
        .assert_tells(&["txn-rw-register: "]);
    let cut = fs::read(&packed).unwrap();
    judged(folder, "cut.gz", &cut[..cut.len() / 2]).assert_status(3).assert_tells(&["cut.gz: "]);
}
