//! What became of a value: who asked for it, who acknowledged it, who was told and who was not.

use std::collections::{BTreeMap, BTreeSet};

use glomers_check::check::Observations;

use super::calls::Call;
use super::faults::Fault;
use super::involvement::Sight;
use super::messages::{Fate, Letter};
use super::subject::Subject;

/// The life of a value. Operations and faults are given by where they stand in the calls and faults
/// that it was made from, messages by where they stand among its carriers.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Story {
    /// The first operation that asked for it to be stored: of those that prove what is wrong, if any
    /// of them did.
    pub(super) asked: Option<usize>,
    /// The first of those that was acknowledged.
    pub(super) acknowledged: Option<usize>,
    /// Faults that were on when it was asked for or acknowledged, or when a message that carried
    /// it between servers did not arrive.
    pub(super) faults: Vec<usize>,
    /// The first successful operation of each node whose result shows it.
    pub(super) shown: Vec<(String, usize)>,
    /// The last successful operation of each node that could show it, and does not; or one that
    /// proves that something is wrong. Where something else may have taken its place, that alone.
    pub(super) lacking: Vec<(String, usize)>,
    /// When nodes first held it, by their own account, in nanoseconds since the load began.
    pub(super) held: Vec<(String, u64)>,
    /// How many messages between servers carried it, and how many of those arrived.
    pub(super) carried: (usize, usize),
    /// Those that did not arrive.
    pub(super) missed: Vec<usize>,
    /// Nodes that never got it, as far as can be known.
    pub(super) without: Vec<Without>,
}

/// A node that a value did not reach.
#[derive(Debug, PartialEq)]
pub(super) struct Without {
    pub(super) node: String,
    /// Whether it acknowledged the value, or showed it once.
    pub(super) had: bool,
    /// How many messages with it were sent there by servers, and the last that did not arrive.
    pub(super) sent: usize,
    pub(super) arrived: usize,
    pub(super) last_missed: Option<usize>,
}

impl Story {
    /// Of the carriers those that cannot have carried it are taken away.
    pub(super) fn new(
        subject: &Subject,
        nodes: &[String],
        calls: &[Call<'_>],
        faults: &[Fault],
        carriers: &mut Vec<Letter>,
        observations: Option<&Observations>,
    ) -> Self {
        let mut story = Self::default();
        story.look_at_calls(subject, calls);
        if story.asked.is_some() {
            // What was sent before means something else by the same number.
            let begins = story.begins(calls);
            carriers.retain(|letter| letter.sent >= begins);
        }
        story.look_at_messages(carriers);
        let mut held = BTreeMap::<&str, u64>::new();
        for (node, value, time) in observations.into_iter().flat_map(Observations::iter) {
            let is_it = subject.key.is_none() && value == subject.value;
            if is_it || (subject.key.is_some() && subject.is_in(&value.to_json())) {
                let first = held.entry(node).or_insert(time);
                *first = time.min(*first);
            }
        }
        story.held = held.into_iter().map(|(node, time)| (node.to_owned(), time)).collect();
        story.held.sort_by_key(|(_, time)| *time);
        story.find_nodes_without(nodes, calls, carriers);
        story.find_faults(calls, faults, carriers);
        story
    }

    fn look_at_calls(&mut self, subject: &Subject, calls: &[Call<'_>]) {
        let is_proof = |call: &Call<'_>| {
            let indices = [Some(call.invoked), call.completed];
            indices.into_iter().flatten().any(|op| subject.proof.contains(&op.index))
        };
        let mut asking: Vec<usize> =
            (0..calls.len()).filter(|&at| subject.is_asked_by(&calls[at])).collect();
        let askers: BTreeSet<usize> = asking.iter().copied().collect();
        // A value may be asked for again and again: then it is one of those that prove the matter.
        if asking.iter().any(|&at| is_proof(&calls[at])) {
            asking.retain(|&at| is_proof(&calls[at]));
        }
        self.asked = asking.first().copied();
        self.acknowledged = asking.iter().copied().find(|&at| calls[at].ok().is_some());
        let may_repeat = self.asked.is_some_and(|at| matches!(calls[at].f(), "write" | "cas"));
        let begun = self.asked.map_or(0, |at| calls[at].invoked.time);
        let known = self
            .acknowledged
            .or(self.asked)
            .map_or(0, |at| calls[at].completed.unwrap_or(calls[at].invoked).time);
        let (mut shown, mut last, mut proved) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (at, call) in calls.iter().enumerate().filter(|(at, _)| !askers.contains(at)) {
            let (Some(op), Some(node)) = (call.ok(), call.node()) else { continue };
            match subject.sight(op) {
                Sight::Shown => {
                    if op.time >= begun || !may_repeat {
                        shown.entry(node).or_insert(at);
                    }
                    last.insert(node, (at, true));
                }
                Sight::Lacking | Sight::Other if is_proof(call) && op.time >= begun => {
                    proved.insert(node, at);
                }
                Sight::Lacking if call.invoked.time >= known => {
                    last.insert(node, (at, false));
                }
                Sight::Lacking | Sight::Other | Sight::Blind => {}
            }
        }
        self.shown = shown.into_iter().map(|(node, at)| (node.to_owned(), at)).collect();
        let last = last.into_iter().filter(|(_, (_, has))| !has).map(|(node, (at, _))| (node, at));
        let mut lacking: BTreeMap<&str, usize> = last.collect();
        lacking.extend(proved);
        self.lacking = lacking.into_iter().map(|(node, at)| (node.to_owned(), at)).collect();
    }

    /// From when on messages can carry the value: since it was asked for, or was shown before.
    fn begins(&self, calls: &[Call<'_>]) -> i64 {
        let asked = self.asked.map(|at| calls[at].invoked.time);
        let shown = self.shown.iter().map(|&(_, at)| calls[at].invoked.time).min();
        let begins = asked.map_or(0, |asked| shown.map_or(asked, |shown| shown.min(asked)));
        i64::try_from(begins).unwrap_or(i64::MAX)
    }

    fn look_at_messages(&mut self, carriers: &[Letter]) {
        for (at, letter) in carriers.iter().enumerate().filter(|(_, it)| !it.is_of_client()) {
            self.carried.0 += 1;
            if letter.delivered().is_some() {
                self.carried.1 += 1;
            } else {
                self.missed.push(at);
            }
        }
    }

    /// By the nodes' own account; else by their last reads; else by the messages to them.
    fn find_nodes_without(&mut self, nodes: &[String], calls: &[Call<'_>], carriers: &[Letter]) {
        let acknowledged_at = self.acknowledged.and_then(|at| calls[at].node());
        for node in nodes {
            let to_it = || {
                carriers.iter().enumerate().filter(|(_, it)| it.dest == *node && !it.is_of_client())
            };
            let arrived = to_it().filter(|(_, it)| it.delivered().is_some()).count();
            let of_node = |list: &[(String, usize)]| {
                list.iter().find(|(it, _)| it == node).map(|&(_, at)| at)
            };
            let (shown, lacking) = (of_node(&self.shown), of_node(&self.lacking));
            let lacks = if !self.held.is_empty() {
                self.held.iter().all(|(it, _)| it != node)
            } else if lacking.is_some() {
                true
            } else {
                shown.is_none()
                    && arrived == 0
                    && acknowledged_at != Some(node)
                    && self.asked.is_some()
            };
            if lacks {
                let missed = to_it().rfind(|(_, it)| it.delivered().is_none());
                self.without.push(Without {
                    node: node.clone(),
                    had: acknowledged_at == Some(node)
                        || shown.is_some_and(|shown| lacking.is_none_or(|at| shown < at)),
                    sent: to_it().count(),
                    arrived,
                    last_missed: missed.map(|(at, _)| at),
                });
            }
        }
    }

    fn find_faults(&mut self, calls: &[Call<'_>], faults: &[Fault], carriers: &[Letter]) {
        let mut times = Vec::new();
        for call in self.acknowledged.into_iter().chain(self.asked).map(|at| calls[at]) {
            times.push(call.invoked.time);
            times.extend(call.completed.map(|op| op.time));
        }
        for letter in self.missed.iter().map(|&at| &carriers[at]) {
            let failed = letter.fates.iter().find(|(fate, ..)| *fate != Fate::Delivered);
            let time = failed.map_or(letter.sent, |&(_, time, _)| time);
            times.extend(u64::try_from(time));
        }
        let is_on = |fault: &Fault| times.iter().any(|&time| fault.is_on(time));
        self.faults =
            faults.iter().enumerate().filter(|(_, it)| is_on(it)).map(|(at, _)| at).collect();
    }
}
