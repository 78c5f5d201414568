//! A store of one's own, checked with threads: registers behind a lock, and the same with a cache that
//! is fast and wrong.
//!
//! ```sh
//! cargo run -p glomers-check --example own_store
//! ```
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example may")]

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread;

use glomers_check::{Checker, Finding, History, Recorder, Valid};
use serde_json::json;

const CLIENTS: u64 = 4;
const OPERATIONS: u64 = 200;
const KEYS: u64 = 3;

/// Registers by key. It is right.
#[derive(Default)]
struct Store(Mutex<BTreeMap<u64, u64>>);

impl Store {
    fn write(&self, key: u64, value: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value);
    }

    fn read(&self, key: u64) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied()
    }
}

/// What a client holds of the store.
struct Connection<'a> {
    store: &'a Store,
    /// Keeps what was read, and so spares the way to the store; forgets it now and then.
    cache: Option<BTreeMap<u64, Option<u64>>>,
    reads: u64,
}

impl<'a> Connection<'a> {
    fn new(store: &'a Store, caches: bool) -> Self {
        Self { store, cache: caches.then(BTreeMap::new), reads: 0 }
    }

    fn write(&mut self, key: u64, value: u64) {
        self.store.write(key, value);
        if let Some(cache) = &mut self.cache {
            cache.insert(key, Some(value));
        }
    }

    fn read(&mut self, key: u64) -> Option<u64> {
        self.reads += 1;
        match &mut self.cache {
            Some(cache) => {
                if self.reads.is_multiple_of(20) {
                    cache.clear();
                }
                // Others may have written meanwhile.
                *cache.entry(key).or_insert_with(|| self.store.read(key))
            }
            None => self.store.read(key),
        }
    }
}

/// Lets clients write and read at once, and keeps what they saw.
fn history(caches: bool) -> History {
    let (store, recorder) = (Store::default(), Recorder::default());
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (mut client, mut connection) = (recorder.client(), Connection::new(&store, caches));
            scope.spawn(move || {
                for n in 0..OPERATIONS {
                    let key = n % KEYS;
                    if (n + number).is_multiple_of(3) {
                        // No value twice: so a read tells whose it is.
                        let value = n * CLIENTS + number;
                        let write = client.invoke("write", json!([key, value]));
                        connection.write(key, value);
                        write.ok(json!([key, value]));
                    } else {
                        let read = client.invoke("read", json!([key, null]));
                        let value = connection.read(key);
                        read.ok(json!([key, value]));
                    }
                    thread::yield_now();
                }
            });
        }
    });
    recorder.history()
}

/// A finding for people: what, why, where to look, and who did what.
fn told(finding: &Finding, history: &History) -> String {
    let mut told = format!("{}: {}\n", finding.anomaly, finding.text);
    if let Some(kind) = finding.kind() {
        told += &format!("  That is: {}.\n  {}\n", kind.meaning(), kind.advice());
    }
    told += "  The operations that prove it:\n";
    for op in finding.ops.iter().map(|&op| &history.ops()[op]) {
        let (process, kind) = (json!(op.process), json!(op.kind));
        told += &format!("    #{} client {process} {kind} {} {}\n", op.index, op.f, op.value);
    }
    told
}

fn main() {
    for (name, caches) in [("a store behind a lock", false), ("the same with caches", true)] {
        let history = history(caches);
        let report = Checker::LinKv.check(&history);
        let verdict = match report.valid {
            Valid::Yes => "linearizable",
            Valid::No => "NOT linearizable",
            Valid::Unknown => "unknown",
        };
        println!("{name}: {verdict}, by {} events\n", history.ops().len());
        if let Some(finding) = report.findings.first() {
            println!("{}", told(finding, &history));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_found_and_the_lock_is_not_blamed() {
        assert_eq!(Checker::LinKv.check(&history(false)).valid, Valid::Yes);
        let history = history(true);
        let report = Checker::LinKv.check(&history);
        assert_eq!(report.valid, Valid::No);
        let told = told(&report.findings[0], &history);
        assert!(told.contains("nonlinearizable") && told.contains("a cache"), "{told}");
    }
}
