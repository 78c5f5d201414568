//! The report of a run: what it tells of a lost value, and how it looks in a browser.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod browser;
mod hostile;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use glomers::journal::{Journal, What};
use glomers::network::Distribution;
use glomers::workload;
use glomers_check::check::Valid;
use glomers_check::history::{History, Kind, Op, Process};
use glomers_tests::programs::Glomers;
use glomers_tests::wrong::tell_peers;
use glomers_tests::{Run, Scenario};
use serde_json::Value;
use tempfile::TempDir;

use self::browser::Browser;
use self::hostile::Hostile;
use crate::wrong::set::{Flaw, Set};
use crate::wrong_txn::registers;

const INVALID: [u8; 3] = [0xcf, 0x22, 0x2e];
const VALID: [u8; 3] = [0x1a, 0x7f, 0x37];
/// A line of what went well.
const LINE: [u8; 3] = [0x09, 0x69, 0xda];
/// The shade of a fault, on white.
const SHADE: [u8; 3] = [247, 239, 222];

/// A message as the journal has it.
struct Sent {
    src: String,
    dest: String,
    body: Value,
    fate: Option<&'static str>,
}

/// A run with its report.
struct Reported {
    run: Run,
    path: PathBuf,
    folder: TempDir,
}

impl Reported {
    fn new(scenario: &Scenario) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (run, path) = scenario.run_with_report(folder.path()).unwrap();
        Self { run, path, folder }
    }

    fn html(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    fn messages(&self) -> BTreeMap<u64, Sent> {
        let mut messages = BTreeMap::new();
        let journal = Journal::open(&self.folder.path().join("messages.jsonl")).unwrap();
        journal
            .read(|entry| {
                let (id, fate) = match entry.what {
                    What::Sent { id, src, dest, body } => {
                        let body = serde_json::from_str(body).unwrap();
                        let (src, dest) = (src.into_owned(), dest.into_owned());
                        messages.insert(id, Sent { src, dest, body, fate: None });
                        return;
                    }
                    What::Received(id) => (id, "delivered"),
                    What::Lost(id) => (id, "lost"),
                    What::Dropped(id) => (id, "dropped"),
                    What::Unheard(id) => (id, "unheard"),
                    What::Operation { .. } => return,
                };
                messages.get_mut(&id).unwrap().fate = Some(fate);
            })
            .unwrap();
        messages
    }
}

/// Nodes that tell each other each value once: what a partition drops is lost to those behind it.
fn without_retries() -> Scenario {
    Scenario::of_flawed::<Set, Flaw>(workload::Kind::Broadcast, Flaw::None)
        .partitions(3)
        .latency(10, Distribution::Constant)
        .seed(1)
}

/// The completion by which a value was acknowledged, and by which process.
fn acknowledgement<'a>(history: &'a History, value: &Value) -> (&'a Op, u64) {
    let is_it = |op: &&Op| op.f == "broadcast" && op.kind == Kind::Ok && op.value == *value;
    let op = history.ops().iter().find(is_it).unwrap();
    match op.process {
        Process::Client(number) => (op, number),
        Process::Nemesis(_) => panic!("{op:?}"),
    }
}

/// The part of a page that is about its first finding.
fn first_finding(html: &str) -> &str {
    let begin = html.find("id=\"finding-0\"").unwrap();
    &html[begin..begin + html[begin..].find("</details>").unwrap()]
}

#[test]
fn the_report_answers_which_value_was_lost_and_why() {
    let reported = Reported::new(&without_retries());
    assert_eq!(reported.run.results.valid, Valid::No);
    let finding = &reported.run.results.findings[0];
    assert_eq!(finding.anomaly, "lost");
    let value = finding.value.as_ref().unwrap();
    let (op, process) = acknowledgement(&reported.run.outcome.history, value);
    let html = reported.html();
    let told = first_finding(&html);
    let node = op.node.as_ref().unwrap();
    assert!(told.contains(&format!("<b>{value}</b>")), "{told}");
    assert!(told.contains(&format!("<b>{node}</b>, to process {process} at")), "{told}");
    assert!(told.contains("<b>partition</b> from"), "{told}");
    let missed = reported.messages().into_iter().find(|(_, it)| {
        it.body["type"] == "tell" && it.body["value"] == *value && it.fate == Some("dropped")
    });
    let (id, missed) = missed.unwrap();
    let dest = &missed.dest;
    assert!(
        told.contains(&format!(
            "to <b>{dest}</b>, the only one, did not arrive: <a href=\"#msg={id}\">"
        )),
        "{told}"
    );
    for op in &finding.ops {
        assert!(told.contains(&format!("<a href=\"#op={op}\">")), "{told}");
    }
}

/// Each write is told once: what the network loses never comes.
#[test]
fn the_report_answers_which_write_did_not_reach_everyone() {
    let flaw = registers::Flaw::None;
    let scenario =
        Scenario::of_flawed::<registers::Registers, _>(workload::Kind::TxnRwRegister, flaw);
    let scenario = scenario.models(&["read-atomic"]).latency(10, Distribution::Constant);
    let reported = Reported::new(&scenario.nodes(3).loss(20.0).seed(1));
    let finding = &reported.run.results.findings[0];
    assert_eq!(finding.anomaly, "divergence");
    let (key, value) = (finding.key.as_ref().unwrap(), finding.value.as_ref().unwrap());
    let key: u64 = key.as_str().unwrap().parse().unwrap();
    let has = |mops: &Value, f: &str| {
        let mut mops = mops.as_array().unwrap().iter();
        mops.any(|mop| mop[0] == f && mop[1] == key && mop[2] == *value)
    };
    let ops = reported.run.outcome.history.ops();
    let written =
        ops.iter().find(|op| op.kind == Kind::Ok && has(&op.value.to_json(), "w")).unwrap();
    let lacking =
        finding.ops.iter().map(|&op| &ops[op]).find(|op| !has(&op.value.to_json(), "r")).unwrap();
    let (from, to) = (written.node.as_ref().unwrap(), lacking.node.as_ref().unwrap());
    let is_missed = |it: &Sent| {
        let writes = it.body["writes"].as_array().into_iter().flatten();
        let mut of_key = writes.filter(|write| write[0] == key);
        it.fate == Some("lost") && *to == it.dest && of_key.any(|write| write[1] == *value)
    };
    let (id, _) = reported.messages().into_iter().find(|(_, it)| is_missed(it)).unwrap();
    let html = reported.html();
    let told = first_finding(&html);
    for part in [
        format!("<b>{value} of key {key}</b>"),
        format!("<b>{from}</b>, to process"),
        "<b>loss</b> from".to_owned(),
        format!("to <b>{to}</b>, the only one, did not arrive: <a href=\"#msg={id}\">"),
    ] {
        assert!(told.contains(&part), "{part} is missing in {told}");
    }
}

#[test]
fn recording_changes_nothing_in_a_run() {
    let scenario = without_retries();
    let reported = Reported::new(&scenario);
    assert_eq!(reported.run.history(), scenario.run().unwrap().history());
    let stats = reported.run.outcome.stats;
    let messages = reported.messages();
    assert_eq!(messages.len() as u64, stats.all().sent);
    let count = |fate| messages.values().filter(|it| it.fate == fate).count() as u64;
    assert_eq!(count(Some("dropped")), stats.dropped);
    assert_eq!(count(Some("delivered")), stats.all().received);
}

#[test]
fn a_browser_shows_verdict_pictures_and_filters() {
    let Some(browser) = Browser::new() else { return };
    let reported = Reported::new(&without_retries());

    let top = browser.screenshot(&reported.path, "", 900);
    assert_eq!((top.width, top.height), (1280, 900));
    assert!(top.count(2..40, INVALID) > 1280 * 25, "the verdict's colour");
    assert!(top.colours() > 50, "{} colours", top.colours());
    let whole = browser.screenshot(&reported.path, "case=0", 6000);
    assert!(whole.count(100..6000, LINE) > 1000, "{} of lines", whole.count(100..6000, LINE));
    assert!(whole.count(100..6000, SHADE) > 20_000, "{} of faults", whole.count(100..6000, SHADE));
    assert!(whole.count(100..6000, INVALID) > 100, "lost messages, and rings around operations");

    let messages = reported.messages();
    let matching = |it: &&Sent| {
        it.body["type"] == "tell"
            && it.fate == Some("dropped")
            && (it.src == "n1" || it.dest == "n1")
    };
    let expected = messages.values().filter(matching).count();
    assert!(expected > 0);
    let dom = browser.dom(&reported.path, "node=n1&type=tell&fate=dropped");
    let told = format!(">{expected} of {} messages<", messages.len());
    assert!(dom.contains(&told), "{told} is missing");
    let rows = table(&dom, "messages-table");
    assert_eq!(rows.len(), expected.min(100));
    assert!(rows.iter().all(|row| row.contains("<td>n1</td>") && row.contains(">dropped<")));

    // From the finding to its operation and back.
    let op = reported.run.results.findings[0].ops[0];
    let dom = browser.dom(&reported.path, &format!("op={op}"));
    let selected = &dom[dom.find("id=\"selected\"").unwrap()..];
    let selected = &selected[..selected.find("<h3").unwrap()];
    assert!(selected.contains("It proves <a href=\"#finding=0\">lost"), "{selected}");
    assert!(selected.contains("href=\"#msg="), "its request: {selected}");
}

#[test]
fn a_browser_shows_the_part_that_an_address_names() {
    let Some(browser) = Browser::new() else { return };
    let reported = Reported::new(&without_retries());
    let last = reported.run.results.findings.len() - 1;
    let is_open = |dom: &str, tag: &str| {
        let begin = dom.find(tag).unwrap_or_else(|| panic!("no {tag}"));
        dom[begin..begin + dom[begin..].find('>').unwrap()].contains("open=\"\"")
    };
    let (more, finding) = ("<details class=\"more\"", format!("id=\"finding-{last}\""));
    let plain = browser.dom(&reported.path, "");
    assert!(!is_open(&plain, more) && !is_open(&plain, &finding), "{last} findings and one");
    let dom = browser.dom(&reported.path, &format!("finding-{last}"));
    assert!(is_open(&dom, more) && is_open(&dom, &finding));
    for part in ["operations", "findings", &format!("finding-{last}")] {
        let dom = browser.dom(&reported.path, part);
        assert!(!table(&dom, "ops-table").is_empty(), "#{part} shows no operations");
    }
    // The verdict is far above what is asked for.
    let there = browser.screenshot(&reported.path, "operations", 600);
    assert!(there.count(0..600, INVALID) < 1280 * 10, "the top is shown");
}

#[test]
fn a_browser_shows_what_maelstrom_would_say() {
    let Some(browser) = Browser::new() else { return };
    let scenario = Scenario::of_flawed::<Set, Flaw>(workload::Kind::GSet, Flaw::OneWay);
    let reported = Reported::new(&scenario.nodes(3).seconds(5).seed(1));
    let dom = browser.dom(&reported.path, "");
    let told = "<p class=\"maelstrom\">Maelstrom would say: valid (what is found here it does not look \
                for)</p>";
    assert!(dom.contains(told), "{}", &dom[..dom.len().min(20_000)]);
    let top = browser.screenshot(&reported.path, "", 900);
    assert!(top.count(2..60, INVALID) > 1280 * 25, "the verdict's colour");
    // Whoever does not differ is not told of.
    let reported = Reported::new(&without_retries());
    assert!(!reported.html().contains("Maelstrom would say"));
}

#[test]
fn a_browser_shows_two_runs_side_by_side() {
    let Some(browser) = Browser::new() else { return };
    let store = tempfile::tempdir().unwrap();
    for flags in ["--latency 10 --seed 1", "--latency 50 --seed 2"] {
        let flags = format!("test -w broadcast --time-limit 5 --rate 50 {flags}");
        Glomers::run(&format!("{flags} --store {}", store.path().display())).assert_status(0);
    }
    let address = "127.0.0.1:0".parse().unwrap();
    let server = glomers::serve::Server::bind(address, store.path()).unwrap();
    let address = server.address().unwrap();
    std::thread::spawn(move || server.run());

    let list = browser.dom_at(&format!("http://{address}/?sort=time"));
    let names: Vec<&str> = list
        .split("name=\"run\" value=\"")
        .skip(1)
        .map(|it| it.split('"').next().unwrap())
        .collect();
    let [first, second] = names[..] else { panic!("{names:?}") };
    let encoded = |name: &str| name.replace('+', "%2B");
    let compared =
        format!("http://{address}/compare?run={}&run={}", encoded(first), encoded(second));
    let dom = browser.dom_at(&compared);
    for part in ["stable latency, median", "messages an operation", "broadcast took, 95 %", "×"] {
        assert!(dom.contains(part), "{part} is missing in {dom}");
    }
    let page = browser.screenshot_at(&compared, 2400);
    for half in [0..640, 640..1280] {
        let lines = page.count_across(half.clone(), LINE);
        assert!(lines > 300, "{lines} points of lines in {half:?}");
    }
    assert!(page.count(0..2400, INVALID) < 2000, "both are valid");
}

#[test]
fn a_browser_shows_a_valid_run() {
    let Some(browser) = Browser::new() else { return };
    let reported = Reported::new(&Scenario::built_in(workload::Kind::GSet, &[]).seconds(2));
    let top = browser.screenshot(&reported.path, "", 900);
    assert!(top.count(2..40, VALID) > 1280 * 25, "the verdict's colour");
    assert!(top.count(0..900, INVALID) < 100, "nothing is wrong but in a legend");
    let dom = browser.dom(&reported.path, "");
    assert!(dom.contains("Nothing was found."));
    assert!(!table(&dom, "ops-table").is_empty());
}

#[test]
fn what_a_hostile_node_says_runs_in_no_browser() {
    let Some(browser) = Browser::new() else { return };
    let scenario = Scenario::of_node::<Hostile>(workload::Kind::Echo, hostile::Args {});
    let reported = Reported::new(&scenario.nodes(2).seconds(2));
    for hash in ["", "case=0", "op=0", "msg=5", "finding=0", "type=%3Cimg%20src=x%3E", "q=%3Cimg"] {
        let dom = browser.dom(&reported.path, hash);
        assert!(dom.contains("<title>Invalid: echo – glomers</title>"), "{hash}");
        assert!(!dom.contains("<img"), "{hash}: what was said became an element");
        assert!(dom.contains("&lt;img src=x"), "{hash}: it is shown as text");
        assert_eq!(dom.matches("<script").count(), 2, "{hash}");
    }
}

/// The rows of a table's body.
fn table<'a>(dom: &'a str, id: &str) -> Vec<&'a str> {
    let begin = dom.find(&format!("id=\"{id}\"")).unwrap();
    let table = &dom[begin..begin + dom[begin..].find("</table>").unwrap()];
    let body = &table[table.find("<tbody>").unwrap()..];
    body.split("<tr").skip(1).collect()
}
