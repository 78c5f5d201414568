//! Lamport's diagram: who sent what to whom. Time runs to the right, one event after another rather
//! than by the clock, so that every message is an arrow that can be told from the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::faults::Fault;
use super::messages::{Fate, Letter};
use super::plot::{COLOURS, document, escape, moment, shortened, width};
use crate::network::is_client;

/// More clients than this share a lane.
const CLIENTS: usize = 4;

const LEFT: f64 = 84.0;
const RIGHT: f64 = 40.0;
/// How far one event is from the next, at most.
const STEP: f64 = 14.0;
const WIDTH: f64 = 1240.0;

/// One stretch of messages, drawn.
struct Diagram<'a> {
    letters: &'a [&'a Letter],
    lanes: Vec<String>,
    kinds: Vec<&'a str>,
    /// Each event's line in the journal and its time, in order.
    events: Vec<(u64, i64)>,
    body: String,
    top: f64,
    step: f64,
    gap: f64,
}

/// Draws messages that follow each other.
pub(super) fn draw(title: &str, letters: &[&Letter], nodes: &[String], faults: &[Fault]) -> String {
    let mut diagram = Diagram::new(letters, nodes);
    diagram.legend();
    diagram.lanes(faults);
    for letter in letters {
        diagram.arrow(letter);
    }
    let height = diagram.bottom() + 44.0;
    document(title, WIDTH, height, &diagram.body)
}

impl<'a> Diagram<'a> {
    fn new(letters: &'a [&'a Letter], nodes: &[String]) -> Self {
        let present: BTreeSet<&str> = letters.iter().flat_map(|it| [&*it.src, &*it.dest]).collect();
        let few = present.iter().filter(|it| is_client(it)).count() <= CLIENTS;
        let rank = |name: &str| nodes.iter().position(|node| node == name).unwrap_or(usize::MAX);
        let name = |it: &&str| if is_client(it) && !few { "clients" } else { it }.to_owned();
        let lanes: BTreeSet<String> = present.iter().map(name).collect();
        let mut lanes: Vec<String> = lanes.into_iter().collect();
        lanes.sort_by_key(|lane| (!(is_client(lane)), rank(lane)));
        let mut counts = BTreeMap::<&str, usize>::new();
        for letter in letters {
            *counts.entry(&letter.kind).or_default() += 1;
        }
        let mut kinds: Vec<_> = counts.into_iter().collect();
        kinds.sort_by_key(|&(kind, count)| (std::cmp::Reverse(count), kind));
        let events = letters.iter().flat_map(|it| {
            let fates = it.fates.iter().map(|&(_, time, order)| (order, time));
            fates.chain([(it.order, it.sent)])
        });
        let events: Vec<(u64, i64)> = events.collect::<BTreeSet<_>>().into_iter().collect();
        let room = WIDTH - LEFT - RIGHT;
        Self {
            letters,
            step: (room / count(events.len().max(2) - 1)).min(STEP),
            gap: (620.0 / count(lanes.len().max(1))).clamp(20.0, 46.0),
            lanes,
            kinds: kinds.into_iter().map(|(kind, _)| kind).collect(),
            events,
            body: String::new(),
            top: 78.0,
        }
    }

    /// Where an event lies.
    fn x(&self, order: u64) -> f64 {
        let at = self.events.partition_point(|(other, _)| *other < order);
        LEFT + count(at) * self.step
    }

    fn x_of_time(&self, time: i64) -> f64 {
        let at = self.events.partition_point(|(_, other)| *other < time);
        LEFT + (count(at) - 0.5) * self.step
    }

    fn y(&self, who: &str) -> f64 {
        let lane =
            if is_client(who) && !self.lanes.iter().any(|it| it == who) { "clients" } else { who };
        let at = self.lanes.iter().position(|it| it == lane).unwrap_or(0);
        self.top + count(at) * self.gap
    }

    fn bottom(&self) -> f64 {
        self.top + count(self.lanes.len().max(1) - 1) * self.gap + 14.0
    }

    fn class(&self, kind: &str) -> String {
        let at = self.kinds.iter().position(|it| *it == kind).unwrap_or(COLOURS);
        format!("t{}", at.min(COLOURS - 1))
    }

    fn legend(&mut self) {
        let mut x = 18.0;
        let mut entries: Vec<(String, String)> = Vec::new();
        for kind in self.kinds.iter().take(COLOURS - 1) {
            entries.push((format!("arrow {}", self.class(kind)), shortened(kind, 24)));
        }
        if self.kinds.len() >= COLOURS {
            entries.push((format!("arrow t{}", COLOURS - 1), "other types".to_owned()));
        }
        let failed = |fate| self.letters.iter().any(|it| it.fates.iter().any(|it| it.0 == fate));
        if [Fate::Lost, Fate::Dropped, Fate::Unheard].into_iter().any(failed) {
            entries.push(("arrow bad".to_owned(), "lost, dropped or unheard: ✕".to_owned()));
        }
        if self.letters.iter().any(|it| it.fates.is_empty()) {
            entries.push(("arrow gone".to_owned(), "never arrived".to_owned()));
        }
        for (class, name) in entries {
            let _ = write!(
                self.body,
                "<path class=\"{class}\" d=\"M{x:.0} 42h20\"/><text x=\"{:.0}\" y=\"46\">{}</text>",
                x + 26.0,
                escape(&name)
            );
            x += 26.0 + width(&name) + 22.0;
        }
    }

    fn lanes(&mut self, faults: &[Fault]) {
        let (Some(&(_, first)), Some(&(_, last))) = (self.events.first(), self.events.last())
        else {
            return;
        };
        let right = LEFT + count(self.events.len() - 1) * self.step + 12.0;
        for (number, kind) in Fault::kinds(faults).into_iter().enumerate() {
            for fault in faults.iter().filter(|fault| fault.kind == kind) {
                let (from, until) = (signed(fault.from), signed(fault.until));
                if until < first || from > last {
                    continue;
                }
                let begin = self.x_of_time(from).max(LEFT - 10.0);
                let end = self.x_of_time(until.saturating_add(1)).min(right);
                let _ = write!(
                    self.body,
                    "<rect class=\"shade f{class}\" x=\"{begin:.1}\" y=\"{:.0}\" width=\"{:.1}\" \
                     height=\"{:.0}\"><title>{kind}: {}</title></rect><text class=\"small dim\" \
                     x=\"{:.1}\" y=\"{:.0}\">{kind}</text>",
                    self.top - 30.0,
                    (end - begin).max(1.0),
                    self.bottom() - self.top + 30.0,
                    escape(&fault.text),
                    begin + 3.0,
                    self.top - 20.0 + 10.0 * count(number.min(1)),
                    class = number % COLOURS,
                    kind = escape(kind),
                );
            }
        }
        for lane in self.lanes.clone() {
            let y = self.y(&lane);
            let _ = writeln!(
                self.body,
                "<path class=\"lane\" d=\"M{} {y:.1}H{right:.1}\"/><text class=\"name\" x=\"{}\" \
                 y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 10.0,
                LEFT - 16.0,
                y + 4.0,
                escape(&shortened(&lane, 10))
            );
        }
        // A time every so many pixels.
        let mut next = LEFT;
        for (at, &(_, time)) in self.events.iter().enumerate() {
            let x = LEFT + count(at) * self.step;
            if x >= next {
                let _ = write!(
                    self.body,
                    "<path class=\"grid\" d=\"M{x:.1} {:.0}V{:.0}\"/><text class=\"dim\" \
                     x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{:.3} s</text>",
                    self.top - 8.0,
                    self.bottom(),
                    self.bottom() + 16.0,
                    precise(time)
                );
                next = x + 96.0;
            }
        }
    }

    fn arrow(&mut self, letter: &Letter) {
        let class = self.class(&letter.kind);
        let (x, y, to) = (self.x(letter.order), self.y(&letter.src), self.y(&letter.dest));
        let title = format!(
            "{}: {} → {} {}, sent at {}{}\n{}",
            letter.id,
            letter.src,
            letter.dest,
            letter.kind,
            moment(letter.sent),
            ending(letter),
            letter.body
        );
        let mut drawn = String::new();
        for &(fate, _, order) in &letter.fates {
            let end = self.x(order);
            match fate {
                Fate::Delivered => {
                    let _ = write!(
                        drawn,
                        "<path class=\"arrow {class}\" d=\"M{x:.1} {y:.1}L{end:.1} {to:.1}\"/>\
                         <path class=\"tip {class}\" d=\"{}\"/>",
                        tip((x, y), (end, to))
                    );
                }
                Fate::Lost | Fate::Dropped | Fate::Unheard => {
                    // What is lost as it is sent does not get far; the others, nearly there.
                    let far = if fate == Fate::Lost { 0.3 } else { 0.88 };
                    let over = if fate == Fate::Lost { x + self.step } else { end };
                    let (end, to) = (x + (over - x) * far, y + (to - y) * far);
                    let _ = write!(
                        drawn,
                        "<path class=\"arrow bad\" d=\"M{x:.1} {y:.1}L{end:.1} {to:.1}\
                         M{:.1} {:.1}l7 7m0-7l-7 7\"/>",
                        end - 3.5,
                        to - 3.5
                    );
                }
            }
        }
        if letter.fates.is_empty() {
            let (end, to) = (x + self.step * 2.0, y + (to - y) * 0.45);
            let _ =
                write!(drawn, "<path class=\"arrow gone\" d=\"M{x:.1} {y:.1}L{end:.1} {to:.1}\"/>");
        }
        let _ = writeln!(self.body, "<g><title>{}</title>{drawn}</g>", escape(&title));
    }
}

/// How a message ended, in words.
pub(super) fn ending(letter: &Letter) -> String {
    if letter.fates.is_empty() {
        return ", never arrived".to_owned();
    }
    let told = letter.fates.iter().map(|&(fate, time, _)| {
        let what = match fate {
            Fate::Delivered => "delivered",
            Fate::Lost => "lost",
            Fate::Dropped => "dropped by a partition",
            Fate::Unheard => "unheard, for the node was down,",
        };
        format!(", {what} at {}", moment(time))
    });
    told.collect()
}

/// The head of an arrow.
fn tip(from: (f64, f64), to: (f64, f64)) -> String {
    const LENGTH: f64 = 6.0;
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(0.1);
    let (ux, uy) = (dx / length * LENGTH, dy / length * LENGTH);
    format!(
        "M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}z",
        to.0,
        to.1,
        to.0 - ux - uy * 0.42,
        to.1 - uy + ux * 0.42,
        to.0 - ux + uy * 0.42,
        to.1 - uy - ux * 0.42
    )
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn count(n: usize) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn precise(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

fn signed(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}
