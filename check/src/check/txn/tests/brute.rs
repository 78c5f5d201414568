//! The search for cycles against one that follows the definitions, on small graphs.

use proptest::prelude::*;

use super::super::cycles::{Variant, cycles};
use super::super::graph::{Edges, NO_VERSION, Relations};

const NODES: usize = 5;

type Matrix = [[bool; NODES]; NODES];

fn union(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i][j] || b[i][j]))
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..NODES).any(|k| a[i][k] && b[k][j])))
}

/// By one step or more.
fn closure(a: &Matrix) -> Matrix {
    let mut closed = *a;
    for _ in 0..NODES {
        closed = union(&closed, &product(&closed, a));
    }
    closed
}

fn meets(a: &Matrix, b: &Matrix) -> bool {
    (0..NODES).any(|i| (0..NODES).any(|j| a[i][j] && b[j][i]))
}

fn cyclic(a: &Matrix) -> bool {
    let closed = closure(a);
    (0..NODES).any(|i| closed[i][i])
}

fn identity() -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| i == j))
}

/// Whether there is a G0, a G1c (or G0), a G-single, a G-nonadjacent (or G-single), a G2 (or any of
/// the two).
fn by_definition(ww: &Matrix, wr: &Matrix, rw: &Matrix, order: &Matrix) -> [bool; 5] {
    let writes = union(ww, order);
    let base = union(&writes, wr);
    let paths = closure(&base);
    let spaced = product(&paths, rw);
    [
        cyclic(&writes),
        cyclic(&base),
        meets(rw, &union(&paths, &identity())),
        cyclic(&spaced),
        meets(rw, &union(&closure(&union(&base, rw)), &identity())),
    ]
}

const CLASSES: [&str; 5] = ["G0", "G1c", "G-single-item", "G-nonadjacent-item", "G2-item"];

/// What has been found, and what it is a case of.
fn by_search(edges: &Edges, variants: &[Variant], suffixes: &[&str]) -> [bool; 5] {
    let names: Vec<_> =
        cycles(edges, NODES, variants).into_iter().map(|cycle| cycle.anomaly).collect();
    let found = |class: usize| {
        suffixes.iter().any(|suffix| names.contains(&format!("{}{suffix}", CLASSES[class])))
    };
    [
        found(0),
        found(0) || found(1),
        found(2),
        found(2) || found(3),
        found(2) || found(3) || found(4),
    ]
}

fn edge() -> impl Strategy<Value = (usize, usize, usize)> {
    (0..NODES, 0..NODES, 0..3_usize)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn cycles_are_found_as_they_are_defined(
        list in proptest::collection::vec(edge(), 0..10),
        // When each transaction begins and how long it takes, for the real-time order.
        spans in proptest::array::uniform5((0..12_usize, 1..8_usize)),
    ) {
        let mut edges = Edges::new(NODES);
        let mut matrices = [[[false; NODES]; NODES]; 3];
        let relations = [Relations::WW, Relations::WR, Relations::RW];
        for (from, to, relation) in list {
            if from != to {
                matrices[relation][from][to] = true;
            }
            edges.add(from, to, relations[relation], [NO_VERSION; 2]);
        }
        let [ww, wr, rw] = matrices;
        let none = Matrix::default();
        let expected = by_definition(&ww, &wr, &rw, &none);
        prop_assert_eq!(by_search(&edges, &[Variant::Data], &[""]), expected);

        let ends_before = |i: usize, j: usize| spans[i].0 + spans[i].1 <= spans[j].0;
        let before = std::array::from_fn(|i| std::array::from_fn(|j| ends_before(i, j)));
        // The chain of moments, one for every time.
        let moments: Vec<_> = (0..24).map(|_| edges.node()).collect();
        for pair in moments.windows(2) {
            edges.add(pair[0], pair[1], Relations::ON, [NO_VERSION; 2]);
        }
        for (node, &(begin, length)) in spans.iter().enumerate() {
            edges.add(node, moments[begin + length], Relations::REALTIME, [NO_VERSION; 2]);
            edges.add(moments[begin], node, Relations::ON, [NO_VERSION; 2]);
        }
        let expected = by_definition(&ww, &wr, &rw, &before);
        let found = by_search(&edges, &[Variant::Data, Variant::Realtime], &["", "-realtime"]);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn chains_stand_for_the_product_of_readers_and_writers(
        readers in proptest::collection::btree_set(0..12_usize, 0..12),
        writers in proptest::collection::btree_set(0..12_usize, 0..12),
    ) {
        let readers: Vec<_> = readers.into_iter().collect();
        let writers: Vec<_> = writers.into_iter().map(|writer| (writer, 100 + writer)).collect();
        let mut edges = Edges::new(12);
        edges.add_overwritten(Relations::RW, 7, &readers, &writers);
        for from in 0..12 {
            let mut reached = vec![false; edges.nodes];
            let mut todo: Vec<_> = edges.iter().filter(|edge| edge.from == from).collect();
            while let Some(edge) = todo.pop() {
                if !std::mem::replace(&mut reached[edge.to], true) && edge.to >= 12 {
                    todo.extend(edges.iter().filter(|next| next.from == edge.to));
                }
            }
            for (to, &is_reached) in reached.iter().enumerate().take(12) {
                let expected = from != to
                    && readers.contains(&from)
                    && writers.iter().any(|&(writer, _)| writer == to);
                prop_assert_eq!(is_reached, expected, "{} to {}", from, to);
            }
        }
    }
}
