use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::smaller::{self, Dimension};
use super::{Case, Subject, Trial};

/// How to look for a smaller case that fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrink {
    /// How many seeds are tried at each size: a smaller case needs another schedule.
    pub seeds: u64,
    /// How many runs at most.
    pub most_runs: u64,
    /// How long at most. Where this ends it, what is found depends on the machine.
    pub most_time: Duration,
    /// Whether any failure will do, instead of one for the same reason.
    pub any_anomaly: bool,
    /// How many runs at a time.
    pub jobs: NonZeroUsize,
}

impl Default for Shrink {
    fn default() -> Self {
        Self {
            seeds: 16,
            most_runs: 2000,
            most_time: Duration::from_secs(60),
            any_anomaly: false,
            jobs: NonZeroUsize::MIN,
        }
    }
}

/// The smallest failing case that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrunk {
    /// Its run.
    pub trial: Trial,
    /// How many runs it took.
    pub runs: u64,
    /// Whether nothing smaller is left to try: no single thing can be made a step smaller so that
    /// one of the seeds fails. Otherwise the runs or the time were used up.
    pub is_smallest: bool,
}

impl Shrink {
    /// Makes a failing case smaller as long as it goes on failing: less time, fewer nodes, less
    /// load, fewer clients, less latency, fewer and weaker faults.
    ///
    /// For each of these the least value that fails is looked for by bisection, at each step with
    /// the case's own seed and then others, of which the first that fails counts; one after the
    /// other, and over again until nothing changes. `tell` hears of the number of runs and the
    /// smallest case so far.
    ///
    /// A case in which there is nothing to judge does not count as failing.
    pub fn run(
        &self,
        subject: &Subject,
        found: &Trial,
        stop: &AtomicBool,
        tell: impl FnMut(u64, &Case),
    ) -> Shrunk {
        let mut attempt = Attempt {
            shrink: self,
            subject,
            found,
            stop,
            deadline: Instant::now() + self.most_time,
            smallest: found.clone(),
            runs: 0,
            is_over: false,
            tell,
        };
        loop {
            let before = attempt.smallest.case.clone();
            for dimension in Dimension::all() {
                attempt.least(dimension);
            }
            if attempt.is_over || attempt.smallest.case == before {
                break;
            }
        }
        Shrunk { trial: attempt.smallest, runs: attempt.runs, is_smallest: !attempt.is_over }
    }
}

struct Attempt<'a, F> {
    shrink: &'a Shrink,
    subject: &'a Subject,
    found: &'a Trial,
    stop: &'a AtomicBool,
    deadline: Instant,
    smallest: Trial,
    runs: u64,
    is_over: bool,
    tell: F,
}

impl<F: FnMut(u64, &Case)> Attempt<'_, F> {
    /// Makes one thing as small as it can be, all else being equal.
    fn least(&mut self, dimension: Dimension) {
        if dimension == Dimension::Faults {
            // These are no scale: of what is left something else may be left out.
            let fewer = |case: &Case| smaller::than(case, dimension);
            while fewer(&self.smallest.case).iter().any(|case| self.succeeds_with(case)) {}
            return;
        }
        let sizes = smaller::than(&self.smallest.case, dimension);
        // The least of all first: it often does.
        let (mut low, mut high, mut at) = (0, sizes.len(), 0);
        while low < high {
            if self.succeeds_with(&sizes[at]) {
                high = at;
            } else {
                low = at + 1;
            }
            at = low.midpoint(high);
        }
    }

    /// Whether the case fails with one of the seeds: then it is the smallest from now on, with the
    /// first of these.
    fn succeeds_with(&mut self, case: &Case) -> bool {
        let mut seeds = self.seeds(case.seed);
        while !seeds.is_empty() {
            let left = self.shrink.most_runs.saturating_sub(self.runs);
            let jobs = self.shrink.jobs.get().min(usize::try_from(left).unwrap_or(usize::MAX));
            let is_stopped = self.stop.load(Ordering::Relaxed);
            if jobs == 0 || is_stopped || Instant::now() >= self.deadline {
                self.is_over = true;
                return false;
            }
            let batch: Vec<u64> = seeds.drain(..jobs.min(seeds.len())).collect();
            let trials = self.together(case, &batch);
            let failed = trials.into_iter().enumerate().find_map(|(at, trial)| {
                trial.filter(|trial| self.is_alike(trial)).map(|trial| (at, trial))
            });
            // Those that one after the other would not have been run do not count.
            self.runs += failed.as_ref().map_or(batch.len(), |(at, _)| at + 1) as u64;
            let succeeds = failed.is_some();
            if let Some((_, trial)) = failed {
                self.smallest = trial;
            }
            (self.tell)(self.runs, &self.smallest.case);
            if succeeds {
                return true;
            }
        }
        false
    }

    fn seeds(&self, own: u64) -> Vec<u64> {
        let others = (0..).filter(|seed| *seed != own);
        let count = usize::try_from(self.shrink.seeds).unwrap_or(usize::MAX);
        std::iter::once(own).chain(others).take(count).collect()
    }

    fn is_alike(&self, trial: &Trial) -> bool {
        if self.shrink.any_anomaly { trial.fails() } else { trial.fails_like(self.found) }
    }

    fn together(&self, case: &Case, seeds: &[u64]) -> Vec<Option<Trial>> {
        let run = |seed: u64| self.subject.try_case(&case.with_seed(seed)).ok();
        if let [seed] = seeds {
            return vec![run(*seed)];
        }
        thread::scope(|scope| {
            let runs: Vec<_> = seeds.iter().map(|&seed| scope.spawn(move || run(seed))).collect();
            runs.into_iter().map(|run| run.join().ok().flatten()).collect()
        })
    }
}
