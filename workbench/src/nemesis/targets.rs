use clap::ValueEnum;
use rand::seq::IndexedRandom;
use serde::Serialize;

use crate::rng::Rng;

/// How many nodes a fault befalls at a time; which, is random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// One node
    One,
    /// As many nodes as leave a majority of the others, but one at least
    Minority,
    /// The smallest majority
    Majority,
    /// All nodes
    All,
}

impl Target {
    /// All of them.
    pub const EVERY: [Self; 4] = [Self::One, Self::Minority, Self::Majority, Self::All];

    /// Some of `nodes`, in their order.
    pub(super) fn draw(self, nodes: &[String], rng: &mut Rng) -> Vec<String> {
        let count = match self {
            Self::One => 1,
            Self::Minority => (nodes.len().saturating_sub(1) / 2).max(1),
            Self::Majority => nodes.len() / 2 + 1,
            Self::All => nodes.len(),
        };
        let numbers: Vec<usize> = (0..nodes.len()).collect();
        let mut drawn: Vec<_> = numbers.sample(rng, count).copied().collect();
        drawn.sort_unstable();
        drawn.into_iter().map(|number| nodes[number].clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn they_are_as_many_as_they_should_be_and_random() {
        for (nodes, sizes) in
            [(1, [1, 1, 1, 1]), (2, [1, 1, 2, 2]), (3, [1, 1, 2, 3]), (7, [1, 3, 4, 7])]
        {
            let nodes: Vec<_> = (0..nodes).map(|n| format!("n{n}")).collect();
            for (target, size) in Target::EVERY.into_iter().zip(sizes) {
                let mut rng = Rng::seed_from_u64(1);
                let draws: BTreeSet<_> = (0..50).map(|_| target.draw(&nodes, &mut rng)).collect();
                for drawn in &draws {
                    let different: BTreeSet<_> = drawn.iter().collect();
                    assert_eq!((different.len(), drawn.len()), (size, size), "{target:?}");
                    assert!(drawn.is_sorted() && drawn.iter().all(|node| nodes.contains(node)));
                }
                assert_eq!(draws.len() == 1, size == nodes.len(), "{target:?} of {nodes:?}");
            }
        }
    }
}
