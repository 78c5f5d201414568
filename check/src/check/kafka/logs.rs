//! Each key's order, as everyone's offsets tell it; and where they contradict one another.

use serde_json::json;

use super::calls::{Calls, Offset};
use super::cases::{Case, Cases};
use crate::check::json::number;
use crate::check::wording::{all_shown, brief, shown};

/// A message said to be at some offset, and the first operation that says so.
pub(super) struct Claim {
    pub(super) message: usize,
    pub(super) op: usize,
}

/// A key's order.
pub(super) struct Log {
    /// The offsets known, ascending, each with the messages claimed to be there.
    pub(super) slots: Vec<(Offset, Vec<Claim>)>,
    /// The index of each message that stands for its slot: the last, if it has several.
    place: Vec<Option<usize>>,
}

/// What is said of offsets and messages, with the operations that say so. The same is said by every poll,
/// so what was said before is left out time and again.
#[derive(Default)]
struct Claims(Vec<(Offset, usize, usize)>);

impl Claims {
    fn push(&mut self, offset: Offset, message: usize, op: usize) {
        if self.0.len() == self.0.capacity() {
            self.tidy();
            // Not at every push, where most of it is new.
            if self.0.len() > self.0.capacity() / 2 {
                self.0.reserve(self.0.capacity());
            }
        }
        self.0.push((offset, message, op));
    }

    /// In order, each once, with the first operation that says so.
    fn tidied(mut self) -> Vec<(Offset, usize, usize)> {
        self.tidy();
        self.0
    }

    fn tidy(&mut self) {
        self.0.sort_unstable();
        self.0.dedup_by_key(|&mut (offset, message, _)| (offset, message));
    }
}

impl Log {
    fn new(claims: Claims, messages: usize) -> Self {
        let claims = claims.tidied();
        let mut log = Self { slots: Vec::new(), place: vec![None; messages] };
        for (offset, message, op) in claims {
            let claim = Claim { message, op };
            match log.slots.last_mut() {
                Some((last, claims)) if *last == offset => claims.push(claim),
                _ => {
                    log.place[message] = Some(log.slots.len());
                    log.slots.push((offset, vec![claim]));
                }
            }
        }
        log
    }

    /// How far `to` is after `from`; 1, as if it were the next, if either's place is unknown.
    pub(super) fn distance(&self, from: usize, to: usize) -> isize {
        match (self.place[from], self.place[to]) {
            (Some(from), Some(to)) => to.cast_signed() - from.cast_signed(),
            _ => 1,
        }
    }

    /// The messages between two others.
    pub(super) fn between(&self, from: usize, to: usize) -> impl Iterator<Item = usize> {
        let slots = match (self.place[from], self.place[to]) {
            (Some(from), Some(to)) if from < to => &self.slots[from + 1..to],
            _ => &[],
        };
        slots.iter().map(|(_, claims)| claims[0].message)
    }
}

/// The logs of all keys. Offsets come from acknowledged sends and from polls; where several messages
/// claim a slot, the one first heard of stands for it.
pub(super) fn logs(calls: &Calls) -> Vec<Log> {
    let mut claims: Vec<_> = calls.keys.iter().map(|_| Claims::default()).collect();
    for (call, sent) in calls.sent() {
        if let Some(offset) = sent.offset {
            claims[sent.key].push(offset, sent.message, call.index);
        }
    }
    for (call, key, seen) in calls.polled() {
        for seen in seen {
            if let Some(offset) = seen.offset() {
                claims[key].push(offset, seen.message, call.index);
            }
        }
    }
    let keys = calls.keys.iter().map(|key| key.messages.len());
    claims.into_iter().zip(keys).map(|(claims, messages)| Log::new(claims, messages)).collect()
}

/// Finds `inconsistent-offsets` and `duplicate`.
pub(super) fn check(calls: &Calls, logs: &[Log], cases: &mut Cases) {
    for (key, log) in logs.iter().enumerate() {
        let (name, brief) = (&calls.keys[key].name, brief(&*calls.keys[key].name));
        let mut places: Vec<Vec<(Offset, usize)>> = vec![Vec::new(); log.place.len()];
        for (index, (offset, claims)) in log.slots.iter().enumerate() {
            for claim in claims {
                places[claim.message].push((*offset, claim.op));
            }
            if claims.len() < 2 {
                continue;
            }
            let values: Vec<_> = claims.iter().map(|it| calls.message(key, it.message)).collect();
            let case = Case {
                severity: claims.len(),
                text: format!(
                    "offset {offset} of key {brief} holds each of {}",
                    all_shown(values.iter().copied())
                ),
                detail: json!({
                    "key": name, "offset": number(*offset), "index": index, "values": values,
                }),
                ops: claims.iter().map(|claim| claim.op).collect(),
            };
            cases.add("inconsistent-offsets", case);
        }
        for (message, places) in places.iter().enumerate().filter(|(_, places)| places.len() > 1) {
            let value = calls.message(key, message);
            let offsets: Vec<_> = places.iter().map(|&(offset, _)| number(offset)).collect();
            let case = Case {
                severity: places.len(),
                text: format!(
                    "message {} of key {brief} is at each of {}",
                    shown(value),
                    all_shown(&offsets)
                ),
                detail: json!({
                    "key": name, "value": value, "count": places.len(), "offsets": offsets,
                }),
                ops: places.iter().map(|&(_, op)| op).collect(),
            };
            cases.add("duplicate", case);
        }
    }
}
