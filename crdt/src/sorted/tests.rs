use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

type Map = Sorted<u32, u8>;
type Model = BTreeMap<u32, u8>;

fn larger(ours: Option<&u8>, theirs: &u8) -> Option<u8> {
    ours.is_none_or(|ours| ours < theirs).then_some(*theirs)
}

fn is_larger(value: &u8, seen: Option<&u8>) -> bool {
    seen.is_none_or(|seen| seen < value)
}

/// Sound within, and equal to the model.
fn check(map: &Map, model: &Model) {
    assert!(map.iter().eq(model.iter()), "{map:?} {model:?}");
    assert_eq!((map.len(), map.iter().len()), (model.len(), model.len()));
    if let Layout::Many { chunks, .. } = &map.0 {
        for chunk in chunks.iter() {
            assert!(!chunk.pairs.is_empty() && chunk.pairs.len() <= CHUNK);
            assert_eq!(chunk.first, chunk.pairs[0].0);
        }
    } else {
        assert!(map.len() <= CHUNK);
    }
}

fn model_join(model: &mut Model, other: &Model) -> bool {
    let before = model.clone();
    for (key, value) in other {
        let ours = model.entry(*key).or_insert(*value);
        *ours = (*ours).max(*value);
    }
    *model != before
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
                        let changed = map.change(&key, |ours| larger(ours, &value));
                        prop_assert_eq!(changed, model_join(model, &Model::from([(key, value)])));
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
                    let lacking = other.0.difference(map, is_larger);
                    let has_all = map.has_all(&other.0, |ours, theirs| is_larger(theirs, ours));
                    let expected: Model = other.1.iter()
                        .filter(|(key, value)| is_larger(value, model.get(key)))
                        .map(|(key, value)| (*key, *value))
                        .collect();
                    check(&lacking, &expected);
                    prop_assert_eq!(has_all, expected.is_empty());
                    let mut by_difference = map.clone();
                    by_difference.join(&lacking, larger);
                    let changed = map.join(&other.0, larger);
                    prop_assert_eq!(changed, model_join(model, &other.1));
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
        larger(ours, theirs)
    });
    assert!(looks < 30 * CHUNK, "{looks} looks at a difference of 30");
    assert_eq!(ours.len(), 100_010);
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
