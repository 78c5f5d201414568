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
/// that were killed, stopped, or put wrong, or whose disks failed, or the bits that flipped; of the others,
/// and of stalls, `count` is that of the messages. Of slow syncs nothing is counted.
///
/// `gave-up-count` tells how often a node ended since its disk failed, and `refused-count` how often one did
/// not start.
pub fn faults(history: &History, toll: &Toll) -> Value {
    let (mut faults, mut ends) = (Map::new(), BTreeMap::new());
    for (f, value) in
        history.ops().iter().filter(|op| !op.is_client()).map(|op| (&*op.f, op.value.view()))
    {
        let Some(kind) = f.strip_prefix("start-") else {
            for (what, key) in [("gave-up", "gave-up-count"), ("refused", "refused-count")] {
                if f == what {
                    ends.entry(key).and_modify(|count| *count += 1).or_insert(1_u64);
                }
            }
            continue;
        };
        let entry = faults.entry(kind).or_insert_with(|| json!({ "count": 0 }));
        let count = match kind {
            "partition" => 1,
            "kill" | "pause" | "power" | "disk-full" | "sync-error" => {
                value.get("nodes").map_or(0, |it| it.items().count()) as u64
            }
            "skew" => value.get("clocks").map_or(0, |it| it.fields().count()) as u64,
            "bit-flip" => value.get("bits").map_or(0, |it| it.fields().count()) as u64,
            "loss" => toll.lost,
            "duplicate" => toll.duplicated,
            "reorder" => toll.held_up,
            _ => 0,
        };
        add(&mut entry["count"], count);
        if RECURRENT.iter().any(|(it, _)| *it == kind) {
            add(&mut entry["times"], 1);
        }
        for (key, by) in [("shape", "by-shape"), ("targets", "by-targets")] {
            if let Some(name) = value.get(key).and_then(View::text) {
                add(&mut entry[by][name], 1);
            }
        }
        match kind {
            "kill" | "power" => entry["unheard-messages"] = toll.unheard.into(),
            "pause" => entry["excused-replies"] = toll.excused.into(),
            "stall" => {
                // Of all of them.
                entry["count"] = toll.stalled.into();
                entry["excused-replies"] = toll.excused.into();
            }
            _ => {}
        }
    }
    // Whose disk failed in several ways did not end for one of them alone.
    for kind in ["disk-full", "sync-error", "bit-flip"] {
        if let Some(entry) = faults.get_mut(kind) {
            for (key, count) in &ends {
                entry[*key] = (*count).into();
            }
        }
    }
    Value::Object(faults)
}

/// The kinds that come and go, but for partitions, and of what `count` is the number.
const RECURRENT: [(&str, &str); 8] = [
    ("kill", "node"),
    ("pause", "node"),
    ("skew", "clock"),
    ("stall", "message"),
    ("power", "node"),
    ("disk-full", "node"),
    ("sync-error", "node"),
    ("bit-flip", "bit"),
];

fn add(count: &mut Value, more: u64) {
    *count = (count.as_u64().unwrap_or(0) + more).into();
}

/// The figures of [`faults`] in a line for people; nothing if there are none but of messages, which are
/// told elsewhere.
pub fn faults_in_short(faults: &Value) -> Option<String> {
    let number = |kind: &str, key: &str| faults.get(kind)?[key].as_u64();
    let mut parts = Vec::new();
    if let Some(count) = number("partition", "count") {
        parts.push(format!("{count} partition{}", plural(count)));
    }
    for (kind, of) in RECURRENT {
        if let (Some(times), Some(count)) = (number(kind, "times"), number(kind, "count")) {
            let what = match kind {
                "power" => "power cut",
                "disk-full" => "full disk",
                "sync-error" => "failing disk",
                "bit-flip" => "flip",
                kind => kind,
            };
            parts.push(format!("{times} {what}{} of {count} {of}{}", plural(times), plural(count)));
        }
    }
    for (key, what) in [("gave-up-count", "gave up"), ("refused-count", "refused to start")] {
        let count =
            ["disk-full", "sync-error", "bit-flip"].into_iter().find_map(|it| number(it, key));
        if let Some(count) = count {
            parts.push(format!("{what} {count} time{}", plural(count)));
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

    #[test]
    fn what_befalls_disks_is_counted_with_what_came_of_it() {
        let bits = json!({"n0": {"file": "a", "byte": 3}});
        let history = Script::default()
            .nemesis(0, "start-power", json!({"targets": "all", "nodes": ["n0", "n1"]}))
            .nemesis(1, "start-slow-sync", json!({"most-ms": 100}))
            .nemesis(2, "start-disk-full", json!({"targets": "one", "nodes": ["n1"], "room": 7}))
            .nemesis(3, "start-sync-error", json!({"targets": "one", "nodes": ["n1"]}))
            .nemesis(4, "gave-up", json!({"node": "n1", "why": "a sync failed"}))
            .nemesis(5, "start-bit-flip", json!({"targets": "one", "nodes": ["n0"], "bits": bits}))
            .nemesis(6, "refused", json!({"node": "n0", "why": "a is damaged"}))
            .nemesis(7, "refused", json!({"node": "n1", "why": "a write failed"}))
            .history();
        let counted = faults(&history, &Toll { unheard: 4, ..Toll::default() });
        let ends = |entry: Value| {
            let mut entry = entry;
            entry["gave-up-count"] = 1.into();
            entry["refused-count"] = 2.into();
            entry
        };
        let one = json!({"count": 1, "times": 1, "by-targets": {"one": 1}});
        assert_eq!(
            counted,
            json!({
                "power": {"count": 2, "times": 1, "by-targets": {"all": 1}, "unheard-messages": 4},
                "slow-sync": {"count": 0},
                "disk-full": ends(one.clone()),
                "sync-error": ends(one.clone()),
                "bit-flip": ends(one),
            })
        );
        assert_eq!(
            faults_in_short(&counted).unwrap(),
            "1 power cut of 2 nodes, 1 full disk of 1 node, 1 failing disk of 1 node, \
             1 flip of 1 bit, gave up 1 time, refused to start 2 times"
        );
    }
}
