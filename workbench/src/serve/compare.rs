//! Two runs side by side.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use super::files::encoded;
use super::latencies::{Latencies, latencies, quantile};
use super::query::Query;
use super::run::{Place, Run};
use super::style::head;
use crate::report::escape;

/// The figures that are compared: what they are called, where they stand, and in what they are measured.
const FIGURES: [(&str, &[&str], &str); 17] = [
    ("operations", &["stats", "count"], ""),
    ("succeeded", &["stats", "ok-count"], ""),
    ("failed", &["stats", "fail-count"], ""),
    ("unknown", &["stats", "info-count"], ""),
    ("availability", &["availability", "ok-fraction"], ""),
    ("messages an operation", &["net", "servers", "msgs-per-op"], ""),
    ("messages between nodes and services", &["net", "servers", "msg-count"], ""),
    ("bytes of these", &["net", "servers", "bytes"], ""),
    ("stable latency, median", &["workload", "stable-latencies", "0.5"], " ms"),
    ("stable latency, 95 %", &["workload", "stable-latencies", "0.95"], " ms"),
    ("stable latency, max", &["workload", "stable-latencies", "1"], " ms"),
    ("convergence, median", &["workload", "convergence", "quantiles-ms", "0.5"], " ms"),
    ("convergence, max", &["workload", "convergence", "quantiles-ms", "1"], " ms"),
    ("lost", &["workload", "lost-count"], ""),
    ("visible after, median ≥", &["workload", "visibility-lag", "lower-ms", "0.5"], " ms"),
    ("visible after, median ≤", &["workload", "visibility-lag", "upper-ms", "0.5"], " ms"),
    ("transactions", &["workload", "transaction-count"], ""),
];

/// The pictures that are shown beside each other.
const PICTURES: [&str; 3] = ["latency-quantiles.svg", "rate.svg", "latency.svg"];

/// A page for the two runs that are asked for; nothing if the store does not have them, or there are not
/// two.
pub(super) fn page(store: &Path, query: &Query) -> Option<String> {
    let all = Place::all(store);
    let wanted: Vec<&str> = query.all("run").collect();
    let [first, second] = wanted[..] else { return None };
    let find = |name: &str| Some(all.iter().find(|it| it.name() == name)?.clone().read(store));
    let runs = [find(first)?, find(second)?];

    let mut html = head("glomers: two runs");
    html += "<p><a href=\"/\">All runs</a></p><h1>Two runs side by side</h1>\n";
    html += "<table class=\"two\"><thead><tr><th></th>";
    for run in &runs {
        let _ = write!(html, "<th>{}</th>", link(run));
    }
    html += "<th class=\"n\">second to first</th></tr></thead><tbody>\n";
    words(&runs, &mut html);
    for (name, path, unit) in FIGURES {
        row(name, [runs[0].number(path), runs[1].number(path)], unit, &mut html);
    }
    let times =
        runs.each_ref().map(|run| latencies(&run.path.join("history.jsonl")).unwrap_or_default());
    operations(&times, &mut html);
    anomalies(&runs, &mut html);
    html += "</tbody></table>\n";
    for picture in PICTURES {
        if runs.iter().any(|run| run.path.join(picture).is_file()) {
            html += "<div class=\"pair\">";
            for run in &runs {
                let address = run.place.address();
                let name = escape(&run.place.time);
                let _ =
                    write!(html, "<img src=\"{address}{picture}\" alt=\"{picture} of {name}\">");
            }
            html += "</div>\n";
        }
    }
    Some(html + "</main></body></html>\n")
}

fn link(run: &Run) -> String {
    let address = run.place.address();
    let report = run.report.as_deref().map(encoded).unwrap_or_default();
    format!(
        "<a href=\"{address}{report}\">{}</a><br>{}",
        escape(&run.name()),
        escape(&run.place.time)
    )
}

/// What is not told in numbers.
fn words(runs: &[Run; 2], html: &mut String) {
    let mut row = |name: &str, cells: [String; 2]| {
        let [first, second] = cells;
        let _ =
            writeln!(html, "<tr><th>{name}</th><td>{first}</td><td>{second}</td><td></td></tr>");
    };
    let verdict = |run: &Run| {
        let (class, text) = run.verdict();
        let theirs = match run.at(&["maelstrom-valid?"]) {
            Some(theirs) if run.at(&["valid?"]) != Some(theirs) => match theirs.as_bool() {
                Some(true) => "<br>Maelstrom would say: valid",
                Some(false) => "<br>Maelstrom would say: INVALID",
                None => "<br>Maelstrom would say: unknown",
            },
            _ => "",
        };
        format!("<span class=\"{class}\">{text}</span>{theirs}")
    };
    row("verdict", runs.each_ref().map(verdict));
    row("settings", runs.each_ref().map(|run| escape(&run.heading())));
    row("command", runs.each_ref().map(|run| format!("<code>{}</code>", escape(run.command()))));
}

/// One figure of both, and how many times the first the second is.
fn row(name: &str, figures: [Option<f64>; 2], unit: &str, html: &mut String) {
    if figures == [None, None] {
        return;
    }
    let cell = |figure: Option<f64>| {
        figure.map_or_else(|| "–".to_owned(), |it| format!("{}{unit}", rounded(it)))
    };
    let ratio = match figures {
        [Some(first), Some(second)] if first > 0.0 => format!("×{:.2}", second / first),
        _ => String::new(),
    };
    let [first, second] = figures.map(cell);
    let _ = writeln!(
        html,
        "<tr><th>{}</th><td class=\"n\">{first}</td><td class=\"n\">{second}</td>\
         <td class=\"n\">{ratio}</td></tr>",
        escape(name)
    );
}

fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

/// How long operations took that succeeded, by what they do.
fn operations(times: &[Latencies; 2], html: &mut String) {
    let kinds: BTreeSet<&String> = times.iter().flat_map(Latencies::keys).collect();
    for kind in kinds {
        for (share, name) in [(0.5, "median"), (0.95, "95 %"), (1.0, "max")] {
            let of = |times: &Latencies| quantile(times.get(kind)?, share);
            row(&format!("{kind} took, {name}"), times.each_ref().map(of), " ms", html);
        }
    }
}

/// What was found, and how often.
fn anomalies(runs: &[Run; 2], html: &mut String) {
    let found = runs.each_ref().map(Run::anomalies);
    let names: BTreeSet<&String> = found.iter().flat_map(|it| it.keys()).collect();
    for name in names {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let counts = found.each_ref().map(|it| Some(it.get(name).copied().unwrap_or(0) as f64));
        row(&format!("found: {name}"), counts, "", html);
    }
}
