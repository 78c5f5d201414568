//! Sets that only grow: is every element that was added found from some moment on?

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::elements::Elements;
use super::quantiles::{LATENCY, millis, quantiles};
use super::wording::shown;
use super::{Finding, Report, Valid};
use crate::history::{History, Kind, Op};
use crate::value::View;

mod last_reads;

use last_reads::{Unconverged, unconverged};

/// How many of the slowest elements are described.
const WORST: usize = 8;

/// Judges broadcast (`add_f` is `broadcast`) and g-set (`add`) element by element, as Jepsen's
/// `set-full`.
///
/// An element is *known* once its add is acknowledged or a read shows it. It is *stable* if a read
/// that began after the last read lacking it shows it; *lost* if, being known, a read that began
/// after that and after the last read showing it lacks it; otherwise *never read*. Its stable
/// latency is the time from when it was known until just after the start of the last read lacking
/// it. One lost element makes the run invalid; without a stable one nothing is known. In
/// `worst-stale`, `known` and `last-absent` are indices of operations.
///
/// Stricter than Jepsen in two things that no correct set does: an element that a read shows before
/// anyone has tried to add it is `unexpected`; and one that is acknowledged before the quiet time at the
/// end and lacking in the last read of a node is `unconverged`, if it is not lost anyway. Both make the
/// run invalid. An element that a read lists twice is reported as a finding and held against nobody, as
/// there.
///
/// The last reads are those marked `"final?"`; where there are none, those behind a silence of
/// at least eight seconds, if nothing but reads comes after it. A read that does not tell its answer may
/// have shown anything.
pub fn set_full(history: &History, add_f: &str) -> Report {
    let mut timeline = Timeline::default();
    let mut open = BTreeMap::new();
    for op in history.ops().iter().filter(|op| op.is_client()) {
        let adds = op.f == add_f;
        if op.kind == Kind::Invoke {
            let element = adds.then(|| timeline.attempt(op.value.view()));
            open.insert(op.process, (op.index, element));
        } else if let Some((invoked, element)) = open.remove(&op.process)
            && op.kind == Kind::Ok
        {
            if let Some(element) = element {
                timeline.states[element].known.get_or_insert(op.index);
            } else if op.f == "read" && op.is_unanswered() {
                timeline.last_unanswered = Some(invoked);
            } else if op.f == "read" {
                timeline.read(invoked, op);
            }
        }
    }
    timeline.unconverged = unconverged(history, add_f, &mut timeline.elements);
    timeline.states.resize(timeline.elements.len(), State::default());
    timeline.report(history)
}

/// What is known of one element, by indices of operations.
#[derive(Clone, Debug, Default)]
struct State {
    /// Someone tried to add it.
    attempted: bool,
    /// Which read showed it last, counted from 1, and how often.
    shown: (usize, usize),
    known: Option<usize>,
    /// The latest start of a read that showed it.
    last_present: Option<usize>,
    /// The latest start of a read that lacked it.
    last_absent: Option<usize>,
    /// The completion of that read.
    shown_absent: Option<usize>,
}

enum Outcome {
    /// With its latency in milliseconds.
    Stable(u64),
    Lost(u64),
    NeverRead,
}

#[derive(Default)]
struct Timeline {
    elements: Elements,
    states: Vec<State>,
    reads: usize,
    /// The greatest multiplicity of an element in a read, and that read.
    duplicated: BTreeMap<usize, (usize, usize)>,
    /// The first read that shows an element which was not there to be read.
    unexpected: BTreeMap<usize, usize>,
    /// The start of the last read whose answer nobody knows.
    last_unanswered: Option<usize>,
    /// The elements that were there in time and yet are not everywhere.
    unconverged: Vec<Unconverged>,
}

impl Timeline {
    fn id(&mut self, value: View<'_>) -> usize {
        let id = self.elements.id(value);
        if self.states.len() <= id {
            self.states.resize(id + 1, State::default());
        }
        id
    }

    fn attempt(&mut self, value: View<'_>) -> usize {
        let id = self.id(value);
        self.states[id] = State { attempted: true, ..State::default() };
        id
    }

    fn read(&mut self, invoked: usize, op: &Op) {
        self.reads += 1;
        for value in op.value.view().items() {
            let id = self.id(value);
            let state = &mut self.states[id];
            let times = if state.shown.0 == self.reads { state.shown.1 + 1 } else { 1 };
            state.shown = (self.reads, times);
            if !state.attempted {
                self.unexpected.entry(id).or_insert(op.index);
            }
            if times > 1 {
                let most = self.duplicated.entry(id).or_insert((times, op.index));
                if times > most.0 {
                    *most = (times, op.index);
                }
            }
        }
        for state in &mut self.states {
            if state.shown.0 == self.reads {
                state.known.get_or_insert(op.index);
                state.last_present = state.last_present.max(Some(invoked));
            } else if state.last_absent < Some(invoked) {
                (state.last_absent, state.shown_absent) = (Some(invoked), Some(op.index));
            }
        }
    }

    fn report(&self, history: &History) -> Report {
        let mut ids: Vec<usize> =
            (0..self.elements.len()).filter(|&id| self.states[id].attempted).collect();
        ids.sort_by(|&a, &b| self.elements.value(a).compare(self.elements.value(b)));

        let (mut stable, mut lost, mut never_read) = (Vec::new(), Vec::new(), Vec::new());
        let mut perhaps_lost = 0_usize;
        for &id in &ids {
            match self.states[id].outcome(history) {
                Outcome::Stable(latency) => stable.push((id, latency)),
                // It may have been shown again.
                Outcome::Lost(_) if self.states[id].last_absent < self.last_unanswered => {
                    perhaps_lost += 1;
                }
                Outcome::Lost(latency) => lost.push((id, latency)),
                Outcome::NeverRead => never_read.push(id),
            }
        }
        let is_lost = |id: usize| lost.iter().any(|&(lost, _)| lost == id);
        let unconverged: Vec<_> =
            self.unconverged.iter().filter(|it| !is_lost(it.element)).collect();
        let late: Vec<_> = stable.iter().copied().filter(|&(_, latency)| latency > 0).collect();
        let mut worst = late.clone();
        worst.sort_by_key(|&(_, latency)| Reverse(latency));
        worst.truncate(WORST);

        let wrong = !(lost.is_empty() && self.unexpected.is_empty() && unconverged.is_empty());
        let nothing = "no read shows anything that was added, and lasts";
        let jepsen = match (lost.is_empty(), stable.is_empty()) {
            (false, _) => Valid::No,
            (true, true) => Valid::Unknown,
            (true, false) => Valid::Yes,
        };
        let duplicated: serde_json::Map<_, _> = self
            .duplicated
            .iter()
            .map(|(&id, &(times, _))| (self.elements.value(id).name().into_owned(), times.into()))
            .collect();
        let mut report = Report::new(!wrong);
        if perhaps_lost > 0 {
            report = report.or_unknown(format!(
                "answers of reads are not on record, and only they can have shown {perhaps_lost} of the \
                 elements again"
            ));
        } else if stable.is_empty() {
            report = report.or_unknown(nothing);
        }
        let mut report = report
            .maelstrom(jepsen, (!lost.is_empty()).then(|| "lost".to_owned()))
            .figure("attempt-count", ids.len())
            .figure("stable-count", stable.len())
            .figure("lost-count", lost.len())
            .figure("lost", self.values(lost.iter().map(|&(id, _)| id)))
            .figure("never-read-count", never_read.len())
            .figure("never-read", self.values(never_read))
            .figure("stale-count", late.len())
            .figure("stale", self.values(late.iter().map(|&(id, _)| id)))
            .figure("worst-stale", self.describe(&worst))
            .figure("duplicated-count", duplicated.len())
            .figure("duplicated", duplicated)
            .figure("unexpected-count", self.unexpected.len())
            .figure("unexpected", self.values(self.unexpected.keys().copied()))
            .figure("unconverged-count", unconverged.len())
            .figure("unconverged", self.values(unconverged.iter().map(|it| it.element)))
            .findings(lost.iter().map(|&(id, _)| self.lost(id)))
            .findings(unconverged.iter().map(|it| it.finding(self.elements.value(it.element))))
            .findings(self.duplicated.iter().map(|(&id, &(times, read))| {
                let element = self.elements.value(id);
                let what = format!("a read lists {} {times} times", shown(element));
                Finding::new("duplicated", what, [read]).about(&element.to_json())
            }))
            .findings(self.unexpected.iter().map(|(&id, &read)| {
                let element = self.elements.value(id);
                let what = format!(
                    "a read shows {}, which nobody had tried to add by then",
                    shown(element)
                );
                Finding::new("unexpected", what, [read]).about(&element.to_json())
            }));
        for (key, latencies) in [("stable-latencies", &stable), ("lost-latencies", &lost)] {
            if !latencies.is_empty() {
                let latencies = latencies.iter().map(|&(_, latency)| latency).collect();
                report = report.figure(key, quantiles(&LATENCY, latencies));
            }
        }
        report
    }

    fn values(&self, ids: impl IntoIterator<Item = usize>) -> Value {
        ids.into_iter().map(|id| self.elements.value(id).to_json()).collect()
    }

    fn describe(&self, worst: &[(usize, u64)]) -> Value {
        let one = |&(id, latency): &(usize, u64)| {
            let State { known, last_absent, .. } = self.states[id];
            json!({
                "element": self.elements.value(id),
                "outcome": "stable",
                "stable-latency": latency,
                "known": known,
                "last-absent": last_absent,
            })
        };
        worst.iter().map(one).collect()
    }

    fn lost(&self, id: usize) -> Finding {
        let State { known, last_present, shown_absent, .. } = self.states[id];
        let element = self.elements.value(id);
        let before = if last_present.is_some() { "earlier reads show it" } else { "none ever did" };
        let what = format!("{} was added, yet a later read lacks it, and {before}", shown(element));
        let ops = known.into_iter().chain(shown_absent).collect::<Vec<_>>();
        Finding::new("lost", what, ops).about(&element.to_json())
    }
}

impl State {
    fn outcome(&self, history: &History) -> Outcome {
        let time = |index: usize| history.ops()[index].time;
        // From when it was known to just after `moment`; nothing if there is no such moment.
        let latency = |moment: Option<usize>| match (self.known, moment) {
            (Some(known), Some(moment)) => millis((time(moment) + 1).saturating_sub(time(known))),
            _ => 0,
        };
        if self.last_present > self.last_absent {
            Outcome::Stable(latency(self.last_absent))
        } else if self.known.is_some() && self.last_absent > self.known {
            Outcome::Lost(latency(self.last_present))
        } else {
            Outcome::NeverRead
        }
    }
}

#[cfg(test)]
mod tests;
