//! Logs as in Kafka: messages in an order that everyone agrees on, none lost, none shown twice.
//!
//! Each key is a log. A `send` appends a message, which no other `send` to that key carries, and
//! learns its offset; a `poll` shows messages with their offsets from where its process left off.
//! From every offset that an acknowledged send or a poll mentions follows the *order* of a key: its
//! messages by offset, the gaps closed, since offsets may be sparse. A message's place in it is its
//! *index*. Everything else is judged by the order:
//!
//! | anomaly | what it means |
//! | --- | --- |
//! | `lost-write` | someone read a later message of the key, but no one ever read this acknowledged one |
//! | `unseen` | an acknowledged message that no one read by the end |
//! | `inconsistent-offsets` | two messages at one offset |
//! | `duplicate` | one message at two offsets |
//! | `poll-skip` | a process's poll went on past a message that lies behind its last poll |
//! | `nonmonotonic-poll` | a process's poll went on at or before where its last poll had ended |
//! | `int-poll-skip`, `int-nonmonotonic-poll` | the same between messages of one poll |
//! | `nonmonotonic-send` | a process's send came before an earlier one of it in the key's order |
//! | `int-nonmonotonic-send` | the same between the sends of one operation |
//! | `int-send-skip` | sends of one operation with others' between them: reported, but allowed |
//! | `G1a` | a poll shows a message whose send failed |
//! | `G1c-realtime` | a poll shows a message that its own process, or another, sent only later |
//! | `unexpected` | a poll shows a message that nobody sent |
//!
//! # Where it is Jepsen's and where it is not
//!
//! The analysis is that of Jepsen's `jepsen.tests.kafka` with the options that Maelstrom gives it:
//! no transactions, positions by `assign` alone, and no write-write edges between sends, so that
//! neither `G0` nor a cycle through a key's order is ever searched for. What remains is a graph of
//! "saw the write of" and real-time order; and since an operation either sends or polls, it has a
//! cycle exactly if some poll ended before the send whose message it shows began. For otherwise
//! every edge leads to an operation that ends later than the edge's start began, two real-time edges
//! make one, and two "saw the write of" edges never meet: going round, time only advances. So that
//! is what is looked for, in linear time.
//!
//! Stricter than Jepsen: an `unexpected` message is invalid (there, the checker breaks off); a poll
//! that lists a key with no messages does not make a process's last read of that key forgotten, so that
//! a `poll-skip` past it is one; negative offsets are offsets. More lenient: an `assign` that seeks to
//! the beginning starts a process afresh.
//!
//! A poll that is ok but does not tell its answer, as Jepsen up to 0.3.1 wrote them down, may have shown
//! anything: it makes where its process is unknown, and the verdict, if a message may have been seen by
//! it alone.

mod calls;
mod cases;
mod density;
mod lag;
mod logs;
mod loss;
mod order;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use self::calls::{Body, Calls};
use self::cases::Cases;
use super::{Report, Valid};
use crate::history::{History, Kind};

/// Judges a run of the kafka workload. Operations and their values are in Jepsen's form: `send`
/// with `[["send", key, message]]`, completed with `[["send", key, [offset, message]]]`; `poll`
/// with `[["poll"]]`, completed with `[["poll", {key: [[offset, message], …]}]]`; `assign` with
/// `[key, …]`, and `"seek-to-beginning?": true` if it rewinds; `crash`.
///
/// Each anomaly found is a figure, with its count and its worst cases. Besides:
/// `worst-realtime-lag`, in seconds, is Jepsen's: the poll that was furthest behind, that is, began
/// longest after someone had known of the offset next to the last that its process had seen; one
/// that starts from a committed offset is taken to start from nothing, which overstates it.
/// `visibility-lag` bounds the time from the acknowledgement of a send until a poll shows its
/// message, as quantiles in milliseconds over all messages that were read: at least until the start
/// of the last poll of that key that came back without it, at most until the end of the first that
/// showed it. A node that answers in small batches counts as showing late, as it does to clients. Its
/// `worst` is the message that took longest by the first bound. `offsets-per-message` is the key whose
/// offsets are the sparsest: how many there are, from 0 to the highest, for each message.
pub fn kafka(history: &History) -> Report {
    let calls = Calls::of(history);
    let mut cases = Cases::default();
    let logs = logs::logs(&calls);
    logs::check(&calls, &logs, &mut cases);
    let fates = loss::fates(&calls);
    loss::check(&calls, &logs, &fates, &mut cases);
    order::check(&calls, &logs, &mut cases);
    let measured = lag::measure(&calls, &fates);
    let mut report = cases.report();
    let perhaps = loss::perhaps_seen(&calls, &fates);
    if perhaps > 0 {
        let polls = calls.list.iter().filter(|call| matches!(call.body, Body::Unanswered)).count();
        let polls = if polls == 1 { "a poll".to_owned() } else { format!("{polls} polls") };
        report = report.or_unknown(format!(
            "what {polls} showed is not on record, and nothing else can have shown {perhaps} of the \
             messages that were acknowledged"
        ));
        if report.maelstrom_says().valid == Valid::Yes {
            report = report.maelstrom(Valid::Unknown, []);
        }
    }
    if let Some(op) = calls.beyond {
        report = report.or_unknown(format!(
            "op {op} tells an offset that 128 bits do not hold, and so large ones are not followed"
        ));
    }
    let mut report = report
        .figure("worst-realtime-lag", measured.worst_realtime)
        .figure("visibility-lag", measured.visibility)
        .figure("info-txn-causes", causes(history, &calls));
    if let Some(sparsest) = density::sparsest(&calls, &logs) {
        report = report.figure("offsets-per-message", sparsest);
    }
    report
}

/// The errors that left sends and polls indeterminate.
fn causes(history: &History, calls: &Calls) -> Value {
    let causes: BTreeMap<String, Value> = calls
        .list
        .iter()
        .filter(|call| call.kind == Kind::Info)
        .filter(|call| matches!(call.body, Body::Send(_) | Body::Poll(_)))
        .filter_map(|call| history.ops()[call.index].error.as_ref())
        .map(|error| (error.to_string(), error.to_json()))
        .collect();
    causes.into_values().collect()
}
