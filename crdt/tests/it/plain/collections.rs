//! Two-phase sets, and maps of lattices.

use std::collections::BTreeSet;

use glomers_crdt::{GCounter, GMap, GSet, MaxMap, TwoPSet};

use crate::suite::*;
use proptest::collection::{btree_map, btree_set};

type Sets = GMap<u8, GSet<u8>>;

suite!(
    of_two_p_set,
    TwoPSet<u8>,
    (0..6_u8, any::<bool>()),
    |set: &mut TwoPSet<u8>, _, step: &(u8, bool)| {
        let (element, removes) = *step;
        if removes { set.remove(element) } else { set.insert(element).unwrap_or_default() }
    }
);
suite!(of_g_map, Sets, (0..4_u8, 0..5_u8), |map: &mut Sets, _, (key, element): &(u8, u8)| {
    map.update(*key, |set| set.insert(*element))
});

proptest! {
    #![proptest_config(cases(CASES))]

    // Bottoms are values, too, as decoding may bring them.
    #[test]
    fn maps_of_bottoms_are_lattices(
        states in prop::array::uniform3(btree_map(0..4_u8, btree_set(0..3_u8, 0..3), 0..5)),
    ) {
        let states = states.map(|state| {
            let pairs = state.into_iter().map(|(key, value)| (key, GSet::from_iter(value)));
            pairs.collect::<GMap<_, _>>()
        });
        laws::check(&states[0], &states[1], &states[2])?;
        laws::check_decomposition(&states[0], &states[1])?;
    }

    #[test]
    fn a_two_phase_set_is_what_was_added_less_what_was_removed(
        steps in prop::collection::vec((0..9_u8, any::<bool>()), 0..30),
    ) {
        let mut set = TwoPSet::default();
        let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
        for (element, removes) in steps {
            if removes {
                set.remove(element);
                removed.insert(element);
            } else {
                prop_assert_eq!(set.insert(element).is_err(), removed.contains(&element));
                added.insert(element);
            }
        }
        prop_assert!(set.iter().eq(added.difference(&removed)));
        prop_assert_eq!(set.len(), added.difference(&removed).count());
        prop_assert!((0..9).all(|it| set.contains(&it) == (added.contains(&it) && !removed.contains(&it))));
        prop_assert!((0..9).all(|it| set.is_removed(&it) == removed.contains(&it)));
    }
}

#[test]
fn what_a_mutator_does_beyond_its_delta_is_dropped() {
    let mut map = GMap::default();
    map.update('k', |set: &mut GSet<u8>| {
        set.insert(1);
        set.insert(2)
    });
    assert!(map.get(&'k').unwrap().iter().eq(&[2]));
}

#[test]
fn forks_of_many_counters_merge() {
    let mut map = (0..1000).map(|key| (key, GCounter::default())).collect::<GMap<_, _>>();
    let mut fork = map.clone();
    for key in (0..1000).step_by(7) {
        fork.try_update(key, |counter| counter.add('f', 1)).unwrap();
        map.try_update(key + 1, |counter| counter.add('m', 1)).unwrap();
    }
    let difference = fork.difference(&map);
    assert_eq!(difference.len(), 143);
    assert!(map.merge(&difference));
    assert!(map.includes(&fork) && !fork.includes(&map));
    fork.merge(&map);
    assert_eq!(fork, map);
    assert_eq!(fork.iter().map(|(_, counter)| counter.value()).sum::<u128>(), 2 * 143);
}

#[cfg(feature = "serde")]
#[test]
fn decoding_rejects_what_no_operation_makes() {
    let mut set = TwoPSet::from_iter([1, 2]);
    set.remove(2);
    let json = serde_json::to_string(&set).unwrap();
    assert_eq!(json, r#"{"a":[1],"r":[2]}"#);
    assert_eq!(serde_json::from_str::<TwoPSet<u8>>(&json).unwrap(), set);
    for wrong in [r#"{"a":[1],"r":[1]}"#, r#"{"a":[1,1],"r":[]}"#, r#"{"a":[]}"#] {
        assert!(serde_json::from_str::<TwoPSet<u8>>(wrong).is_err(), "{wrong}");
    }
}

/// Many of them lie in one piece, which is not to grow beyond a thread's stack on its way.
#[test]
fn values_of_kilobytes_fit() {
    type Values = MaxMap<usize, [u8; 4096]>;
    let raise = |map: &mut Values, keys: std::ops::Range<usize>| {
        keys.for_each(|key| drop(map.insert(key * 7919 % 1000, [1; 4096])));
    };
    let mut map = Values::default();
    raise(&mut map, 0..300);
    let mut fork = map.clone();
    raise(&mut map, 300..600);
    raise(&mut fork, 600..1000);
    assert!(map.merge(&fork) && !map.merge(&fork));
    assert!(map.iter().map(|(key, _)| *key).eq(0..1000));
}
