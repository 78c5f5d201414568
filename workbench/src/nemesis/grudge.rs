use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::Serialize;

use crate::network::Network;
use crate::rng::Rng;

/// How a partition divides the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// One node is alone, the others are together
    One,
    /// As many nodes as make less than a third are apart from the others; of three nodes, none
    MinorityThird,
    /// Two halves; of an odd number of nodes, one of them has the majority
    Majority,
    /// Every node hears a majority, itself included, and no two of three or more nodes the same
    MajoritiesRing,
    /// Two groups of any size, of which one hears the other and is not heard by it
    OneWay,
}

impl Shape {
    /// Maelstrom's shapes.
    pub const USUAL: [Self; 4] =
        [Self::One, Self::MinorityThird, Self::Majority, Self::MajoritiesRing];
}

/// A partition: for every node, those that it does not hear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Grudge(BTreeMap<String, BTreeSet<String>>);

impl Grudge {
    /// A random partition of that shape.
    pub fn draw(shape: Shape, nodes: &[String], rng: &mut Rng) -> Self {
        let mut order: Vec<&String> = nodes.iter().collect();
        order.shuffle(rng);
        let count = order.len();
        match shape {
            Shape::One => Self::split(&order, 1),
            Shape::MinorityThird => Self::split(&order, count.saturating_sub(1) / 3),
            Shape::Majority => Self::split(&order, count / 2),
            Shape::MajoritiesRing => Self::new(&order, |a, b| hears_in_ring(count, a, b)),
            Shape::OneWay => {
                let deaf = rng.random_range(1..count.max(2));
                Self::new(&order, |a, b| a >= deaf || b < deaf)
            }
        }
    }

    /// Who does not hear whom: for a recipient, the senders.
    pub fn snubs(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.0
    }

    /// Makes the cuts in a network, in addition to those that there are.
    pub fn apply(&self, network: &Network) {
        for (dest, srcs) in &self.0 {
            for src in srcs {
                network.cut(dest, src);
            }
        }
    }

    /// The first `some` nodes and the others do not hear each other.
    fn split(order: &[&String], some: usize) -> Self {
        Self::new(order, |a, b| (a < some) == (b < some))
    }

    /// The node at place `a` hears the one at place `b` if `hears(a, b)`.
    fn new(order: &[&String], hears: impl Fn(usize, usize) -> bool) -> Self {
        let snubbed = |a| {
            let strangers = order.iter().enumerate().filter(|&(b, _)| !hears(a, b));
            strangers.map(|(_, &src)| src.clone()).collect()
        };
        Self(order.iter().enumerate().map(|(a, &dest)| (dest.clone(), snubbed(a))).collect())
    }
}

/// Whether, of `count` nodes in a ring, the one at place `a` hears the one at place `b`.
///
/// A majority are ⌊n/2⌋ nodes besides oneself. Half of these are one's next neighbours on either
/// side. If that number is odd, the last one is the node across the ring; those links are pairs,
/// and where the number of nodes is odd as well, one node is part of two pairs. Windows of less
/// than the whole ring around different centres differ, and a node across never makes up for it,
/// so that no two majorities are the same.
///
/// Of three nodes each hears the next one alone: any link in both directions would be a pair with
/// the same majority.
fn hears_in_ring(count: usize, a: usize, b: usize) -> bool {
    let steps = |from: usize, to: usize| (to + count - from) % count;
    let (there, back) = (steps(a, b), steps(b, a));
    if count == 3 {
        return there <= 1;
    }
    let across = count / 2;
    let reach = across / 2;
    if there <= reach || back <= reach {
        return true;
    }
    let begins_pair = |place: usize| place < across || place == count - 1;
    across % 2 == 1 && (there == across && begins_pair(a) || back == across && begins_pair(b))
}

#[cfg(test)]
mod tests {
    use glomers_check::check::Cuts;
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;
    use crate::rng::Rng;

    /// A grudge of that shape, and whom each node hears in it.
    fn draw(shape: Shape, count: usize, seed: u64) -> BTreeMap<String, BTreeSet<String>> {
        let nodes: Vec<_> = (0..count).map(|n| format!("n{n}")).collect();
        let grudge = Grudge::draw(shape, &nodes, &mut Rng::seed_from_u64(seed));
        assert!(grudge.snubs().keys().eq(nodes.iter().collect::<BTreeSet<_>>()), "all are in it");
        let heard = |snubbed: &BTreeSet<String>| {
            nodes.iter().filter(|node| !snubbed.contains(*node)).cloned().collect()
        };
        grudge.snubs().iter().map(|(node, snubbed)| (node.clone(), heard(snubbed))).collect()
    }

    /// The sizes of the components of a grudge that divides the nodes cleanly, in order.
    fn components(hears: &BTreeMap<String, BTreeSet<String>>) -> Vec<usize> {
        for (node, heard) in hears {
            assert!(heard.contains(node) && heard.iter().all(|other| hears[other] == *heard));
        }
        let parts: BTreeSet<_> = hears.values().collect();
        let mut sizes: Vec<_> = parts.into_iter().map(BTreeSet::len).collect();
        sizes.sort_unstable();
        sizes
    }

    /// The sizes of two components, without an empty one.
    fn two(some: usize, count: usize) -> Vec<usize> {
        let mut sizes = vec![some, count - some];
        sizes.retain(|&size| size > 0);
        sizes.sort_unstable();
        sizes
    }

    proptest! {
        #[test]
        fn clean_splits_have_the_sizes_they_should(count in 1_usize..40, seed: u64) {
            prop_assert_eq!(components(&draw(Shape::One, count, seed)), two(1, count));
            let halves = components(&draw(Shape::Majority, count, seed));
            prop_assert_eq!(halves, two(count / 2, count));
            // The greatest number that is less than a third.
            let third = (0..count).rev().find(|some| 3 * some < count).unwrap();
            let sizes = components(&draw(Shape::MinorityThird, count, seed));
            prop_assert_eq!(sizes, two(third, count));
        }

        #[test]
        fn in_a_ring_everyone_hears_a_majority_of_their_own(count in 1_usize..80, seed: u64) {
            let hears = draw(Shape::MajoritiesRing, count, seed);
            let majority = count / 2 + 1;
            let spare: usize = hears
                .iter()
                .map(|(node, heard)| {
                    assert!(heard.contains(node), "{node} hears itself");
                    heard.len().checked_sub(majority).expect("a majority")
                })
                .sum();
            prop_assert!(spare <= 1, "nobody hears more than need be: {}", spare);
            if count >= 3 {
                let different: BTreeSet<_> = hears.values().collect();
                prop_assert_eq!(different.len(), count);
            }
            if count != 3 {
                for (node, heard) in &hears {
                    prop_assert!(heard.iter().all(|other| hears[other].contains(node)));
                }
            }
        }
    }

    #[test]
    fn each_shape_leaves_the_islands_that_it_should() {
        for (shape, count, expected) in [
            (Shape::One, 5, &[1, 4][..]),
            (Shape::MinorityThird, 7, &[2, 5]),
            (Shape::MinorityThird, 3, &[3]),
            (Shape::Majority, 5, &[2, 3]),
            // Each links up with some neighbours, and so all do; but of three no two do.
            (Shape::MajoritiesRing, 5, &[5]),
            (Shape::MajoritiesRing, 25, &[25]),
            (Shape::MajoritiesRing, 3, &[1, 1, 1]),
            // Whoever is heard by some and does not hear them has no link with them.
            (Shape::OneWay, 2, &[1, 1]),
        ] {
            let nodes: Vec<_> = (0..count).map(|n| format!("n{n}")).collect();
            let grudge = Grudge::draw(shape, &nodes, &mut Rng::seed_from_u64(1));
            // As a checker finds it in the history.
            let written = serde_json::to_value(grudge).unwrap();
            let islands = serde_json::from_value::<Cuts>(written).unwrap().islands(&nodes);
            let mut sizes: Vec<_> = (0..count)
                .map(|island| islands.iter().filter(|&&other| other == island).count())
                .filter(|&size| size > 0)
                .collect();
            sizes.sort_unstable();
            assert_eq!(sizes, expected, "{shape:?} of {count}");
        }
    }

    #[test]
    fn three_nodes_hear_each_other_in_a_circle() {
        let hears = draw(Shape::MajoritiesRing, 3, 0);
        assert!(hears.iter().all(|(node, heard)| {
            heard.iter().all(|other| other == node || !hears[other].contains(node))
        }));
    }

    #[test]
    fn cuts_of_one_way_leave_the_other() {
        let mut sizes = BTreeSet::new();
        for seed in 0..100 {
            let hears = draw(Shape::OneWay, 5, seed);
            let deaf: BTreeSet<_> =
                hears.iter().filter(|(_, heard)| heard.len() < 5).map(|(node, _)| node).collect();
            sizes.insert(deaf.len());
            // Those who do not hear all hear each other, and are heard by everyone.
            for node in &deaf {
                assert!(hears[*node].iter().collect::<BTreeSet<_>>() == deaf, "{hears:?}");
                assert!(hears.values().all(|heard| heard.contains(*node)), "{hears:?}");
            }
        }
        assert_eq!(sizes, BTreeSet::from([1, 2, 3, 4]));
        assert_eq!(draw(Shape::OneWay, 1, 0).len(), 1, "one node is no two groups");
    }

    #[test]
    fn the_nodes_cut_off_are_random() {
        for &shape in Shape::value_variants() {
            let different: BTreeSet<_> = (0..20).map(|seed| draw(shape, 7, seed)).collect();
            assert!(different.len() > 3, "{shape:?}");
        }
    }
}
