use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// The cuts of a partition, as the nemesis writes them down: for every node, those that it does not
/// hear.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Cuts(BTreeMap<String, BTreeSet<String>>);

impl Cuts {
    /// For each of `nodes`, the number of its island. Two nodes are on the same island if there is a
    /// way between them, perhaps over others, on which each link works in both directions.
    ///
    /// ```
    /// use glomers_check::check::Cuts;
    ///
    /// let cuts: Cuts = serde_json::from_str(r#"{"n0": ["n1"], "n2": []}"#)?;
    /// let nodes = ["n0", "n1", "n2"].map(str::to_owned);
    /// assert_eq!(cuts.islands(&nodes), [0, 0, 0], "n2 links them");
    /// assert_eq!(cuts.islands(&nodes[..2]), [0, 1]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn islands(&self, nodes: &[String]) -> Vec<usize> {
        let cut = |dest: usize, src: usize| {
            self.0.get(&nodes[dest]).is_some_and(|srcs| srcs.contains(&nodes[src]))
        };
        let mut islands = vec![0; nodes.len()];
        let mut unmet: Vec<usize> = (0..nodes.len()).rev().collect();
        let mut island = 0;
        while let Some(first) = unmet.pop() {
            let mut met = vec![first];
            // Each look either finds a node for good or falls on a cut: no more are needed than
            // there are nodes and cuts, and the latter are given one by one anyway.
            while let Some(node) = met.pop() {
                islands[node] = island;
                let linked = |other: &mut usize| !cut(node, *other) && !cut(*other, node);
                met.extend(unmet.extract_if(.., linked));
            }
            island += 1;
        }
        islands
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What [`Cuts::islands`] should find, slowly: each node's number is handed on over links that
    /// work in both directions, and the least one remains.
    fn spread(cuts: &Cuts, nodes: &[String]) -> Vec<usize> {
        let hears = |a: &String, b: &String| !cuts.0.get(a).is_some_and(|srcs| srcs.contains(b));
        let mut least: Vec<usize> = (0..nodes.len()).collect();
        for _ in nodes {
            for (a, one) in nodes.iter().enumerate() {
                for (b, other) in nodes.iter().enumerate() {
                    if hears(one, other) && hears(other, one) {
                        least[a] = least[a].min(least[b]);
                    }
                }
            }
        }
        least
    }

    proptest! {
        #[test]
        fn islands_are_what_links_in_both_directions_connect(
            count in 1_usize..12,
            pairs in proptest::collection::vec((0_usize..12, 0_usize..12), 0..120),
        ) {
            let nodes: Vec<_> = (0..count).map(|n| format!("n{n}")).collect();
            let mut cuts = Cuts::default();
            for (dest, src) in pairs {
                cuts.0.entry(format!("n{dest}")).or_default().insert(format!("n{src}"));
            }
            let (islands, expected) = (cuts.islands(&nodes), spread(&cuts, &nodes));
            for a in 0..count {
                for b in 0..count {
                    prop_assert_eq!(islands[a] == islands[b], expected[a] == expected[b]);
                }
            }
        }
    }
}
