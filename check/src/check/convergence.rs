//! How long it takes until every node holds a value.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Observations;
use super::elements::Elements;
use super::quantiles::{UPPER, millis, quantiles};
use crate::history::{History, Kind, Op};
use crate::value::View;

/// The time from the acknowledgement of each add until all of `nodes` hold its value, as quantiles
/// in whole milliseconds; `add_f` is what an add is called in the history.
///
/// With observations it is exact: `{"method": "reported", "quantiles-ms": …}`. Without, each read
/// tells what its node held at some moment between its start and its end. A node lacked the value
/// at the start of the last read there that lacks it, among those that began before some read there
/// had shown it; and held it by the end of the first read that shows it. So there are two bounds:
/// `{"method": "reads", "lower-ms": …, "upper-ms": …}`.
///
/// `unconverged-count` counts the acknowledged values that some node was never seen to hold; the
/// quantiles leave them out.
pub fn convergence(
    history: &History,
    add_f: &str,
    nodes: &[String],
    observations: Option<&Observations>,
) -> Value {
    let mut sightings = Sightings::new(nodes);
    if let Some(observations) = observations {
        sightings.observe(history, add_f, observations);
    } else {
        let mut started = BTreeMap::new();
        for op in history.ops().iter().filter(|op| op.is_client()) {
            if op.f == add_f {
                sightings.add(op);
            } else if op.f == "read" && op.kind == Kind::Invoke {
                started.insert(op.process, op.time);
            } else if op.f == "read"
                && op.kind == Kind::Ok
                && let Some(start) = started.remove(&op.process)
            {
                sightings.read(op, start);
            }
        }
    }
    let bounds = sightings.bounds();
    let unconverged = bounds.iter().filter(|bounds| bounds.is_none()).count();
    let (lower, upper): (Vec<_>, Vec<_>) = bounds.into_iter().flatten().unzip();
    if observations.is_some() {
        json!({
            "method": "reported",
            "quantiles-ms": quantiles(&UPPER, upper),
            "unconverged-count": unconverged,
        })
    } else {
        json!({
            "method": "reads",
            "lower-ms": quantiles(&UPPER, lower),
            "upper-ms": quantiles(&UPPER, upper),
            "unconverged-count": unconverged,
        })
    }
}

/// For each acknowledged add, in whole milliseconds, the time from its acknowledgement until all of
/// `nodes` held its value, as these report it; nothing where some node never did. For the arguments see
/// [`convergence`].
pub fn convergence_times(
    history: &History,
    add_f: &str,
    nodes: &[String],
    observations: &Observations,
) -> Vec<Option<u64>> {
    let mut sightings = Sightings::new(nodes);
    sightings.observe(history, add_f, observations);
    sightings.bounds().into_iter().map(|bounds| bounds.map(|(_, upper)| upper)).collect()
}

/// When one node lacked an element for the last time, and held it for the first.
#[derive(Clone, Copy, Default)]
struct Sighting {
    lacked: Option<u64>,
    held: Option<u64>,
    /// The last read that showed it, counted from 1.
    shown: usize,
}

struct Sightings<'a> {
    nodes: &'a [String],
    elements: Elements,
    acknowledged: Vec<Option<u64>>,
    /// Node by node within element by element.
    cells: Vec<Sighting>,
    reads: usize,
}

impl<'a> Sightings<'a> {
    fn new(nodes: &'a [String]) -> Self {
        let (elements, acknowledged) = (Elements::default(), Vec::new());
        Self { nodes, elements, acknowledged, cells: Vec::new(), reads: 0 }
    }

    fn observe(&mut self, history: &History, add_f: &str, observations: &Observations) {
        for op in history.ops().iter().filter(|op| op.is_client() && op.f == add_f) {
            self.add(op);
        }
        for (node, value, time) in observations.iter() {
            self.held(node, value, time);
        }
    }

    fn id(&mut self, value: View<'_>) -> usize {
        let id = self.elements.id(value);
        if self.acknowledged.len() <= id {
            self.acknowledged.resize(id + 1, None);
            self.cells.resize((id + 1) * self.nodes.len(), Sighting::default());
        }
        id
    }

    /// An add's invocation makes the element one whose absence counts, its completion a known one.
    fn add(&mut self, op: &Op) {
        let id = self.id(op.value.view());
        if op.kind == Kind::Ok {
            self.acknowledged[id].get_or_insert(op.time);
        }
    }

    fn node(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node == name)
    }

    fn held(&mut self, node: &str, value: View<'_>, time: u64) {
        let Some(node) = self.node(node) else { return };
        let id = self.id(value);
        let held = &mut self.cells[id * self.nodes.len() + node].held;
        *held = Some(held.map_or(time, |earlier| earlier.min(time)));
    }

    fn read(&mut self, op: &Op, start: u64) {
        let Some(node) = op.node.as_deref().and_then(|name| self.node(name)) else { return };
        self.reads += 1;
        for value in op.value.view().items() {
            let id = self.id(value);
            let cell = &mut self.cells[id * self.nodes.len() + node];
            cell.shown = self.reads;
            cell.held.get_or_insert(op.time);
        }
        for cell in self.cells.iter_mut().skip(node).step_by(self.nodes.len()) {
            if cell.shown != self.reads && cell.held.is_none_or(|held| start < held) {
                cell.lacked = cell.lacked.max(Some(start));
            }
        }
    }

    /// Of each element that was acknowledged, in milliseconds, the least and the greatest time that it
    /// can have taken to converge; nothing of one that did not.
    fn bounds(&self) -> Vec<Option<(u64, u64)>> {
        let acknowledged = self.acknowledged.iter().enumerate();
        let acknowledged = acknowledged.filter_map(|(id, time)| Some((id, (*time)?)));
        let bounds = acknowledged.map(|(id, acknowledged)| {
            let cells = &self.cells[id * self.nodes.len()..][..self.nodes.len()];
            if cells.iter().any(|cell| cell.held.is_none()) {
                return None;
            }
            let since = |last: Option<Option<u64>>| {
                millis(last.flatten().unwrap_or_default().saturating_sub(acknowledged))
            };
            Some((
                since(cells.iter().map(|cell| cell.lacked).max()),
                since(cells.iter().map(|cell| cell.held).max()),
            ))
        });
        bounds.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Script;
    use super::*;

    fn nodes() -> Vec<String> {
        ["n0".to_owned(), "n1".to_owned()].into()
    }

    fn add(script: Script, value: u64) -> Script {
        script.call(0, Kind::Ok, "add", json!(value))
    }

    #[test]
    fn what_nodes_report_is_exact() {
        let history = add(add(Script::default(), 5), 6).history();
        let mut observations = Observations::default();
        observations.record("n0", json!(5), 0);
        observations.record("n1", json!(5), 90_000_000);
        observations.record("n1", json!(5), 80_000_000);
        observations.record("n1", json!(5), 85_000_000);
        observations.record("n0", json!(6), 0);
        observations.record("elsewhere", json!(6), 0);
        assert_eq!(
            convergence(&history, "add", &nodes(), Some(&observations)),
            json!({
                "method": "reported",
                "quantiles-ms": {"0.5": 79, "0.95": 79, "0.99": 79, "1": 79},
                "unconverged-count": 1,
            })
        );
        let times = convergence_times(&history, "add", &nodes(), &observations);
        assert_eq!(times, [Some(79), None]);
    }

    #[test]
    fn reads_bound_it_from_both_sides() {
        let script = add(Script::default(), 5).read(0, json!([5])).at(51).read(1, json!([]));
        let history = script.at(100).read(1, json!([5])).read(1, json!([5])).history();
        let bound = |ms: u64| json!({"0.5": ms, "0.95": ms, "0.99": ms, "1": ms});
        assert_eq!(
            convergence(&history, "add", &nodes(), None),
            json!({
                "method": "reads",
                "lower-ms": bound(50),
                "upper-ms": bound(100),
                "unconverged-count": 0,
            })
        );
    }

    #[test]
    fn a_node_that_forgets_later_has_converged_before() {
        let script = add(Script::default(), 5).read(0, json!([5])).read(1, json!([5]));
        let found =
            convergence(&script.at(900).read(1, json!([])).history(), "add", &nodes(), None);
        assert_eq!((&found["lower-ms"]["1"], &found["upper-ms"]["1"]), (&json!(0), &json!(4)));
    }

    #[test]
    fn a_value_that_one_node_never_shows_has_not_converged() {
        let script = add(Script::default(), 5).call(0, Kind::Info, "add", json!(6));
        let history = script.read(0, json!([5])).read(1, json!([])).history();
        let found = convergence(&history, "add", &nodes(), None);
        assert_eq!(found["unconverged-count"], 1);
        assert_eq!(found["upper-ms"], json!({}));
    }
}
