//! How long operations took and how many there were, over time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::calls::{Call, End};
use super::faults::Fault;
use super::messages::Traffic;
use super::plot::{Figure, Mark, Panel, Scale, seconds};

/// How wide the cells are, in pixels, of which each holds one mark at most: a picture's size is
/// bounded, and no mark is ever drawn on top of another.
const CELL: f64 = 2.0;

/// More than so many windows of time nobody tells apart.
const WINDOWS: usize = 60;

/// Windows have about so many operations, or more.
const PER_WINDOW: usize = 12;

const QUANTILES: [(&str, &str, usize); 4] = [
    ("line q0", "median", 50),
    ("line q1", "95 %", 95),
    ("line q2", "99 %", 99),
    ("line q3", "max", 100),
];

const ENDS: [(End, &str, Mark, &str); 3] = [
    (End::Ok, "dots ok", Mark::Dot, "ok"),
    (End::Fail, "dots fail", Mark::Cross, "failed"),
    (End::Info, "dots info", Mark::Triangle, "unknown"),
];

/// The operations by what they do, in order.
fn by_f<'a>(calls: &[Call<'a>]) -> BTreeMap<&'a str, Vec<Call<'a>>> {
    let mut by_f = BTreeMap::<_, Vec<_>>::new();
    for call in calls {
        by_f.entry(call.f()).or_default().push(*call);
    }
    by_f
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

/// Whole powers of ten around all latencies.
fn decades(calls: &[Call<'_>]) -> Scale {
    let latencies = || calls.iter().filter_map(Call::latency).filter(|it| *it > 0).map(millis);
    let least = latencies().fold(f64::INFINITY, f64::min);
    let most = latencies().fold(0.0, f64::max);
    if !least.is_finite() {
        return Scale::Decades(-1, 1);
    }
    let (low, high) = (power(least).max(-2), power(most) + 1);
    Scale::Decades(low, high.max(low + 1))
}

/// The power of ten that a positive number begins with.
#[expect(clippy::cast_possible_truncation, reason = "times have few digits")]
fn power(value: f64) -> i32 {
    value.log10().floor() as i32
}

/// Every operation's latency, over the time when it began.
pub(super) fn latency(calls: &[Call<'_>], span: (f64, f64), faults: &[Fault]) -> String {
    let legend = ENDS.map(|(_, class, mark, name)| (class, mark, name));
    let mut figure = Figure::new("Latency of each operation", span, faults, &legend);
    let scale = decades(calls);
    for (f, calls) in by_f(calls) {
        let name = format!("{f} ({})", calls.len());
        let panel = figure.panel(&name, "ms", 130.0, scale);
        for (end, class, mark, _) in ENDS {
            let ended = calls.iter().filter(|call| call.end() == end);
            figure.draw(class, &scatter(&panel, ended, mark, span.1));
        }
    }
    if calls.is_empty() {
        figure.say("There were no operations.");
    }
    figure.finish()
}

/// One mark a cell. What never ended lies where it would if it had ended with the run.
fn scatter<'a>(
    panel: &Panel,
    calls: impl Iterator<Item = &'a Call<'a>>,
    mark: Mark,
    last: f64,
) -> String {
    let mut taken = BTreeSet::new();
    let mut path = String::new();
    for call in calls {
        let began = seconds(call.invoked.time);
        let took = call.latency().map_or((last - began) * 1e3, millis);
        let (x, y) = (panel.x(began), panel.y(took));
        if taken.insert((cell(x), cell(y))) {
            path += &mark.at(x, y);
        }
    }
    path
}

#[expect(clippy::cast_possible_truncation, reason = "pixels are few")]
fn cell(pixels: f64) -> i32 {
    (pixels / CELL).floor() as i32
}

/// Windows of time of equal length: how many, and which one a time falls into.
#[derive(Clone, Copy)]
struct Windows {
    span: (f64, f64),
    count: usize,
}

impl Windows {
    fn new(span: (f64, f64), things: usize) -> Self {
        Self { span, count: (things / PER_WINDOW).clamp(1, WINDOWS) }
    }

    #[expect(clippy::cast_precision_loss, reason = "windows are few")]
    fn width(self) -> f64 {
        (self.span.1 - self.span.0) / self.count as f64
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "windows are few, and what is before the first belongs to it"
    )]
    fn of(self, seconds: f64) -> usize {
        (((seconds - self.span.0) / self.width()).max(0.0) as usize).min(self.count - 1)
    }

    #[expect(clippy::cast_precision_loss, reason = "windows are few")]
    fn begin(self, window: usize) -> f64 {
        self.span.0 + self.width() * window as f64
    }
}

/// Quantiles of the latencies of what succeeded, in windows of time.
pub(super) fn quantiles(calls: &[Call<'_>], span: (f64, f64), faults: &[Fault]) -> String {
    let legend = QUANTILES.map(|(class, name, _)| (class, Mark::Line, name));
    let mut figure = Figure::new("Latency quantiles of what succeeded", span, faults, &legend);
    let ok: Vec<_> = calls.iter().filter(|call| call.end() == End::Ok).copied().collect();
    let scale = decades(&ok);
    for (f, calls) in by_f(&ok) {
        let windows = Windows::new(span, calls.len());
        let mut latencies = vec![Vec::new(); windows.count];
        for call in &calls {
            let window = windows.of(seconds(call.invoked.time));
            latencies[window].extend(call.latency());
        }
        for window in &mut latencies {
            window.sort_unstable();
        }
        let panel = figure.panel(f, "ms", 130.0, scale);
        for (class, _, percent) in QUANTILES.into_iter().rev() {
            let at = |sorted: &Vec<u64>| {
                let last = sorted.len().checked_sub(1)?;
                Some(millis(sorted[(sorted.len() * percent / 100).min(last)]))
            };
            figure.draw(class, &steps(&panel, windows, latencies.iter().map(at)));
        }
    }
    if ok.is_empty() {
        figure.say("No operation succeeded.");
    }
    figure.finish()
}

/// A line with a step a window, broken where there is nothing.
fn steps(panel: &Panel, windows: Windows, values: impl Iterator<Item = Option<f64>>) -> String {
    let mut path = String::new();
    let mut on = false;
    for (window, value) in values.enumerate() {
        if let Some(value) = value {
            let (from, until) = (windows.begin(window), windows.begin(window + 1));
            let y = panel.y(value);
            let begin = if on { "V".to_owned() } else { format!("M{:.1} ", panel.x(from)) };
            let _ = write!(path, "{begin}{y:.1}H{:.1}", panel.x(until));
        }
        on = value.is_some();
    }
    path
}

/// How many operations ended a second, by how; and how many messages there were.
pub(super) fn rate(
    calls: &[Call<'_>],
    traffic: Option<&Traffic>,
    span: (f64, f64),
    faults: &[Fault],
) -> String {
    let legend = [
        ("line ok", Mark::Line, "ok, or delivered"),
        ("line fail", Mark::Line, "failed, or lost or dropped"),
        ("line info", Mark::Line, "unknown"),
    ];
    let mut figure = Figure::new("Operations and messages a second", span, faults, &legend);
    for (f, calls) in by_f(calls) {
        let windows = Windows { span, count: WINDOWS / 2 };
        let mut counts = [(); 3].map(|()| vec![0.0; windows.count]);
        for call in &calls {
            let ended = call.completed.map_or(span.1, |op| seconds(op.time));
            counts[call.end() as usize][windows.of(ended)] += 1.0 / windows.width();
        }
        let name = format!("{f} ({})", calls.len());
        lines(&mut figure, &name, windows, &counts);
    }
    if let Some(traffic) = traffic {
        let windows = Windows { span, count: WINDOWS };
        let mut counts = [(); 3].map(|()| vec![0.0; windows.count]);
        for (time, delivered, missed) in traffic.between_servers() {
            counts[End::Ok as usize][windows.of(time)] += delivered / windows.width();
            counts[End::Fail as usize][windows.of(time)] += missed / windows.width();
        }
        if counts.iter().flatten().any(|count| *count > 0.0) {
            lines(&mut figure, "messages between nodes and services", windows, &counts);
        }
    }
    figure.finish()
}

fn lines(figure: &mut Figure<'_>, name: &str, windows: Windows, counts: &[Vec<f64>; 3]) {
    let most = counts.iter().flatten().copied().fold(0.0, f64::max);
    let scale = Scale::Linear(if most > 0.0 { most * 1.08 } else { 1.0 });
    let panel = figure.panel(name, "a second", 90.0, scale);
    for (end, class) in End::ALL.into_iter().zip(["line ok", "line fail", "line info"]) {
        let counts = &counts[end as usize];
        if end == End::Ok || counts.iter().any(|count| *count > 0.0) {
            figure.draw(class, &steps(&panel, windows, counts.iter().copied().map(Some)));
        }
    }
}
