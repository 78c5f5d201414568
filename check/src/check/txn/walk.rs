//! Shortest walks through the graph of dependencies.

use std::collections::VecDeque;

use super::graph::{Graph, Relations};

/// Which steps a walk may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Steps of these kinds, at any time.
    pub(super) base: Relations,
    /// Steps of these kinds, but not two in succession.
    pub(super) apart: Option<Relations>,
}

/// A breadth-first search that can be done again and again without clearing anything. A state is a
/// node, twice: arrived at by a step of the kinds kept apart, or not.
pub(super) struct Walker<'a> {
    graph: &'a Graph,
    /// By state: the search that reached it, after how many steps, and by which edge from which state.
    reached: Vec<(u32, usize, usize, usize)>,
    search: u32,
    queue: VecDeque<(usize, usize)>,
    /// How many more edges may be looked at.
    pub(super) budget: usize,
}

const NOWHERE: usize = usize::MAX;

impl<'a> Walker<'a> {
    pub(super) fn new(graph: &'a Graph, budget: usize) -> Self {
        Self {
            graph,
            reached: vec![(0, 0, NOWHERE, NOWHERE); 2 * graph.nodes()],
            search: 0,
            queue: VecDeque::new(),
            budget,
        }
    }

    /// The shortest walk from `from` to `to` in fewer than `limit` steps, as edges. With `fresh` the
    /// walk goes on from a step of the kinds kept apart, and does not end with one. A walk from a
    /// node to itself takes a step at least. Steps from node to node that stand for no transaction
    /// count nothing.
    ///
    /// `None` if there is none, or the budget is used up.
    pub(super) fn shortest(
        &mut self,
        rule: Rule,
        from: usize,
        to: usize,
        fresh: bool,
        limit: usize,
    ) -> Option<Vec<usize>> {
        self.search += 1;
        self.queue.clear();
        let start = 2 * from + usize::from(fresh);
        self.queue.push_back((start, 0));
        if from != to || fresh {
            self.reached[start] = (self.search, 0, NOWHERE, NOWHERE);
        }
        while let Some((state, steps)) = self.queue.pop_front() {
            let (node, after_apart) = (state / 2, state % 2 == 1);
            let (search, known, ..) = self.reached[state];
            if search == self.search && known < steps {
                continue;
            }
            for place in self.graph.out(node) {
                if self.budget == 0 {
                    return None;
                }
                self.budget -= 1;
                let edge = &self.graph.edges()[place];
                let on = edge.relation.meets(Relations::ON);
                let apart = rule.apart.is_some_and(|apart| edge.relation.meets(apart));
                let base = edge.relation.meets(rule.base);
                // A step on goes on in the same way.
                let ways = [
                    (on && !after_apart) || (base && !on),
                    (on && after_apart) || (apart && !after_apart && !on),
                ];
                for (is_apart, possible) in ways.into_iter().enumerate() {
                    let next = 2 * edge.to + is_apart;
                    let taken = steps + usize::from(!on);
                    let (search, known, ..) = self.reached[next];
                    if !possible || taken >= limit || (search == self.search && known <= taken) {
                        continue;
                    }
                    self.reached[next] = (self.search, taken, place, state);
                    if on {
                        self.queue.push_front((next, taken));
                    } else {
                        self.queue.push_back((next, taken));
                    }
                }
            }
            // All that lie nearer have been gone through.
            let (search, known, ..) = self.reached[2 * to];
            if search == self.search && known <= steps && (known > 0 || from != to) {
                break;
            }
        }
        self.path(2 * to, start)
    }

    fn path(&self, end: usize, start: usize) -> Option<Vec<usize>> {
        let mut path = Vec::new();
        let mut state = end;
        loop {
            let (search, _, place, before) = self.reached[state];
            if search != self.search || place == NOWHERE {
                return None;
            }
            path.push(place);
            state = before;
            if state == start {
                path.reverse();
                return Some(path);
            }
        }
    }
}
