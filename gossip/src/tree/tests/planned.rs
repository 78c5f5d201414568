//! Places by plan.

use super::*;

#[test]
fn places_are_taken_level_by_level() {
    let planned = Planned::new(9, 2);
    let parents: Vec<_> = (1..9).map(|rank| planned.parent(rank).unwrap()).collect();
    assert_eq!(parents, [0, 0, 1, 1, 2, 2, 3, 3]);
    assert_eq!(planned.parent(0), None);
    assert!(planned.children(1).eq([3, 4]) && planned.children(3).eq([7, 8]));
    assert!(planned.children(4).next().is_none(), "all ranks are taken");
    assert!(planned.ancestors(7).eq([3, 1, 0]));
    assert_eq!([0, 2, 6, 7].map(|rank| planned.depth(rank)), [0, 1, 2, 3]);
    assert_eq!(planned.height(), 3);
}

#[test]
fn what_all_know_of_each_other_follows_from_the_places() {
    let planned = Planned::new(9, 2);
    let standing = |hops, tie| Standing { root: 0, hops, tie, version: 0 };
    assert_eq!(planned.standing(3, 1), standing(2, Tie::Parent));
    assert_eq!(planned.standing(1, 3), standing(1, Tie::Child));
    assert_eq!(planned.standing(3, 0), standing(2, Tie::Neither));
}

#[test]
fn hubs_have_as_few_children_as_the_lowest_tree_allows() {
    let arity = |size, fan_out| Planned::new(size, fan_out).children(0).count();
    assert_eq!(arity(25, 64), 24, "one hub");
    assert_eq!(arity(8, 6), 3, "1 + 2 + 4 < 8");
    assert_eq!(arity(1000, 64), 32, "1 + 31 + 31² < 1000");
    assert_eq!(arity(10, 1), 1, "a chain");
}

/// Storey by storey.
fn height(size: u32, arity: u32) -> u32 {
    let (mut room, mut storey, mut height) = (1, 1, 0);
    while room < size {
        storey *= arity;
        room += storey;
        height += 1;
    }
    height
}

#[test]
fn plans_are_balanced_whatever_the_size() {
    for (size, fan_out) in (1..=300).flat_map(|size| (1..=20).map(move |most| (size, most))) {
        let planned = Planned::new(size, fan_out);
        let lowest = height(size, fan_out);
        let arity = (1..=fan_out).find(|arity| height(size, *arity) == lowest).unwrap();
        assert_eq!(planned.height(), lowest, "{size}, {fan_out}");
        let children = u32::try_from(planned.children(0).count()).unwrap();
        assert_eq!(children, arity.min(size - 1), "{size}, {fan_out}");
        let all: Vec<u32> = (0..size).flat_map(|rank| planned.children(rank)).collect();
        assert!(all.into_iter().eq(1..size), "everyone has one place: {size}, {fan_out}");
        for rank in 0..size {
            assert!(planned.children(rank).all(|child| planned.parent(child) == Some(rank)));
        }
    }
}

#[test]
fn nonsense_is_a_tree_of_one() {
    for planned in [Planned::new(0, 0), Planned::new(1, 9)] {
        assert!(planned.height() == 0 && planned.children(0).next().is_none());
    }
}
