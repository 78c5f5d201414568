//! `glomers serve`: from its first line to Ctrl-C.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use glomers_tests::programs::{Glomers, program};

/// Ends with the test, whatever comes.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A server of a folder's store on any port, and its first line.
fn serve(folder: &Path) -> (Serving, String) {
    let command = Command::new(program("glomers"))
        .args(["serve", "--port", "0"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut serving = Serving(command.unwrap());
    let mut line = String::new();
    BufReader::new(serving.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (serving, line)
}

impl Serving {
    fn end(&mut self, signal: &str) -> ExitStatus {
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success());
        self.0.wait().unwrap()
    }
}

#[test]
fn a_run_is_served_until_ctrl_c() {
    let run = Glomers::run("test -w echo --time-limit 1 --seed 5");
    run.assert_status(0).assert_tells(&["report ", "report.html"]);
    let (mut serving, line) = serve(run.folder.path());
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
    assert!(address.starts_with("127.0.0.1:"), "this machine alone: {line}");

    let list = get(address, "/");
    assert!(list.contains("1 run in store") && list.contains(">valid</a>"), "{list}");
    let place = list.split("href=\"").find(|it| it.contains("report.html\"")).unwrap();
    let report = get(address, place.split('"').next().unwrap());
    assert!(report.contains("<h1>echo</h1>"), "{report}");
    assert!(report.contains("glomers test -w echo --time-limit 1 --seed 5"));
    assert!(serving.end("-INT").success());
}

#[test]
fn who_has_read_the_address_can_end_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-INT", "-TERM"].into_iter().cycle().take(20) {
        let (mut serving, line) = serve(folder.path());
        let status = serving.end(signal);
        assert!(status.success(), "{signal}: {status} after {line}");
    }
}

#[test]
fn a_store_that_is_not_there_is_told() {
    for is_there in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        if is_there {
            std::fs::create_dir(folder.path().join("store")).unwrap();
        }
        let (mut serving, _) = serve(folder.path());
        assert!(serving.end("-INT").success());
        let mut told = String::new();
        serving.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!(told, if is_there { "" } else { "note: there is no store yet\n" });
    }
}

#[test]
fn pictures_are_drawn_when_they_are_wanted() {
    let there =
        |run: &Glomers, name: &str| run.folder.path().join("store/latest").join(name).exists();
    let drawn = ["report.html", "latency.svg", "messages.jsonl", "space-time/01.svg"];
    for (flags, wanted) in [
        ("", true),
        ("--pictures invalid", false),
        ("--pictures never", false),
        ("--no-pictures", false),
    ] {
        let run = Glomers::run(&format!("test -w g-set --time-limit 1 --rate 20 --seed 5 {flags}"));
        run.assert_status(0);
        for name in drawn {
            assert_eq!(there(&run, name), wanted, "{flags}: {name}");
        }
        assert!(there(&run, "history.jsonl") && there(&run, "run.json"));
    }
    let wrong = glomers_tests::programs::python_node("wrong_echo.py");
    let run = Glomers::test(&wrong, "-w echo --time-limit 1 --rate 20 --pictures invalid");
    run.assert_status(1);
    assert!(drawn.iter().all(|name| there(&run, name)), "{}", run.text());
    run.assert_tells(&["report.html"]);
}
