//! The page.

use std::fmt::Write;

use glomers_check::check::Valid;

use super::logs::Tail;
use super::plot::{STYLE, escape, seconds};
use super::view::View;
use super::{MESSAGES, data, findings};

const PAGE_STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const TOOLS: &str = include_str!("tools.html");

/// All of it: `pictures` are shown in it, `pages` are files beside it.
pub(super) fn page(
    view: &View<'_>,
    pictures: &[(&str, String)],
    pages: &[(String, String)],
    logs: &[Tail],
) -> String {
    let report = &view.report;
    let (class, verdict) = match report.valid {
        Valid::Yes => ("valid", "Valid"),
        Valid::No => ("invalid", "Invalid"),
        Valid::Unknown => ("unknown", "Unknown"),
    };
    let maelstrom = report
        .maelstrom
        .map(|says| format!("<p class=\"maelstrom\">Maelstrom would say: {}</p>\n", escape(says)));
    let nonce = nonce();
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; base-uri 'none'; \
         form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{verdict}: {workload} – glomers</title>\n\
         <style>{STYLE}{PAGE_STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#timeline\">To the timeline</a>\n\
         <header class=\"{class}\">\n<p class=\"verdict\">{verdict}</p>\n<div>\n<h1>{workload}</h1>\n\
         <p>{heading}</p>\n{maelstrom}</div>\n</header>\n<main>\n",
        workload = escape(report.workload),
        heading = escape(report.heading.trim()),
        maelstrom = maelstrom.unwrap_or_default(),
    );
    findings::section(view, &mut html);
    html += "<section id=\"figures\">\n<h2>Figures</h2>\n<dl class=\"figures\">\n";
    for (name, value) in report.figures {
        let _ = writeln!(html, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(value));
    }
    html += "</dl>\n";
    let what = if report.replays {
        "This replays the run, to the last byte:"
    } else {
        "This gives the same load and the same faults, at other times:"
    };
    let _ = writeln!(
        html,
        "<p>{what}</p>\n<pre class=\"command\" tabindex=\"0\">{}</pre>\n</section>",
        escape(report.command)
    );
    html += "<section id=\"pictures\">\n<h2>Over time</h2>\n";
    for (_, picture) in pictures {
        let bare = picture.replacen(&format!("<style>{STYLE}</style>"), "", 1);
        let _ = writeln!(html, "<figure>{bare}</figure>");
    }
    html += "</section>\n";
    html += TOOLS;
    stretches(pages, &mut html);
    faults(view, &mut html);
    files(logs, &mut html, view.total.is_some());
    let _ = write!(
        html,
        "</main>\n<script type=\"application/json\" id=\"data\">{}</script>\n\
         <script nonce=\"{nonce}\">{SCRIPT}</script>\n</body>\n</html>\n",
        data::data(view)
    );
    html
}

/// What no node can have guessed when it wrote what is now in the page.
fn nonce() -> String {
    use std::hash::{BuildHasher, RandomState};
    let random =
        || getrandom::u64().unwrap_or_else(|_| RandomState::new().hash_one(std::process::id()));
    format!("{:016x}{:016x}", random(), random())
}

fn stretches(pages: &[(String, String)], html: &mut String) {
    if pages.is_empty() {
        return;
    }
    html.push_str("<p class=\"pages\">As pictures, message by message: ");
    let links: Vec<String> =
        pages.iter().map(|(file, name)| format!("<a href=\"{file}\">{name}</a>")).collect();
    let _ = writeln!(html, "{}</p>", links.join(" · "));
}

fn faults(view: &View<'_>, html: &mut String) {
    html.push_str("<section id=\"faults\">\n<h2>Faults</h2>\n");
    if view.faults.is_empty() {
        html.push_str("<p>None.</p>\n</section>\n");
        return;
    }
    html.push_str(
        "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th>operation</th><th>fault</th>\
         <th>from</th><th>until</th><th>what</th></tr></thead>\n<tbody>\n",
    );
    for fault in &view.faults {
        let _ = writeln!(
            html,
            "<tr id=\"fault-{op}\"><td><a href=\"#from={:.3}&amp;to={:.3}\">#{op}</a></td><td>{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
            seconds(fault.from),
            seconds(fault.until) + 0.001,
            escape(&fault.kind),
            findings::time(fault.from),
            findings::time(fault.until),
            escape(&fault.text),
            op = fault.op,
        );
    }
    html.push_str("</tbody></table></div>\n</section>\n");
}

fn files(logs: &[Tail], html: &mut String, journal: bool) {
    html.push_str("<section id=\"logs\">\n<h2>What the nodes logged</h2>\n");
    if logs.iter().all(|tail| tail.text.is_empty()) {
        html.push_str("<p>Nothing.</p>\n");
    }
    for Tail { node, length, text } in logs.iter().filter(|tail| !tail.text.is_empty()) {
        let node = escape(node);
        let _ = writeln!(
            html,
            "<details><summary>{node}, {length} bytes</summary>\n<p><a href=\"node-logs/{node}.log\">\
             all of it</a></p>\n<pre tabindex=\"0\">{}</pre></details>",
            escape(text)
        );
    }
    html.push_str("</section>\n<section id=\"files\">\n<h2>Files</h2>\n<p>");
    let mut names = vec!["results.json", "history.jsonl"];
    if journal {
        names.push(MESSAGES);
    }
    names.extend(["latency.svg", "latency-quantiles.svg", "rate.svg"]);
    let links: Vec<String> =
        names.iter().map(|name| format!("<a href=\"{name}\">{name}</a>")).collect();
    let _ = writeln!(html, "{}</p>\n</section>", links.join(" · "));
}
