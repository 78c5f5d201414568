//! The graph of dependencies between transactions, with a few nodes that stand for none.

use std::ops::{BitOr, Range};

/// A set of kinds of edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Relations(u16);

impl Relations {
    /// The second overwrote what the first wrote.
    pub(super) const WW: Self = Self(1);
    /// The second read what the first wrote.
    pub(super) const WR: Self = Self(2);
    /// The second overwrote what the first read.
    pub(super) const RW: Self = Self(4);
    /// The process of both carried out the first before the second.
    pub(super) const PROCESS: Self = Self(8);
    /// The first ended before the second began; by way of further nodes.
    pub(super) const REALTIME: Self = Self(16);
    /// From, or between, nodes that stand for no transaction: goes on with the edge before it.
    pub(super) const ON: Self = Self(32);
    /// As `WW`, if versions follow each other in the order in which each process meets them.
    pub(super) const WW_PROCESS: Self = Self(64);
    /// As `RW`, on the same condition.
    pub(super) const RW_PROCESS: Self = Self(128);
    /// As `WW`, if versions follow each other in the real-time order of their transactions.
    pub(super) const WW_REALTIME: Self = Self(256);
    /// As `RW`, on the same condition.
    pub(super) const RW_REALTIME: Self = Self(512);

    /// Whether they have any in common.
    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Relations {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One dependency, of one kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) relation: Relations,
    /// The versions that it is about: the one that `from` wrote or read, the one that `to` did.
    pub(super) versions: [usize; 2],
}

/// Stands for no version.
pub(super) const NO_VERSION: usize = usize::MAX;

/// A graph in the making. Nodes below the number of transactions are these.
pub(super) struct Edges {
    pub(super) nodes: usize,
    list: Vec<Kept>,
}

/// An edge in half the room: there are several for each operation, and histories are shorter than 2^32.
struct Kept {
    nodes: [u32; 2],
    versions: [u32; 2],
    relation: Relations,
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn wide(number: u32) -> usize {
    if number == u32::MAX { NO_VERSION } else { number as usize }
}

impl Edges {
    pub(super) fn new(transactions: usize) -> Self {
        Self { nodes: transactions, list: Vec::new() }
    }

    /// A node that stands for no transaction.
    pub(super) fn node(&mut self) -> usize {
        self.nodes += 1;
        self.nodes - 1
    }

    /// Adds an edge, unless a transaction would depend on itself.
    pub(super) fn add(
        &mut self,
        from: usize,
        to: usize,
        relation: Relations,
        versions: [usize; 2],
    ) {
        if from != to {
            let (nodes, versions) = ([from, to].map(narrow), versions.map(narrow));
            self.list.push(Kept { nodes, versions, relation });
        }
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Edge> + Clone {
        self.list.iter().map(|edge| {
            let ([from, to], versions) = (edge.nodes.map(wide), edge.versions.map(wide));
            Edge { from, to, relation: edge.relation, versions }
        })
    }

    /// The nodes to which edges lead, by those from which they do.
    pub(super) fn targets(&self) -> Targets {
        let mut starts = vec![0; self.nodes + 1];
        for edge in &self.list {
            starts[edge.nodes[0] as usize + 1] += 1;
        }
        for node in 0..self.nodes {
            starts[node + 1] += starts[node];
        }
        // Filled from its end, after which every place is where it begins.
        let mut next: Vec<u32> = starts[1..].to_vec();
        let mut targets = vec![0; self.list.len()];
        for edge in self.list.iter().rev() {
            let place = &mut next[edge.nodes[0] as usize];
            *place -= 1;
            targets[*place as usize] = edge.nodes[1];
        }
        Targets { starts, targets }
    }

    /// From every reader of `version` to every transaction that wrote one of the versions that
    /// replaced it, each of them no more than once; but from none to itself.
    ///
    /// Takes edges in proportion to how many there are of both, not to the product: where these are
    /// many, the edges lead to two chains through the writers, one in each direction, and a reader
    /// that is a writer, too, joins them next to its own place.
    pub(super) fn add_overwritten(
        &mut self,
        relation: Relations,
        version: usize,
        readers: &[usize],
        writers: &[(usize, usize)],
    ) {
        if readers.len() * writers.len() <= 4 * (readers.len() + writers.len()) {
            for &reader in readers {
                for &(writer, written) in writers {
                    self.add(reader, writer, relation, [version, written]);
                }
            }
            return;
        }
        let forward = self.nodes;
        let backward = forward + writers.len();
        self.nodes += 2 * writers.len();
        for (place, &(writer, written)) in writers.iter().enumerate() {
            for chain in [forward, backward] {
                self.add(chain + place, writer, Relations::ON, [NO_VERSION, written]);
            }
            if place > 0 {
                let nothing = [NO_VERSION; 2];
                self.add(forward + place - 1, forward + place, Relations::ON, nothing);
                self.add(backward + place, backward + place - 1, Relations::ON, nothing);
            }
        }
        let mut places: Vec<_> = writers.iter().map(|&(writer, _)| writer).zip(0..).collect();
        places.sort_unstable();
        let read = [version, NO_VERSION];
        for &reader in readers {
            match places.binary_search_by_key(&reader, |&(writer, _)| writer) {
                Err(_) => self.add(reader, forward, relation, read),
                Ok(found) => {
                    let place: usize = places[found].1;
                    if place + 1 < writers.len() {
                        self.add(reader, forward + place + 1, relation, read);
                    }
                    if place > 0 {
                        self.add(reader, backward + place - 1, relation, read);
                    }
                }
            }
        }
    }
}

/// Where edges lead, by where they begin, and nothing else of them.
pub(super) struct Targets {
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Targets {
    /// The nodes to which edges lead from a node.
    pub(super) fn of(&self, node: usize) -> impl Iterator<Item = usize> {
        let range = self.starts[node] as usize..self.starts[node + 1] as usize;
        self.targets[range].iter().map(|&node| node as usize)
    }
}

/// Edges by where they begin.
pub(super) struct Graph {
    starts: Vec<usize>,
    edges: Vec<Edge>,
}

impl Graph {
    pub(super) fn new(nodes: usize, edges: impl Iterator<Item = Edge> + Clone) -> Self {
        let mut starts = vec![0; nodes + 1];
        for edge in edges.clone() {
            starts[edge.from + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let nowhere = Edge { from: 0, to: 0, relation: Relations::ON, versions: [NO_VERSION; 2] };
        let mut sorted = vec![nowhere; starts[nodes]];
        for edge in edges {
            sorted[next[edge.from]] = edge;
            next[edge.from] += 1;
        }
        Self { starts, edges: sorted }
    }

    pub(super) fn nodes(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The edges that begin at `node`, as places in [`edges`](Self::edges).
    pub(super) fn out(&self, node: usize) -> Range<usize> {
        self.starts[node]..self.starts[node + 1]
    }
}
