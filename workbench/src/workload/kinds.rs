use std::time::Duration;

use clap::ValueEnum;
use glomers_gossip::Topology;

use super::kafka::Kafka;
use super::{Counter, Echo, LinKv, Set, Txn, UniqueIds, Workload, txn};

/// The workloads there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "kebab-case")]
pub enum Kind {
    /// Payloads must come back as they were.
    Echo,
    /// Ids must be unique.
    UniqueIds,
    /// Every message must reach every node.
    Broadcast,
    /// Every element must reach every node.
    GSet,
    /// Every node must come to know the sum of what was added.
    GCounter,
    /// The same, of what was added and subtracted.
    PnCounter,
    /// Logs with offsets, and committed offsets.
    Kafka,
    /// Registers that are read, written, and compared and set, as if there were one copy of each.
    LinKv,
    /// Transactions that read and write registers.
    TxnRwRegister,
    /// Transactions that read lists and append to them.
    TxnListAppend,
}

impl Kind {
    /// Its name on the command line, and in Maelstrom.
    pub fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::UniqueIds => "unique-ids",
            Self::Broadcast => "broadcast",
            Self::GSet => "g-set",
            Self::GCounter => "g-counter",
            Self::PnCounter => "pn-counter",
            Self::Kafka => "kafka",
            Self::LinKv => "lin-kv",
            Self::TxnRwRegister => "txn-rw-register",
            Self::TxnListAppend => "txn-list-append",
        }
    }

    /// Whether its operations are transactions, which are held to consistency models.
    pub fn has_transactions(self) -> bool {
        matches!(self, Self::TxnRwRegister | Self::TxnListAppend)
    }

    /// A fresh workload, for one run, with Maelstrom's defaults.
    pub fn workload(self, nodes: &[String], topology: Topology) -> Box<dyn Workload> {
        self.workload_with(nodes, topology, &txn::Options::default())
    }

    /// A fresh workload, for one run; if it is one of transactions, with these options.
    pub fn workload_with(
        self,
        nodes: &[String],
        topology: Topology,
        txn: &txn::Options,
    ) -> Box<dyn Workload> {
        match self {
            Self::Echo => Box::new(Echo),
            Self::UniqueIds => Box::new(UniqueIds),
            Self::Broadcast => Box::new(Set::broadcast(
                nodes
                    .iter()
                    .map(|node| (node.clone(), neighbours(topology, nodes, node)))
                    .collect(),
            )),
            Self::GSet => Box::new(Set::g_set()),
            Self::GCounter => Box::new(Counter::growing()),
            Self::PnCounter => Box::new(Counter::both_ways()),
            Self::Kafka => Box::new(Kafka::default()),
            Self::LinKv => Box::new(LinKv::default()),
            Self::TxnRwRegister => Box::new(Txn::rw_register(txn)),
            Self::TxnListAppend => Box::new(Txn::list_append(txn)),
        }
    }
}

fn neighbours(topology: Topology, nodes: &[String], node: &String) -> Vec<String> {
    let links = topology.links(nodes, node, Duration::ZERO);
    links.into_iter().map(|link| link.peer).collect()
}

#[cfg(test)]
mod tests {
    use glomers_check::{Checker, Model};

    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        for kind in Kind::value_variants() {
            let value = kind.to_possible_value().unwrap();
            assert_eq!(value.get_name(), kind.name());
            let models = [Model::READ_ATOMIC];
            let txn = txn::Options { models: models.to_vec(), ..txn::Options::default() };
            let checker = kind.workload_with(&[], Topology::Grid, &txn).checker();
            assert_eq!(Checker::of_workload(kind.name(), &models), Some(checker));
        }
    }
}
