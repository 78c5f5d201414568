//! What became of each message: lost, unseen, seen though its send failed, before it was sent, or
//! though nobody sent it.

use std::collections::BTreeMap;

use serde_json::json;

use super::calls::{Call, Calls};
use super::cases::{Case, Cases};
use super::logs::Log;
use crate::check::report::SHOWN;
use crate::check::wording::{all_shown, brief, shown};
use crate::history::Kind;
use crate::value::View;

/// Who sent a message, and who read it first.
#[derive(Clone, Copy, Default)]
pub(super) struct Fate<'a> {
    pub(super) writer: Option<&'a Call>,
    pub(super) reader: Option<&'a Call>,
}

impl<'a> Fate<'a> {
    /// The send, if it was acknowledged and nobody read its message: not even, perhaps, a poll whose
    /// answer is unknown, of which `last_unknown` ended last.
    fn unread(&self, last_unknown: Option<&Call>) -> Option<&'a Call> {
        let send = self.acknowledged().filter(|_| self.reader.is_none())?;
        last_unknown.is_none_or(|poll| poll.index < send.invoked).then_some(send)
    }

    /// The send, if it was acknowledged.
    pub(super) fn acknowledged(&self) -> Option<&'a Call> {
        self.writer.filter(|call| call.kind == Kind::Ok)
    }
}

/// The fate of each message of each key.
pub(super) fn fates(calls: &Calls) -> Vec<Vec<Fate<'_>>> {
    let blank = |messages| vec![Fate::default(); messages];
    let mut fates: Vec<_> = calls.keys.iter().map(|key| blank(key.messages.len())).collect();
    for (call, sent) in calls.sent() {
        fates[sent.key][sent.message].writer = Some(call);
    }
    for (call, key, seen) in calls.polled() {
        for seen in seen {
            fates[key][seen.message].reader.get_or_insert(call);
        }
    }
    fates
}

/// How many acknowledged messages may have been shown by a poll whose answer is unknown, and by no
/// other.
pub(super) fn perhaps_seen(calls: &Calls, fates: &[Vec<Fate<'_>>]) -> usize {
    let last_unknown = calls.last_unanswered();
    let unread = |fate: &&Fate<'_>| fate.reader.is_none() && fate.acknowledged().is_some();
    let all = fates.iter().flatten();
    all.filter(unread).filter(|fate| fate.unread(last_unknown).is_none()).count()
}

/// Finds `lost-write`, `unseen`, `G1a`, `G1c-realtime` and `unexpected`.
pub(super) fn check(calls: &Calls, logs: &[Log], fates: &[Vec<Fate<'_>>], cases: &mut Cases) {
    for (key, (log, fates)) in logs.iter().zip(fates).enumerate() {
        lost(calls, key, log, fates, cases);
    }
    unseen(calls, fates, cases);
    for (reader, key, seen) in calls.polled() {
        for seen in seen {
            ill_read(calls, key, seen.message, fates[key][seen.message].writer, reader, cases);
        }
    }
}

/// Up to the highest index that someone read, everything acknowledged must have been read.
///
/// A message at several offsets counts for the first of them where it was read, and for the last
/// where it was not, so that a duplicate does not look like a loss.
fn lost(calls: &Calls, key: usize, log: &Log, fates: &[Fate<'_>], cases: &mut Cases) {
    let mut first = vec![None; fates.len()];
    let mut last = vec![None; fates.len()];
    for (index, (_, claims)) in log.slots.iter().enumerate() {
        for claim in claims {
            first[claim.message].get_or_insert(index);
            last[claim.message] = Some(index);
        }
    }
    let read =
        first.iter().zip(fates).filter_map(|(first, fate)| Some((*first.as_ref()?, fate.reader?)));
    let Some((bound, reader)) = read.max_by_key(|&(index, _)| index) else { return };
    let last_unknown = calls.last_unanswered();
    for (message, fate) in fates.iter().enumerate() {
        let Some(writer) = fate.unread(last_unknown) else { continue };
        let Some(index) = last[message].filter(|&index| index <= bound) else { continue };
        let (name, value) = (&calls.keys[key].name, calls.message(key, message));
        let case = Case {
            severity: bound - index,
            text: format!(
                "a later message of key {} was read, but never {}",
                brief(&**name),
                shown(value)
            ),
            detail: json!({
                "key": name, "value": value, "index": first[message], "max-read-index": bound,
                "writer": writer.index, "max-read": reader.index,
            }),
            ops: vec![writer.index, reader.index],
        };
        cases.add("lost-write", case);
    }
}

fn unseen(calls: &Calls, fates: &[Vec<Fate<'_>>], cases: &mut Cases) {
    let mut counts = BTreeMap::new();
    let mut messages = BTreeMap::new();
    let last_unknown = calls.last_unanswered();
    for (key, fates) in fates.iter().enumerate() {
        let mut unseen: Vec<(View<'_>, usize)> = fates
            .iter()
            .enumerate()
            .filter_map(|(message, fate)| {
                Some((calls.message(key, message), fate.unread(last_unknown)?.index))
            })
            .collect();
        if unseen.is_empty() {
            continue;
        }
        unseen.sort_by(|(a, _), (b, _)| a.compare(*b));
        let name = calls.keys[key].name.as_str();
        counts.insert(name, unseen.len());
        unseen.truncate(SHOWN);
        let (values, writers): (Vec<_>, Vec<_>) = unseen.into_iter().unzip();
        let case = Case {
            severity: counts[name],
            text: format!(
                "nobody ever read {} of key {}",
                all_shown(values.iter().copied()),
                brief(name)
            ),
            detail: json!({"key": name, "value": values[0]}),
            ops: writers,
        };
        cases.add("unseen", case);
        messages.insert(name, values);
    }
    if !counts.is_empty() {
        let time =
            calls.list.iter().filter(|call| call.kind == Kind::Ok).map(|call| call.end).max();
        cases.summarize("unseen", json!({"time": time, "unseen": counts, "messages": messages}));
    }
}

/// Judges one message that a poll shows by its send.
fn ill_read(
    calls: &Calls,
    key: usize,
    message: usize,
    writer: Option<&Call>,
    reader: &Call,
    cases: &mut Cases,
) {
    let (anomaly, what) = match writer {
        None => ("unexpected", "which nobody sent"),
        Some(writer) if writer.kind == Kind::Fail => ("G1a", "whose send failed"),
        Some(writer) if writer.invoked < reader.index => return,
        Some(writer) if writer.process == reader.process => {
            ("G1c-realtime", "which the same process sent only later")
        }
        Some(_) => ("G1c-realtime", "whose send began only later"),
    };
    let (name, value) = (&calls.keys[key].name, calls.message(key, message));
    let writer = writer.map(|writer| writer.index);
    let case = Case {
        severity: 0,
        text: format!("a poll shows message {} of key {}, {what}", shown(value), brief(&**name)),
        detail: json!({"key": name, "value": value, "writer": writer, "reader": reader.index}),
        ops: writer.into_iter().chain([reader.index]).collect(),
    };
    cases.add(anomaly, case);
}
