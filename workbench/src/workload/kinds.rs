use std::collections::BTreeMap;
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
            Self::Broadcast => Box::new(Set::broadcast(neighbours(topology, nodes))),
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

/// Every node's neighbours, as Maelstrom tells them: of a grid, those below, above, on the right and on
/// the left, in this order; of a line, nothing at all of a node that is alone.
fn neighbours(topology: Topology, nodes: &[String]) -> BTreeMap<String, Vec<String>> {
    if topology == Topology::Line && nodes.len() == 1 {
        return BTreeMap::new();
    }
    let of = |(me, node): (usize, &String)| {
        let links = topology.links(nodes, node, Duration::ZERO);
        let mut peers: Vec<String> = links.into_iter().map(|link| link.peer).collect();
        if topology == Topology::Grid {
            // Rows are wider than one, unless all are one.
            let place = |peer: &String| nodes.iter().position(|node| node == peer).unwrap_or(me);
            peers.sort_by_key(|peer| match (place(peer), me) {
                (peer, me) if peer > me + 1 => 0,
                (peer, me) if peer + 1 < me => 1,
                (peer, me) if peer > me => 2,
                _ => 3,
            });
        }
        (node.clone(), peers)
    };
    nodes.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use glomers_check::{Checker, Model};

    use super::*;

    #[test]
    fn neighbours_come_in_maelstroms_order() {
        let nodes = |count: usize| -> Vec<String> { (0..count).map(|n| format!("n{n}")).collect() };
        let grid = neighbours(Topology::Grid, &nodes(9));
        assert_eq!(grid["n4"], ["n7", "n1", "n5", "n3"]);
        assert_eq!(grid["n0"], ["n3", "n1"]);
        assert_eq!(grid["n8"], ["n5", "n7"]);
        let small = neighbours(Topology::Grid, &nodes(3));
        assert_eq!(
            (&*small["n0"], &*small["n1"]),
            (&["n2", "n1"].map(str::to_owned)[..], &nodes(1)[..])
        );
        assert_eq!(neighbours(Topology::Line, &nodes(3))["n1"], ["n0", "n2"]);
    }

    #[test]
    fn who_is_alone_has_no_neighbours() {
        let alone = ["n1".to_owned()];
        assert!(neighbours(Topology::Line, &alone).is_empty());
        for topology in [Topology::Grid, Topology::Mesh, Topology::Tree { arity: 2 }] {
            let expected = BTreeMap::from([("n1".to_owned(), Vec::new())]);
            assert_eq!(neighbours(topology, &alone), expected, "{topology}");
        }
    }

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
