//! `glomers check`: histories from files, from STDIN, from our own runs; and what is no history.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use glomers_check::check::anomalies;
use glomers_check::checker::Checker;
use glomers_check::recorded::Recorded;
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

/// The file of a history in the corpus.
fn corpus(name: &str) -> String {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../check/tests/corpus");
    corpus.join(name).to_str().unwrap().to_owned()
}

#[test]
fn where_maelstrom_would_say_something_else_both_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("results.json");
    let kept = kept.to_str().unwrap();
    let results = || -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(kept).unwrap()).unwrap()
    };
    let one_way = corpus("g-set/one-way.jsonl");
    let (status, stdout, _) = check(&[&one_way, "--results", kept], "");
    let told = "verdict          INVALID\n  Maelstrom would say: valid (what is found here it does not look \
                for)\n";
    assert!(status == 1 && stdout.contains(told), "{stdout}");
    assert_eq!(
        (&results()["valid?"], &results()["maelstrom-valid?"]),
        (&false.into(), &true.into())
    );
    assert_eq!(check(&[&one_way, "--as-maelstrom"], "").0, 0);

    // Where both say the same, it is said once.
    let (status, stdout, _) =
        check(&[&corpus("g-set/lost-among-others.edn"), "--as-maelstrom"], "");
    assert!(status == 1 && !stdout.contains("Maelstrom"), "{stdout}");
    let circle = corpus("txn-rw-register/G0-realtime.jsonl");
    assert_eq!(check(&[&circle, "--results", kept], "").0, 1);
    let names = serde_json::json!(["G1c-realtime", "strong-PL-1-cycle-exists"]);
    assert_eq!(results()["maelstrom-anomalies"], names);

    let (status, stdout, _) = check(&[&corpus("unique-ids/a-history-of-logs.jsonl")], "");
    assert_eq!(status, 2);
    assert!(stdout.contains("verdict          unknown: op 0 is a \"send\", of which"), "{stdout}");
}

/// The histories of the corpus with their headers.
fn histories() -> Vec<(String, serde_json::Map<String, serde_json::Value>)> {
    let folders = fs::read_dir(corpus("")).unwrap().map(|it| it.unwrap().path());
    let files = folders.filter(|it| it.is_dir()).flat_map(|it| fs::read_dir(it).unwrap());
    let files = files.map(|it| it.unwrap().path());
    let header = |file: &Path| Recorded::read(fs::File::open(file).unwrap()).unwrap().header;
    files.map(|file| (file.to_str().unwrap().to_owned(), header(&file))).collect()
}

/// What the headers of the corpus say of the histories that Maelstrom would judge otherwise: the
/// anomalies.
fn differences() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, header) in histories() {
        if header["valid"] == false && header.get("maelstrom").is_some_and(|it| *it == true) {
            let anomalies = header["anomalies"].as_array().unwrap().iter();
            names.extend(anomalies.map(|it| it.as_str().unwrap().to_owned()));
        }
    }
    names
}

#[test]
fn every_kind_of_difference_is_told_on_the_terminal_and_in_the_results() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("results.json");
    let kept = kept.to_str().unwrap();
    let told = |says: &str| match says {
        "true" => "valid (what is found here it does not look for)\n",
        "false" => "INVALID (",
        _ => "unknown (",
    };
    let mut kinds = BTreeSet::new();
    for (file, header) in histories() {
        let Some(theirs) = header.get("maelstrom").filter(|it| **it != header["valid"]) else {
            continue;
        };
        // Of what cannot be told it says that it is valid for another reason.
        let says = theirs.as_str().map_or_else(|| theirs.to_string(), str::to_owned);
        let told = match told(&says) {
            _ if header["valid"] == "unknown" => "valid (it asks for less)\n",
            told => told,
        };
        let models = header.get("models").map(|models| {
            let models = models.as_array().unwrap().iter().map(|it| it.as_str().unwrap());
            models.collect::<Vec<_>>().join(",")
        });
        let flags = models.as_deref().map_or(vec![], |models| vec!["--consistency-models", models]);
        let path = [file.as_str(), "--results", kept];
        let (status, stdout, stderr) = check(&[&path[..], &flags].concat(), "");
        let expected = if header["valid"] == false {
            1
        } else if header["valid"] == true {
            0
        } else {
            2
        };
        assert_eq!(status, expected, "{file}: {stdout}{stderr}");
        let line = format!("\n  Maelstrom would say: {told}");
        assert!(stdout.contains(&line), "{file}: {line:?} is not in\n{stdout}");
        let results: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(kept).unwrap()).unwrap();
        assert_eq!(results["maelstrom-valid?"], *theirs, "{file}");
        if *theirs == true {
            assert_eq!(results["maelstrom-anomalies"], serde_json::json!([]), "{file}");
        }
        let (status, ..) = check(&[&[file.as_str(), "--as-maelstrom"], &flags[..]].concat(), "");
        assert_eq!(
            status,
            ["true", "false"]
                .iter()
                .position(|it| *it == says)
                .map_or(2, |it| i32::try_from(it).unwrap()),
            "{file}"
        );
        let workload = header["workload"].as_str().unwrap();
        for name in header["anomalies"].as_array().unwrap() {
            kinds.insert(format!("{workload} {}", name.as_str().unwrap()));
        }
    }
    for kind in [
        "echo malformed-reply",
        "broadcast unexpected",
        "broadcast unconverged",
        "g-set unexpected",
        "g-set unconverged",
        "g-counter wrong-sum",
        "lin-kv nonlinearizable",
        "kafka poll-skip",
        "kafka nonmonotonic-poll",
        "kafka unexpected",
        "txn-rw-register unexpected",
        "txn-rw-register future-read",
        "txn-rw-register internal",
        "txn-rw-register divergence",
        "txn-rw-register lost-write",
        "txn-rw-register G0",
        "txn-rw-register G-single-item-realtime",
        "txn-list-append unexpected",
        "txn-list-append divergence",
        "txn-list-append lost-write",
    ] {
        assert!(
            kinds.contains(kind),
            "no history shows that Maelstrom passes over {kind}: {kinds:?}"
        );
    }
}

#[test]
fn the_list_of_differences_is_that_of_the_corpus() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../workbench/README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let begin = readme.find("\nStricter on purpose:\n").unwrap();
    let list = &readme[begin..begin + readme[begin..].find("\nLess strict on purpose:\n").unwrap()];
    let told: BTreeSet<&str> = list.split('`').skip(1).step_by(2).collect();
    let known: BTreeSet<&str> = Checker::WORKLOADS
        .iter()
        .flat_map(|name| Checker::of_workload(name, &[]).unwrap().anomalies())
        .copied()
        .chain(anomalies::GENERAL)
        .collect();
    let differences = differences();
    for name in told.intersection(&known) {
        assert!(differences.contains(*name), "no history shows that {name} is no anomaly there");
    }
    let missing: Vec<_> = differences.iter().filter(|name| !told.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "the README does not tell that Maelstrom passes over {missing:?}");
    assert!(told.intersection(&known).count() >= 9, "{told:?}");
}

#[test]
fn answers_that_are_not_on_record_are_taken_from_beside_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("history.edn");
    fs::copy(corpus("kafka/poll-without-its-answer.edn"), &history).unwrap();
    let path = history.to_str().unwrap();
    assert_eq!(check(&[path], "").0, 2);
    let line = |process, kind, f, value| format!("{process}\t:{kind}\t:{f}\t{value}\n");
    let text = [
        line(0, "invoke", "send", r#"[[:send "k" 7]]"#),
        line(0, "ok", "send", r#"[[:send "k" [0 7]]]"#),
        line(0, "invoke", "send", r#"[[:send "k" 8]]"#),
        line(0, "ok", "send", r#"[[:send "k" [1 8]]]"#),
        line(1, "invoke", "assign", r#"["k"]"#),
        line(1, "ok", "assign", r#"["k"]"#),
        line(1, "invoke", "poll", "[[:poll]]"),
        line(1, "ok", "poll", r#"[[:poll {"k" [[0 7]]}]]"#),
        line(2, "invoke", "assign", r#"["k"]"#),
        line(2, "ok", "assign", r#"["k"]"#),
        line(2, "invoke", "poll", "[[:poll]]"),
        line(2, "ok", "poll", r#"[[:poll {"k" [[0 7] [1 8]]}]]"#),
    ];
    fs::write(folder.path().join("history.txt"), text.concat()).unwrap();
    let (status, stdout, _) = check(&[path], "");
    assert_eq!(status, 0, "{stdout}");
    assert!(stdout.contains("(EDN, one answer from history.txt)"), "{stdout}");
}
