use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

/// A store with a run, a secret beside it, and a server for the former.
struct Served {
    address: SocketAddr,
    folder: TempDir,
}

impl Served {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("store/broadcast/20260101T000000.000+0000");
        fs::create_dir_all(run.join("node-logs")).unwrap();
        fs::write(folder.path().join("secret"), "secret").unwrap();
        fs::write(run.join("results.json"), r#"{"valid?":false,"stats":{"count":12}}"#).unwrap();
        fs::write(run.join("run.json"), r#"{"heading":"3 nodes <b>"}"#).unwrap();
        fs::write(run.join("report.html"), "<p>report").unwrap();
        fs::write(run.join("latency.svg"), "<svg/>").unwrap();
        fs::write(run.join("node-logs/n0.log"), "line").unwrap();
        fs::write(run.join("evil.html"), "<script>").unwrap();
        symlink(run.file_name().unwrap(), run.parent().unwrap().join("latest")).unwrap();
        symlink("/etc/passwd", run.join("passwd")).unwrap();
        symlink(folder.path(), run.join("out")).unwrap();
        let server =
            Server::bind("127.0.0.1:0".parse().unwrap(), &folder.path().join("store")).unwrap();
        let address = server.address().unwrap();
        thread::spawn(move || server.run());
        Self { address, folder }
    }

    fn send(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(&self, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
    }
}

const RUN: &str = "/broadcast/20260101T000000.000%2B0000";

#[track_caller]
fn assert_is(answer: &str, status: &str, parts: &[&str]) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    for part in parts {
        assert!(answer.contains(part), "{part:?} is missing in {answer}");
    }
}

#[test]
fn the_runs_are_listed_with_their_figures() {
    let served = Served::new();
    let list = served.get("/");
    let report = "href=\"/broadcast/20260101T000000.000+0000/report.html\">INVALID</a>";
    assert_is(&list, "200", &["1 run in", report, "3 nodes &lt;b&gt;", ">12<", "text/html"]);
    assert!(!list.contains("latest"), "a link is no run of its own: {list}");

    let empty = Server::bind("127.0.0.1:0".parse().unwrap(), Path::new("/nowhere")).unwrap();
    let served = Served { address: empty.address().unwrap(), ..served };
    thread::spawn(move || empty.run());
    assert_is(&served.get("/"), "200", &["No runs in /nowhere"]);
    assert_is(&served.get("/x"), "404", &[]);
}

#[test]
fn files_come_with_their_types_and_lengths() {
    let served = Served::new();
    for (file, kind, content) in [
        ("results.json", "application/json", "\"valid?\""),
        ("latency.svg", "image/svg+xml", "<svg/>"),
        ("node-logs/n0.log", "text/plain; charset=utf-8", "line"),
        ("report.html", "text/html; charset=utf-8", "<p>report"),
    ] {
        let answer = served.get(&format!("{RUN}/{file}"));
        assert_is(&answer, "200", &[&format!("Content-Type: {kind}\r\n"), "nosniff", content]);
        // The report's policy is in it; nothing else may have scripts at all.
        assert_eq!(answer.contains("default-src 'none'"), file != "report.html", "{answer}");
    }
    assert_is(&served.get("/broadcast/latest/report.html"), "200", &["<p>report"]);
    assert_is(&served.get(&format!("{RUN}/evil.html")), "200", &["default-src 'none'"]);
    let folder = served.get(&format!("{RUN}/node-logs/"));
    assert_is(&folder, "200", &["<a href=\"./n0.log\">n0.log</a>"]);
    let moved = served.get(&format!("{RUN}/node-logs"));
    let place = "Location: /broadcast/20260101T000000.000+0000/node-logs/\r\n";
    assert_is(&moved, "301", &[place]);
}

#[test]
fn a_head_has_no_body() {
    let served = Served::new();
    let request = format!("HEAD {RUN}/latency.svg HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = served.send(request.as_bytes());
    assert_is(&answer, "200", &["Content-Length: 6\r\n"]);
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[test]
fn nothing_leads_out_of_the_store() {
    let served = Served::new();
    let absolute = served.folder.path().join("secret");
    let absolute = absolute.display();
    for path in [
        "/../secret",
        "/broadcast/../../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/%2e%2e%2fsecret",
        "/broadcast/%2E./%2E./secret",
        "/./broadcast/",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/\\..\\secret",
        &format!("/{absolute}"),
        &format!("{absolute}"),
        &format!("{RUN}/passwd"),
        &format!("{RUN}/out/secret"),
        &format!("{RUN}/out/"),
        &format!("{RUN}/nothing"),
        &format!("{RUN}/results.json/x"),
    ] {
        let answer = served.get(path);
        assert_is(&answer, "404", &[]);
        assert!(!answer.contains("secret") && !answer.contains("root:"), "{path}: {answer}");
    }
    // The links that stay inside are good, so the others are refused for where they lead.
    assert_is(&served.get("/broadcast/latest/"), "200", &["passwd"]);
}

#[test]
fn a_pipe_is_not_waited_for() {
    let served = Served::new();
    let pipe = served.folder.path().join("store/broadcast/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()));
    assert_is(&served.get("/broadcast/pipe"), "404", &[]);
}

#[test]
fn what_is_no_good_request_gets_an_error() {
    let served = Served::new();
    assert_is(&served.send(b"hello\r\n\r\n"), "400", &[]);
    assert_is(&served.send(b"DELETE / HTTP/1.1\r\n\r\n"), "405", &["Allow: GET, HEAD\r\n"]);
    assert_is(&served.send(&[b'x'; 8192]), "400", &[]);
    let foreign = b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    assert_is(&served.send(foreign), "421", &[]);
    // One that says nothing keeps nobody else from being answered.
    let _silent = TcpStream::connect(served.address).unwrap();
    assert_is(&served.get("/"), "200", &[]);
}

/// A store with runs of several kinds, and a server for it.
fn many() -> Served {
    let served = Served::new();
    let store = served.folder.path().join("store");
    let run = |place: &str, results: &str, about: &str| {
        let folder = store.join(place);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("results.json"), results).unwrap();
        fs::write(folder.join("run.json"), about).unwrap();
        folder
    };
    run(
        "g-set/20260202T000000.000+0000",
        r#"{"valid?":true,"maelstrom-valid?":true,"stats":{"count":30}}"#,
        r#"{"heading":"two nodes","workload":"g-set","name":"demo: – g-set"}"#,
    );
    let last = run(
        "g-set/20260303T000000.000+0000",
        r#"{"valid?":false,"maelstrom-valid?":true,"stats":{"count":15},
            "workload":{"findings":[{"anomaly":"unconverged"},{"anomaly":"unconverged"}]}}"#,
        r#"{"heading":"three <i>nodes","command":"glomers test -w g-set","workload":"g-set"}"#,
    );
    fs::write(last.join("rate.svg"), "<svg/>").unwrap();
    let event = |process: u64, kind: &str, ms: u64| {
        format!("{{\"process\":{process},\"type\":\"{kind}\",\"f\":\"add\",\"time\":{ms}000000}}\n")
    };
    fs::write(last.join("history.jsonl"), event(0, "invoke", 1) + &event(0, "ok", 8)).unwrap();
    let exploration = store.join("explore/20260404T000000.000+0000");
    fs::create_dir_all(exploration.join("seed-7-abc")).unwrap();
    fs::write(exploration.join("seed-7-abc/report.html"), "<p>smallest").unwrap();
    symlink("seed-7-abc", exploration.join("smallest")).unwrap();
    fs::write(
        exploration.join("coverage.json"),
        r#"{"valid?":false,"run-count":8,"valid-count":7,"invalid-count":1,"unknown-count":0}"#,
    )
    .unwrap();
    fs::write(exploration.join("run.json"), r#"{"workload":"lin-kv","heading":"seeds 0 to 7"}"#)
        .unwrap();
    served
}

/// The months of the runs in a list, in its order.
fn months(list: &str) -> Vec<&str> {
    let times = list.split("<td>2026").skip(1);
    times.filter_map(|rest| rest.get(..2)).collect()
}

#[test]
fn explorations_and_challenges_have_their_names() {
    let list = many().get("/");
    assert_is(
        &list,
        "200",
        &[
            "4 runs in",
            "<td>exploration of lin-kv</td>",
            "seeds 0 to 7; 8 runs: 7 valid, 1 invalid, 0 unknown",
            "href=\"/explore/20260404T000000.000+0000/smallest/report.html\">INVALID</a>",
            "<td>demo: – g-set</td>",
        ],
    );
    assert_eq!(months(&list), ["04", "03", "02", "01"], "the newest first");
}

#[test]
fn the_list_is_sorted_and_narrowed_down() {
    let served = many();
    for (query, expected) in [
        ("sort=time", &["01", "02", "03", "04"][..]),
        ("sort=-time", &["04", "03", "02", "01"]),
        ("sort=-operations", &["02", "03", "01", "04"]),
        ("sort=operations", &["01", "03", "02", "04"]),
        ("sort=verdict", &["02", "04", "03", "01"]),
        ("sort=-verdict", &["04", "03", "01", "02"]),
        ("sort=workload", &["01", "04", "03", "02"]),
        ("workload=g-set", &["03", "02"]),
        ("workload=explore", &["04"]),
        ("verdict=valid", &["02"]),
        ("verdict=invalid&sort=time", &["01", "03", "04"]),
        ("since=2026-02-02&until=2026-03-03", &["03", "02"]),
        ("since=2026-03-04", &["04"]),
        ("workload=nothing", &[]),
        ("sort=%22%3E&page=99", &["04", "03", "02", "01"]),
    ] {
        let list = served.get(&format!("/?{query}"));
        assert_eq!(months(&list), expected, "{query}");
        assert!(!list.contains("\">\""), "what is asked for is text: {query}");
    }
    let list = served.get("/?workload=g-set&sort=operations");
    assert_is(
        &list,
        "200",
        &[
            "2 of 4 runs in",
            "<option value=\"g-set\" selected>",
            "<a href=\"/?workload=g-set&amp;sort=-operations\">operations</a> ▲",
            "<a href=\"/?workload=g-set&amp;sort=-verdict\">verdict</a>",
        ],
    );
}

#[test]
fn two_runs_are_put_side_by_side() {
    let served = many();
    let (first, second) =
        ("g-set/20260202T000000.000%2B0000", "g-set%2F20260303T000000.000%2B0000");
    let page = served.get(&format!("/compare?run={first}&run={second}"));
    assert_is(
        &page,
        "200",
        &[
            "img-src 'self'",
            "<span class=\"valid\">valid</span></td><td>",
            "<span class=\"invalid\">INVALID</span><br>Maelstrom would say: valid",
            "three &lt;i&gt;nodes",
            "<code>glomers test -w g-set</code>",
            "<th>operations</th><td class=\"n\">30</td><td class=\"n\">15</td><td class=\"n\">×0.50</td>",
            "<th>add took, median</th><td class=\"n\">–</td><td class=\"n\">7 ms</td>",
            "<th>found: unconverged</th><td class=\"n\">0</td><td class=\"n\">2</td>",
            "<img src=\"/g-set/20260303T000000.000+0000/rate.svg\"",
        ],
    );
    for wrong in ["", "run=a&run=b", &format!("run={first}"), "run=..%2Fsecret&run=..%2Fsecret"] {
        assert_is(&served.get(&format!("/compare?{wrong}")), "404", &["choose two"]);
    }
}
