//! Faults: partitions of the network that come and go, messages that are lost or come twice.

mod faults;
mod grudge;
mod partitioner;

use serde_json::{Value, json};
use tokio::time::Instant;

pub use faults::{FaultKind, Faults};
pub use grudge::{Grudge, Shape};
pub use partitioner::Partitioner;

use crate::network::{Hazard, Network};
use crate::workload::Rng;

/// Something that the nemesis did, for the history.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// `start-` or `stop-`, and the kind of fault: `partition`, `loss` or `duplicate`.
    pub f: &'static str,
    /// Of a partition's start, the `shape` and the `grudge`: for each node, those that it does not
    /// hear. Of the start of another, its chance in `percent`.
    pub value: Value,
}

/// Who brings all the faults of a run about.
#[derive(Debug)]
pub struct Nemesis {
    network: Network,
    partitioner: Option<Partitioner>,
    loss: Option<Hazard>,
    duplication: Option<Hazard>,
}

impl Nemesis {
    /// One for these faults of these nodes. `rng` gives each kind a source of random choices of its
    /// own, so that one fault does not shift another.
    pub fn new(
        faults: &Faults,
        network: &Network,
        nodes: &[String],
        rng: impl Fn(FaultKind) -> Rng,
    ) -> Self {
        let Faults { partitions, loss, duplication } = *faults;
        Self {
            network: network.clone(),
            partitioner: partitions.map(|interval| {
                Partitioner::new(network, nodes, interval, rng(FaultKind::Partition))
            }),
            loss: loss.map(|chance| Hazard::new(chance, nodes, rng(FaultKind::Loss))),
            duplication: duplication
                .map(|chance| Hazard::new(chance, nodes, rng(FaultKind::Duplicate))),
        }
    }

    /// Starts the faults that last for the whole load.
    pub fn start(&mut self) -> Vec<Fault> {
        let start = |f, hazard: &Hazard| Fault { f, value: json!({ "percent": hazard.chance() }) };
        let mut begun = Vec::new();
        if let Some(loss) = &self.loss {
            begun.push(start("start-loss", loss));
            self.network.set_loss(Some(loss.clone()));
        }
        if let Some(duplication) = &self.duplication {
            begun.push(start("start-duplicate", duplication));
            self.network.set_duplication(Some(duplication.clone()));
        }
        begun
    }

    /// Starts and ends the faults that come and go, and tells `record` of each; returns when nothing
    /// more falls due before `end`. What is wrong then stays so until [`heal`](Self::heal).
    pub async fn run_until(&mut self, end: Instant, record: impl FnMut(Fault)) {
        if let Some(partitioner) = &mut self.partitioner {
            partitioner.run_until(end, record).await;
        }
    }

    /// Ends all faults.
    pub fn heal(&mut self) -> Vec<Fault> {
        let stop = |f| Fault { f, value: Value::Null };
        let mut ended: Vec<_> = self.partitioner.iter_mut().map(Partitioner::heal).collect();
        if self.loss.is_some() {
            self.network.set_loss(None);
            ended.push(stop("stop-loss"));
        }
        if self.duplication.is_some() {
            self.network.set_duplication(None);
            ended.push(stop("stop-duplicate"));
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rand::SeedableRng;

    use super::*;
    use crate::network::testing::{body, drain, in_virtual_time, network};
    use crate::network::{Percent, Stats};

    /// A minute with these faults: what the nemesis did, and what became of 1000 messages before
    /// the start, 1000 at the end and 1000 after the healing.
    fn minute(faults: &Faults) -> (Vec<(u64, Fault)>, [Stats; 3]) {
        in_virtual_time(async {
            let network = network(0);
            let nodes = ["n0", "n1"].map(str::to_owned);
            let mut inboxes = [network.register("n0"), network.register("n1")];
            let mut send = async || {
                for n in 0..1000 {
                    network.send("n0", "n1", body(json!({ "n": n }))).unwrap();
                }
                drain(&mut inboxes[1]).await;
                network.stats()
            };
            let rng = |kind| Rng::seed_from_u64(kind as u64);
            let mut nemesis = Nemesis::new(faults, &network, &nodes, rng);
            let before = send().await;
            let began = network.elapsed();
            let mut done = Vec::new();
            let mut record =
                |fault| done.push((network.elapsed().abs_diff(began).as_secs(), fault));
            nemesis.start().into_iter().for_each(&mut record);
            let end = Instant::now() + Duration::from_secs(60);
            nemesis.run_until(end, &mut record).await;
            let during = send().await;
            nemesis.heal().into_iter().for_each(record);
            (done, [before, during, send().await])
        })
    }

    fn acts(done: &[(u64, Fault)]) -> Vec<&str> {
        done.iter().map(|(_, fault)| fault.f).collect()
    }

    #[test]
    fn loss_and_duplication_last_until_the_healing() {
        let chance = Percent::new(100.0);
        let (done, [before, during, after]) = minute(&Faults { loss: chance, ..Faults::default() });
        assert_eq!(acts(&done), ["start-loss", "stop-loss"]);
        assert_eq!(done[0], (0, Fault { f: "start-loss", value: json!({"percent": 100.0}) }));
        let lost = |stats: Stats| (stats.servers.sent, stats.servers.received, stats.lost);
        assert_eq!(
            [before, during, after].map(lost),
            [(1000, 1000, 0), (2000, 1000, 1000), (3000, 2000, 1000),]
        );

        let (done, [before, during, after]) =
            minute(&Faults { duplication: chance, ..Faults::default() });
        assert_eq!(acts(&done), ["start-duplicate", "stop-duplicate"]);
        let twice = |stats: Stats| (stats.servers.sent, stats.servers.received, stats.duplicated);
        assert_eq!(
            [before, during, after].map(twice),
            [(1000, 1000, 0), (2000, 3000, 1000), (3000, 4000, 1000),]
        );
    }

    #[test]
    fn without_faults_nothing_happens() {
        let (done, [.., after]) = minute(&Faults::default());
        assert_eq!(done, []);
        assert_eq!((after.servers.received, after.lost, after.duplicated), (3000, 0, 0));
    }

    #[test]
    fn one_fault_does_not_shift_another() {
        let partitions = Some(Duration::from_secs(5));
        let alone = minute(&Faults { partitions, ..Faults::default() }).0;
        let chance = Some(Percent::default());
        let (all, [_, during, after]) =
            minute(&Faults { partitions, loss: chance, duplication: chance });
        let parting = |(_, fault): &&(u64, Fault)| fault.f.ends_with("-partition");
        assert!(all.iter().filter(parting).eq(&alone));
        assert!(alone.len() > 5, "{}", alone.len());
        assert_eq!(acts(&all)[..2], ["start-loss", "start-duplicate"]);
        let ends = ["stop-partition", "stop-loss", "stop-duplicate"];
        assert_eq!(acts(&all)[all.len() - 3..], ends);
        assert_eq!(after.lost, during.lost);
        assert!((150..250).contains(&during.lost), "{}", during.lost);
    }
}
