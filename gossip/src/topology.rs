use core::fmt;
use core::str::FromStr;
use core::time::Duration;

/// A peer that a replica sends to, and how long it gathers before it does.
///
/// ```
/// use std::time::Duration;
/// use glomers_gossip::{Link, Topology};
///
/// let links = Topology::Line.links(&["a", "b", "c"], &"b", Duration::from_millis(50));
/// let flush = Duration::from_millis(50);
/// assert_eq!(links[0], Link::new("a", flush, Some(flush)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Link<P> {
    /// The peer.
    pub peer: P,
    /// From the moment something is new for the peer until it is sent. Longer gathers more into
    /// one message; every hop on a value's way adds its own.
    pub flush: Duration,
    /// The same for what came from other peers: none where they send it there themselves.
    pub relay: Option<Duration>,
}

impl<P> Link<P> {
    /// To this peer, with what is new gathered for so long, and what came from others for that long.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_gossip::Link;
    ///
    /// let link = Link::new("a", Duration::ZERO, None);
    /// assert!(link.relay.is_none(), "the others send it themselves");
    /// ```
    pub const fn new(peer: P, flush: Duration, relay: Option<Duration>) -> Self {
        Self { peer, flush, relay }
    }
}

/// In a mesh, what came from others is passed on through the first node, in case its sender has
/// gone before it had told everyone. It mostly rides along with something new, and so costs bytes
/// but few messages.
pub(crate) const LAZY_RELAY: Duration = Duration::from_secs(2);

/// Who sends to whom.
///
/// With n nodes, one-way delay d and flush interval F; "messages a value" is without batching.
///
/// | topology | hops | messages a value | worst latency |
/// | --- | --: | --: | --- |
/// | [`Hub`](Self::Hub) | 2 | n − 1 | 2d + F |
/// | [`Mesh`](Self::Mesh) | 1 | n − 1 | d + F |
/// | [`Tree`](Self::Tree), arity k | 2 log k (n) | n − 1 | hops · (d + F) |
/// | [`Grid`](Self::Grid) | 2√n | up to 3n | hops · (d + F) |
/// | [`Line`](Self::Line) | n − 1 | n − 1 | hops · (d + F) |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Topology {
    /// Every node sends to the first at once, which gathers and sends to all: the fewest messages
    /// where many nodes write.
    #[default]
    Hub,
    /// Every node sends to every other.
    Mesh,
    /// Node i is tied to node (i − 1) / arity.
    Tree {
        /// How many children a node has; 0 counts as 1.
        arity: usize,
    },
    /// Nodes fill the rows of a square and are tied to those beside, above and below.
    Grid,
    /// Each node is tied to the one before and the one after.
    Line,
}

impl Topology {
    /// The links of `me` among `nodes`, which every node must list in the same order. Nobody is
    /// linked to itself; a node that is not listed has no links. O(n).
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_gossip::Topology;
    ///
    /// let peers = |topology: Topology, me| -> Vec<u32> {
    ///     let nodes: Vec<u32> = (0..7).collect();
    ///     topology.links(&nodes, &me, Duration::ZERO).into_iter().map(|link| link.peer).collect()
    /// };
    /// assert_eq!(peers(Topology::Hub, 3), [0]);
    /// assert_eq!(peers(Topology::Tree { arity: 2 }, 1), [0, 3, 4]);
    /// assert_eq!(peers(Topology::Grid, 4), [1, 3, 5]);
    /// ```
    pub fn links<P: Clone + PartialEq>(self, nodes: &[P], me: &P, flush: Duration) -> Vec<Link<P>> {
        let Some(me) = nodes.iter().position(|node| node == me) else { return Vec::new() };
        let flush = if self == Self::Hub && me != 0 { Duration::ZERO } else { flush };
        let relay = |other: usize| match self {
            Self::Mesh => (me == 0 || other == 0).then_some(LAZY_RELAY.max(flush)),
            _ => Some(flush),
        };
        let width = nodes.len().isqrt() + usize::from(!is_square(nodes.len()));
        let tied = |other: usize| {
            let (low, high) = (me.min(other), me.max(other));
            match self {
                Self::Hub => low == 0,
                Self::Mesh => true,
                Self::Tree { arity } => (high - 1) / arity.max(1) == low,
                Self::Grid => {
                    high == low + width || (high == low + 1 && !high.is_multiple_of(width))
                }
                Self::Line => high == low + 1,
            }
        };
        (0..nodes.len())
            .filter(|other| *other != me && tied(*other))
            .map(|other| Link { peer: nodes[other].clone(), flush, relay: relay(other) })
            .collect()
    }
}

fn is_square(n: usize) -> bool {
    n.isqrt().pow(2) == n
}

/// As it is parsed: `hub`, `mesh`, `grid`, `line`, `tree2` …
impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub => f.write_str("hub"),
            Self::Mesh => f.write_str("mesh"),
            Self::Tree { arity } => write!(f, "tree{arity}"),
            Self::Grid => f.write_str("grid"),
            Self::Line => f.write_str("line"),
        }
    }
}

/// ```
/// use glomers_gossip::Topology;
///
/// assert_eq!("tree3".parse(), Ok(Topology::Tree { arity: 3 }));
/// assert!("ring".parse::<Topology>().is_err());
/// ```
impl FromStr for Topology {
    type Err = ParseTopologyError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "hub" => Ok(Self::Hub),
            "mesh" | "total" => Ok(Self::Mesh),
            "grid" => Ok(Self::Grid),
            "line" => Ok(Self::Line),
            "tree" => Ok(Self::Tree { arity: 2 }),
            _ => match name.strip_prefix("tree").map(str::parse) {
                Some(Ok(arity)) if arity > 0 => Ok(Self::Tree { arity }),
                _ => Err(ParseTopologyError),
            },
        }
    }
}

/// The name is not that of a topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ParseTopologyError;

impl fmt::Display for ParseTopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected hub, mesh (or total), grid, line, tree, or treeK for K children")
    }
}

impl core::error::Error for ParseTopologyError {}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Topology; 6] = [
        Topology::Hub,
        Topology::Mesh,
        Topology::Tree { arity: 1 },
        Topology::Tree { arity: 4 },
        Topology::Grid,
        Topology::Line,
    ];

    fn peers(topology: Topology, nodes: &[usize], me: usize) -> Vec<usize> {
        topology.links(nodes, &me, Duration::ZERO).into_iter().map(|link| link.peer).collect()
    }

    #[test]
    fn links_are_mutual_and_reach_every_node() {
        for topology in ALL {
            for n in 1..30 {
                let nodes: Vec<usize> = (0..n).collect();
                let mut reached = vec![false; n];
                let mut frontier = vec![0];
                while let Some(node) = frontier.pop() {
                    if std::mem::replace(&mut reached[node], true) {
                        continue;
                    }
                    for peer in peers(topology, &nodes, node) {
                        assert!(peers(topology, &nodes, peer).contains(&node), "{topology} {n}");
                        frontier.push(peer);
                    }
                }
                assert!(reached.into_iter().all(|r| r), "{topology} of {n} is not connected");
            }
        }
    }

    #[test]
    fn a_grid_of_25_has_rows_of_five() {
        let nodes: Vec<usize> = (0..25).collect();
        assert_eq!(peers(Topology::Grid, &nodes, 12), [7, 11, 13, 17]);
        assert_eq!(peers(Topology::Grid, &nodes, 4), [3, 9]);
        assert_eq!(peers(Topology::Grid, &nodes, 5), [0, 6, 10]);
    }

    #[test]
    fn only_the_hub_gathers() {
        let flush = Duration::from_millis(200);
        let links = |me| Topology::Hub.links(&["a", "b", "c"], &me, flush);
        assert!(links("a").iter().all(|link| link.flush == flush));
        assert!(links("b").iter().all(|link| link.flush.is_zero()));
    }

    #[test]
    fn names_are_read_back() {
        for topology in ALL {
            assert_eq!(topology.to_string().parse(), Ok(topology));
        }
        for wrong in ["", "tree0", "tree-1", "Hub", "treeX"] {
            assert_eq!(wrong.parse::<Topology>(), Err(ParseTopologyError), "{wrong}");
        }
    }

    #[test]
    fn a_stranger_has_no_links() {
        assert!(Topology::Mesh.links(&["a", "b"], &"z", Duration::ZERO).is_empty());
    }
}
