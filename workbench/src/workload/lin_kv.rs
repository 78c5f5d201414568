//! Registers as in Maelstrom's lin-kv, one for each key.

use std::collections::BTreeSet;
use std::time::Duration;

use glomers_check::checker::Checker;
use rand::RngExt;
use serde_json::{Map, Value, json};

use super::schema::Reply;
use super::{Conditions, Draft, Outcome, Session, Workload};
use crate::client::Client;
use crate::rng::Rng;

/// Values are below this.
const VALUES: u64 = 5;

/// How the load is made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many processes a key meets before a fresh one takes its place: 20 in Maelstrom. Each that
    /// it loses may leave an operation behind whose outcome nobody knows.
    pub processes_per_key: usize,
    /// How many operations a key gets before a fresh one takes its place, give or take a tenth. In
    /// Maelstrom a key that loses no process is in use till the end; but what goes wrong when a key
    /// is new, and what a key is told of that was never written, wants more than one.
    pub ops_per_key: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { processes_per_key: 20, ops_per_key: 200 }
    }
}

/// Clients read, write, and compare and set the values of keys: the workload `lin-kv`.
///
/// As in Jepsen's test of a linearizable register, clients work in groups of two for each node, each
/// group on a key of its own at a time. The first half of a group reads; of what the others do a
/// third are writes and the rest compares and sets. Where clients are fewer there is one group of all
/// of them, and who is alone does everything.
#[derive(Debug)]
pub struct LinKv {
    options: Options,
    workers: u64,
    group: u64,
    timeout: Duration,
    next_key: u64,
    /// What each group is at work on.
    keys: Vec<Option<Key>>,
}

#[derive(Debug)]
struct Key {
    number: u64,
    processes: BTreeSet<u64>,
    left: u64,
}

impl LinKv {
    /// A workload that has not begun.
    pub fn new(options: &Options) -> Self {
        Self {
            options: options.clone(),
            workers: 1,
            group: 1,
            timeout: timeout(Duration::ZERO),
            next_key: 0,
            keys: Vec::new(),
        }
    }

    /// The key for `process`, of its group.
    fn key(&mut self, rng: &mut Rng, process: u64) -> u64 {
        let group = usize::try_from(process % self.workers / self.group).unwrap_or_default();
        if self.keys.len() <= group {
            self.keys.resize_with(group + 1, || None);
        }
        let most = self.options.processes_per_key;
        let current = &mut self.keys[group];
        let usable = current.as_ref().is_some_and(|key| {
            key.left > 0 && (key.processes.len() < most || key.processes.contains(&process))
        });
        if !usable {
            *current = None;
        }
        let key = current.get_or_insert_with(|| {
            let ops = self.options.ops_per_key;
            let left = rng.random_range(ops - ops / 10..=ops).max(1);
            self.next_key += 1;
            Key { number: self.next_key - 1, processes: BTreeSet::new(), left }
        });
        key.processes.insert(process);
        key.left -= 1;
        key.number
    }
}

impl Default for LinKv {
    fn default() -> Self {
        Self::new(&Options::default())
    }
}

/// How long clients wait for an answer: the larger of a second and ten latencies.
fn timeout(latency: Duration) -> Duration {
    latency.saturating_mul(10).max(Duration::from_secs(1))
}

impl Workload for LinKv {
    fn begin(&mut self, conditions: &Conditions) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.workers = count(conditions.workers).max(1);
        self.group = count(conditions.nodes).saturating_mul(2).clamp(1, self.workers);
        self.timeout = timeout(conditions.latency);
    }

    fn next(&mut self, rng: &mut Rng, process: u64) -> Option<Draft> {
        let key = self.key(rng, process);
        let place = process % self.workers % self.group;
        let reads = if self.group == 1 { rng.random() } else { place < self.group / 2 };
        let (f, value) = if reads {
            ("read", Value::Null)
        } else {
            let mut value = || rng.random_range(0..VALUES);
            let (a, b) = (value(), value());
            if rng.random_ratio(1, 3) { ("write", json!(a)) } else { ("cas", json!([a, b])) }
        };
        Some(Draft { f, value: json!([key, value]), extra: Map::new() })
    }

    fn reuses_clients(&self) -> bool {
        true
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(LinKvSession(self.timeout))
    }

    fn checker(&self) -> Checker {
        Checker::LinKv
    }
}

struct LinKvSession(Duration);

impl Session for LinKvSession {
    fn invoke<'a>(
        &'a mut self,
        client: &'a mut Client,
        node: &'a str,
        draft: &'a Draft,
    ) -> Outcome<'a> {
        Box::pin(async move {
            let (key, change) = (&draft.value[0], &draft.value[1]);
            let mut fields = Map::from_iter([("key".to_owned(), key.clone())]);
            match draft.f {
                "read" => {}
                "write" => drop(fields.insert("value".to_owned(), change.clone())),
                _ => {
                    fields.insert("from".to_owned(), change[0].clone());
                    fields.insert("to".to_owned(), change[1].clone());
                }
            }
            let reply = Reply::new(client.rpc_within(self.0, node, draft.f, fields).await?);
            if draft.f == "read" {
                return Ok(json!([key, reply.any("value")?]));
            }
            reply.nothing()?;
            Ok(draft.value.clone())
        })
    }

    fn is_idempotent(&self, f: &str) -> bool {
        f == "read"
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::SeedableRng;

    use super::*;

    fn conditions(nodes: usize, workers: usize) -> Conditions {
        Conditions { nodes, workers, latency: Duration::from_millis(300) }
    }

    /// The operations of a load in which every process is asked in turn.
    fn drafts(nodes: usize, workers: u64, rounds: usize) -> Vec<(u64, Draft)> {
        let mut workload = LinKv::default();
        workload.begin(&conditions(nodes, usize::try_from(workers).unwrap()));
        let mut rng = Rng::seed_from_u64(1);
        let mut drafts = Vec::new();
        for process in (0..workers).cycle().take(rounds) {
            drafts.push((process, workload.next(&mut rng, process).unwrap()));
        }
        drafts
    }

    #[test]
    fn half_of_a_group_reads_and_a_third_of_the_others_do_writes() {
        // Two groups of four.
        let drafts = drafts(2, 8, 8_000);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (process, draft) in &drafts {
            assert_eq!(draft.f == "read", process % 4 < 2, "{process} {draft:?}");
            *counts.entry(draft.f).or_default() += 1;
        }
        assert_eq!(counts["read"], 4_000);
        assert!((1_200..1_470).contains(&counts["write"]), "{counts:?}");
        // No key is in use by both groups, and each gets its number of operations.
        let mut keys: BTreeMap<u64, (BTreeSet<u64>, usize)> = BTreeMap::new();
        for (process, draft) in &drafts {
            let key = keys.entry(draft.value[0].as_u64().unwrap()).or_default();
            key.0.insert(process / 4);
            key.1 += 1;
        }
        assert!(keys.values().all(|(groups, _)| groups.len() == 1));
        let last_two = keys.len() - 2;
        assert!(keys.values().take(last_two).all(|(_, ops)| (180..=200).contains(ops)), "{keys:?}");
        assert!((40..46).contains(&keys.len()), "{}", keys.len());
    }

    #[test]
    fn who_is_alone_does_everything() {
        let fs: BTreeSet<_> = drafts(1, 1, 100).into_iter().map(|(_, draft)| draft.f).collect();
        assert_eq!(fs, BTreeSet::from(["cas", "read", "write"]));
    }

    #[test]
    fn a_key_meets_so_many_processes_and_no_more() {
        let mut workload = LinKv::default();
        workload.begin(&conditions(1, 2));
        let mut rng = Rng::seed_from_u64(1);
        let mut key = |process| workload.next(&mut rng, process).unwrap().value[0].clone();
        // Each operation of the second worker costs it its process.
        for lost in 0..19 {
            assert_eq!((key(0), key(1 + 2 * lost)), (json!(0), json!(0)));
        }
        assert_eq!((key(0), key(39), key(0)), (json!(0), json!(1), json!(1)));
    }

    #[test]
    fn clients_wait_for_a_second_or_for_ten_latencies() {
        let mut workload = LinKv::default();
        assert_eq!(workload.timeout, Duration::from_secs(1));
        workload.begin(&conditions(1, 1));
        assert_eq!(workload.timeout, Duration::from_secs(3));
    }
}
