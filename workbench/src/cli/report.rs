use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use glomers_check::check::{Valid, faults_in_short};
use glomers_check::exact;
use glomers_check::history::{History, Kind, Op, Process};
use glomers_check::results::Results;
use serde_json::Value;

use crate::judged::Judged;
use crate::network::Distribution;
use crate::printable::{printable, printable_lines};
use crate::run::Settings;

use crate::store::RunFolder;

/// How many findings are printed, and how many operations of each.
const FINDINGS: usize = 10;
const OPS: usize = 6;

/// As many characters of a finding are printed.
const FINDING: usize = 4000;

/// As much of an operation's value is printed.
const VALUE: usize = 160;

/// How the figure is called that tells what transactions are held to.
pub(super) const HELD_TO: &str = "held to";

pub(super) fn heading(workload: &str, settings: &Settings) -> String {
    let mut text = format!(
        "{workload}: {} node{}, {} client{}, rate {}, {} s",
        settings.node_count(),
        plural(settings.node_count()),
        settings.workers(),
        plural(settings.workers()),
        settings.rate,
        settings.time_limit.as_secs_f64(),
    );
    if settings.latency.mean_ms > 0 {
        let dist = match settings.latency.dist {
            Distribution::Constant => "",
            Distribution::Uniform => " uniform",
            Distribution::Exponential => " exponential",
        };
        text += &format!(", latency {} ms{dist}", settings.latency.mean_ms);
    }
    if !settings.faults.is_empty() {
        text += &format!(", {}", settings.faults);
    }
    if settings.makes_durable() {
        text += ", nodes with --durability power";
    }
    let time = if settings.is_virtual() { "virtual" } else { "real" };
    text + &format!(", {time} time, seed {}\n", settings.seed)
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

pub(super) fn body(judged: &Judged, folder: &RunFolder, report: Option<&Path>) -> String {
    let Judged { settings, outcome, results, wall } = judged;
    let history = &outcome.history;
    let clients = settings.workers();
    let mut figures = figures(results, history);
    // The heading has told it.
    figures.retain(|(name, _)| name != HELD_TO);
    let mut text = lines(&figures);
    if settings.is_virtual()
        && let Some(prints) = fingerprints(results)
    {
        text += &line("fingerprints", &prints);
    }
    if let Some(reached) = number(results, &["load", "reached-rate"]) {
        let rate = settings.rate;
        let all =
            if clients == 1 { "the client was" } else { &format!("all {clients} clients were") };
        let busy = format!("{reached} a second instead of {rate}: {all} busy");
        text += &line("rate", &(busy + " (--concurrency)"));
    }
    text += &line("wall time", &format!("{:.2} s", wall.as_secs_f64()));
    text += &line("kept in", &folder.path().display().to_string());
    if let Some(report) = report {
        text += &line("report", &report.display().to_string());
    }
    text + &findings(results, history, "in results.json") + &verdict(results)
}

/// What can be said of a history from elsewhere.
pub(super) fn of_history(results: &Results, history: &History, wall: Duration) -> String {
    let mut text = lines(&figures(results, history));
    text += &line("wall time", &format!("{:.2} s", wall.as_secs_f64()));
    text + &findings(results, history, "for --results") + &verdict(results)
}

/// How to see again what went wrong, where there is a way.
pub(super) fn replay(judged: &Judged) -> String {
    if judged.results.valid == Valid::Yes || !judged.settings.is_virtual() {
        return String::new();
    }
    format!("  the same command with --seed {} replays it\n", judged.settings.seed)
}

pub(super) fn line(name: &str, content: &str) -> String {
    format!("  {name:<16} {content}\n")
}

fn lines(figures: &[(String, String)]) -> String {
    figures.iter().map(|(name, figure)| line(name, figure)).collect()
}

/// The figures that matter, by name.
pub(super) fn figures(results: &Results, history: &History) -> Vec<(String, String)> {
    let mut figures = Vec::new();
    let mut line = |name: &str, content: String| figures.push((name.to_owned(), content));
    line("operations", operations(results));
    if let Some(models) = results.at(&["workload", "consistency-models"]).and_then(Value::as_array)
    {
        let names: Vec<_> = models.iter().filter_map(Value::as_str).collect();
        line(HELD_TO, names.join(", "));
    }
    if let Some(share) = number(results, &["availability", "ok-fraction"]) {
        line("availability", format!("{:.2} %", share * 100.0));
    }
    if results.at(&["net"]).is_some() {
        line("messages", messages(results));
    }
    if let Some(faults) = results.at(&["faults"]).and_then(faults_in_short) {
        line("faults", faults);
    }
    if let Some(keys) = number(results, &["workload", "key-count"]) {
        line("keys", keys.to_string());
    }
    if let Some(latencies) = quantiles(results, &["workload", "stable-latencies"]) {
        line("stable latency", latencies);
    }
    for (figure, key, name) in [
        ("convergence", "quantiles-ms", "convergence"),
        ("convergence", "lower-ms", "convergence ≥"),
        ("convergence", "upper-ms", "convergence ≤"),
        ("visibility-lag", "lower-ms", "visible after ≥"),
        ("visibility-lag", "upper-ms", "visible after ≤"),
    ] {
        if let Some(times) = quantiles(results, &["workload", figure, key]) {
            line(name, times);
        }
    }
    if let Some(worst) = last_to_be_visible(results, history) {
        line("last visible", worst);
    }
    if let Some(density) = offsets_per_message(results) {
        line("offsets", density);
    }
    if let Some(times) = in_partitions(results) {
        line("in partitions", times);
    }
    figures
}

/// What is the same whenever the run is replayed.
fn fingerprints(results: &Results) -> Option<String> {
    let print = |key| results.at(&["determinism", key])?.as_str()?.get(..16);
    Some(format!("history {}…, trace {}…", print("history-sha256")?, print("trace-sha256")?))
}

fn verdict(results: &Results) -> String {
    let verdict = match results.valid {
        Valid::Yes => "valid".to_owned(),
        Valid::No => "INVALID".to_owned(),
        Valid::Unknown => match unknown(results) {
            Some(cause) => format!("unknown: {cause}"),
            None => "unknown: the run was too short, or nothing succeeded".to_owned(),
        },
    };
    let mut text = line("verdict", &verdict);
    if let Some(differs) = results.maelstrom_differs() {
        let _ = writeln!(text, "  Maelstrom would say: {differs}");
    }
    text
}

/// Why a checker could not find out, where it says so.
fn unknown(results: &Results) -> Option<String> {
    if results.cause.is_some() {
        return results.cause.clone();
    }
    let keys = results.at(&["workload", "unknown"])?.as_array()?;
    let first = keys.first()?;
    let more = match keys.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Some(format!("key {}: {}{more}", first.get("key")?, first.get("cause")?.as_str()?))
}

/// Convergence among those that a partition has left together.
fn in_partitions(results: &Results) -> Option<String> {
    let figure = ["workload", "convergence-in-partitions"];
    let at = |key| number(results, &[&figure[..], &[key]].concat());
    let mut parts = Vec::new();
    parts.extend(quantiles(results, &[&figure[..], &["quantiles-ms"]].concat()));
    let unfinished = at("unfinished-count")?;
    if let Some(bound) = at("unfinished-at-least-ms") {
        parts.push(format!("{unfinished} unfinished, one after {bound} ms"));
    }
    Some(if parts.is_empty() { "nothing to spread".to_owned() } else { parts.join(", ") })
}

/// The message that took longest to be shown.
fn last_to_be_visible(results: &Results, history: &History) -> Option<String> {
    let worst = results.at(&["workload", "visibility-lag", "worst"])?;
    let at = |key: &str| worst.get(key);
    let (least, most) = (at("lower-ms")?.as_u64()?, at("upper-ms")?.as_u64()?);
    let sent = history.ops().get(usize::try_from(at("ops")?.get(0)?.as_u64()?).ok()?)?;
    Some(format!(
        "{least} ms to {most} ms after its send at {:.3} s: message {} of key {}",
        Duration::from_nanos(sent.time).as_secs_f64(),
        shortened(&exact::shown(at("value")?)),
        at("key")?.as_str()?,
    ))
}

fn offsets_per_message(results: &Results) -> Option<String> {
    let sparsest = results.at(&["workload", "offsets-per-message"])?;
    let at = |key: &str| sparsest.get(key);
    Some(format!(
        "at most {:.2} a message: key {} has {} up to offset {}",
        at("max")?.as_f64()?,
        at("key")?.as_str()?,
        at("message-count")?,
        at("highest-offset")?,
    ))
}

fn operations(results: &Results) -> String {
    let count = |key| number(results, &["stats", key]).unwrap_or(0.0);
    format!(
        "{}: {} ok, {} failed, {} unknown",
        count("count"),
        count("ok-count"),
        count("fail-count"),
        count("info-count")
    )
}

fn messages(results: &Results) -> String {
    let figure = |key| number(results, &["net", "servers", key]);
    let count = |key| figure(key).unwrap_or(0.0);
    let mut text = format!("{} between nodes and services", count("msg-count"));
    if let Some(per_op) = figure("msgs-per-op") {
        text = format!("{per_op:.2} an operation, {text}");
    }
    for (key, what) in
        [("lost-count", "lost"), ("duplicated-count", "duplicated"), ("held-up-count", "held up")]
    {
        if count(key) > 0.0 {
            text += &format!(", {} {what}", count(key));
        }
    }
    text
}

fn number(results: &Results, path: &[&str]) -> Option<f64> {
    results.at(path)?.as_f64()
}

/// Quantiles as people read them.
fn quantiles(results: &Results, path: &[&str]) -> Option<String> {
    let at = |q: &str| results.at(path)?.get(q)?.as_f64();
    let (median, most, max) = (at("0.5")?, at("0.95")?, at("1")?);
    Some(format!("median {median} ms, 95 % {most} ms, max {max} ms"))
}

/// The first findings, and where there are `more`.
fn findings(results: &Results, history: &History, more: &str) -> String {
    let mut text = String::new();
    for finding in results.findings.iter().take(FINDINGS) {
        let _ = writeln!(text, "\n  {}: {}", finding.anomaly, told(&finding.text));
        for index in finding.ops.iter().take(OPS) {
            if let Some(op) = history.ops().get(*index) {
                let _ = writeln!(text, "    {}", describe(op));
            }
        }
        if finding.ops.len() > OPS {
            let _ = writeln!(text, "    … and {} more operations", finding.ops.len() - OPS);
        }
    }
    if results.findings.len() > FINDINGS {
        let count = results.findings.len() - FINDINGS;
        let _ = writeln!(text, "\n  … and {count} more findings {more}");
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// What was found, in a form that no terminal takes for a command and people read to its end.
fn told(finding: &str) -> String {
    let text = printable_lines(finding);
    match text.char_indices().nth(FINDING) {
        Some((end, _)) => cut(&text, end),
        None => text.into_owned(),
    }
}

/// The beginning of a text, and how much there is of it.
fn cut(text: &str, end: usize) -> String {
    format!("{}… ({} bytes)", &text[..end], text.len())
}

fn describe(op: &Op) -> String {
    let process = match op.process {
        Process::Client(number) => format!("process {number}"),
        Process::Nemesis(_) => "nemesis".to_owned(),
    };
    let kind = match op.kind {
        Kind::Invoke => "invokes",
        Kind::Ok => "ok",
        Kind::Fail => "fails",
        Kind::Info => "unknown",
    };
    let seconds = Duration::from_nanos(op.time).as_secs_f64();
    let mut text = format!("#{} {seconds:.3} s {process}", op.index);
    if let Some(node) = &op.node {
        text += &format!(" at {node}");
    }
    text += &format!(": {} {kind} {}", op.f, shortened(&op.value.to_string()));
    if let Some(error) = &op.error {
        text += &format!(" ({})", shortened(&error.to_string()));
    }
    text
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(VALUE) {
        Some((end, _)) => printable(&cut(text, end)).into_owned(),
        None => printable(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_commands_no_terminal_and_ends() {
        assert_eq!(told("\u{1b}[2J\u{9b}1m\n  why: ü"), "\\u{1b}[2J\\u{9b}1m\n  why: ü");
        let cut = "ü".repeat(FINDING) + "… (2097152 bytes)";
        assert_eq!(told(&"ü".repeat(1 << 20)), cut);
        // JSON leaves this one as it is.
        assert_eq!(shortened("\"\u{9b}2J\""), "\"\\u{9b}2J\"");
    }
}
