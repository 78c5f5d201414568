//! Sets that only grow: is every element that was added found from some moment on?

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::elements::Elements;
use super::json::{compare, text};
use super::quantiles::{LATENCY, millis, quantiles};
use super::{Finding, Report, Valid};
use crate::history::{History, Kind, Op};

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
/// Stricter than Jepsen in one thing that no correct set does: an element that a read shows before
/// anyone has tried to add it is `unexpected`, and makes the run invalid. An element that a read
/// lists twice is reported as a finding and held against nobody, as there.
pub fn set_full(history: &History, add_f: &str) -> Report {
    let mut timeline = Timeline::default();
    let mut open = BTreeMap::new();
    for op in history.ops().iter().filter(|op| op.is_client()) {
        let adds = op.f == add_f;
        if op.kind == Kind::Invoke {
            let element = adds.then(|| timeline.attempt(&op.value));
            open.insert(op.process, (op.index, element));
        } else if let Some((invoked, element)) = open.remove(&op.process)
            && op.kind == Kind::Ok
        {
            if let Some(element) = element {
                timeline.states[element].known.get_or_insert(op.index);
            } else if op.f == "read" {
                timeline.read(invoked, op);
            }
        }
    }
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
}

impl Timeline {
    fn id(&mut self, value: &Value) -> usize {
        let id = self.elements.id(value);
        if self.states.len() <= id {
            self.states.resize(id + 1, State::default());
        }
        id
    }

    fn attempt(&mut self, value: &Value) -> usize {
        let id = self.id(value);
        self.states[id] = State { attempted: true, ..State::default() };
        id
    }

    fn read(&mut self, invoked: usize, op: &Op) {
        self.reads += 1;
        for value in op.value.as_array().into_iter().flatten() {
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
            } else {
                state.last_absent = state.last_absent.max(Some(invoked));
            }
        }
    }

    fn report(&self, history: &History) -> Report {
        let mut ids: Vec<usize> =
            (0..self.elements.len()).filter(|&id| self.states[id].attempted).collect();
        ids.sort_by(|&a, &b| compare(self.elements.value(a), self.elements.value(b)));

        let (mut stable, mut lost, mut never_read) = (Vec::new(), Vec::new(), Vec::new());
        for &id in &ids {
            match self.states[id].outcome(history) {
                Outcome::Stable(latency) => stable.push((id, latency)),
                Outcome::Lost(latency) => lost.push((id, latency)),
                Outcome::NeverRead => never_read.push(id),
            }
        }
        let late: Vec<_> = stable.iter().copied().filter(|&(_, latency)| latency > 0).collect();
        let mut worst = late.clone();
        worst.sort_by_key(|&(_, latency)| Reverse(latency));
        worst.truncate(WORST);

        let wrong = !(lost.is_empty() && self.unexpected.is_empty());
        let valid = match (wrong, stable.is_empty()) {
            (true, _) => Valid::No,
            (false, true) => Valid::Unknown,
            (false, false) => Valid::Yes,
        };
        let duplicated: serde_json::Map<_, _> = self
            .duplicated
            .iter()
            .map(|(&id, &(times, _))| (text(self.elements.value(id)), times.into()))
            .collect();
        let mut report = Report::new(valid)
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
            .findings(lost.iter().map(|&(id, _)| self.lost(id)))
            .findings(self.duplicated.iter().map(|(&id, &(times, read))| {
                let element = self.elements.value(id);
                let what = format!("a read lists {element} {times} times");
                Finding::new("duplicated", what, [read]).about(element)
            }))
            .findings(self.unexpected.iter().map(|(&id, &read)| {
                let element = self.elements.value(id);
                let what = format!("a read shows {element}, which nobody had tried to add by then");
                Finding::new("unexpected", what, [read]).about(element)
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
        ids.into_iter().map(|id| self.elements.value(id).clone()).collect()
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
        let State { known, last_present, last_absent, .. } = self.states[id];
        let element = self.elements.value(id);
        let before = if last_present.is_some() { "earlier reads show it" } else { "none ever did" };
        let what = format!("{element} was added, yet a later read lacks it, and {before}");
        let ops = known.into_iter().chain(last_absent).collect::<Vec<_>>();
        Finding::new("lost", what, ops).about(element)
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
