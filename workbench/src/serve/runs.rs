//! The list of runs.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use super::files::encoded;
use super::query::Query;
use super::run::{Place, Run};
use super::style::head;
use crate::report::escape;

/// So many runs are on a page.
const PAGE: usize = 100;

/// A column of figures: what it is called, what it is sorted by in addresses, where the figure stands,
/// and in what it is measured.
const COLUMNS: [(&str, &str, &[&str], &str); 6] = [
    ("operations", "operations", &["stats", "count"], ""),
    ("failed", "failed", &["stats", "fail-count"], ""),
    ("unknown", "unknown", &["stats", "info-count"], ""),
    ("messages/op", "messages", &["net", "servers", "msgs-per-op"], ""),
    ("median", "median", &["workload", "stable-latencies", "0.5"], " ms"),
    ("max", "max", &["workload", "stable-latencies", "1"], " ms"),
];

/// The verdicts that the list is filtered by.
const VERDICTS: [&str; 3] = ["valid", "invalid", "unknown"];

/// The newest first, unless the query has another order.
pub(super) fn page(store: &Path, query: &Query) -> String {
    let all = Place::all(store);
    let total = all.len();
    let workloads: BTreeSet<String> = all.iter().map(|it| it.folder.clone()).collect();
    let mut runs = wanted(all, query);
    sort(&mut runs, query.get("sort").unwrap_or_default(), store);
    // Figures are read of those alone that are shown, if they do not decide which these are.
    let verdict = query.get("verdict");
    let mut read: Vec<Run> = Vec::new();
    if let Some(verdict) = verdict {
        read.extend(runs.drain(..).map(|it| it.read(store)).filter(|it| it.verdict().0 == verdict));
    }
    let count = runs.len() + read.len();
    let last = count.div_ceil(PAGE).max(1);
    let page = query.get("page").and_then(|it| it.parse().ok()).unwrap_or(1).clamp(1, last);
    let skipped = (page - 1) * PAGE;
    let shown: Vec<Run> = if verdict.is_some() {
        read.into_iter().skip(skipped).take(PAGE).collect()
    } else {
        runs.into_iter().skip(skipped).take(PAGE).map(|it| it.read(store)).collect()
    };
    let rows: String = shown.iter().map(row).collect();

    let plural = if total == 1 { "" } else { "s" };
    let title = match (total, count == total) {
        (0, _) => format!("No runs in {}", store.display()),
        (_, true) => format!("{total} run{plural} in {}", store.display()),
        (_, false) => format!("{count} of {total} run{plural} in {}", store.display()),
    };
    let mut html = head("glomers: runs");
    let _ = writeln!(html, "<h1>{}</h1>", escape(&title));
    filters(query, &workloads, &mut html);
    html += "<form action=\"/compare\"><table><thead><tr><th></th>";
    for (name, key) in [("verdict", "verdict"), ("workload", "workload"), ("time", "time")] {
        let _ = write!(html, "<th>{}</th>", sorting(query, name, key));
    }
    html += "<th>run</th>";
    for (name, key, ..) in COLUMNS {
        let _ = write!(html, "<th class=\"n\">{}</th>", sorting(query, name, key));
    }
    let _ = write!(html, "<th>files</th></tr></thead><tbody>\n{rows}</tbody></table>");
    html += "<p><button>Put two side by side</button></p></form><p>";
    let turn = |to: usize, text: &str| {
        format!("<a href=\"/?{}\">{text}</a>", escape(&query.with("page", &to.to_string())))
    };
    if page > 1 {
        html += &turn(page - 1, "‹ before");
    }
    if last > 1 {
        let _ = write!(html, " page {page} of {last} ");
    }
    if page < last {
        html += &turn(page + 1, "after ›");
    }
    html + "</p></main></body></html>\n"
}

/// Those of the workload and the days that are asked for.
fn wanted(mut all: Vec<Place>, query: &Query) -> Vec<Place> {
    // As a form has a day, 2026-01-31; as a folder has it, 20260131.
    let day = |key: &str| query.get(key).map(|it| it.replace('-', ""));
    let (since, until) = (day("since"), day("until"));
    all.retain(|it| {
        let began = it.time.get(..8).unwrap_or_default();
        query.get("workload").is_none_or(|workload| it.folder == workload)
            && since.as_deref().is_none_or(|since| began >= since)
            && until.as_deref().is_none_or(|until| began <= until)
    });
    all
}

/// By that key, and backwards if it begins with a minus sign. Of what is equal the newest is first.
fn sort(runs: &mut Vec<Place>, key: &str, store: &Path) {
    runs.sort_by(|a, b| (&b.time, &a.folder).cmp(&(&a.time, &b.folder)));
    let (key, backwards) = key.strip_prefix('-').map_or((key, false), |key| (key, true));
    let column = COLUMNS.iter().find(|(_, name, ..)| *name == key);
    if let Some((_, _, path, _)) = column {
        let of = |it: &Place| it.clone().read(store).number(path);
        sort_by(runs, backwards, of, f64::total_cmp);
    } else if key == "verdict" {
        let rank = |it: &Place| {
            let (verdict, _) = it.clone().read(store).verdict();
            VERDICTS.iter().position(|it| *it == verdict)
        };
        sort_by(runs, backwards, rank, Ord::cmp);
    } else if key == "workload" {
        sort_by(runs, backwards, |it| Some(it.folder.clone()), Ord::cmp);
    } else if key == "time" {
        // The newest are first anyway.
        if !backwards {
            runs.reverse();
        }
    }
}

/// By what is known of each, and last those of which nothing is.
fn sort_by<T>(
    runs: &mut Vec<Place>,
    backwards: bool,
    of: impl Fn(&Place) -> Option<T>,
    compare: impl Fn(&T, &T) -> Ordering,
) {
    let mut known: Vec<(Option<T>, Place)> = runs.drain(..).map(|it| (of(&it), it)).collect();
    known.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) if backwards => compare(b, a),
        (Some(a), Some(b)) => compare(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    runs.extend(known.into_iter().map(|(_, it)| it));
}

/// A column's name, which leads to the list sorted by it; and if it is, backwards.
fn sorting(query: &Query, name: &str, key: &str) -> String {
    let sorted = query.get("sort").unwrap_or_default();
    let backwards = format!("-{key}");
    let (next, mark) = if sorted == key {
        (backwards.as_str(), " ▲")
    } else if sorted == backwards {
        (key, " ▼")
    } else if matches!(key, "workload") {
        (key, "")
    } else {
        // The largest, the newest and what is wrong are looked for more often.
        (backwards.as_str(), "")
    };
    format!("<a href=\"/?{}\">{name}</a>{mark}", escape(&query.with("sort", next)))
}

/// What the list can be narrowed down to.
fn filters(query: &Query, workloads: &BTreeSet<String>, html: &mut String) {
    *html += "<form class=\"filter\" action=\"/\">";
    let mut choice = |name: &str, all: &mut dyn Iterator<Item = &str>| {
        let _ =
            write!(html, "<label>{name} <select name=\"{name}\"><option value=\"\">any</option>");
        for value in all {
            let is_chosen = query.get(name) == Some(value);
            let (value, chosen) = (escape(value), if is_chosen { " selected" } else { "" });
            let _ = write!(html, "<option value=\"{value}\"{chosen}>{value}</option>");
        }
        *html += "</select></label> ";
    };
    choice("workload", &mut workloads.iter().map(String::as_str));
    choice("verdict", &mut VERDICTS.into_iter());
    for name in ["since", "until"] {
        let value = escape(query.get(name).unwrap_or_default());
        let _ = write!(
            html,
            "<label>{name} <input type=\"date\" name=\"{name}\" value=\"{value}\"></label> "
        );
    }
    if let Some(sort) = query.get("sort") {
        let _ = write!(html, "<input type=\"hidden\" name=\"sort\" value=\"{}\">", escape(sort));
    }
    *html += "<button>Filter</button> <a href=\"/\">all</a></form>\n";
}

fn row(run: &Run) -> String {
    let (class, verdict) = run.verdict();
    let address = run.place.address();
    let verdict = match &run.report {
        Some(report) => {
            let report = encoded(report);
            format!("<a class=\"{class}\" href=\"{address}{report}\">{verdict}</a>")
        }
        None => format!("<span class=\"{class}\">{verdict}</span>"),
    };
    let mut html = format!(
        "<tr><td><input type=\"checkbox\" name=\"run\" value=\"{name}\" aria-label=\"{name}\"></td>\
         <td>{verdict}</td><td>{}</td><td>{}</td><td class=\"w\">{}</td>",
        escape(&run.name()),
        escape(&run.place.time),
        escape(&run.heading()),
        name = escape(&run.place.name()),
    );
    for (.., path, unit) in COLUMNS {
        let figure = run.number(path);
        let figure = figure.map(|it| format!("{}{unit}", (it * 100.0).round() / 100.0));
        let _ = write!(html, "<td class=\"n\">{}</td>", figure.unwrap_or_default());
    }
    let _ = writeln!(html, "<td><a href=\"{address}\">files</a></td></tr>");
    html
}
