mod stories;

use std::rc::Rc;
use std::time::Duration;

use glomers_check::check::{self, Finding, Valid};
use glomers_check::history::{History, Kind, Nemesis, Op, Process};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::journal::Recorder;
use crate::network::{EventKind, Message, Observer};

const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(1)>";

/// A run that is put together by hand, with times in milliseconds.
struct Made {
    folder: TempDir,
    history: History,
    recorder: Option<Recorder>,
    sent: Vec<Message>,
}

impl Made {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::create(&folder.path().join(MESSAGES)).unwrap();
        recorder.load_begins(Duration::ZERO);
        Self { folder, history: History::default(), recorder: Some(recorder), sent: Vec::new() }
    }

    fn op(&mut self, ms: u64, process: u64, node: &str, kind: Kind, f: &str, value: Value) {
        let op = Op::new(process, kind, f, value).at(Duration::from_millis(ms));
        self.history.push(Op { node: Some(node.into()), ..op });
    }

    fn fault(&mut self, ms: u64, f: &str, value: Value) {
        self.op(ms, 0, "", Kind::Info, f, value);
        let mut ops: Vec<Op> = self.history.ops().to_vec();
        let op = ops.last_mut().unwrap();
        op.process = Process::Nemesis(Nemesis::Nemesis);
        op.node = None;
        self.history = ops.into_iter().collect();
    }

    fn send(&mut self, ms: u64, src: &str, dest: &str, body: &Value) -> usize {
        let id = self.sent.len() as u64;
        let body = Rc::from(RawValue::from_string(body.to_string()).unwrap());
        self.sent.push(Message { id, src: src.into(), dest: dest.into(), body });
        self.then(ms, EventKind::Send, self.sent.len() - 1);
        self.sent.len() - 1
    }

    fn then(&mut self, ms: u64, kind: EventKind, message: usize) {
        let recorder = self.recorder.as_mut().unwrap();
        recorder.event(Duration::from_millis(ms), kind, &self.sent[message]);
    }

    /// The report's text, for a judgement on the run.
    fn report(&mut self, judged: &check::Report) -> String {
        self.recorder.take().unwrap().finish().unwrap();
        let nodes = ["n0", "n1", "n2", "n3"].map(str::to_owned);
        let differs = judged.maelstrom_says().valid != judged.valid;
        let report = Report {
            workload: "broadcast",
            heading: "4 nodes",
            command: "glomers test --seed 1",
            replays: true,
            figures: &[("operations".to_owned(), "few".to_owned())],
            nodes: &nodes,
            history: &self.history,
            observations: None,
            valid: judged.valid,
            maelstrom: differs.then_some("valid (what is found here it does not look for)"),
            findings: &judged.findings,
        };
        let path = report.write(self.folder.path()).unwrap();
        fs::read_to_string(path).unwrap()
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

/// The text of a page's first finding, without its markup.
fn first_finding(html: &str) -> String {
    let begin = html.find("<details class=\"finding\"").unwrap();
    let end = html[begin..].find("</details>").unwrap();
    let mut text = String::new();
    let mut inside = false;
    for character in html[begin..begin + end].chars() {
        match character {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(character),
            _ => {}
        }
    }
    text
}

/// Value 57 is acknowledged by n0 and told to n1, to n2 across a cut, and never to n3.
fn with_a_lost_value() -> Made {
    let mut run = Made::new();
    run.op(0, 1, "n1", Kind::Invoke, "read", Value::Null);
    run.op(1, 1, "n1", Kind::Ok, "read", json!([]));
    let grudge = json!({"n0": ["n2"], "n2": ["n0"]});
    run.fault(50, "start-partition", json!({"shape": "one", "grudge": grudge}));
    run.op(100, 0, "n0", Kind::Invoke, "broadcast", json!(57));
    let tell = json!({"type": "tell", "value": 57});
    let told = run.send(101, "n0", "n1", &tell);
    let dropped = run.send(101, "n0", "n2", &tell);
    run.op(103, 0, "n0", Kind::Ok, "broadcast", json!(57));
    run.then(150, EventKind::Recv, told);
    run.then(151, EventKind::Dropped, dropped);
    run.fault(200, "stop-partition", json!("network-healed"));
    run.fault(300, "start-loss", json!({"percent": 20}));
    run.op(900, 1, "n1", Kind::Invoke, "read", Value::Null);
    run.op(901, 1, "n1", Kind::Ok, "read", json!([57]));
    for (process, node) in [(2, "n2"), (3, "n3")] {
        run.op(1000, process, node, Kind::Invoke, "read", Value::Null);
        run.op(1001, process, node, Kind::Ok, "read", json!([]));
    }
    run
}

#[test]
fn of_a_lost_value_it_is_told_by_whom_it_was_acknowledged_and_which_message_was_missing() {
    let mut run = with_a_lost_value();
    let judged = check::set_full(&run.history, "broadcast");
    assert_eq!(judged.valid, Valid::No);
    let html = run.report(&judged);
    let text = first_finding(&html);
    for part in [
        "lost 57 was added",
        "Acknowledged byn0, to process 0 at 0.103 s: #3 asked broadcast, #4 answered",
        "partition from 0.050 s to 0.200 s (#2) one; n0 deaf to n2; n2 deaf to n0",
        "no message that carries it was ever sent to n3",
        "to n2, the only one, did not arrive: message 1, n0 → n2 tell, sent at 0.101 s, dropped by \
         a partition at 0.151 s",
        "2 messages between nodes and services, of which 1 arrived",
        "First shown byn1 0.900 s",
        "Last read lacks itn2 1.000 s #9, n3 1.000 s",
    ] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    assert!(!text.contains("loss from"), "a fault of another time: {text}");
    assert!(html.contains("glomers test --seed 1"));
    for name in ["latency.svg", "latency-quantiles.svg", "rate.svg", "space-time/01.svg"] {
        let svg = run.file(name);
        assert!(svg.contains("class=\"shade f0\"") && !svg.contains("NaN"), "{name}: {svg}");
        assert!(svg.contains("prefers-color-scheme:dark"), "{name}");
    }
    let drawn = run.file("space-time/01.svg");
    assert_eq!(drawn.matches("class=\"arrow bad\" d=\"M").count(), 1 + 1, "and in the legend");
    assert_eq!(drawn.matches("class=\"tip").count(), 1);
}

#[test]
fn what_nodes_say_stays_text() {
    let mut run = Made::new();
    let reply = json!({"type": HOSTILE, HOSTILE: [HOSTILE], "value": "\u{2028}"});
    let message = run.send(1, "n0", "n1", &reply);
    run.then(2, EventKind::Recv, message);
    run.fault(3, &format!("start-{HOSTILE}"), json!({ HOSTILE: HOSTILE }));
    run.op(4, 0, HOSTILE, Kind::Invoke, HOSTILE, json!(HOSTILE));
    run.op(5, 0, HOSTILE, Kind::Fail, HOSTILE, json!(HOSTILE));
    fs::create_dir(run.folder.path().join("node-logs")).unwrap();
    fs::write(run.folder.path().join("node-logs/n0.log"), HOSTILE).unwrap();
    let finding = Finding::new(HOSTILE, HOSTILE, [1, 2]).about(&json!(HOSTILE));
    let html = run.report(&check::Report::new(false).findings([finding]));
    assert_eq!(html.matches("<script").count(), 2, "the data and the page's own");
    assert_eq!(html.matches("</script>").count(), 2);
    assert_eq!(html.matches("<img").count(), 0);
    assert!(!html.contains('\u{2028}'));
    assert!(html.matches("&lt;img src=x onerror").count() > 5, "it is there, as text");
    let data = html.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["words"].as_array().unwrap().iter().filter(|it| **it == HOSTILE).count(), 1);
    assert_eq!(data["messages"][0][7], reply.to_string());
    for name in ["latency.svg", "rate.svg", "space-time/01.svg"] {
        assert!(!run.file(name).contains("<script") && !run.file(name).contains("<img"), "{name}");
    }
}

#[test]
fn a_long_run_has_a_report_of_bounded_size_that_keeps_what_matters() {
    const MESSAGES: u64 = 150_000;
    let mut run = with_a_lost_value();
    let filler = "x".repeat(300);
    for number in 0..MESSAGES {
        let body = json!({"type": "tell", "value": 1000 + number, "filler": filler});
        let ms = 1000 + number / 10;
        let message = run.send(ms, "n1", "n2", &body);
        run.then(ms + 3, EventKind::Recv, message);
        if number % 3 == 0 {
            run.op(ms, 1, "n1", Kind::Invoke, "broadcast", json!(1000 + number));
            run.op(ms + 1, 1, "n1", Kind::Ok, "broadcast", json!(1000 + number));
        }
    }
    let judged = check::set_full(&run.history, "broadcast");
    let html = run.report(&judged);
    assert!(html.len() < 16_000_000, "{}", html.len());
    let data = html.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["total"], MESSAGES + 2);
    let kept = data["messages"].as_array().unwrap();
    assert!((10_000..30_000).contains(&kept.len()), "{}", kept.len());
    assert!(kept.iter().any(|it| it[0] == 1), "the message that carried what was lost");
    assert!(data["ops"].as_array().unwrap().len() < 30_000);
    let stretches = fs::read_dir(run.folder.path().join("space-time")).unwrap().count();
    assert_eq!(stretches, 12);
    assert!(run.file("space-time/01.svg").contains("Messages 0 to 119"), "the cut's own messages");
    assert!(run.file("latency.svg").len() < 1_000_000);
}

#[test]
fn a_run_of_which_nothing_is_known_has_a_report_as_well() {
    let mut run = Made::new();
    let html = run.report(&check::Report::new(Valid::Unknown));
    assert!(html.contains("the run was too short"));
    fs::remove_file(run.folder.path().join(MESSAGES)).unwrap();
    let mut other = Made::new();
    other.op(1, 0, "n0", Kind::Invoke, "read", Value::Null);
    let html = other.report(&check::Report::new(true));
    assert!(html.contains("Nothing was found.") && !other.file("latency.svg").contains("NaN"));
}

#[test]
fn where_maelstrom_would_say_something_else_the_head_says_both() {
    let says = "Maelstrom would say: valid (what is found here it does not look for)";
    let mut run = with_a_lost_value();
    let html = run.report(&check::Report::new(Valid::No).maelstrom(Valid::Yes, []));
    let head = &html[html.find("<header").unwrap()..html.find("</header>").unwrap()];
    assert!(head.contains("Invalid") && head.contains(says), "{head}");
    let mut run = with_a_lost_value();
    let judged = check::set_full(&run.history, "broadcast");
    assert!(!run.report(&judged).contains("Maelstrom would say"));
}
