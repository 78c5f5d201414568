//! Last writer wins: registers and maps.

use glomers_crdt::{LwwMap, LwwRegister, Stamp, laws};

use crate::suite::*;

type Map = LwwMap<u8, u8, Stamp<u8>>;
type Register = LwwRegister<u8, Stamp<u8>>;

fn stamp() -> impl Strategy<Value = Stamp<u8>> {
    (0..4_u64, 0..3_u8).prop_map(|(time, replica)| Stamp { time, replica })
}

#[derive(Clone, Debug)]
enum Mutation {
    /// With stamps at will, so that several processes write under one name.
    Write(u8, Option<u8>, Stamp<u8>),
    Prune(Stamp<u8>),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        6 => (0..4_u8, prop::option::of(0..3_u8), stamp())
            .prop_map(|(key, value, stamp)| Mutation::Write(key, value, stamp)),
        1 => stamp().prop_map(Mutation::Prune),
    ]
}

fn mutate(map: &mut Map, mutation: &Mutation) -> Map {
    match mutation {
        Mutation::Write(key, Some(value), stamp) => map.insert(*key, *value, *stamp),
        Mutation::Write(key, None, stamp) => map.remove(*key, *stamp),
        Mutation::Prune(stamp) => Ok(map.prune(*stamp)),
    }
    .unwrap_or_default()
}

suite!(
    of_register,
    Register,
    (0..3_u8, stamp()),
    |register: &mut Register, _, (value, stamp): &(u8, Stamp<u8>)| {
        register.set(*value, *stamp).unwrap_or_default()
    }
);
suite!(of_map, Map, mutation(), |map: &mut Map, _, by: &Mutation| mutate(map, by));

fn join(maps: &[Map]) -> Map {
    let mut joined = Map::default();
    for map in maps {
        joined.merge(map);
    }
    joined
}

/// What a script without pruning writes, and what a plain map makes of it.
fn model(writes: &[Mutation]) -> std::collections::BTreeMap<u8, (Stamp<u8>, Option<u8>)> {
    let mut model = std::collections::BTreeMap::new();
    for write in writes {
        if let Mutation::Write(key, value, stamp) = write {
            let held = model.entry(*key).or_insert((*stamp, *value));
            *held = (*held).max((*stamp, *value));
        }
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn reads_are_those_of_the_last_write(writes in prop::collection::vec(mutation(), 0..40)) {
        let mut map = Map::default();
        for write in &writes {
            let mut delta = Map::default();
            if matches!(write, Mutation::Write(..)) {
                mutate(&mut delta, write);
            }
            map.merge(&delta);
        }
        let model = model(&writes);
        for key in 0..4 {
            let held = model.get(&key);
            prop_assert_eq!(map.get(&key).copied(), held.and_then(|held| held.1));
            prop_assert_eq!(map.stamp(&key), held.map(|held| &held.0));
        }
        let live = model.iter().filter_map(|(key, held)| Some((*key, held.1?)));
        let live: Vec<(u8, u8)> = live.collect();
        prop_assert!(map.iter().map(|(key, value)| (*key, *value)).eq(live.iter().copied()));
        prop_assert_eq!((map.len(), map.is_empty()), (live.len(), live.is_empty()));
    }

    /// Three replicas with Lamport clocks prune to what is stable, each when it pleases, while deltas
    /// arrive late and twice: they read as if no one had ever pruned.
    #[test]
    fn pruning_what_is_stable_changes_no_value(
        rounds in prop::collection::vec(
            (
                prop::collection::vec((0..3_u8, 0..4_u8, prop::option::of(0..9_u8)), 0..5),
                prop::collection::vec((0..3_usize, any::<prop::sample::Index>()), 0..5),
                prop::array::uniform3(any::<bool>()),
            ),
            1..6,
        ),
    ) {
        let mut maps = [Map::default(), Map::default(), Map::default()];
        let mut plain = maps.clone();
        let (mut sent, mut time) = (Vec::<Map>::new(), 0);
        for (writes, late, prunes) in rounds {
            for (replica, key, value) in writes {
                time += 1;
                let stamp = Stamp { time, replica };
                let at = usize::from(replica);
                let write = Mutation::Write(key, value, stamp);
                sent.push(mutate(&mut maps[at], &write));
                mutate(&mut plain[at], &write);
            }
            let (all, all_plain) = (maps.clone(), plain.clone());
            for (map, plain) in maps.iter_mut().zip(&mut plain) {
                map.merge(&join(&all));
                plain.merge(&join(&all_plain));
            }
            // All that was written so far has arrived, and what follows is stamped later.
            for (map, _) in maps.iter_mut().zip(prunes).filter(|(_, prunes)| *prunes) {
                map.prune(Stamp { time, replica: 2 });
                prop_assert_eq!(map.writes().count(), map.len());
            }
            for (to, delta) in late.iter().filter(|_| !sent.is_empty()) {
                maps[*to].merge(delta.get(&sent));
            }
            for (map, plain) in maps.iter().zip(&plain) {
                prop_assert!(map.iter().eq(plain.iter()));
            }
        }
    }
}

#[test]
fn a_write_that_would_be_lost_is_an_error_and_changes_nothing() {
    let mut map = LwwMap::default();
    map.insert('k', 1, 5).unwrap();
    map.prune(3);
    let before = map.clone();
    assert!(map.insert('k', 2, 5).is_err());
    assert!(map.remove('k', 5).is_err());
    assert!(map.insert('l', 2, 3).is_err(), "below the floor");
    assert!(map.insert('k', 1, 5).unwrap().is_bottom(), "a repeated write is none");
    assert_eq!(map, before);
}

#[test]
fn forks_of_many_keys_merge() {
    let mut map = LwwMap::default();
    for key in 0..1000 {
        map.insert(key, key, 1).unwrap();
    }
    let mut fork = map.clone();
    for key in (0..1000).step_by(10) {
        fork.remove(key, 2).unwrap();
        map.insert(key + 1, 0, 3).unwrap();
    }
    let mut both = map.clone();
    assert!(both.merge(&map.difference(&fork)) | both.merge(&fork.difference(&map)));
    fork.merge(&map);
    assert_eq!((fork.len(), fork.get(&10), fork.get(&11)), (900, None, Some(&0)));
    assert_eq!(fork, both);
    laws::check(&map, &fork, &both).unwrap();
}

#[cfg(feature = "serde")]
#[test]
fn decoding_rejects_what_no_operation_makes() {
    type Map = LwwMap<u8, u8, u64>;
    let read = serde_json::from_str::<Map>;
    let map = read(r#"{"w":[[1,5,7],[3,4,8]],"x":[[2,6]],"f":[5]}"#).unwrap();
    assert!(map.iter().eq([(&1, &7), (&3, &8)]));
    assert_eq!(
        serde_json::to_string(&map).unwrap(),
        r#"{"w":[[1,5,7],[3,4,8]],"x":[[2,6]],"f":[5]}"#
    );
    for wrong in [
        r#"{"w":[[1,5,7],[1,6,8]],"x":[],"f":[]}"#,
        r#"{"w":[[1,5,7]],"x":[[1,6]],"f":[]}"#,
        r#"{"w":[],"x":[[1,6]],"f":[6]}"#,
        r#"{"w":[],"x":[],"f":[1,2]}"#,
        r#"{"w":[],"x":[]}"#,
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
