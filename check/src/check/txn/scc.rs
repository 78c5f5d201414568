//! Strongly connected components, by Tarjan's algorithm (*Depth-First Search and Linear Graph
//! Algorithms*, SIAM Journal on Computing 1972), without recursion.

/// For each node the number of its component; components are numbered in reverse topological order,
/// so no edge leads from one to a component of a higher number.
///
/// `out` appends the successors of a node to a list. Takes time in proportion to nodes and edges.
pub(super) fn components(nodes: usize, mut out: impl FnMut(usize, &mut Vec<usize>)) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let mut component = vec![NONE; nodes];
    // When each node was met, and the earliest node of its component known to be reachable.
    let mut met = vec![NONE; nodes];
    let mut lowest = vec![NONE; nodes];
    let mut clock = 0;
    let mut found = 0;
    let mut stack = Vec::new();
    // The path: each node, and where its successors begin among `pending`.
    let mut path: Vec<(usize, usize)> = Vec::new();
    let mut pending: Vec<usize> = Vec::new();
    for root in 0..nodes {
        if met[root] != NONE {
            continue;
        }
        let mut enter = Some(root);
        loop {
            if let Some(node) = enter.take() {
                (met[node], lowest[node]) = (clock, clock);
                clock += 1;
                stack.push(node);
                path.push((node, pending.len()));
                out(node, &mut pending);
            }
            let Some(&(node, begin)) = path.last() else { break };
            if pending.len() > begin {
                let Some(next) = pending.pop() else { break };
                if met[next] == NONE {
                    enter = Some(next);
                } else if component[next] == NONE {
                    lowest[node] = lowest[node].min(met[next]);
                }
                continue;
            }
            path.pop();
            if let Some(&(parent, _)) = path.last() {
                lowest[parent] = lowest[parent].min(lowest[node]);
            }
            if lowest[node] == met[node] {
                while let Some(member) = stack.pop() {
                    component[member] = found;
                    if member == node {
                        break;
                    }
                }
                found += 1;
            }
        }
    }
    component
}

/// The members of the components of more than one node.
pub(super) fn cyclic(component: &[usize]) -> Vec<Vec<usize>> {
    let mut sizes = vec![0; component.iter().max().map_or(0, |most| most + 1)];
    for &component in component {
        sizes[component] += 1;
    }
    let mut place = vec![usize::MAX; sizes.len()];
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (node, &component) in component.iter().enumerate() {
        if sizes[component] > 1 {
            if place[component] == usize::MAX {
                place[component] = members.len();
                members.push(Vec::with_capacity(sizes[component]));
            }
            members[place[component]].push(node);
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
        components(nodes, |node, out| {
            out.extend(edges.iter().filter(|edge| edge.0 == node).map(|edge| edge.1));
        })
    }

    #[test]
    fn a_path_of_any_length_needs_no_stack() {
        let component = components(1_000_000, |node, out| out.extend((node > 0).then(|| node - 1)));
        assert!(cyclic(&component).is_empty());
        let component = components(1_000_000, |node, out| out.push((node + 1) % 1_000_000));
        assert_eq!(cyclic(&component)[0].len(), 1_000_000);
    }

    proptest! {
        #[test]
        fn two_nodes_share_a_component_if_each_reaches_the_other(
            edges in proptest::collection::vec((0..7_usize, 0..7_usize), 0..16)
        ) {
            let mut reaches: [[bool; 7]; 7] =
                std::array::from_fn(|from| std::array::from_fn(|to| from == to));
            for &(from, to) in &edges {
                reaches[from][to] = true;
            }
            for via in 0..7 {
                for from in 0..7 {
                    for to in 0..7 {
                        reaches[from][to] |= reaches[from][via] && reaches[via][to];
                    }
                }
            }
            let component = of(7, &edges);
            for from in 0..7 {
                for to in 0..7 {
                    let together = reaches[from][to] && reaches[to][from];
                    prop_assert_eq!(component[from] == component[to], together);
                    if reaches[from][to] {
                        prop_assert!(component[from] >= component[to]);
                    }
                }
            }
        }
    }
}
