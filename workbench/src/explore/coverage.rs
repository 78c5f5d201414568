use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use glomers_check::check::Valid;

use super::Trial;
use crate::run::Tally;

/// What the runs of an exploration covered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// How many runs there were.
    pub runs: u64,
    /// How many of them were valid.
    pub valid: u64,
    /// How many were invalid.
    pub invalid: u64,
    /// Of how many it could not be told.
    pub unknown: u64,
    /// How operations ended.
    pub ops: Tally,
    /// How long all loads together lasted.
    pub load: Duration,
    /// By number of nodes, how many runs.
    pub nodes: BTreeMap<usize, u64>,
    /// By mean latency in milliseconds, how many runs.
    pub latencies: BTreeMap<u64, u64>,
    /// By number of different faults, how many runs.
    pub mixtures: BTreeMap<usize, u64>,
    /// By fault, how many runs had it, and how often it happened in these.
    pub faults: BTreeMap<String, (u64, u64)>,
    /// By anomaly, in how many runs it was found.
    pub anomalies: BTreeMap<String, u64>,
    histories: BTreeSet<String>,
}

impl Coverage {
    /// Adds a run.
    pub fn add(&mut self, trial: &Trial) {
        self.runs += 1;
        *match trial.valid {
            Valid::Yes => &mut self.valid,
            Valid::No => &mut self.invalid,
            Valid::Unknown => &mut self.unknown,
        } += 1;
        self.ops.ok += trial.ops.ok;
        self.ops.fail += trial.ops.fail;
        self.ops.info += trial.ops.info;
        self.load += trial.case.time_limit;
        *self.nodes.entry(trial.case.node_count).or_default() += 1;
        *self.latencies.entry(trial.case.latency.mean_ms).or_default() += 1;
        *self.mixtures.entry(trial.faults.len()).or_default() += 1;
        for (fault, happened) in &trial.faults {
            let (runs, times) = self.faults.entry(fault.clone()).or_default();
            *runs += 1;
            *times += happened;
        }
        for anomaly in &trial.anomalies {
            *self.anomalies.entry(anomaly.clone()).or_default() += 1;
        }
        self.histories.insert(trial.history.clone());
    }

    /// How many different histories there were.
    pub fn histories(&self) -> usize {
        self.histories.len()
    }

    /// The verdict on all runs: the worst of them, and nothing known where there were none.
    pub fn verdict(&self) -> Valid {
        match self {
            Self { invalid: 1.., .. } => Valid::No,
            Self { valid: 1.., unknown: 0, .. } => Valid::Yes,
            _ => Valid::Unknown,
        }
    }
}
