//! What nodes that are wrong on purpose share, and how they are told.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::num::{NonZeroU64, NonZeroUsize};

use clap::ValueEnum;
use glomers::workload::{Kind, txn};
use glomers_check::check::Valid;
use glomers_shims::runtime::{Net, Node};
use glomers_shims::storage::Storage;
use glomers_store::SimulatedDisk;
use serde::Serialize;

use crate::{Run, Scenario, seeds};

/// As many runs must find each flaw: see [`seeds`].
const USUAL: u64 = 6;

/// A node's only argument: what is wrong with it.
#[derive(clap::Args, Clone, Debug)]
pub struct Flawed<F: ValueEnum + Send + Sync + 'static> {
    /// Its flaw.
    #[arg(long)]
    pub flaw: F,
}

/// Says that something happens for the n-th time, over and over.
pub struct Every {
    nth: u64,
    count: Cell<u64>,
}

impl Every {
    /// For the `nth` time.
    pub fn new(nth: u64) -> Self {
        Self { nth, count: Cell::new(0) }
    }

    /// Whether it is now.
    pub fn strikes(&self) -> bool {
        self.count.set(self.count.get() + 1);
        self.count.get().is_multiple_of(self.nth)
    }
}

/// What outlives a node of a run in virtual time.
///
/// # Panics
///
/// If nothing does.
pub fn disk_of(net: &Net) -> SimulatedDisk {
    match net.storage() {
        Some(Storage::Memory(disk)) => disk.clone(),
        other => panic!("the workbench gives each node a disk, and not {other:?}"),
    }
}

/// Tells every other node, once: whom a partition keeps from hearing it never does.
pub fn tell_peers(net: &Net, message: &impl Serialize) {
    for node in net.node_ids().iter().filter(|node| net.is_peer(node)) {
        net.send(node, message);
    }
}

/// Transactions on many short-lived keys: what was written last is then read of each in the end.
pub fn short_lived() -> txn::Options {
    txn::Options {
        max_writes_per_key: NonZeroU64::MIN.saturating_add(1),
        min_txn_length: NonZeroUsize::MIN.saturating_add(2),
        max_txn_length: NonZeroUsize::MIN.saturating_add(5),
        ..txn::Options::default()
    }
}

impl Scenario {
    /// With a node of the test's own that has this flaw.
    pub fn of_flawed<N, F>(workload: Kind, flaw: F) -> Self
    where
        N: Node<Args = Flawed<F>>,
        F: ValueEnum + Debug + Send + Sync + 'static,
    {
        Self::of_node::<N>(workload, Flawed { flaw })
    }

    /// Whatever the seed, the run must be invalid for these reasons: all of those in `must`, perhaps
    /// some of those in `may`, and no others. Returns one of the runs.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[track_caller]
    pub fn assert_found(&self, must: &[&str], may: &[&str]) -> Run {
        let mut last = None;
        for seed in 0..seeds(USUAL) {
            let scenario = self.clone().seed(seed);
            let run = scenario.run().unwrap();
            let found = run.anomalies();
            let must: BTreeSet<_> = must.iter().copied().collect();
            let allowed: BTreeSet<_> = must.iter().chain(may).copied().collect();
            let what = &run.results.findings;
            assert!(must.is_subset(&found), "{scenario}: {must:?} is not in {found:?}");
            let other = what.iter().find(|finding| !allowed.contains(&*finding.anomaly));
            assert!(other.is_none(), "{scenario}: {found:?}: {other:#?}");
            assert_eq!(run.results.valid, Valid::No, "{scenario}");
            for finding in what {
                let proved = finding.anomaly == "muted" || finding.anomaly == "crashed";
                assert!(proved || !finding.ops.is_empty(), "{scenario}: no proof of {finding:?}");
            }
            last = Some(run);
        }
        last.unwrap()
    }

    /// Whatever the seed, nothing must be found.
    ///
    /// # Panics
    ///
    /// If something is.
    #[track_caller]
    pub fn assert_right(&self) {
        for seed in 0..seeds(USUAL) {
            let run = self.clone().seed(seed).assert_valid();
            assert_eq!(run.anomalies(), BTreeSet::new(), "{self}");
        }
    }
}
