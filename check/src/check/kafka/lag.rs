//! How far polls are behind what others know to exist.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::calls::{Body, Call, Calls, Offset, Seen};
use super::loss::Fate;
use crate::check::quantiles::{UPPER, millis, quantiles};
use crate::history::{Kind, Process};

/// Before a key's first offset, as Jepsen counts them.
const NOWHERE: Offset = -1;

/// What is reported about lag.
pub(super) struct Lags {
    pub(super) worst_realtime: Value,
    pub(super) visibility: Value,
}

/// One key of one poll: where its process had got to afterwards.
struct Probe<'a> {
    poll: &'a Call,
    reached: Offset,
}

/// Measures both lags.
pub(super) fn measure(calls: &Calls, fates: &[Vec<Fate<'_>>]) -> Lags {
    let probes = probes(calls);
    Lags {
        worst_realtime: worst_realtime(calls, &probes),
        visibility: visibility(calls, fates, &probes),
    }
}

fn highest(seen: &[Seen]) -> Offset {
    seen.iter().filter_map(Seen::offset).max().unwrap_or(NOWHERE)
}

/// The polls of each key, in the order in which they ended: those by processes that were assigned it.
fn probes(calls: &Calls) -> Vec<Vec<Probe<'_>>> {
    let mut probes: Vec<Vec<Probe<'_>>> = calls.keys.iter().map(|_| Vec::new()).collect();
    let mut assigned: BTreeMap<Process, BTreeMap<usize, Offset>> = BTreeMap::new();
    for call in calls.list.iter().filter(|call| call.kind == Kind::Ok) {
        let reached = assigned.entry(call.process).or_default();
        match &call.body {
            Body::Assign { keys, .. } => {
                let kept = |key| reached.get(&key).copied().unwrap_or(NOWHERE);
                *reached = keys.iter().map(|&key| (key, kept(key))).collect();
            }
            Body::Poll(polled) => {
                for (key, seen) in calls.polled_by(polled) {
                    let reached = reached.entry(key).or_insert(NOWHERE);
                    *reached = highest(seen).max(*reached);
                }
                for (&key, &reached) in &*reached {
                    probes[key].push(Probe { poll: call, reached });
                }
            }
            // Where it has got to is unknown until it is assigned something.
            Body::Unanswered => reached.clear(),
            Body::Send(_) | Body::Other => {}
        }
    }
    probes
}

/// The poll that began longest after someone knew the offset next to the last its process had seen.
fn worst_realtime(calls: &Calls, probes: &[Vec<Probe<'_>>]) -> Value {
    // How far each key was known to reach, with the times when that grew.
    let mut known: Vec<Vec<(Offset, u64)>> = vec![Vec::new(); calls.keys.len()];
    let mut know = |key: usize, offset: Offset, time: u64| {
        if known[key].last().is_none_or(|&(highest, _)| offset > highest) {
            known[key].push((offset, time));
        }
    };
    for call in &calls.list {
        match &call.body {
            Body::Send(sent) => {
                for sent in sent {
                    know(sent.key, sent.offset.unwrap_or(NOWHERE), call.end);
                }
            }
            Body::Poll(polled) => {
                for (key, seen) in calls.polled_by(polled) {
                    know(key, highest(seen), call.end);
                }
            }
            Body::Assign { .. } | Body::Unanswered | Body::Other => {}
        }
    }
    let mut worst: Option<(u64, usize, &Probe<'_>)> = None;
    for (key, probes) in probes.iter().enumerate() {
        for probe in probes {
            let next = known[key].partition_point(|&(offset, _)| offset <= probe.reached);
            let Some(&(_, since)) = known[key].get(next) else { continue };
            let lag = probe.poll.start.saturating_sub(since);
            if lag > worst.as_ref().map_or(0, |&(lag, ..)| lag) {
                worst = Some((lag, key, probe));
            }
        }
    }
    let seconds = |nanos| Duration::from_nanos(nanos).as_secs_f64();
    match worst {
        None => json!({"time": 0.0, "lag": 0.0}),
        Some((lag, key, probe)) => json!({
            "time": seconds(probe.poll.start),
            "process": probe.poll.process,
            "key": calls.keys[key].name,
            "lag": seconds(lag),
        }),
    }
}

/// How long acknowledged messages took to be shown.
///
/// Until a message is first shown no process can have gone past it, whatever offset it started from,
/// so every poll of its key that did not reach it lacked it.
fn visibility(calls: &Calls, fates: &[Vec<Fate<'_>>], probes: &[Vec<Probe<'_>>]) -> Value {
    let (mut lower, mut upper) = (Vec::new(), Vec::new());
    let mut worst: Option<(u64, u64, Value)> = None;
    let mut unseen = 0;
    for (call, sent) in calls.sent() {
        let (Kind::Ok, Some(offset)) = (call.kind, sent.offset) else { continue };
        let Some(shown) = fates[sent.key][sent.message].reader else {
            unseen += 1;
            continue;
        };
        let probes = &probes[sent.key];
        let before = probes.partition_point(|probe| probe.poll.index < shown.index);
        let lacked = probes[..before]
            .iter()
            .rev()
            .take_while(|probe| probe.poll.end > call.end)
            .find(|probe| probe.reached < offset);
        let since = |time: u64| millis(time.saturating_sub(call.end));
        let least = lacked.map_or(0, |probe| since(probe.poll.start));
        let most = since(shown.end);
        lower.push(least);
        upper.push(most);
        if worst.as_ref().is_none_or(|(lower, upper, _)| (least, most) > (*lower, *upper)) {
            let (key, value) = (&calls.keys[sent.key].name, calls.message(sent.key, sent.message));
            let ops = [call.index, shown.index];
            let what = json!({
                "key": key, "value": value, "lower-ms": least, "upper-ms": most, "ops": ops,
            });
            worst = Some((least, most, what));
        }
    }
    let mut visibility = json!({
        "lower-ms": quantiles(&UPPER, lower),
        "upper-ms": quantiles(&UPPER, upper),
        "unseen-count": unseen,
    });
    if let Some((.., worst)) = worst {
        visibility["worst"] = worst;
    }
    visibility
}
