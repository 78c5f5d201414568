use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::{Coverage, Space, Subject, Trial};
use crate::run::RunError;

/// Which seeds to try, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The seeds.
    pub seeds: Range<u64>,
    /// How many runs at a time, each on a thread of its own.
    pub jobs: NonZeroUsize,
    /// Whether to go on after a failure.
    pub keep_going: bool,
}

/// What a [`Search`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// What was covered.
    pub coverage: Coverage,
    /// The runs that failed, by seed: one at most, unless the search went on.
    pub failures: Vec<Trial>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

impl Search {
    /// Tries one seed after another. `tell` hears of each run in the order of their seeds, and of
    /// what is covered so far. Once `stop` is set no further run begins.
    ///
    /// Unless it is stopped, what is found depends on the seeds alone, and not on the number of
    /// jobs: of the failures at hand that with the lowest seed counts, and what lies beyond it does
    /// not.
    ///
    /// # Errors
    ///
    /// [`RunError`] of the run with the lowest seed of those in which there was nothing to judge.
    pub fn run(
        &self,
        subject: &Subject,
        space: &Space,
        stop: &AtomicBool,
        mut tell: impl FnMut(&Trial, &Found),
    ) -> Result<Found, RunError> {
        let next = AtomicU64::new(self.seeds.start);
        // Beyond what has ended the search nothing is of interest.
        let ended = AtomicBool::new(false);
        let work = |report: Sender<(u64, Result<Trial, RunError>)>| {
            while !stop.load(Ordering::Relaxed) && !ended.load(Ordering::Relaxed) {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if !self.seeds.contains(&seed) {
                    return;
                }
                let result = subject.try_case(&space.draw(seed));
                let ends = result.as_ref().map_or(true, |trial| trial.fails() && !self.keep_going);
                if ends {
                    ended.store(true, Ordering::Relaxed);
                }
                // Who collects has gone only if it has panicked.
                if report.send((seed, result)).is_err() {
                    return;
                }
            }
        };
        thread::scope(|scope| {
            let (report, reports) = channel();
            for _ in 0..self.jobs.get() {
                let report = report.clone();
                scope.spawn(|| work(report));
            }
            drop(report);
            let mut found = Found::default();
            let mut early = BTreeMap::new();
            let mut due = self.seeds.start;
            let mut open = true;
            for (seed, result) in reports {
                early.insert(seed, result);
                while let Some(result) = early.remove(&due).filter(|_| open) {
                    due += 1;
                    let trial = match result {
                        Ok(trial) => trial,
                        Err(RunError::Interrupted) => {
                            found.interrupted = true;
                            open = false;
                            continue;
                        }
                        Err(source) => {
                            let flags = space.draw(due - 1).to_flags().join(" ");
                            return Err(RunError::OfMany { flags, source: Box::new(source) });
                        }
                    };
                    found.coverage.add(&trial);
                    if trial.fails() {
                        open = self.keep_going;
                        found.failures.push(trial.clone());
                    }
                    tell(&trial, &found);
                }
            }
            found.interrupted |= open && due < self.seeds.end;
            Ok(found)
        })
    }
}
