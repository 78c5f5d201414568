//! A store that carries out transactions as it promises, or not, and the history that comes of it.

use std::mem;

use chacha20::ChaCha8Rng;
use im::OrdMap;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::super::Datatype;
use crate::check::testing::Script;
use crate::history::{History, Kind};

/// How a store isolates transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isolation {
    /// One after another, at a moment between invocation and completion.
    Strict,
    /// The same, but those that only read may see the past.
    StaleReads,
    /// Each sees the state as it began; of those that write the same, the first to end succeeds.
    Snapshot,
    /// Every read sees the newest state of what has ended, and nothing else.
    Committed,
    /// Every read and write happens at once, and stays even if the transaction fails.
    None,
}

pub(super) struct Plan {
    pub(super) datatype: Datatype,
    pub(super) isolation: Isolation,
    pub(super) transactions: usize,
    pub(super) processes: u64,
    pub(super) keys: usize,
    pub(super) writes_per_key: u64,
    /// In a thousand.
    pub(super) failing: u32,
    pub(super) unknown: u32,
}

type State = OrdMap<u64, Vec<u64>>;

struct Active {
    process: u64,
    asked: Vec<(bool, u64, u64)>,
    done: Vec<Value>,
    snapshot: State,
    buffer: Vec<(u64, u64)>,
}

pub(super) struct Store {
    plan: Plan,
    rng: ChaCha8Rng,
    state: State,
    past: Vec<State>,
    keys: Vec<(u64, u64)>,
    fresh: u64,
    script: Script,
}

/// Runs a load against a store.
pub(super) fn history(plan: Plan, seed: u64) -> History {
    let keys = (0..plan.keys as u64).map(|key| (key, 0)).collect();
    let fresh = plan.keys as u64;
    let rng = ChaCha8Rng::seed_from_u64(seed);
    let (state, past, script) = (State::new(), Vec::new(), Script::default());
    Store { plan, rng, state, past, keys, fresh, script }.run()
}

impl Store {
    fn run(mut self) -> History {
        let mut begun = 0;
        let mut next_process = self.plan.processes;
        let mut workers: Vec<Option<Active>> = (0..self.plan.processes).map(|_| None).collect();
        let mut processes: Vec<u64> = (0..self.plan.processes).collect();
        while begun < self.plan.transactions || workers.iter().any(Option::is_some) {
            let at = self.rng.random_range(0..workers.len());
            let Some(mut active) = workers[at].take() else {
                if begun < self.plan.transactions {
                    begun += 1;
                    workers[at] = Some(self.begin(processes[at]));
                }
                continue;
            };
            if active.done.len() < active.asked.len() {
                self.step(&mut active);
                workers[at] = Some(active);
                continue;
            }
            let kind = self.end(&active);
            if kind == Kind::Info {
                processes[at] = next_process;
                next_process += 1;
            }
            let value = Value::Array(active.done);
            self.script = mem::take(&mut self.script).event(active.process, kind, "txn", value);
        }
        self.script.history()
    }

    fn begin(&mut self, process: u64) -> Active {
        let mut asked = Vec::new();
        for _ in 0..self.rng.random_range(1..=4) {
            let at = (self.rng.random_range(1..1_u64 << self.keys.len())).ilog2() as usize;
            let (key, writes) = &mut self.keys[at];
            let writing = self.rng.random_bool(0.5);
            if writing && *writes == self.plan.writes_per_key {
                (*key, *writes) = (self.fresh, 0);
                self.fresh += 1;
            }
            *writes += u64::from(writing);
            asked.push((writing, *key, *writes));
        }
        let mops: Vec<_> = asked
            .iter()
            .map(
                |&(writes, key, value)| {
                    if writes { self.write(key, value) } else { json!(["r", key, null]) }
                },
            )
            .collect();
        self.script = mem::take(&mut self.script).invoke(process, "txn", json!(mops));
        let snapshot = self.state.clone();
        Active { process, asked, done: Vec::new(), snapshot, buffer: Vec::new() }
    }

    fn write(&self, key: u64, value: u64) -> Value {
        let f = if self.plan.datatype == Datatype::List { "append" } else { "w" };
        json!([f, key, value])
    }

    /// Carries out the next operation; or all of them, if the store does so.
    fn step(&mut self, active: &mut Active) {
        match self.plan.isolation {
            Isolation::Strict => {
                active.snapshot = self.state.clone();
                while active.done.len() < active.asked.len() {
                    self.operate(active);
                }
                self.commit(active);
            }
            Isolation::StaleReads => {
                active.snapshot = self.state.clone();
                let reads_only = active.asked.iter().all(|(writes, ..)| !writes);
                if reads_only && !self.past.is_empty() {
                    let first = self.past.len().saturating_sub(8);
                    let at = self.rng.random_range(first..self.past.len());
                    active.snapshot = self.past[at].clone();
                }
                while active.done.len() < active.asked.len() {
                    self.operate(active);
                }
                self.commit(active);
                self.past.push(self.state.clone());
            }
            Isolation::Snapshot => self.operate(active),
            Isolation::Committed => {
                active.snapshot = self.state.clone();
                self.operate(active);
            }
            Isolation::None => {
                active.snapshot = self.state.clone();
                self.operate(active);
                self.commit(active);
            }
        }
    }

    fn operate(&mut self, active: &mut Active) {
        let (writes, key, value) = active.asked[active.done.len()];
        if writes {
            active.buffer.push((key, value));
            active.done.push(self.write(key, value));
            return;
        }
        let mut list = active.snapshot.get(&key).cloned().unwrap_or_default();
        if self.plan.isolation != Isolation::Committed {
            list.extend(active.buffer.iter().filter(|(of, _)| *of == key).map(|(_, value)| *value));
        }
        let shown = match self.plan.datatype {
            Datatype::List => json!(list),
            Datatype::Register => json!(list.last()),
        };
        active.done.push(json!(["r", key, shown]));
    }

    fn commit(&mut self, active: &mut Active) {
        for (key, value) in active.buffer.drain(..) {
            self.put(key, value);
        }
    }

    fn put(&mut self, key: u64, value: u64) {
        let list = self.state.entry(key).or_default();
        if self.plan.datatype == Datatype::Register {
            list.clear();
        }
        list.push(value);
    }

    /// Ends a transaction whose operations are done.
    fn end(&mut self, active: &Active) -> Kind {
        let fails = self.rng.random_ratio(self.plan.failing, 1000);
        let unknown = self.rng.random_ratio(self.plan.unknown, 1000);
        let buffered = matches!(self.plan.isolation, Isolation::Snapshot | Isolation::Committed);
        if buffered {
            let conflicts = self.plan.isolation == Isolation::Snapshot
                && active
                    .buffer
                    .iter()
                    .any(|(key, _)| self.state.get(key) != active.snapshot.get(key));
            let lost = unknown && self.rng.random_bool(0.5);
            if fails || conflicts {
                return Kind::Fail;
            }
            if !lost {
                for &(key, value) in &active.buffer {
                    self.put(key, value);
                }
            }
        }
        match self.plan.isolation {
            Isolation::None if fails => Kind::Fail,
            _ if unknown => Kind::Info,
            _ => Kind::Ok,
        }
    }
}
