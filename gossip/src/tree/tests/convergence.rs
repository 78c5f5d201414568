//! Whoever can reach each other finds together, and everyone back to its place.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::network::{Network, index};
use super::*;
use crate::simulation::Dice;

/// Those whom `from` can reach, be it through others, and over how many hops.
fn in_reach(network: &Network, from: u32) -> BTreeMap<u32, u32> {
    let (mut found, mut next) = (BTreeMap::from([(from, 0)]), VecDeque::from([from]));
    while let Some(rank) = next.pop_front() {
        for other in network.ranks().filter(|other| network.reaches(rank, *other)) {
            let hops = found[&rank] + 1;
            found.entry(other).or_insert_with(|| {
                next.push_back(other);
                hops
            });
        }
    }
    found
}

/// Where one comes to who goes from parent to parent; nowhere in a loop.
fn root(network: &Network, from: u32) -> Option<u32> {
    let mut rank = from;
    for _ in network.ranks() {
        match network.tree(rank).parent() {
            Some(parent) if network.reaches(rank, parent) => rank = parent,
            Some(_) => return None,
            None => return Some(rank),
        }
    }
    None
}

/// Whether no one is farther from the root that it should find than a route may be.
fn is_shallow(network: &Network) -> bool {
    network.ranks().all(|rank| {
        let reached = in_reach(network, rank);
        let root = reached.keys().next().copied().unwrap_or(rank);
        reached[&root] <= 4
    })
}

fn assert_gathered(network: &Network) {
    for rank in network.ranks() {
        let least = in_reach(network, rank).keys().next().copied();
        assert_eq!(root(network, rank), least, "{rank} in {:?}", network.trees);
    }
}

/// With `is_exact`, nobody thinks that someone is a child who has left.
fn assert_as_planned(network: &Network, is_exact: bool) {
    for tree in &network.trees {
        assert_eq!(tree.parent(), tree.planned_parent(), "{tree:?}");
        let planned: BTreeSet<u32> = tree.planned.children(tree.me).collect();
        assert!(tree.children.is_superset(&planned), "{tree:?}");
        assert!(tree.missing.is_empty(), "{tree:?}");
        assert!(!is_exact || tree.children == planned, "{tree:?}");
        assert!(is_exact || tree.next_wake().is_none(), "{tree:?}");
    }
}

/// Cuts some pairs off for long, and heals all.
fn assert_finds_together_and_back(
    mut network: Network,
    is_cut: impl FnMut(&(u32, u32)) -> bool,
    traffic_goes_on: bool,
) -> Result<(), TestCaseError> {
    network.start_traffic();
    network.run_for(ms(5000));
    let pairs = network.ranks().flat_map(|a| (0..a).map(move |b| (a, b)));
    network.cut(pairs.filter(is_cut));
    prop_assume!(is_shallow(&network));
    network.run_for(ms(300_000));
    assert_gathered(&network);
    network.cut([]);
    if !traffic_goes_on {
        network.stop_traffic();
    }
    network.run_for(ms(200_000));
    network.stop_traffic();
    network.run_for(ms(20_000));
    assert_as_planned(&network, false);
    // Who left a hub did not say so; the hub learns it when it sends something.
    network.start_traffic();
    network.run_for(ms(2000));
    assert_as_planned(&network, true);
    Ok(())
}

/// A case takes a while: fewer than by default.
fn config() -> ProptestConfig {
    ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(32) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn in_each_part_of_a_partition_all_gather_under_the_lowest_rank_and_later_settle_back(
        seed: u64,
        parts in prop::collection::vec(0..4_u8, 2..=40),
        fan_out in 2..=6_u32,
        traffic_goes_on: bool,
    ) {
        let network = Network::new(seed, u32::try_from(parts.len()).unwrap(), fan_out);
        let is_cut = |(a, b): &(u32, u32)| parts[index(*a)] != parts[index(*b)];
        assert_finds_together_and_back(network, is_cut, traffic_goes_on)?;
    }

    /// Each hub has room for all, so that none is shut out behind a full one.
    #[test]
    fn those_who_are_linked_through_others_gather_too(
        seed: u64,
        size in 2..=40_u32,
        density in 0.05..0.9,
        traffic_goes_on: bool,
    ) {
        let mut dice = Dice::new(!seed);
        let network = Network::new(seed, size, size);
        assert_finds_together_and_back(network, |_| !dice.chance(density), traffic_goes_on)?;
    }

    /// There are ways around whoever is full.
    #[test]
    fn those_who_are_linked_in_many_ways_gather_under_hubs_with_little_room(
        seed: u64,
        size in 2..=40_u32,
        fan_out in 2..=6_u32,
        density in 0.6..0.95,
        traffic_goes_on: bool,
    ) {
        let mut dice = Dice::new(!seed);
        let network = Network::new(seed, size, fan_out);
        assert_finds_together_and_back(network, |_| !dice.chance(density), traffic_goes_on)?;
    }
}
