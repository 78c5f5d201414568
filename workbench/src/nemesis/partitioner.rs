use std::time::Duration;

use rand::RngExt;
use rand::seq::IndexedRandom;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::{Fault, Grudge, Shape};
use crate::network::Network;
use crate::workload::Rng;

/// Parts nodes from each other, and brings them together again.
///
/// Services and clients are never cut off. The gaps between one act and the next are uniform
/// between zero and twice the interval; the first act, a partition, comes at once.
#[derive(Debug)]
pub struct Partitioner {
    network: Network,
    nodes: Vec<String>,
    interval: Duration,
    rng: Rng,
    parted: bool,
}

impl Partitioner {
    /// One that acts about every `interval`, at least a millisecond. `rng` decides about the gaps
    /// and the partitions.
    pub fn new(network: &Network, nodes: &[String], interval: Duration, rng: Rng) -> Self {
        let (network, nodes) = (network.clone(), nodes.to_vec());
        let interval = interval.max(Duration::from_millis(1));
        Self { network, nodes, interval, rng, parted: false }
    }

    /// Alternately starts and heals partitions, and tells `record` of each; returns when nothing
    /// more falls due before `end`. What is cut then stays so until [`heal`](Self::heal).
    pub async fn run_until(&mut self, end: Instant, mut record: impl FnMut(Fault)) {
        let mut next = Instant::now();
        while next < end {
            sleep_until(next).await;
            record(if self.parted { self.heal() } else { self.part() });
            next += self.interval.mul_f64(self.rng.random_range(0.0..2.0));
        }
    }

    /// Starts a random partition.
    pub fn part(&mut self) -> Fault {
        let shape = Shape::ALL.choose(&mut self.rng).copied().unwrap_or(Shape::One);
        let grudge = Grudge::draw(shape, &self.nodes, &mut self.rng);
        grudge.apply(&self.network);
        self.parted = true;
        Fault { f: "start-partition", value: json!({ "shape": shape, "grudge": grudge }) }
    }

    /// Heals whatever is cut.
    pub fn heal(&mut self) -> Fault {
        self.network.heal();
        self.parted = false;
        Fault { f: "stop-partition", value: "network-healed".into() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;

    use super::*;
    use crate::network::testing::{in_virtual_time, network};

    /// What the nemesis does in 1000 s at intervals of 5 s, and when.
    fn run(seed: u64) -> Vec<(Duration, Fault)> {
        in_virtual_time(async {
            let network = network(0);
            let nodes: Vec<_> = (0..5).map(|n| format!("n{n}")).collect();
            let (interval, rng) = (Duration::from_secs(5), Rng::seed_from_u64(seed));
            let mut nemesis = Partitioner::new(&network, &nodes, interval, rng);
            let mut faults = Vec::new();
            let end = Instant::now() + Duration::from_secs(1000);
            nemesis
                .run_until(end, |fault| {
                    let cuts = serde_json::to_value(network.cuts()).unwrap();
                    if fault.f == "start-partition" {
                        let mut grudge = fault.value["grudge"].clone();
                        grudge.as_object_mut().unwrap().retain(|_, srcs| *srcs != json!([]));
                        assert_eq!(cuts, grudge);
                        assert_ne!(cuts, json!({}), "five nodes always come apart");
                    } else {
                        assert_eq!(cuts, json!({}));
                    }
                    faults.push((network.elapsed(), fault));
                })
                .await;
            assert!(Instant::now() < end);
            nemesis.part();
            nemesis.heal();
            assert!(network.cuts().is_empty());
            faults
        })
    }

    #[test]
    fn partitions_start_and_stop_in_turn() {
        let faults = run(1);
        assert_eq!(faults[0].0, Duration::ZERO, "the first comes at once");
        for (n, (_, fault)) in faults.iter().enumerate() {
            assert_eq!(fault.f, ["start-partition", "stop-partition"][n % 2]);
        }
        assert!((160..240).contains(&faults.len()), "about every 5 s: {}", faults.len());
        let gaps: Vec<_> = faults.windows(2).map(|pair| pair[1].0.abs_diff(pair[0].0)).collect();
        assert!(gaps.iter().all(|gap| *gap <= Duration::from_millis(10_001)));
        assert!(gaps.iter().any(|gap| *gap < Duration::from_secs(1)));
        assert!(gaps.iter().any(|gap| *gap > Duration::from_secs(9)));
        let shapes: BTreeSet<_> =
            faults.iter().filter_map(|(_, fault)| fault.value["shape"].as_str()).collect();
        let all = BTreeSet::from(["one", "minority-third", "majority", "majorities-ring"]);
        assert_eq!(shapes, all);
    }

    #[test]
    fn a_seed_replays() {
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }
}
