//! Which of many pairs of nodes are joined by a path: many at a time, a bit for each.

use super::graph::{Graph, Relations};
use super::scc::components;

/// Pairs answered in one pass.
pub(super) const BATCH: usize = 256;

type Bits = [u64; BATCH / 64];

/// A graph, without its cycles.
pub(super) struct Reach<'a> {
    graph: &'a Graph,
    through: Relations,
    component: Vec<usize>,
    /// The nodes, such that paths between components only ever lead on.
    order: Vec<usize>,
    bits: Vec<Bits>,
}

impl<'a> Reach<'a> {
    /// Of paths through edges of the given kinds.
    pub(super) fn new(graph: &'a Graph, through: Relations) -> Self {
        let component = components(graph.nodes(), |node, out| {
            let edges = graph.edges()[graph.out(node)].iter();
            out.extend(edges.filter(|edge| edge.relation.meets(through)).map(|edge| edge.to));
        });
        let mut order: Vec<usize> = (0..graph.nodes()).collect();
        order.sort_by_key(|&node| usize::MAX - component[node]);
        let bits = vec![Bits::default(); graph.nodes()];
        Self { graph, through, component, order, bits }
    }

    /// Those of the pairs, [`BATCH`] at most, of which a path leads from the first to the second.
    pub(super) fn joined(&mut self, pairs: &[(usize, usize)]) -> Vec<usize> {
        self.bits.fill(Bits::default());
        for (number, &(from, _)) in pairs.iter().take(BATCH).enumerate() {
            self.bits[self.component[from]][number / 64] |= 1 << (number % 64);
        }
        for &node in &self.order {
            let bits = self.bits[self.component[node]];
            if bits == Bits::default() {
                continue;
            }
            for edge in &self.graph.edges()[self.graph.out(node)] {
                if edge.relation.meets(self.through) {
                    for (to, from) in self.bits[self.component[edge.to]].iter_mut().zip(bits) {
                        *to |= from;
                    }
                }
            }
        }
        let is_joined = |number: &usize| {
            let (_, to) = pairs[*number];
            self.bits[self.component[to]][number / 64] >> (number % 64) & 1 == 1
        };
        (0..pairs.len().min(BATCH)).filter(is_joined).collect()
    }
}
