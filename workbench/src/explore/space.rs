use std::time::Duration;

use rand::SeedableRng;
use rand::seq::IndexedRandom;

use super::{Case, Mixture, strengths};
use crate::nemesis::{FaultKind, Faults};
use crate::network::{Distribution, Latency};
use crate::rng::Rng;
use crate::run::Concurrency;

/// The cases that an exploration draws from: for each thing that varies, the values to choose from,
/// one of which is as likely as another; one that stands there twice is twice as likely.
///
/// A case is a function of its seed, and each thing has a source of random choices of its own: to
/// fix one leaves the others what they are; but for the time, which is the longest where nodes are
/// killed, or their disks fail, and longer where there are several reasons for them to be away; and that a
/// lone node has no flipped bits. Where there is but one time to choose from, it is that.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// How many nodes.
    pub node_counts: Vec<usize>,
    /// How many clients.
    pub concurrencies: Vec<Concurrency>,
    /// Operations a second.
    pub rates: Vec<f64>,
    /// How long the load lasts.
    pub time_limits: Vec<Duration>,
    /// Mean latencies, in milliseconds.
    pub latencies: Vec<u64>,
    /// How latencies spread.
    pub distributions: Vec<Distribution>,
    /// What goes wrong.
    pub mixture: Mixture,
}

impl Space {
    /// Where a node that is right for its workload passes, whatever is drawn. Latencies are such
    /// that messages arrive well within the time that clients wait and that is quiet in the end;
    /// for the faults see [`Mixture::fair`].
    pub fn fair() -> Self {
        use Concurrency::PerNode;
        use Distribution::{Constant, Exponential, Uniform};

        Self {
            node_counts: vec![1, 2, 3, 3, 4, 5, 5, 7],
            concurrencies: vec![PerNode(1), PerNode(1), PerNode(2), PerNode(3)],
            rates: vec![10.0, 20.0, 50.0, 100.0, 200.0],
            time_limits: [5, 10, 20].map(Duration::from_secs).to_vec(),
            latencies: vec![0, 1, 5, 10, 20, 50, 100],
            distributions: vec![Constant, Uniform, Exponential],
            mixture: Mixture::fair(),
        }
    }

    /// The same for programs, which take real time: fewer of them, and short loads.
    pub fn fair_to_programs() -> Self {
        Self {
            node_counts: vec![1, 2, 3, 3, 5],
            time_limits: [2, 3, 5].map(Duration::from_secs).to_vec(),
            mixture: Mixture::fair_to_programs(),
            ..Self::fair()
        }
    }

    /// The one case, whatever the seed.
    pub fn fixed(case: &Case) -> Self {
        Self {
            node_counts: vec![case.node_count],
            concurrencies: vec![case.concurrency],
            rates: vec![case.rate],
            time_limits: vec![case.time_limit],
            latencies: vec![case.latency.mean_ms],
            distributions: vec![case.latency.dist],
            mixture: Mixture::Fixed(case.faults.clone()),
        }
    }

    /// The case of a seed.
    pub fn draw(&self, seed: u64) -> Case {
        let dice = |number: u64| {
            let mut rng = Rng::seed_from_u64(seed);
            // The streams from 0 on are the run's own.
            rng.set_stream(u64::MAX - number);
            rng
        };
        let mut time_limit = choose(&self.time_limits, &mut dice(3), Duration::ZERO);
        let node_count = choose(&self.node_counts, &mut dice(0), 1);
        let mut faults = self.mixture.draw(&mut dice(6), &mut dice(7), time_limit);
        if node_count == 1 && matches!(self.mixture, Mixture::Random(_)) {
            // Who is alone and refuses to serve for the sake of a bit leaves nobody to ask.
            faults = strengths::with(&faults, FaultKind::BitFlip, &Faults::default());
        }
        if faults.kill.is_some() || faults.are_of_disks() {
            // Who asks a node that is killed waits for 5 s in vain.
            time_limit = self.longest(&faults).unwrap_or(time_limit);
        }
        Case {
            node_count,
            concurrency: choose(&self.concurrencies, &mut dice(1), Concurrency::PerNode(1)),
            rate: choose(&self.rates, &mut dice(2), 0.0),
            time_limit,
            latency: Latency {
                mean_ms: choose(&self.latencies, &mut dice(4), 0),
                dist: choose(&self.distributions, &mut dice(5), Distribution::default()),
            },
            faults,
            seed,
        }
    }

    /// The longest of the times to choose from, once for kills and pauses and once for each way in which
    /// disks keep nodes away; where there is a choice.
    fn longest(&self, faults: &Faults) -> Option<Duration> {
        let longest = self.time_limits.iter().copied().max()?;
        let is_one = |kind: &FaultKind| kind.takes_nodes_away() && kind.is_of_disks();
        let of_disks = faults.kinds().iter().filter(|kind| is_one(kind)).count();
        let others = usize::from(faults.kill.is_some() || faults.pause.is_some());
        let times = if self.time_limits.len() > 1 { of_disks + others } else { 1 };
        Some(longest * u32::try_from(times.max(1)).unwrap_or(1))
    }
}

/// One of the values; of none, the one to fall back to.
fn choose<T: Copy>(values: &[T], rng: &mut Rng, otherwise: T) -> T {
    values.choose(rng).copied().unwrap_or(otherwise)
}
