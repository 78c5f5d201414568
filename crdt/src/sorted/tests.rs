use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt::Debug;

use proptest::prelude::*;

use super::*;

type Map = Sorted<u32, u8>;
type Model = BTreeMap<u32, u8>;

/// Values are sets of bits, and what is absent is less than the empty one.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as a map of anything asks")]
fn union(ours: Option<&u8>, theirs: &u8) -> Joined<u8> {
    match ours.map(|ours| (ours | theirs, ours)) {
        Some((union, ours)) if union == *ours && union == *theirs => Joined::Both,
        Some((union, ours)) if union == *ours => Joined::Ours,
        Some((union, _)) if union != *theirs => Joined::Another(union),
        _ => Joined::Theirs,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as a map of anything asks")]
fn is_lacking(value: &u8, seen: Option<&u8>) -> bool {
    seen.is_none_or(|seen| value & !seen != 0)
}

fn change(map: &mut Map, key: u32, value: u8) -> bool {
    map.change(&key, |ours| {
        let union = value | ours.unwrap_or(&0);
        (ours != Some(&union)).then_some(union)
    })
}

/// Sound within, and equal to the model.
fn check<V: Debug + PartialEq>(map: &Sorted<u32, V>, model: &BTreeMap<u32, V>) {
    assert!(map.iter().eq(model.iter()), "{map:?} {model:?}");
    assert_eq!((map.len(), map.iter().len()), (model.len(), model.len()));
    if let Layout::Many { chunks, .. } = &map.0 {
        for chunk in chunks.iter() {
            assert!(!chunk.pairs.is_empty() && chunk.pairs.len() <= CHUNK);
            assert_eq!(chunk.first, chunk.pairs[0].0);
        }
        for neighbours in chunks.windows(2) {
            assert!(neighbours[0].pairs.len() + neighbours[1].pairs.len() > SPARSE);
        }
    } else {
        assert!(map.len() <= CHUNK);
    }
}

/// Whether the model changed.
fn model_join(model: &mut Model, key: u32, value: u8) -> bool {
    let union = value | model.get(&key).unwrap_or(&0);
    model.insert(key, union) != Some(union)
}

#[derive(Clone, Debug)]
enum Step {
    /// Sets `count` keys, `stride` apart.
    Raise {
        at: usize,
        key: u32,
        stride: u32,
        count: u32,
        value: u8,
    },
    /// Takes out `count` keys, `stride` apart.
    Remove {
        at: usize,
        key: u32,
        stride: u32,
        count: u32,
    },
    Fork {
        from: usize,
        to: usize,
    },
    Join {
        from: usize,
        to: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_usize..3, 0_u32..2000, 1_u32..9, prop_oneof![Just(1_u32), 1_u32..400], 0_u8..4)
            .prop_map(|(at, key, stride, count, value)| {
                Step::Raise { at, key, stride, count, value }
            }),
        3 => (0_usize..3, 0_u32..2000, 1_u32..9, prop_oneof![Just(1_u32), 1_u32..800])
            .prop_map(|(at, key, stride, count)| Step::Remove { at, key, stride, count }),
        1 => (0_usize..3, 0_usize..3).prop_map(|(from, to)| Step::Fork { from, to }),
        2 => (0_usize..3, 0_usize..3).prop_map(|(from, to)| Step::Join { from, to }),
    ];
    prop::collection::vec(step, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn forks_are_as_maps_of_the_standard_library(steps in steps()) {
        let mut maps: [(Map, Model); 3] = Default::default();
        for step in steps {
            match step {
                Step::Raise { at, key, stride, count, value } => {
                    let (map, model) = &mut maps[at];
                    for key in (0..count).map(|nth| key + nth * stride) {
                        let changed = change(map, key, value);
                        prop_assert_eq!(changed, model_join(model, key, value));
                    }
                }
                Step::Remove { at, key, stride, count } => {
                    let (map, model) = &mut maps[at];
                    for key in (0..count).map(|nth| key + nth * stride) {
                        prop_assert_eq!(map.remove(&key), model.remove(&key));
                    }
                    check(map, model);
                }
                Step::Fork { from, to } => maps[to] = maps[from].clone(),
                Step::Join { from, to } => {
                    let other = maps[from].clone();
                    let (map, model) = &mut maps[to];
                    let lacking = other.0.difference(map, is_lacking);
                    let has_all = map.has_all(&other.0, |ours, theirs| is_lacking(theirs, ours));
                    let expected: Model = other.1.iter()
                        .filter(|(key, value)| is_lacking(value, model.get(key)))
                        .map(|(key, value)| (*key, *value))
                        .collect();
                    check(&lacking, &expected);
                    prop_assert_eq!(has_all, expected.is_empty());
                    let (less, greater) = (map.has_all(&other.0, |a, b| is_lacking(b, a)), other.0.has_all(map, |a, b| is_lacking(b, a)));
                    let order = other.0.partial_cmp_by(map, |ours, theirs| match ours | theirs {
                        _ if ours == theirs => Some(Ordering::Equal),
                        all if all == *ours => Some(Ordering::Greater),
                        all if all == *theirs => Some(Ordering::Less),
                        _ => None,
                    });
                    let expected_order = match (less, greater) {
                        (true, true) => Some(Ordering::Equal),
                        (true, false) => Some(Ordering::Less),
                        (false, true) => Some(Ordering::Greater),
                        (false, false) => None,
                    };
                    prop_assert_eq!(order, expected_order);
                    let mut by_difference = map.clone();
                    by_difference.join(&lacking, union);
                    let changed = map.join(&other.0, union);
                    prop_assert_eq!(changed, !expected.is_empty());
                    for (key, value) in expected {
                        model_join(model, key, value);
                    }
                    prop_assert_eq!(&by_difference, &*map);
                }
            }
        }
        for (map, model) in &maps {
            check(map, model);
            for key in (0..2100).step_by(7) {
                prop_assert_eq!(map.get(&key), model.get(&key));
                prop_assert!(map.range_from(&key).take(200).eq(model.range(key..).take(200)));
            }
            let pairs = model.iter().map(|(key, value)| (*key, *value)).collect();
            let again = Map::of_ascending(pairs);
            check(&again, model);
            prop_assert_eq!(&again, map);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    #[expect(clippy::zero_sized_map_values, reason = "what both sides of a check have in common")]
    fn sets_unite_as_those_of_the_standard_library(steps in steps()) {
        let mut sets: [(Sorted<u32, ()>, BTreeMap<u32, ()>); 3] = Default::default();
        for step in steps {
            match step {
                Step::Raise { at, key, stride, count, .. } => {
                    let (set, model) = &mut sets[at];
                    let keys = (0..count).map(|nth| (key + nth * stride, ()));
                    let before = model.len();
                    model.extend(keys.clone());
                    prop_assert_eq!(set.unite(&Sorted::of_ascending(keys.collect())), model.len() > before);
                }
                Step::Remove { at, key, stride, count } => {
                    let (set, model) = &mut sets[at];
                    for key in (0..count).map(|nth| key + nth * stride) {
                        prop_assert_eq!(set.remove(&key), model.remove(&key));
                    }
                }
                Step::Fork { from, to } => sets[to] = sets[from].clone(),
                Step::Join { from, to } => {
                    let other = sets[from].clone();
                    let (set, model) = &mut sets[to];
                    let before = model.len();
                    model.extend(other.1);
                    prop_assert_eq!(set.unite(&other.0), model.len() > before);
                }
            }
            for (set, model) in &sets {
                check(set, model);
            }
        }
    }
}

#[test]
fn sets_that_unite_go_on_sharing() {
    let all = || Sorted::of_ascending((0..100_000_u32).map(|key| (key * 2, ())).collect());
    let (mut one, mut two) = (all(), all());
    assert!(!one.unite(&two));
    assert_eq!(shared(&one, &two).1, 0, "equal chunks become one");
    for round in 0..20 {
        for nth in 0..50 {
            one.change(&(nth * 4001 + round * 2 + 1), |_| Some(()));
            two.change(&(nth * 3989 + round * 4 + 1), |_| Some(()));
        }
        assert!(one.unite(&two));
        assert!(two.unite(&one));
        assert_eq!(one, two);
        assert_eq!(shared(&one, &two).1, 0, "round {round}");
    }
}

fn hundred_thousand() -> Map {
    Map::of_ascending((0..100_000).map(|key| (key, 0)).collect())
}

#[test]
fn a_clone_shares_all_and_a_change_leaves_all_but_one_chunk_shared() {
    let before = hundred_thousand();
    let mut after = before.clone();
    assert!(after.is_same(&before));
    assert!(after.change(&50_000, |_| Some(9)));
    let (Layout::Many { chunks: old, .. }, Layout::Many { chunks: new, .. }) =
        (&before.0, &after.0)
    else {
        panic!("many");
    };
    let shared = old.iter().zip(new.iter()).filter(|(old, new)| old.is_same(new)).count();
    assert_eq!(shared + 1, old.len());
    assert_eq!((before.get(&50_000), after.get(&50_000)), (Some(&0), Some(&9)));
}

#[test]
fn what_is_shared_is_not_looked_at() {
    let before = hundred_thousand();
    let (mut ours, mut theirs) = (before.clone(), before.clone());
    for key in 0..10 {
        ours.change(&(key * 5000), |_| Some(1));
        theirs.change(&(key * 5000 + 200_000), |_| Some(2));
        theirs.change(&(key * 7000), |_| Some(3));
    }
    let mut looks = 0;
    theirs.difference(&ours, |_, _| {
        looks += 1;
        false
    });
    assert!(looks < 30 * CHUNK, "{looks} looks at a difference of 30");
    looks = 0;
    ours.join(&theirs, |ours, theirs| {
        looks += 1;
        union(ours, theirs)
    });
    assert!(looks < 30 * CHUNK, "{looks} looks at a difference of 30");
    assert_eq!(ours.len(), 100_010);
}

fn chunks_of<V>(map: &Sorted<u32, V>) -> &[Chunk<u32, V>] {
    match &map.0 {
        Layout::Many { chunks, .. } => chunks,
        Layout::Few(_) => panic!("few"),
    }
}

/// How many of the second's chunks are the first's, too, and how many are not.
fn shared<V>(one: &Sorted<u32, V>, two: &Sorted<u32, V>) -> (usize, usize) {
    let is_shared = |chunk: &Chunk<u32, V>| chunks_of(one).iter().any(|it| it.is_same(chunk));
    let shared = chunks_of(two).iter().filter(|chunk| is_shared(chunk)).count();
    (shared, chunks_of(two).len() - shared)
}

#[test]
fn maps_that_merge_each_other_go_on_sharing() {
    let (mut one, mut two) = (hundred_thousand(), hundred_thousand());
    assert_eq!(shared(&one, &two).0, 0, "grown apart");
    assert!(!one.join(&two, union));
    assert_eq!(shared(&one, &two).1, 0, "equal chunks become one");
    let mut next: u32 = 1;
    for round in 1..20 {
        for _ in 0..100 {
            next = next.wrapping_mul(0x9E37_79B1).wrapping_add(0x7F4A_7C15);
            one.change(&next, |_| Some(round));
            next = next.wrapping_mul(0x9E37_79B1).wrapping_add(0x7F4A_7C15);
            two.change(&(next % 100_000), |_| Some(round));
        }
        assert!(one.join(&two, union));
        assert!(two.join(&one, union));
        assert_eq!(one, two);
        let (_, apart) = shared(&one, &two);
        assert_eq!(apart, 0, "round {round}");
    }
}

#[test]
fn what_is_taken_as_a_whole_is_shared() {
    let all = hundred_thousand();
    let middle: Vec<_> = (40_000..60_000).map(|key| (key, 0)).collect();
    for few in [&middle[..5], &middle[..5000], &middle] {
        let mut map = Map::of_ascending(few.to_vec());
        assert!(map.join(&all, union));
        assert_eq!(map, all);
        let (shared, apart) = shared(&all, &map);
        let most = few.len() / CHUNK + 4;
        assert!(apart <= most && shared > 600, "{shared} shared, {apart} apart, {}", few.len());
    }
}

#[test]
fn appending_in_turn_leaves_no_crumbs() {
    let (mut one, mut two) = (Map::default(), Map::default());
    for key in (0..4000).step_by(2) {
        one.change(&key, |_| Some(0));
        two.join(&one, union);
        two.change(&(key + 1), |_| Some(0));
        one.join(&two, union);
    }
    check(&one, &(0..4000).map(|key| (key, 0)).collect());
    assert!(chunks_of(&one).len() <= 4000 / CHUNK * 2, "{}", chunks_of(&one).len());
}

#[test]
fn what_is_refused_does_not_come_in() {
    let all = hundred_thousand();
    let even = |ours: Option<&u8>, theirs: &u8| match ours {
        None if theirs.is_multiple_of(2) => Joined::Theirs,
        ours => ours.map_or(Joined::Ours, |ours| union(Some(ours), theirs)),
    };
    for have in [0, 100, 1000, 50_000] {
        let ours = || (0..have).map(|key| (key * 3, 0));
        let mut map = Map::of_ascending(ours().collect());
        let mut theirs = all.clone();
        theirs.change(&77_777, |_| Some(1));
        theirs.change(&6, |_| Some(3));
        map.join(&theirs, even);
        let mut model: Model = ours().collect();
        for (key, value) in theirs.iter() {
            if value.is_multiple_of(2) || model.contains_key(key) {
                model_join(&mut model, *key, *value);
            }
        }
        check(&map, &model);
    }
}

#[test]
fn an_edit_keeps_what_it_is_told_to() {
    for keys in [10, 1000] {
        let mut map = Map::of_ascending((0..keys).map(|key| (key * 2, 1)).collect());
        let fork = map.clone();
        map.edit(&4, |value| {
            *value += 1;
            true
        });
        map.edit(&6, |_| false);
        map.edit(&7, |value| {
            *value += 7;
            true
        });
        map.edit(&9, |_| false);
        let mut model: Model = (0..keys).map(|key| (key * 2, 1)).collect();
        check(&fork, &model);
        model.insert(4, 2);
        model.remove(&6);
        model.insert(7, 7);
        check(&map, &model);
    }
}

#[test]
fn what_is_taken_out_leaves_few_chunks() {
    let mut map = hundred_thousand();
    for key in (0..100_000).filter(|key| key % 50 != 0) {
        map.remove(&key);
    }
    let Layout::Many { chunks, .. } = &map.0 else { panic!("many") };
    assert_eq!(map.len(), 2000);
    assert!(chunks.len() <= 2000 / (CHUNK / 4) + 1, "{} chunks", chunks.len());
}
