//! What is wrong, and what became of the values that it is about.

use std::fmt::Write;

use glomers_check::check::Valid;
use glomers_check::history::{Kind, Op, Process};

use super::messages::Letter;
use super::plot::{escape, moment, seconds, shortened};
use super::space_time::ending;
use super::story::{Story, Without};
use super::view::{Case, Told, View};

/// So many findings are open from the start, and so many listed without a click.
const OPEN: usize = 2;
const AT_ONCE: usize = 8;

/// So many operations of a finding are shown at once.
const OPS: usize = 12;

/// So many failed messages of a value, and so many nodes that have it, are named.
const NAMED: usize = 8;

/// As much of a value is shown.
const VALUE: usize = 160;

pub(super) fn section(view: &View<'_>, html: &mut String) {
    html.push_str("<section id=\"findings\">\n<h2>What is wrong</h2>\n");
    if view.cases.is_empty() {
        html.push_str(match view.report.valid {
            Valid::Yes => "<p>Nothing was found.</p>\n",
            _ => "<p>Nothing was found, but the run was too short, or nothing succeeded.</p>\n",
        });
    }
    for (number, case) in view.cases.iter().enumerate() {
        // The first ones are what people come for; the others open at a click.
        let open = if number < OPEN { " open" } else { "" };
        if number == AT_ONCE {
            let more = view.cases.len() - number;
            let _ = writeln!(html, "<details class=\"more\"><summary>{more} more</summary>");
        }
        let _ = write!(
            html,
            "<details class=\"finding\" id=\"finding-{number}\"{open}>\n<summary><b>{}</b> \
             {}</summary>\n",
            escape(&case.finding.anomaly),
            escape(&case.finding.text)
        );
        if let Some(told) = &case.told {
            summary(view, number, told, html);
        }
        proof(view, case, html);
        html.push_str("</details>\n");
    }
    if view.cases.len() > AT_ONCE {
        html.push_str("</details>\n");
    }
    html.push_str("</section>\n");
}

fn proof(view: &View<'_>, case: &Case<'_>, html: &mut String) {
    if case.finding.ops.is_empty() {
        return;
    }
    html.push_str("<p>The operations that prove it:</p>\n<ul class=\"ops\">\n");
    for index in case.finding.ops.iter().take(OPS) {
        if let Some(op) = view.report.history.ops().get(*index) {
            let _ = writeln!(html, "<li>{}</li>", describe(op));
        }
    }
    if let Some(more) = case.finding.ops.len().checked_sub(OPS + 1) {
        let _ = writeln!(html, "<li>and {} more</li>", more + 1);
    }
    html.push_str("</ul>\n");
}

/// An operation's event in a line, linked.
fn describe(op: &Op) -> String {
    let process = match op.process {
        Process::Client(number) => format!("process {number}"),
        Process::Nemesis(_) => "the nemesis".to_owned(),
    };
    let kind = match op.kind {
        Kind::Invoke => "invokes",
        Kind::Ok => "ok",
        Kind::Fail => "fails",
        Kind::Info => "unknown",
    };
    let at = op.node.as_ref().map(|node| format!(" at {node}")).unwrap_or_default();
    let is_nothing = op.value.view().is_null();
    let value = if is_nothing { String::new() } else { shown(&op.value.to_string()) };
    let error = op.error.as_ref().map(|error| format!(" ({})", shown(&error.to_string())));
    format!(
        "{} {} {}: {} {kind} <code>{value}</code>{}",
        link(op.index),
        time(op.time),
        escape(&format!("{process}{at}")),
        escape(&op.f),
        error.unwrap_or_default()
    )
}

fn shown(text: &str) -> String {
    let mut shown = shortened(text, VALUE);
    if shown != text {
        shown += &format!(" ({} bytes)", text.len());
    }
    escape(&shown)
}

fn link(op: usize) -> String {
    format!("<a href=\"#op={op}\">#{op}</a>")
}

pub(super) fn time(nanos: u64) -> String {
    format!("{:.3} s", seconds(nanos))
}

fn letter(letter: &Letter) -> String {
    format!(
        "<a href=\"#msg={id}\">message {id}</a>, {src} → {dest} {kind}, sent at {sent}{end}",
        id = letter.id,
        src = escape(&letter.src),
        dest = escape(&letter.dest),
        kind = escape(&letter.kind),
        sent = moment(letter.sent),
        end = ending(letter),
    )
}

/// The answers to what one asks about a value.
fn summary(view: &View<'_>, number: usize, told: &Told, html: &mut String) {
    let Told { subject, story, carriers } = told;
    html.push_str("<dl class=\"story\">\n");
    let mut row = |name: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let lines = lines.iter().fold(String::new(), |all, it| all + "<dd>" + it + "</dd>");
            let _ = writeln!(html, "<dt>{name}</dt>{lines}");
        }
    };
    row(
        "Value",
        vec![format!(
            "<b>{}</b> · <a href=\"#case={number}\">follow it through operations and messages</a>",
            shown(&subject.name())
        )],
    );
    let call = |at: usize| &view.calls[at];
    let acknowledged = match (story.acknowledged.map(call), story.asked.map(call)) {
        (Some(ack), _) => {
            let done = ack.completed.unwrap_or(ack.invoked);
            format!(
                "<b>{}</b>, to process {} at <b>{}</b>: {} asked {}, {} answered",
                escape(ack.node().unwrap_or("?")),
                ack.process(),
                time(done.time),
                link(ack.invoked.index),
                escape(ack.f()),
                link(done.index),
            )
        }
        (None, Some(asked)) => format!(
            "nobody; {} asked {} for it at {}",
            link(asked.invoked.index),
            escape(asked.node().unwrap_or("?")),
            time(asked.invoked.time)
        ),
        (None, None) => "nobody: no operation asked for it".to_owned(),
    };
    row("Acknowledged by", vec![acknowledged]);
    let on = story.faults.iter().map(|&at| &view.faults[at]);
    let mut on: Vec<String> = on
        .take(NAMED)
        .map(|fault| {
            format!(
                "<b>{}</b> from {} to {} ({}) {}",
                escape(&fault.kind),
                time(fault.from),
                time(fault.until),
                link(fault.op),
                shown(&fault.text)
            )
        })
        .collect();
    if on.is_empty() {
        on.push("none".to_owned());
    }
    row("Fault on at the time", on);
    if view.total.is_some() {
        row("Missing", missing(story, carriers));
        row("Carried by", vec![carried(number, story.carried)]);
    }
    let named = |list: &[String]| {
        let mut text = list.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if let Some(more) = list.len().checked_sub(NAMED + 1) {
            text += &format!(" and {} more", more + 1);
        }
        text
    };
    let held = story.held.iter().map(|(node, at)| format!("{} {}", escape(node), time(*at)));
    let held: Vec<String> = held.collect();
    row("Held since", (!held.is_empty()).then(|| named(&held)).into_iter().collect());
    let reads = |list: &[(String, usize)]| -> Vec<String> {
        let told = |(node, at): &(String, usize)| {
            let op = call(*at).invoked;
            format!("{} {} {}", escape(node), time(op.time), link(op.index))
        };
        let told: Vec<String> = list.iter().map(told).collect();
        (!told.is_empty()).then(|| named(&told)).into_iter().collect()
    };
    row("First shown by", reads(&story.shown));
    row("Last read lacks it", reads(&story.lacking));
    html.push_str("</dl>\n");
}

fn carried(number: usize, (sent, arrived): (usize, usize)) -> String {
    if sent == 0 {
        return "no message between nodes".to_owned();
    }
    format!(
        "<a href=\"#case={number}&amp;who=servers\">{sent} message{} between nodes and services</a>, of which \
         {arrived} arrived",
        if sent == 1 { "" } else { "s" }
    )
}

/// Which messages would have been needed.
fn missing(story: &Story, carriers: &[Letter]) -> Vec<String> {
    let mut lines = Vec::new();
    let (forgot, without): (Vec<&Without>, Vec<&Without>) =
        story.without.iter().partition(|it| it.had);
    for node in forgot.iter().map(|it| escape(&it.node)) {
        lines.push(format!("<b>{node}</b> had it, and no longer shows it"));
    }
    let silent: Vec<_> = without.iter().filter(|it| it.sent == 0).collect();
    if !silent.is_empty() {
        let names: Vec<String> =
            silent.iter().map(|it| format!("<b>{}</b>", escape(&it.node))).collect();
        lines.push(format!("no message that carries it was ever sent to {}", names.join(", ")));
    }
    let told = without.iter().filter(|it| it.sent > 0);
    for Without { node, sent, arrived, last_missed, .. } in told.take(NAMED) {
        let node = escape(node);
        lines.push(match last_missed.and_then(|at| carriers.get(at)) {
            Some(missed) if *arrived == 0 => {
                let all = match sent {
                    1 => "the only one".to_owned(),
                    _ => format!("none of {sent}, the last of them"),
                };
                format!("to <b>{node}</b>, {all}, did not arrive: {}", letter(missed))
            }
            _ => format!(
                "none: {arrived} of {sent} messages with it arrived at <b>{node}</b>, which does \
                 not show it"
            ),
        });
    }
    if story.without.is_empty() {
        let failed = story.missed.iter().filter_map(|&at| carriers.get(at)).take(NAMED);
        lines.extend(failed.map(letter));
        if lines.is_empty() {
            lines.push("no message: every node got it, or could have".to_owned());
        }
    }
    lines
}
