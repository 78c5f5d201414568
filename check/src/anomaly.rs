//! Anomalies: what each means, and what to do about it.

use std::fmt;

use crate::check::{Finding, Model};

/// What can be wrong with a history, by the name that people know.
///
/// ```
/// use glomers_check::Anomaly;
///
/// let skew = Anomaly::named("G2-item").unwrap();
/// assert!(skew.meaning().contains("write skew"));
/// let stale = Anomaly::named("G-single-item-realtime").unwrap();
/// assert!(stale.meaning().ends_with("counting what ended before what began"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Anomaly {
    entry: &'static Entry,
    order: &'static str,
}

/// A name, what it means, and what to do.
type Entry = (&'static str, &'static str, &'static str);

/// The orders by whose help a circle of transactions may be closed, and what that means.
const ORDERS: [(&str, &str); 3] = [
    ("", ""),
    ("-process", ", counting the order in which a process did its transactions"),
    ("-realtime", ", counting what ended before what began"),
];

/// Which of the names come with each of the orders.
const CYCLES: [&str; 5] = ["G0", "G1c", "G-single-item", "G-nonadjacent-item", "G2-item"];

const READ: &str = "Look at who acknowledged the value and who answered the read, and for the way that \
                    should have led from one to the other: a stale copy, a cache, a lagging replica, a \
                    quorum that need not overlap.";
const RETRY: &str = "Look for a request that was carried out twice: a retry without an id by which the \
                     second is known, a message that came twice, a restart that replays.";
const LOSS: &str = "Look at what happened between the acknowledgement and the read that lacks it: an \
                    answer before the write is durable or on enough replicas, a failover, an overwrite \
                    by an older state, a timestamp that went backwards.";
const ABORT: &str = "Look for effects that outlive a failure: a failure that is reported although its \
                     request went on, a rollback that comes after others have read.";
const ISOLATION: &str = "Look at the locks, versions or validations by which these transactions should \
                         have been kept apart, and which key of them is not covered. If the model is \
                         stronger than the store promises, hold it to a weaker one.";
const ORDER: &str = "Look at who gives out positions: two at a time, or one that starts again from an old \
                     state; and at readers that go on elsewhere after they were moved or restarted.";
const HISTORY: &str = "Look at how the history was recorded first: values must be unique where the \
                       checker says so, and an operation that may have happened is unknown, not failed.";

const ENTRIES: &[Entry] = &[
    (
        "wrong-echo",
        "an answer is not what was sent",
        "Look at how payloads are decoded and encoded.",
    ),
    (
        "nonlinearizable",
        "no order of the operations, each at a moment between its beginning and its end, explains their results",
        READ,
    ),
    (
        "duplicated",
        "something is there twice: an id was given out twice, an element is listed twice",
        RETRY,
    ),
    (
        "lost",
        "an element that was acknowledged, or seen, is missing from a later read for good",
        LOSS,
    ),
    (
        "unconverged",
        "an element that was acknowledged before a quiet time is not on every node after it",
        "Look at what is told to whom, and again to whom after a loss: a link that is used in one \
         direction only, a message that is sent once, a node that nobody forwards to.",
    ),
    ("unexpected", "a read shows what nobody wrote", HISTORY),
    ("wrong-sum", "a final read of a counter is no sum that can have come about", RETRY),
    ("lost-write", "a write that was acknowledged is missing from what everyone reads later", LOSS),
    ("unseen", "a message that was acknowledged was never read by anyone", LOSS),
    ("inconsistent-offsets", "two messages have one offset", ORDER),
    ("duplicate", "one message has two offsets", RETRY),
    ("poll-skip", "a consumer went on past a message", ORDER),
    ("nonmonotonic-poll", "a consumer went back", ORDER),
    ("int-poll-skip", "one poll goes past a message", ORDER),
    ("int-nonmonotonic-poll", "one poll goes back", ORDER),
    ("nonmonotonic-send", "a later send of a producer got a lower offset", ORDER),
    ("int-nonmonotonic-send", "a later send of one operation got a lower offset", ORDER),
    ("G0", "dirty write: writes of transactions are interleaved", ISOLATION),
    ("G1a", "aborted read: a read shows what a failed operation wrote", ABORT),
    ("G1b", "intermediate read: a read shows what its writer overwrote itself", ISOLATION),
    ("G1c", "circular information flow: transactions depend on each other's writes", ISOLATION),
    ("G-single-item", "read skew: a transaction saw a part of another, or not its past", ISOLATION),
    (
        "G-nonadjacent-item",
        "transactions missed each other's writes, no two in succession",
        ISOLATION,
    ),
    ("G2-item", "write skew and its kin: transactions missed each other's writes", ISOLATION),
    (
        "internal",
        "a transaction reads something else than it has read or written itself",
        ISOLATION,
    ),
    ("future-read", "a transaction reads what it writes only later", ISOLATION),
    ("lost-update", "several transactions read one version and each wrote on it", ISOLATION),
    ("cyclic-versions", "the versions of a register come before each other", ISOLATION),
    (
        "incompatible-order",
        "of two reads of a list neither is the beginning of the other",
        ISOLATION,
    ),
    ("duplicate-elements", "a list has an element twice", RETRY),
    ("dirty-update", "what lasted was built on what a failed transaction wrote", ABORT),
    ("divergence", "after everything has settled, not everyone reads the same", LOSS),
    ("unreadable", "an operation has not the form that the checker reads", HISTORY),
    ("not-unique", "a value was written to a key twice, so that no read tells which", HISTORY),
    (
        "nothing-forbidden",
        "the models that were asked for forbid nothing that is looked for",
        "Ask for others: see `Model`.",
    ),
    (
        "none-ok",
        "no operation of a kind has succeeded, so nothing was shown",
        "Look at the errors in the history.",
    ),
    (
        "unavailable",
        "fewer operations succeeded than was promised",
        "Look at the errors in the history, and at the faults at that time.",
    ),
    (
        "malformed-reply",
        "an answer has not the form that was agreed",
        "Look at how answers are encoded.",
    ),
];

impl Anomaly {
    /// The one of that name.
    ///
    /// ```
    /// assert_eq!(glomers_check::Anomaly::named("no such thing"), None);
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        ORDERS.iter().rev().find_map(|&(order, _)| {
            let base = name.strip_suffix(order)?;
            let entry = ENTRIES.iter().find(|(name, ..)| *name == base)?;
            (order.is_empty() || CYCLES.contains(&base) || name == "G1c-realtime")
                .then_some(Self { entry, order })
        })
    }

    /// What it means, in a sentence without its end.
    ///
    /// ```
    /// use glomers_check::Anomaly;
    ///
    /// let lost = Anomaly::named("lost").unwrap();
    /// assert!(lost.meaning().starts_with("an element that was acknowledged"));
    /// ```
    pub fn meaning(self) -> String {
        let order = ORDERS.iter().find(|(order, _)| *order == self.order);
        format!("{}{}", self.entry.1, order.map_or("", |(_, meaning)| meaning))
    }

    /// Where to look for its cause.
    ///
    /// ```
    /// use glomers_check::Anomaly;
    ///
    /// assert!(Anomaly::named("duplicate").unwrap().advice().contains("carried out twice"));
    /// ```
    pub fn advice(self) -> &'static str {
        self.entry.2
    }

    /// The models of transactions that forbid it.
    ///
    /// ```
    /// use glomers_check::{Anomaly, Model};
    ///
    /// let skew = Anomaly::named("G2-item").unwrap();
    /// assert!(skew.forbidden_by().any(|model| model == Model::SERIALIZABLE));
    /// assert!(skew.forbidden_by().all(|model| model != Model::SNAPSHOT_ISOLATION));
    /// ```
    pub fn forbidden_by(self) -> impl Iterator<Item = Model> {
        let name = self.to_string();
        Model::all().filter(move |model| model.forbids(&name))
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.entry.0, self.order)
    }
}

impl Finding {
    /// What kind of thing it is; nothing if the name is none of ours.
    ///
    /// ```
    /// use glomers_check::Finding;
    ///
    /// let finding = Finding::new("lost", "7 is gone", [3]);
    /// assert_eq!(finding.kind().unwrap().to_string(), "lost");
    /// ```
    pub fn kind(&self) -> Option<Anomaly> {
        Anomaly::named(&self.anomaly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::anomalies::GENERAL;
    use crate::checker::Checker;

    #[test]
    fn every_anomaly_has_a_meaning_and_no_meaning_is_left_over() {
        let checkers = Checker::WORKLOADS.map(|name| Checker::of_workload(name, &[]).unwrap());
        let names = checkers.iter().flat_map(Checker::anomalies).chain(&GENERAL);
        let mut used = Vec::new();
        for name in names {
            let anomaly = Anomaly::named(name).unwrap_or_else(|| panic!("{name} means nothing"));
            assert_eq!(anomaly.to_string(), *name);
            used.push(anomaly.entry.0);
        }
        for (name, ..) in ENTRIES {
            assert!(used.contains(name), "{name} is found by nobody");
        }
    }
}
