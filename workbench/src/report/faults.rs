use std::collections::BTreeMap;

use serde_json::Value;

use glomers_check::history::{History, Op, Process};

/// A time during which something was wrong on purpose.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    /// Which kind: `partition`, `loss` …
    pub(super) kind: String,
    /// From when on, in nanoseconds since the load began.
    pub(super) from: u64,
    /// Until when: of one that nobody ended, the end of the history; of a thing of a moment, its
    /// beginning.
    pub(super) until: u64,
    /// How it looked, in words.
    pub(super) text: String,
    /// The place in the history where it began.
    pub(super) op: usize,
}

impl Fault {
    /// All of a history, by the nemesis's operations: what `start-X` begins, `stop-X` ends, or the
    /// next `start-X` replaces; an operation of another name is a thing of a moment.
    pub(super) fn all(history: &History) -> Vec<Self> {
        let last = history.ops().iter().map(|op| op.time).max().unwrap_or(0);
        let mut found: Vec<Self> = Vec::new();
        let mut open = BTreeMap::new();
        let nemesis = |op: &&Op| matches!(op.process, Process::Nemesis(_));
        for op in history.ops().iter().filter(nemesis) {
            let (kind, is_span, begins) =
                match (op.f.strip_prefix("start-"), op.f.strip_prefix("stop-")) {
                    (Some(kind), _) => (kind, true, true),
                    (_, Some(kind)) => (kind, true, false),
                    _ => (op.f.as_str(), false, true),
                };
            if is_span && let Some(at) = open.remove(kind) {
                let before: &mut Self = &mut found[at];
                before.until = op.time;
            }
            if begins {
                if is_span {
                    open.insert(kind, found.len());
                }
                let until = if is_span { last } else { op.time };
                let (kind, text) = (kind.to_owned(), describe(&op.value.to_json()));
                found.push(Self { kind, from: op.time, until, text, op: op.index });
            }
        }
        found
    }

    /// Whether it was on at that time.
    pub(super) fn is_on(&self, time: u64) -> bool {
        (self.from..=self.until).contains(&time)
    }

    /// The kinds that there are, in order.
    pub(super) fn kinds(faults: &[Self]) -> Vec<&str> {
        let mut kinds: Vec<&str> = Vec::new();
        for fault in faults {
            if !kinds.contains(&fault.kind.as_str()) {
                kinds.push(&fault.kind);
            }
        }
        kinds
    }
}

/// A nemesis's value in words.
fn describe(value: &Value) -> String {
    let Some(fields) = value.as_object() else { return plain(value) };
    let mut parts = Vec::new();
    for (key, value) in fields {
        match (key.as_str(), value.as_object()) {
            ("grudge", Some(_)) => parts.extend(deafness(value)),
            ("bits", Some(bits)) => parts.extend(bits.iter().map(flipped)),
            ("shape", _) => parts.insert(0, plain(value)),
            ("percent", _) => parts.push(format!("{} %", plain(value))),
            _ => parts.push(format!("{key} {}", plain(value))),
        }
    }
    parts.join("; ")
}

/// Where a bit has flipped on whose disk.
fn flipped((node, bit): (&String, &Value)) -> String {
    let of = |key| bit.get(key).map(plain).unwrap_or_default();
    format!("{node} has a bit flipped in byte {} of {}", of("byte"), of("file"))
}

/// Who does not hear whom, those that fare alike together.
fn deafness(grudge: &Value) -> Vec<String> {
    let mut alike: Vec<(String, Vec<&str>)> = Vec::new();
    for (node, unheard) in grudge.as_object().into_iter().flatten() {
        let unheard = plain(unheard);
        match alike.iter_mut().find(|(of, _)| *of == unheard) {
            _ if unheard.is_empty() => {}
            Some((_, nodes)) => nodes.push(node),
            None => alike.push((unheard, vec![node])),
        }
    }
    let told =
        |(unheard, nodes): (String, Vec<&str>)| format!("{} deaf to {unheard}", nodes.join(" "));
    alike.into_iter().map(told).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use glomers_check::history::{Kind, Nemesis};
    use serde_json::json;

    use super::*;

    fn op(time: u64, f: &str, value: Value) -> Op {
        let process = Process::Nemesis(Nemesis::Nemesis);
        Op { time, process, ..Op::new(0, Kind::Info, f, value) }
    }

    #[test]
    fn starts_and_stops_pair_up_by_kind() {
        let grudge = json!({"n0": ["n1", "n2"], "n1": ["n0"], "n2": ["n0"], "n3": []});
        let history: History = [
            op(0, "start-loss", json!({"percent": 20.0})),
            op(5, "start-partition", json!({"grudge": grudge, "shape": "one"})),
            op(7, "stop-partition", json!("network-healed")),
            op(8, "start-skew", json!(["n1", "n2"])),
            op(9, "start-skew", json!({"node": "n2", "ms": 300})),
            op(10, "bump", Value::Null),
            op(12, "stop-loss", Value::Null),
            op(20, "stop-what-never-began", Value::Null),
            op(
                20,
                "start-bit-flip",
                json!({"bits": {"n1": {"file": "a", "byte": 7}}, "nodes": ["n1"]}),
            ),
            op(20, "refused", json!({"node": "n1", "why": "a is damaged"})),
        ]
        .into_iter()
        .collect();
        let told: Vec<_> = Fault::all(&history)
            .into_iter()
            .map(|it| format!("{} {}–{} #{}: {}", it.kind, it.from, it.until, it.op, it.text))
            .collect();
        assert_eq!(
            told,
            [
                "loss 0–12 #0: 20.0 %",
                "partition 5–7 #1: one; n0 deaf to n1 n2; n1 n2 deaf to n0",
                "skew 8–9 #3: n1 n2",
                "skew 9–20 #4: ms 300; node n2",
                "bump 10–10 #5: ",
                "bit-flip 20–20 #8: n1 has a bit flipped in byte 7 of a; nodes n1",
                "refused 20–20 #9: node n1; why a is damaged",
            ]
        );
    }
}
