//! Logs as in Kafka: clients send messages to keys, poll the keys that they are assigned, and commit
//! what they polled.
//!
//! The load is that of Jepsen's `jepsen.tests.kafka` with the options that Maelstrom gives it. Half
//! of the operations send the next message to a key and half poll. One in 64 is an assign instead,
//! of the key that the operation would have used, and a third of those take in every key in which
//! something was acknowledged that nobody has polled yet. Now and then a client crashes.
//!
//! Finally each worker crashes, is assigned every key from the beginning, and polls until it has
//! seen the highest offset known of each, for ten seconds at most. A client that has to be replaced
//! on the way is assigned again. A final poll that finds nothing takes a fifth of a second to say so,
//! about Jepsen's pace, lest waiting become a busy loop.

mod consumer;
mod finals;
mod offsets;
mod pool;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::mem;
use std::num::{NonZeroU8, NonZeroU64};
use std::time::Duration;

use glomers_check::checker::Checker;
use glomers_check::history::{Kind, Op};
use rand::RngExt;
use serde_json::{Map, json};

use self::consumer::Consumer;
use self::finals::Finals;
use self::offsets::{Offsets, highest_offsets, raise};
use self::pool::{Pool, Touch};
use super::{Draft, Session, Workload};
use crate::rng::Rng;

/// One operation in this many is an assign.
const ASSIGN: u32 = 64;

/// One assign in this many takes in what nobody has polled.
const CATCH_UP: u32 = 3;

/// How the load is made up. The defaults are Maelstrom's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many keys are in use at a time, 63 at most. Each is chosen twice as often as the one
    /// before it.
    pub key_count: NonZeroU8,
    /// How many messages a key gets before a fresh one takes its place. Long logs make skips
    /// likelier, many short ones are closer to how services use keys.
    pub max_writes_per_key: NonZeroU64,
    /// How long a client lives on average before it crashes on purpose.
    pub crash_interval: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            key_count: NonZeroU8::MIN.saturating_add(9),
            max_writes_per_key: NonZeroU64::MIN.saturating_add(15),
            crash_interval: Duration::from_secs(30),
        }
    }
}

/// The kafka workload.
#[derive(Debug)]
pub struct Kafka {
    pool: Pool,
    /// An operation that an assign has gone ahead of.
    upcoming: Option<Touch>,
    /// How long a client lives on average, in nanoseconds.
    crash_interval: u64,
    /// When each process last asked what to do.
    asked: BTreeMap<u64, u64>,
    /// The highest offset seen of each key, by whomever.
    highest: Offsets,
    /// The highest offsets sent, of the keys in which they were not polled yet.
    unseen: Offsets,
    polled: Offsets,
    /// The time of the last event.
    now: u64,
    finals: Option<Finals>,
}

impl Kafka {
    /// A workload that has not begun.
    pub fn new(options: &Options) -> Self {
        let interval = u64::try_from(options.crash_interval.as_nanos()).unwrap_or(u64::MAX);
        Self {
            pool: Pool::new(options.key_count, options.max_writes_per_key),
            upcoming: None,
            crash_interval: interval.max(1),
            asked: BTreeMap::new(),
            highest: Offsets::new(),
            unseen: Offsets::new(),
            polled: Offsets::new(),
            now: 0,
            finals: None,
        }
    }

    /// Whether a client shall crash now: as likely as the time since it last asked is a part of the
    /// time that it lives on average.
    fn crashes(&mut self, rng: &mut Rng, process: u64) -> bool {
        let last = self.asked.insert(process, self.now).unwrap_or(self.now);
        rng.random_range(0..self.crash_interval) < self.now.saturating_sub(last)
    }

    fn assign(&self, rng: &mut Rng, key: String) -> Draft {
        let mut keys = vec![key];
        if !self.unseen.is_empty() && rng.random_ratio(1, CATCH_UP) {
            let others = self.unseen.keys().filter(|other| **other != keys[0]).cloned();
            keys = others.chain(keys.clone()).collect();
        }
        Draft { f: "assign", value: json!(keys), extra: Map::new() }
    }

    /// Takes note of the offsets that a successful operation tells.
    fn learn(&mut self, op: &Op) {
        let sends = op.f == "send";
        if !sends && op.f != "poll" {
            return;
        }
        for (key, offset) in &highest_offsets(op.value.view()) {
            raise(&mut self.highest, key, *offset);
            raise(if sends { &mut self.unseen } else { &mut self.polled }, key, *offset);
            if self.polled.get(key) >= self.unseen.get(key) {
                self.polled.remove(key);
                self.unseen.remove(key);
            }
        }
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Self::new(&Options::default())
    }
}

impl Workload for Kafka {
    fn next(&mut self, rng: &mut Rng, process: u64) -> Option<Draft> {
        if self.crashes(rng, process) {
            return Some(Draft { f: "crash", ..Draft::default() });
        }
        let touch = self.upcoming.take().unwrap_or_else(|| self.pool.touch(rng));
        if rng.random_ratio(1, ASSIGN) {
            let assign = self.assign(rng, touch.key());
            self.upcoming = Some(touch);
            return Some(assign);
        }
        Some(touch.into_draft())
    }

    fn has_final(&self) -> bool {
        true
    }

    fn next_final(&mut self, _rng: &mut Rng, process: u64) -> Option<Draft> {
        let finals = self.finals.get_or_insert_with(|| {
            Finals::new(mem::take(&mut self.asked).into_keys().collect(), self.highest.clone())
        });
        finals.next(process)
    }

    fn observe(&mut self, op: &Op) {
        self.now = op.time;
        if let Some(finals) = &mut self.finals {
            finals.observe(op);
        }
        if op.kind == Kind::Ok {
            self.learn(op);
        }
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(Consumer::default())
    }

    fn checker(&self) -> Checker {
        Checker::Kafka
    }
}
