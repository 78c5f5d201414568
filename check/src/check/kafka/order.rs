//! Whether each process meets the messages of a key in the key's order, and without gaps.

use std::collections::BTreeMap;

use serde_json::json;

use super::calls::{Body, Call, Calls};
use super::cases::{Case, Cases};
use super::logs::Log;
use crate::check::report::SHOWN;
use crate::check::wording::{all_shown, brief, shown};
use crate::history::{Kind, Process};

/// What steps from one message of a key to another are called where they are wrong.
struct Rule {
    verb: &'static str,
    skip: Option<&'static str>,
    back: &'static str,
}

const POLL: Rule = Rule { verb: "polled", skip: Some("poll-skip"), back: "nonmonotonic-poll" };
const INT_POLL: Rule =
    Rule { verb: "polled", skip: Some("int-poll-skip"), back: "int-nonmonotonic-poll" };
/// Others may send in between.
const SEND: Rule = Rule { verb: "sent", skip: None, back: "nonmonotonic-send" };
const INT_SEND: Rule =
    Rule { verb: "sent", skip: Some("int-send-skip"), back: "int-nonmonotonic-send" };

/// The last message that a process met in each key.
type Position = BTreeMap<usize, Met>;

#[derive(Clone, Copy)]
struct Met {
    message: usize,
    /// The operation that met it.
    op: usize,
    /// A later poll of the process showed the key with nothing.
    nothing_since: bool,
}

#[derive(Default)]
struct Positions {
    polled: Position,
    sent: Position,
}

/// Finds `poll-skip`, `nonmonotonic-poll`, `nonmonotonic-send`, and the same within one operation.
///
/// An assign makes a process forget its positions in the keys that it gives up, and only in those:
/// where it keeps a key it goes on where it was.
///
/// A step that Jepsen does not see is one of ours alone: from what a process polled last of a key, over
/// a poll that shows the key with nothing.
pub(super) fn check(calls: &Calls, logs: &[Log], cases: &mut Cases) {
    let mut judge = Judge { calls, logs, cases };
    let mut processes: BTreeMap<Process, Positions> = BTreeMap::new();
    for call in calls.list.iter().filter(|call| call.kind != Kind::Fail) {
        let positions = processes.entry(call.process).or_default();
        match &call.body {
            Body::Assign { keys, rewinds } => {
                positions.polled.retain(|key, _| keys.contains(key) && !rewinds);
                positions.sent.retain(|key, _| keys.contains(key));
            }
            Body::Poll(polled) => {
                for (key, seen) in calls.polled_by(polled) {
                    let messages = seen.iter().map(|seen| seen.message);
                    judge.walk(call, key, messages, &mut positions.polled, [&POLL, &INT_POLL]);
                }
            }
            Body::Send(sent) => {
                let mut by_key: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
                for sent in sent {
                    by_key.entry(sent.key).or_default().push(sent.message);
                }
                for (key, messages) in by_key {
                    let messages = messages.into_iter();
                    judge.walk(call, key, messages, &mut positions.sent, [&SEND, &INT_SEND]);
                }
            }
            // It may be anywhere by now.
            Body::Unanswered => positions.polled.clear(),
            Body::Other => {}
        }
    }
}

struct Judge<'a> {
    calls: &'a Calls,
    logs: &'a [Log],
    cases: &'a mut Cases,
}

impl Judge<'_> {
    /// Goes through the messages of one key that one call met: from the last position to the first
    /// of them by one rule, between them by the other.
    fn walk(
        &mut self,
        call: &Call,
        key: usize,
        messages: impl Iterator<Item = usize>,
        position: &mut Position,
        [between, within]: [&Rule; 2],
    ) {
        let mut last = position.get(&key).copied();
        for message in messages {
            if let Some(from) = last {
                let rule = if from.op == call.index { within } else { between };
                self.step(rule, call, key, from, message);
            }
            last = Some(Met { message, op: call.index, nothing_since: false });
        }
        if let Some(mut last) = last {
            last.nothing_since |= last.op != call.index;
            position.insert(key, last);
        }
    }

    fn step(&mut self, rule: &Rule, call: &Call, key: usize, from: Met, to: usize) {
        let Met { message: from, op, nothing_since } = from;
        let log = &self.logs[key];
        let distance = log.distance(from, to);
        let anomaly = match (distance, rule.skip) {
            (..=0, _) => rule.back,
            (2.., Some(skip)) => skip,
            _ => return,
        };
        let value = |message| self.calls.message(key, message);
        let (name, values) = (&self.calls.keys[key].name, [value(from), value(to)]);
        let skipped: Vec<_> = log.between(from, to).take(SHOWN).map(value).collect();
        let mut ops = vec![op, call.index];
        ops.dedup();
        let mut detail = json!({"key": name, "values": values, "delta": distance, "ops": ops});
        let how = if skipped.is_empty() {
            "which comes no later".to_owned()
        } else {
            detail["skipped"] = json!(skipped);
            format!("past {}", all_shown(skipped.iter().copied()))
        };
        let text = format!(
            "{} {} message {} of key {}, and next {}, {how}",
            call.process_name(),
            rule.verb,
            shown(values[0]),
            brief(&**name),
            shown(values[1]),
        );
        let case = Case { severity: distance.unsigned_abs(), text, detail, ops };
        // Jepsen knows no index of what comes before, and takes the step for one to the next.
        if nothing_since {
            self.cases.add_own(anomaly, case);
        } else {
            self.cases.add(anomaly, case);
        }
    }
}
