//! The list of runs.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::files::encoded;
use super::style::STYLE;
use crate::report::{REPORT, escape};

/// So many runs are on a page.
const PAGE: usize = 100;

/// A run's folder: its workload and its time.
type Run = (String, String);

/// All runs, the newest first.
fn runs(store: &Path) -> Vec<Run> {
    // Links, such as to the latest, are other names of what is listed anyway.
    let folders = |path: &Path| -> Vec<String> {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let folders = entries.filter(|it| it.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.map(|it| it.file_name().to_string_lossy().into_owned()).collect()
    };
    let mut runs: Vec<Run> = folders(store)
        .into_iter()
        .flat_map(|workload| {
            let times = folders(&store.join(&workload)).into_iter();
            times.map(move |time| (workload.clone(), time))
        })
        .collect();
    runs.sort_by(|(of, a), (other, b)| (b, of).cmp(&(a, other)));
    runs
}

pub(super) fn page(store: &Path, page: usize) -> String {
    let runs = runs(store);
    let last = runs.len().div_ceil(PAGE).max(1);
    let page = page.min(last);
    let rows: String =
        runs.iter().skip((page - 1) * PAGE).take(PAGE).map(|run| row(store, run)).collect();
    let title = if runs.is_empty() {
        format!("No runs in {}", store.display())
    } else {
        format!(
            "{} run{} in {}",
            runs.len(),
            if runs.len() == 1 { "" } else { "s" },
            store.display()
        )
    };
    let link = |to: usize, text: &str| format!("<a href=\"/?page={to}\">{text}</a>");
    let mut turn = String::new();
    if page > 1 {
        turn += &link(page - 1, "‹ newer");
    }
    if last > 1 {
        turn += &format!(" page {page} of {last} ");
    }
    if page < last {
        turn += &link(page + 1, "older ›");
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>glomers: runs</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body><main>\
         <h1>{}</h1>\n<table><thead><tr><th>verdict</th><th>workload</th><th>time</th><th>run</th>\
         <th class=\"n\">operations</th><th class=\"n\">failed</th><th class=\"n\">unknown</th>\
         <th class=\"n\">messages/op</th><th class=\"n\">median</th><th class=\"n\">max</th>\
         <th>files</th></tr></thead><tbody>\n{rows}</tbody></table><p>{turn}</p></main></body></html>\n",
        escape(&title)
    )
}

fn row(store: &Path, (workload, time): &Run) -> String {
    let folder = store.join(workload).join(time);
    let json = |name: &str| -> Option<Value> {
        serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok()
    };
    let results = json("results.json");
    let at = |path: &[&str]| {
        let value = results.as_ref()?;
        path.iter().try_fold(value, |value, key| value.get(key))
    };
    let (class, verdict) = match at(&["valid?"]) {
        Some(Value::Bool(true)) => ("valid", "valid"),
        Some(Value::Bool(false)) => ("invalid", "INVALID"),
        Some(_) => ("unknown", "unknown"),
        None => ("unknown", "no results"),
    };
    let figure = |path: &[&str], unit: &str| {
        let number = at(path).and_then(Value::as_f64);
        number.map_or(String::new(), |it| format!("{}{unit}", (it * 100.0).round() / 100.0))
    };
    let run = json("run.json");
    let text = |key: &str| run.as_ref().and_then(|it| it.get(key)?.as_str()).unwrap_or_default();
    let address = format!("/{}/{}/", encoded(workload), encoded(time));
    let verdict = if folder.join(REPORT).is_file() {
        format!("<a class=\"{class}\" href=\"{address}{REPORT}\">{verdict}</a>")
    } else {
        format!("<span class=\"{class}\">{verdict}</span>")
    };
    let cells = [
        figure(&["stats", "count"], ""),
        figure(&["stats", "fail-count"], ""),
        figure(&["stats", "info-count"], ""),
        figure(&["net", "servers", "msgs-per-op"], ""),
        figure(&["workload", "stable-latencies", "0.5"], " ms"),
        figure(&["workload", "stable-latencies", "1"], " ms"),
    ];
    let cell = |row: String, it: &String| row + "<td class=\"n\">" + it + "</td>";
    let cells = cells.iter().fold(String::new(), cell);
    format!(
        "<tr><td>{verdict}</td><td>{}</td><td>{}</td><td class=\"w\">{}</td>{cells}\
         <td><a href=\"{address}\">files</a></td></tr>\n",
        escape(workload),
        escape(time),
        escape(text("heading"))
    )
}
