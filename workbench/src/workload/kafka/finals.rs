//! The polls at the end: every worker reads everything.

use std::collections::{BTreeMap, BTreeSet};

use glomers_check::history::{Kind, Op, Process};
use serde_json::{Map, Value, json};

use super::super::Draft;
use super::offsets::{Offsets, highest_offsets};

/// How long the final polls may take, in nanoseconds.
const PATIENCE: u64 = 10_000_000_000;

/// How long a poll that finds nothing waits before it says so, in milliseconds.
const POLL_MS: u64 = 200;

/// How far each process has got.
#[derive(Debug)]
pub(super) struct Finals {
    /// The processes of the load, which shall crash, so that fresh clients begin.
    veterans: BTreeSet<u64>,
    /// What there is to be seen: the highest offset known of each key.
    targets: Offsets,
    /// What each process that was assigned everything has not seen yet.
    waiting: BTreeMap<u64, Offsets>,
    deadline: Option<u64>,
    now: u64,
}

impl Finals {
    pub(super) fn new(veterans: BTreeSet<u64>, targets: Offsets) -> Self {
        Self { veterans, targets, waiting: BTreeMap::new(), deadline: None, now: 0 }
    }

    pub(super) fn next(&mut self, process: u64) -> Option<Draft> {
        if self.targets.is_empty() || self.deadline.is_some_and(|deadline| self.now >= deadline) {
            return None;
        }
        let mut extra = Map::from_iter([("final?".to_owned(), Value::Bool(true))]);
        if self.veterans.remove(&process) {
            return Some(Draft { f: "crash", value: Value::Null, extra });
        }
        match self.waiting.get(&process) {
            None => {
                extra.insert("seek-to-beginning?".to_owned(), Value::Bool(true));
                let keys = self.targets.keys().cloned().collect();
                Some(Draft { f: "assign", value: keys, extra })
            }
            Some(waiting) if waiting.is_empty() => None,
            Some(_) => {
                extra.insert("poll-ms".to_owned(), POLL_MS.into());
                Some(Draft { f: "poll", value: json!([["poll"]]), extra })
            }
        }
    }

    pub(super) fn observe(&mut self, op: &Op) {
        let Process::Client(process) = op.process else { return };
        self.now = op.time;
        self.deadline.get_or_insert(op.time + PATIENCE);
        match (op.kind, op.f.as_str()) {
            (Kind::Ok, "assign") => drop(self.waiting.insert(process, self.targets.clone())),
            (Kind::Ok, "poll") => {
                let seen = highest_offsets(op.value.view());
                if let Some(waiting) = self.waiting.get_mut(&process) {
                    waiting.retain(|key, target| seen.get(key).is_none_or(|seen| seen < target));
                }
            }
            _ => {}
        }
    }
}
