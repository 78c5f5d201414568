//! How long it takes, while a partition lasts, until every node that can hold a value does.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Observations;
use super::cuts::Cuts;
use super::elements::Elements;
use super::quantiles::{UPPER, millis, quantiles};
use crate::history::{History, Kind};

/// For each partition, the time that the values took to reach all nodes of the island on which they
/// were acknowledged; `add_f` is what an add is called in the history. Nothing if there was no
/// partition.
///
/// An island is a greatest group of nodes that are connected, perhaps over others, through links which
/// work in both directions. Loss does not cut a link.
///
/// A partition lasts from s to e. A value acknowledged before e, at time t by node a, gives one
/// sample, unless it was acknowledged before s and the whole island of a held it by s. Let b be the
/// later of s and t, and h the time when the last node of the island first held the value.
///
/// * If h ≤ e, the sample is *finished*, and its time is h − b; 0 if h is before b.
/// * Otherwise it is *unfinished*: the time is unknown, and e − b at least.
///
/// So a value can give a sample in each of several partitions, and one that does not get through
/// within one partition is not hidden by the next healing. A node that is alone on its island
/// is done with every value at once; its samples are 0, and count.
///
/// Told are, of all samples and by the shape of the partition, the `count` and `quantiles-ms` of the
/// finished ones; `unfinished-count`, and `unfinished-at-least-ms`, the greatest of the lower bounds.
/// The quantiles leave the unfinished ones out, so that they flatter where these are many or their
/// bound is large.
pub fn convergence_in_partitions(
    history: &History,
    add_f: &str,
    nodes: &[String],
    observations: &Observations,
) -> Option<Value> {
    let partitions = partitions(history, nodes);
    if partitions.is_empty() {
        return None;
    }
    let mut by_shape: BTreeMap<&str, Samples> = BTreeMap::new();
    for value in values(history, add_f, nodes, observations) {
        // They are in order and do not overlap.
        let first = partitions.partition_point(|partition| partition.end <= value.acknowledged);
        let everywhere = value.held_by_all(|_| true);
        for partition in &partitions[first..] {
            if value.acknowledged < partition.begin && everywhere <= partition.begin {
                break; // Nor does it say anything about later ones.
            }
            by_shape.entry(&partition.shape).or_default().take(partition, &value);
        }
    }
    for partition in &partitions {
        by_shape.entry(&partition.shape).or_default();
    }
    let mut all = Samples::default();
    let mut figures = Map::new();
    for (shape, samples) in by_shape {
        all.add(&samples);
        figures.insert(shape.to_owned(), samples.figures().into());
    }
    let mut report = all.figures();
    report.insert("by-shape".to_owned(), figures.into());
    Some(report.into())
}

/// A time during which the network's cuts are the same, and there are some.
struct Partition {
    shape: String,
    begin: u64,
    end: u64,
    /// For each node, the number of its island.
    islands: Vec<usize>,
}

/// What the nemesis says of a partition that it starts.
#[derive(Deserialize)]
struct Start {
    shape: String,
    grudge: Cuts,
}

/// The partitions of a history. One ends when it is healed, when the next one starts, or with the
/// history.
fn partitions(history: &History, nodes: &[String]) -> Vec<Partition> {
    let mut partitions: Vec<Partition> = Vec::new();
    let mut lasts = false;
    for op in history.ops().iter().filter(|op| !op.is_client()) {
        let starts = op.f == "start-partition";
        if !starts && op.f != "stop-partition" {
            continue;
        }
        if let Some(last) = partitions.last_mut().filter(|_| lasts) {
            last.end = op.time;
        }
        lasts = false;
        if starts && let Ok(Start { shape, grudge }) = Start::deserialize(op.value.to_json()) {
            let islands = grudge.islands(nodes);
            partitions.push(Partition { shape, begin: op.time, end: op.time, islands });
            lasts = true;
        }
    }
    if let (Some(partition), Some(op), true) = (partitions.last_mut(), history.ops().last(), lasts)
    {
        partition.end = op.time;
    }
    partitions
}

/// An acknowledged value.
struct Spread {
    /// When, and by which node.
    acknowledged: u64,
    by: usize,
    /// When each node first held it.
    held: Vec<Option<u64>>,
}

impl Spread {
    /// When the last of these nodes first held it; the end of time if one never did.
    fn held_by_all(&self, nodes: impl Fn(usize) -> bool) -> u64 {
        let held = self.held.iter().enumerate().filter(|(node, _)| nodes(*node));
        held.map(|(_, held)| held.unwrap_or(u64::MAX)).max().unwrap_or(u64::MAX)
    }
}

/// The acknowledged values, in the order of their acknowledgements.
fn values(
    history: &History,
    add_f: &str,
    nodes: &[String],
    observations: &Observations,
) -> Vec<Spread> {
    let numbers: BTreeMap<&str, usize> =
        nodes.iter().enumerate().map(|(number, node)| (node.as_str(), number)).collect();
    let number = |node: &str| numbers.get(node).copied();
    let mut elements = Elements::default();
    let mut values: Vec<Spread> = Vec::new();
    let adds = history.ops().iter().filter(|op| op.is_client() && op.f == add_f);
    for op in adds.filter(|op| op.kind == Kind::Ok) {
        if let Some(by) = op.node.as_deref().and_then(number)
            && elements.id(op.value.view()) == values.len()
        {
            values.push(Spread { acknowledged: op.time, by, held: vec![None; nodes.len()] });
        }
    }
    for (node, value, time) in observations.iter() {
        if let Some(number) = number(node)
            && let Some(value) = values.get_mut(elements.id(value))
        {
            let held = &mut value.held[number];
            *held = Some(held.map_or(time, |earlier| earlier.min(time)));
        }
    }
    values
}

#[derive(Default)]
struct Samples {
    /// In milliseconds.
    finished: Vec<u64>,
    unfinished: usize,
    /// The greatest lower bound of an unfinished one, in nanoseconds.
    at_least: Option<u64>,
}

impl Samples {
    /// Adds what a value says about a partition that ended after its acknowledgement.
    fn take(&mut self, partition: &Partition, value: &Spread) {
        let Partition { begin, end, islands, .. } = partition;
        let last = value.held_by_all(|node| islands[node] == islands[value.by]);
        if value.acknowledged < *begin && last <= *begin {
            return;
        }
        let from = value.acknowledged.max(*begin);
        if last <= *end {
            self.finished.push(millis(last.saturating_sub(from)));
        } else {
            self.unfinished += 1;
            self.at_least = self.at_least.max(Some(end.saturating_sub(from)));
        }
    }

    fn add(&mut self, others: &Self) {
        self.finished.extend(&others.finished);
        self.unfinished += others.unfinished;
        self.at_least = self.at_least.max(others.at_least);
    }

    fn figures(self) -> Map<String, Value> {
        let figures = json!({
            "count": self.finished.len(),
            "quantiles-ms": quantiles(&UPPER, self.finished),
            "unfinished-count": self.unfinished,
            "unfinished-at-least-ms": self.at_least.map(millis),
        });
        figures.as_object().cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
