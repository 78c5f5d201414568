use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Toll;
use crate::history::History;
use crate::value::View;

/// How often each kind of fault happened, by its name on the command line; of those that a run did not
/// have, nothing.
///
/// What befell messages, which no history tells, is taken from `toll`.
///
/// Of a kind that comes and goes, `times` counts its beginnings, and `count` the partitions, or the nodes
/// that were killed, stopped, or put wrong; of the others, and of stalls, `count` is that of the messages.
pub fn faults(history: &History, toll: &Toll) -> Value {
    let mut faults = Map::new();
    for (f, value) in
        history.ops().iter().filter(|op| !op.is_client()).map(|op| (&*op.f, op.value.view()))
    {
        let Some(kind) = f.strip_prefix("start-") else { continue };
        let entry = faults.entry(kind).or_insert_with(|| json!({ "count": 0 }));
        let count = match kind {
            "partition" => 1,
            "kill" | "pause" => value.get("nodes").map_or(0, |it| it.items().count()) as u64,
            "skew" => value.get("clocks").map_or(0, |it| it.fields().count()) as u64,
            "loss" => toll.lost,
            "duplicate" => toll.duplicated,
            "reorder" => toll.held_up,
            _ => 0,
        };
        add(&mut entry["count"], count);
        if matches!(kind, "kill" | "pause" | "skew" | "stall") {
            add(&mut entry["times"], 1);
        }
        for (key, by) in [("shape", "by-shape"), ("targets", "by-targets")] {
            if let Some(name) = value.get(key).and_then(View::text) {
                add(&mut entry[by][name], 1);
            }
        }
        match kind {
            "kill" => entry["unheard-messages"] = toll.unheard.into(),
            "pause" => entry["excused-replies"] = toll.excused.into(),
            "stall" => {
                // Of all of them.
                entry["count"] = toll.stalled.into();
                entry["excused-replies"] = toll.excused.into();
            }
            _ => {}
        }
    }
    Value::Object(faults)
}

fn add(count: &mut Value, more: u64) {
    *count = (count.as_u64().unwrap_or(0) + more).into();
}

/// The figures of [`faults`] in a line for people; nothing if there are none but of messages, which are
/// told elsewhere.
pub fn faults_in_short(faults: &Value) -> Option<String> {
    let counts: BTreeMap<_, _> = ["partition", "kill", "pause", "skew", "stall"]
        .into_iter()
        .filter_map(|kind| Some((kind, faults.get(kind)?)))
        .collect();
    let number = |kind: &str, key: &str| counts.get(kind)?[key].as_u64();
    let mut parts = Vec::new();
    if let Some(count) = number("partition", "count") {
        parts.push(format!("{count} partition{}", plural(count)));
    }
    for (what, of) in [("kill", "node"), ("pause", "node"), ("skew", "clock"), ("stall", "message")]
    {
        if let (Some(times), Some(count)) = (number(what, "times"), number(what, "count")) {
            parts.push(format!("{times} {what}{} of {count} {of}{}", plural(times), plural(count)));
        }
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Script;
    use super::*;

    #[test]
    fn they_are_counted_by_kind() {
        let history = Script::default()
            .nemesis(0, "start-loss", json!({"percent": 20}))
            .nemesis(0, "start-partition", json!({"shape": "one", "grudge": {}}))
            .nemesis(0, "start-kill", json!({"targets": "minority", "nodes": ["n1", "n2"]}))
            .nemesis(10, "stop-partition", json!("network-healed"))
            .nemesis(10, "stop-kill", json!({"nodes": ["n1", "n2"]}))
            .nemesis(20, "start-partition", json!({"shape": "one-way", "grudge": {}}))
            .nemesis(20, "start-kill", json!({"targets": "one", "nodes": ["n0"]}))
            .nemesis(30, "start-partition", json!({"shape": "one", "grudge": {}}))
            .nemesis(30, "start-pause", json!({"targets": "all", "nodes": []}))
            .nemesis(30, "start-skew", json!({"clocks": {"n0": {}, "n2": {}}}))
            .nemesis(30, "start-stall", json!({"most-ms": 40}))
            .nemesis(32, "stop-stall", json!(null))
            .nemesis(40, "start-stall", json!({"most-ms": 40}))
            .history();
        let toll =
            Toll { lost: 7, duplicated: 3, unheard: 4, excused: 2, stalled: 9, ..Toll::default() };
        let counted = faults(&history, &toll);
        assert_eq!(
            counted,
            json!({
                "partition": {"count": 3, "by-shape": {"one": 2, "one-way": 1}},
                "kill": {
                    "count": 3,
                    "times": 2,
                    "by-targets": {"minority": 1, "one": 1},
                    "unheard-messages": 4,
                },
                "pause": {
                    "count": 0,
                    "times": 1,
                    "by-targets": {"all": 1},
                    "excused-replies": 2,
                },
                "skew": {"count": 2, "times": 1},
                "stall": {"count": 9, "times": 2, "excused-replies": 2},
                "loss": {"count": 7},
            })
        );
        assert_eq!(
            faults_in_short(&counted).unwrap(),
            "3 partitions, 2 kills of 3 nodes, 1 pause of 0 nodes, 1 skew of 2 clocks, \
             2 stalls of 9 messages"
        );
        assert_eq!(faults_in_short(&json!({"loss": {"count": 7}})), None);
    }
}
