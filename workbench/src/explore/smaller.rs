use std::time::Duration;

use clap::ValueEnum;

use super::{Case, strengths};
use crate::nemesis::{FaultKind, Faults};
use crate::network::{Distribution, Latency};
use crate::run::Concurrency;

/// What of a case can be made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    /// How long the load lasts.
    Time,
    /// How long the load lasts, while faults come and go as often in it.
    Pace,
    /// How many nodes.
    Nodes,
    /// How many clients.
    Clients,
    /// How many operations a second.
    Rate,
    /// Which faults; no scale, as every fault can be left out alone.
    Faults,
    /// How strong one fault is.
    Strength(FaultKind),
    /// How often faults come and go.
    Interval,
    /// How long messages travel.
    Latency,
    /// Whether they all travel as long.
    Distribution,
}

impl Dimension {
    /// In the order in which they are worth trying: first what makes runs short.
    pub(super) fn all() -> Vec<Self> {
        let mut all = vec![Self::Time, Self::Pace, Self::Nodes, Self::Clients];
        all.extend([Self::Rate, Self::Faults]);
        all.extend(FaultKind::value_variants().iter().map(|&kind| Self::Strength(kind)));
        all.extend([Self::Interval, Self::Latency, Self::Distribution]);
        all
    }
}

/// Sizes worth trying: seconds, operations a second, clients, milliseconds.
const STEPS: [f64; 18] = [
    0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0, 150.0, 200.0,
    300.0, 500.0,
];

fn steps(below: f64) -> impl Iterator<Item = f64> {
    STEPS.into_iter().take_while(move |step| *step < below)
}

fn whole_steps(below: u64) -> impl Iterator<Item = u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and small")]
    let steps = STEPS.into_iter().filter(|step| *step >= 1.0).map(|step| step as u64);
    steps.take_while(move |step| *step < below)
}

/// The cases in which this one thing is smaller than in `case`, the smallest first: with a faster pace
/// faults come more often. Of faults, the
/// case without any, and each without one of them.
pub(super) fn than(case: &Case, dimension: Dimension) -> Vec<Case> {
    let with_latency = |latency| Case { latency, ..case.clone() };
    let with_faults = |faults| Case { faults, ..case.clone() };
    match dimension {
        Dimension::Time => steps(case.time_limit.as_secs_f64())
            .map(|seconds| Case { time_limit: Duration::from_secs_f64(seconds), ..case.clone() })
            .collect(),
        Dimension::Pace if case.faults.come_and_go() => {
            let all = case.time_limit.as_secs_f64();
            steps(all)
                .map(|seconds| {
                    let interval = case.faults.interval.mul_f64(seconds / all);
                    // In whole milliseconds, for people.
                    let millis = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX).max(1);
                    let interval = Duration::from_millis(millis);
                    let faults = Faults { interval, ..case.faults.clone() };
                    let time_limit = Duration::from_secs_f64(seconds);
                    Case { time_limit, faults, ..case.clone() }
                })
                .collect()
        }
        Dimension::Pace => Vec::new(),
        Dimension::Nodes => {
            (1..case.node_count).map(|node_count| Case { node_count, ..case.clone() }).collect()
        }
        Dimension::Clients => {
            let workers = case.concurrency.workers(case.node_count);
            let fewer = whole_steps(workers as u64).filter_map(|count| usize::try_from(count).ok());
            fewer
                .map(|count| Case { concurrency: Concurrency::Total(count), ..case.clone() })
                .collect()
        }
        Dimension::Rate => steps(case.rate).map(|rate| Case { rate, ..case.clone() }).collect(),
        Dimension::Faults => strengths::fewer(&case.faults).into_iter().map(with_faults).collect(),
        Dimension::Strength(kind) => {
            strengths::weaker(&case.faults, kind).into_iter().map(with_faults).collect()
        }
        Dimension::Interval => {
            strengths::rarer(&case.faults).into_iter().map(with_faults).collect()
        }
        Dimension::Latency if case.latency.mean_ms == 0 => Vec::new(),
        Dimension::Latency => std::iter::once(0)
            .chain(whole_steps(case.latency.mean_ms))
            .map(|mean_ms| with_latency(Latency { mean_ms, ..case.latency }))
            .collect(),
        Dimension::Distribution if case.latency.dist == Distribution::Constant => Vec::new(),
        Dimension::Distribution => {
            vec![with_latency(Latency { dist: Distribution::Constant, ..case.latency })]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::Space;

    fn case() -> Case {
        Case {
            node_count: 3,
            concurrency: Concurrency::PerNode(2),
            rate: 5.0,
            time_limit: Duration::from_millis(2500),
            latency: Latency { mean_ms: 3, dist: Distribution::Uniform },
            faults: Faults::default(),
            seed: 9,
        }
    }

    #[test]
    fn each_thing_grows_from_the_least() {
        let of = |dimension| than(&case(), dimension);
        let times: Vec<_> = of(Dimension::Time).iter().map(|it| it.time_limit).collect();
        assert_eq!(times, [500, 1000, 2000].map(Duration::from_millis));
        let nodes: Vec<_> = of(Dimension::Nodes).iter().map(|it| it.node_count).collect();
        assert_eq!(nodes, [1, 2]);
        let clients: Vec<_> = of(Dimension::Clients).iter().map(|it| it.concurrency).collect();
        assert_eq!(clients, [1, 2, 3, 4, 5].map(Concurrency::Total));
        let rates: Vec<_> = of(Dimension::Rate).iter().map(|it| it.rate.to_string()).collect();
        assert_eq!(rates, ["0.5", "1", "2", "3", "4"]);
        let latencies: Vec<_> =
            of(Dimension::Latency).iter().map(|it| it.latency.mean_ms).collect();
        assert_eq!(latencies, [0, 1, 2]);
        assert_eq!(of(Dimension::Distribution).len(), 1);
    }

    #[test]
    fn what_is_smaller_is_smaller_in_one_thing_alone_and_ends_somewhere() {
        for seed in 0..20 {
            let mut case = Space::fair().draw(seed);
            for dimension in Dimension::all() {
                for smaller in than(&case, dimension) {
                    assert_ne!(smaller, case, "{dimension:?}");
                    assert_eq!(smaller.seed, case.seed);
                }
                if let Some(least) = than(&case, dimension).first() {
                    case = least.clone();
                }
                assert_eq!(than(&case, dimension), [], "{dimension:?} of {case}");
            }
            assert!(case.faults.is_empty());
        }
    }
}
