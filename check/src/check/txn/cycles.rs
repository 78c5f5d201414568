//! Cycles of dependencies, by what they consist of.
//!
//! Whether a component of the graph has a cycle of a class is found out exactly, in linear time but
//! for one class in rare cases; which of them is the shortest, within a bound on the effort. Of each
//! component and class the shortest found is reported, but none that is a case of another reported.
//!
//! A cycle without two anti-dependencies in succession is taken to be a closed walk, which may pass
//! a transaction more than once: those are what snapshot isolation excludes (Cerone, Gotsman,
//! *Analysing Snapshot Isolation*, PODC 2016). They are the cycles of a graph that has every
//! transaction twice, as arrived at by an anti-dependency or not.

use super::graph::{Edge, Edges, Graph, Relations};
use super::reach::{BATCH, Reach};
use super::scc::{components, cyclic};
use super::walk::{Rule, Walker};

/// What a cycle consists of, beside the order of processes or of real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// Write dependencies alone.
    G0,
    /// Write and read dependencies.
    G1c,
    /// One anti-dependency besides.
    Single,
    /// More of them, no two in succession.
    Nonadjacent,
    /// More of them.
    G2,
}

impl Class {
    const ALL: [Self; 5] = [Self::G0, Self::G1c, Self::Single, Self::Nonadjacent, Self::G2];

    fn name(self) -> &'static str {
        match self {
            Self::G0 => "G0",
            Self::G1c => "G1c",
            Self::Single => "G-single-item",
            Self::Nonadjacent => "G-nonadjacent-item",
            Self::G2 => "G2-item",
        }
    }

    /// Whether a cycle of this class is one of `other`.
    fn is_case_of(self, other: Self) -> bool {
        match self {
            Self::G0 => other <= Self::G1c,
            Self::G1c => other == Self::G1c,
            _ => other >= self,
        }
    }
}

/// Which orders a cycle may use beside the dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Variant {
    /// None.
    Data,
    /// In which each process did its transactions.
    Process,
    /// Of what ended before what began.
    Realtime,
}

impl Variant {
    fn suffix(self) -> &'static str {
        match self {
            Self::Data => "",
            Self::Process => "-process",
            Self::Realtime => "-realtime",
        }
    }

    /// The order itself.
    fn order(self) -> Relations {
        match self {
            Self::Data => Relations::ON,
            Self::Process => Relations::PROCESS,
            Self::Realtime => Relations::REALTIME,
        }
    }

    /// Write dependencies that follow if versions follow the order.
    ///
    /// If x1 comes before x2 because the one was met before the other was, but was really written
    /// after it, then there is a cycle of one anti-dependency and the order. So whatever is found by
    /// this is an anomaly of the class that its cycle seems to have, or of that one: no cycle found
    /// by it is said to be less than one anti-dependency's.
    fn inferred_ww(self) -> Relations {
        match self {
            Self::Data => Relations::ON,
            Self::Process => Relations::WW_PROCESS,
            Self::Realtime => Relations::WW_REALTIME,
        }
    }

    fn inferred_rw(self) -> Relations {
        match self {
            Self::Data => Relations::RW,
            Self::Process => Relations::RW_PROCESS,
            Self::Realtime => Relations::RW_REALTIME,
        }
    }

    /// The steps of a cycle of `class` that are no anti-dependencies.
    fn base(self, class: Class) -> Relations {
        let base = Relations::WW | Relations::ON | self.order();
        match class {
            Class::G0 => base,
            Class::G1c => base | Relations::WR,
            _ => base | Relations::WR | self.inferred_ww(),
        }
    }

    /// Anti-dependencies, and what cannot be said to be more.
    ///
    /// Where there is a cycle without any, it would only be found again: then it is more.
    fn anti(self, known: &[Class]) -> Relations {
        let anti = Relations::RW | self.inferred_rw();
        let is_worse = known.iter().any(|known| known.is_case_of(Class::G1c));
        if self == Self::Data || is_worse { anti } else { anti | self.inferred_ww() }
    }
}

/// A closed walk through the graph.
pub(super) struct Cycle {
    /// Its name: that of its class, as a variant.
    pub(super) anomaly: String,
    /// What it consists of.
    pub(super) class: Class,
    /// By the help of which order.
    pub(super) variant: Variant,
    /// Its steps.
    pub(super) edges: Vec<Edge>,
}

/// The cycles of each component of the graph.
pub(super) fn cycles(edges: &Edges, transactions: usize, variants: &[Variant]) -> Vec<Cycle> {
    let targets = edges.targets();
    let component = components(edges.nodes, |node, out| out.extend(targets.of(node)));
    drop(targets);
    let component = &component;
    let cyclic = cyclic(component);
    if cyclic.is_empty() {
        return Vec::new();
    }
    let inside = edges.iter().filter(|edge| component[edge.from] == component[edge.to]);
    let whole = Graph::new(edges.nodes, inside);
    let mut local = vec![0; whole.nodes()];
    let mut found = Vec::new();
    for members in cyclic {
        for (number, &node) in members.iter().enumerate() {
            local[node] = number;
        }
        let inside = members.iter().flat_map(|&node| &whole.edges()[whole.out(node)]);
        let renumbered =
            inside.map(|edge| Edge { from: local[edge.from], to: local[edge.to], ..*edge });
        let graph = Graph::new(members.len(), renumbered);
        let search = Search { graph, members: &members, transactions };
        search.run(variants, &mut found);
    }
    found
}

/// The search in one component.
struct Search<'a> {
    graph: Graph,
    /// The nodes, by their numbers in the component.
    members: &'a [usize],
    transactions: usize,
}

impl Search<'_> {
    fn run(&self, variants: &[Variant], found: &mut Vec<Cycle>) {
        let mut known: Vec<Class> = Vec::new();
        for &variant in variants {
            for class in Class::ALL {
                // A cycle without the order is one with it.
                if known.iter().any(|known| known.is_case_of(class)) {
                    continue;
                }
                let (base, anti) = (variant.base(class), variant.anti(&known));
                let cycle = match class {
                    Class::G0 | Class::G1c => self.circle(base),
                    Class::Single => self.single(base, anti),
                    Class::Nonadjacent => self.nonadjacent(base, anti),
                    Class::G2 => self.any(base, anti),
                };
                if let Some(places) = cycle {
                    known.push(class);
                    let global = |&place: &usize| {
                        let edge = self.graph.edges()[place];
                        Edge { from: self.members[edge.from], to: self.members[edge.to], ..edge }
                    };
                    let anomaly = format!("{}{}", class.name(), variant.suffix());
                    let edges = places.iter().map(global).collect();
                    found.push(Cycle { anomaly, class, variant, edges });
                }
            }
        }
    }

    /// A walker that is surely let find something, and look for something shorter for a while.
    fn walker(&self) -> Walker<'_> {
        Walker::new(&self.graph, 8 * self.graph.edges().len() + 500_000)
    }

    /// A cycle of the given kinds alone.
    fn circle(&self, base: Relations) -> Option<Vec<usize>> {
        let component = self.components(base);
        let mut walker = self.walker();
        let mut best: Option<Vec<usize>> = None;
        for node in cyclic(&component).into_iter().flatten() {
            if self.members[node] < self.transactions {
                let limit = best.as_ref().map_or(usize::MAX, |best| self.length(best));
                let rule = Rule { base, apart: None };
                best = walker.shortest(rule, node, node, false, limit).or(best);
            }
            if walker.budget == 0 {
                break;
            }
        }
        best
    }

    /// A cycle of one anti-dependency.
    fn single(&self, base: Relations, anti: Relations) -> Option<Vec<usize>> {
        let candidates = self.apart(base, anti);
        let mut reach: Option<Reach<'_>> = None;
        for batch in candidates.chunks(BATCH) {
            let pairs: Vec<_> = batch
                .iter()
                .map(|&place| (self.graph.edges()[place].to, self.graph.edges()[place].from))
                .collect();
            let reach = reach.get_or_insert_with(|| Reach::new(&self.graph, base));
            let closed: Vec<_> = reach.joined(&pairs).into_iter().map(|at| batch[at]).collect();
            if !closed.is_empty() {
                return self.close(&closed, Rule { base, apart: None }, false);
            }
        }
        None
    }

    /// A cycle of anti-dependencies no two of which follow each other.
    fn nonadjacent(&self, base: Relations, anti: Relations) -> Option<Vec<usize>> {
        self.close(&self.apart(base, anti), Rule { base, apart: Some(anti) }, true)
    }

    /// A cycle of anti-dependencies.
    fn any(&self, base: Relations, anti: Relations) -> Option<Vec<usize>> {
        let base = base | anti;
        let component = self.components(base);
        let edges = self.graph.edges();
        let inside: Vec<_> = (0..edges.len())
            .filter(|&place| edges[place].relation.meets(anti))
            .filter(|&place| component[edges[place].from] == component[edges[place].to])
            .collect();
        self.close(&inside, Rule { base, apart: None }, false)
    }

    fn components(&self, base: Relations) -> Vec<usize> {
        components(self.graph.nodes(), |node, out| {
            let edges = self.graph.edges()[self.graph.out(node)].iter();
            out.extend(edges.filter(|edge| edge.relation.meets(base)).map(|edge| edge.to));
        })
    }

    /// The anti-dependencies that lie on a closed walk on which no two follow each other.
    fn apart(&self, base: Relations, anti: Relations) -> Vec<usize> {
        let edges = self.graph.edges();
        let component = components(2 * self.graph.nodes(), |state, out| {
            let (node, after) = (state / 2, state % 2);
            for edge in &edges[self.graph.out(node)] {
                if edge.relation.meets(Relations::ON) {
                    out.push(2 * edge.to + after);
                } else {
                    out.extend(edge.relation.meets(base).then_some(2 * edge.to));
                    let may = after == 0 && edge.relation.meets(anti);
                    out.extend(may.then_some(2 * edge.to + 1));
                }
            }
        });
        (0..edges.len())
            .filter(|&place| edges[place].relation.meets(anti))
            .filter(|&place| component[2 * edges[place].from] == component[2 * edges[place].to + 1])
            .collect()
    }

    /// The shortest way found to close one of these edges to a cycle.
    fn close(&self, places: &[usize], rule: Rule, fresh: bool) -> Option<Vec<usize>> {
        let mut walker = self.walker();
        let mut best: Option<Vec<usize>> = None;
        for &place in places {
            let edge = &self.graph.edges()[place];
            let limit = best.as_ref().map_or(usize::MAX, |best| self.length(best) - 1);
            if let Some(mut path) = walker.shortest(rule, edge.to, edge.from, fresh, limit) {
                path.insert(0, place);
                best = Some(path);
            }
            if walker.budget == 0 {
                break;
            }
        }
        best
    }

    /// How many steps between transactions a walk takes.
    fn length(&self, places: &[usize]) -> usize {
        let edges = places.iter().map(|&place| self.graph.edges()[place]);
        edges.filter(|edge| !edge.relation.meets(Relations::ON)).count()
    }
}
