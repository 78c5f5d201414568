//! Whole clusters, end to end: the tests are in this package's `tests` folder, and here is what they
//! share.
//!
//! | `--test` | tests | of what |
//! | --- | --- | --- |
//! | `simulated` | `challenges` | every workload with our nodes, over seeds, latencies and partitions |
//! | | `weather` | lost and repeated messages: that they are, and what our nodes make of it |
//! | | `determinism` | that a seed replays every workload to the last byte, in any process |
//! | | `canaries` | faults: that they happen |
//! | | `faults` | what our nodes make of kills, pauses, disorder and wrong clocks |
//! | | `disk_canaries` | faults of disks: that they happen, and nothing else |
//! | | `disks` | that nothing acknowledged is lost, whoever is killed and whatever becomes of disks |
//! | | `kafka_weather` | the replicated log in partitions and bad weather: nobody is refused, nothing is lost |
//! | | `kafka_figures` | what the replicated log costs, how soon messages are visible, how dense offsets are |
//! | | `explore` | exploration: our nodes pass it, and the command tells how to see again what fails |
//! | | `planted` | bugs in nodes that are right without them: each is found, shrunk and replayed |
//! | | `transactions` | both nodes with transactions, over seeds, latencies and partitions; what they cost |
//! | | `wrong_nodes`, `wrong_kafka`, `wrong_txn` | checkers, by nodes that are wrong on purpose |
//! | | `restart` | counters whose nodes lose their memory |
//! | | `report` | what a report tells of a lost value; how it looks in the browser that the environment variable `CHROMIUM` names |
//! | | `store` | what the demo keeps, and that old runs are removed and nothing else |
//! | `processes` | `process_mode`, `other_language`, `real_maelstrom` | programs as nodes, in real time; and ours under Maelstrom itself |
//! | | `process_faults`, `killed` | that programs are sent real signals and none is left behind; what a counter's has kept |
//! | | `bad_input` | our nodes, sent nonsense |
//! | | `check` | `glomers check`: histories from files, from STDIN, and what is none |
//! | | `serve` | the store, shown to a browser |
//! | `house` | `workspace`, `examples`, `no_std` | rules that the workspace has given itself |
//!
//! Three programs and not one for each row: each of them is linked with all that a node needs.
//!
//! Those over seeds try as many as the environment variable `GLOMERS_SEEDS` says; with `usual`, as before
//! every change that lands, and without it a quarter of that.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "for tests alone")]

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

pub mod imports;
pub mod programs;
mod scenario;
pub mod wrong;

use std::env;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::thread;

pub use scenario::{Run, Scenario};

/// How many seeds to try: a quarter of the `usual` number, unless the environment variable
/// `GLOMERS_SEEDS` asks for that (`usual`), or for another.
///
/// # Panics
///
/// If what it asks for is neither.
pub fn seeds(usual: u64) -> u64 {
    match env::var("GLOMERS_SEEDS").as_deref() {
        Err(_) => usual.div_ceil(4),
        Ok("usual") => usual,
        Ok(seeds) => seeds.parse().expect("a number of seeds"),
    }
}

/// Does `job` for each of `items`, on as many threads as there are processors.
///
/// # Panics
///
/// If one of the jobs does.
pub fn in_parallel<T: Send>(
    items: impl IntoIterator<Item = T, IntoIter: Send>,
    job: impl Fn(T) + Sync,
) {
    let items = Mutex::new(items.into_iter());
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = items.lock().unwrap().next();
                    let Some(item) = next else { return };
                    job(item);
                }
            });
        }
    });
}
