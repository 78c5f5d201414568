//! Types whose removals take what they have seen, and maps of them.

use glomers_crdt::causal::{
    AddWins, Counter, DisableWins, EnableWins, Joined, Map, RemoveWins, Values,
};
use glomers_crdt::changes::{Changes, MapChange, SetChange, ValueChange};
use glomers_crdt::{
    Causal, CausalContext, Dot, DwFlag, EwFlag, GSet, List, MvRegister, OrCounter, OrMap, OrSet,
    RwSet,
};

use crate::{follow, suite::*, watch};

type Set = OrSet<u8, u8>;

watch!(an_or_set, Set, any::<u8>(), |set: &mut Set, at, n: &u8| match n % 8 {
    0..4 => set.insert(at, n % 4).unwrap(),
    4..7 => set.remove(&(n % 4)),
    _ => set.clear(),
});
watch!(an_rw_set, RwSet<u8, u8>, any::<u8>(), |set: &mut RwSet<u8, u8>, at, n: &u8| match n % 8 {
    0..4 => set.insert(at, n % 4).unwrap(),
    4..7 => set.remove(at, n % 4).unwrap(),
    _ => set.clear(),
});
// Three processes under one name: dots clash, and die.
watch!(an_or_set_with_one_name, Set, any::<u8>(), |set: &mut Set, _, n: &u8| match n % 8 {
    0..5 => set.insert(7, n / 8 % 3).unwrap(),
    _ => set.remove(&(n / 8 % 3)),
});
watch!(
    an_mv_register,
    MvRegister<u8, u8>,
    any::<u8>(),
    |register: &mut MvRegister<u8, u8>, at, n: &u8| match n % 8 {
        7 => register.clear(),
        _ => register.set(at, n % 3).unwrap(),
    }
);
watch!(an_ew_flag, EwFlag<u8>, any::<bool>(), |flag: &mut EwFlag<u8>, at, on: &bool| {
    if *on { flag.enable(at).unwrap() } else { flag.disable() }
});
watch!(a_dw_flag, DwFlag<u8>, 0..5_u8, |flag: &mut DwFlag<u8>, at, n: &u8| match n {
    0..3 => flag.enable(at).unwrap(),
    3 => flag.disable(at).unwrap(),
    _ => flag.clear(),
});
watch!(an_or_counter, OrCounter<u8>, any::<u8>(), |count: &mut OrCounter<u8>, at, n: &u8| {
    if n % 8 == 7 { count.clear() } else { count.add(at, i64::from(n % 7) - 3).unwrap() }
});
watch!(
    a_context,
    CausalContext<u8>,
    (0..3_u8, 1..6_u64),
    |seen: &mut CausalContext<u8>, _, dot: &(u8, u64)| {
        seen.insert(Dot { replica: dot.0, counter: dot.1 }).unwrap()
    }
);

type Tags = Causal<Joined<GSet<u8>, u8>, u8>;

watch!(a_joined_set, Tags, any::<u8>(), |set: &mut Tags, at, n: &u8| match n % 8 {
    7 => set.clear(),
    _ => set.edit(at, |set| set.merge(GSet::from_iter([n % 4]))).unwrap(),
});

type Text = OrMap<u8, Joined<List<u8, u8>, u8>, u8>;

watch!(
    a_map_of_lists,
    Text,
    any::<(u8, u8)>(),
    |text: &mut Text, at, (n, key): &(u8, u8)| {
        let key = key % 2;
        if n % 8 == 7 {
            return text.remove(&key);
        }
        let edit = |list: &mut List<u8, u8>| match list.len() {
            len if n % 3 == 0 && len > 0 => list.remove(usize::from(*n) % len).unwrap(),
            len => list.insert(at, usize::from(*n) % (len + 1), *n).unwrap(),
        };
        text.update(at, key, |list| list.update(edit)).unwrap()
    },
    true
);

type Sets = OrMap<u8, AddWins<u8, u8>, u8>;

watch!(a_map_of_sets, Sets, any::<u8>(), |map: &mut Sets, at, n: &u8| {
    let (key, element) = (n % 2, n / 2 % 2);
    match n / 4 % 4 {
        0 | 1 => map.update(at, key, |set| set.insert(element)).unwrap(),
        2 => map.update(at, key, |set| set.remove(&element)).unwrap(),
        _ => map.remove(&key),
    }
});

type Nested = OrMap<u8, Map<u8, RemoveWins<u8, u8>>, u8>;

watch!(a_map_of_maps_of_rw_sets, Nested, any::<u8>(), |map: &mut Nested, at, n: &u8| {
    let (key, inner, element) = (n % 2, n / 2 % 2, n / 4 % 2);
    match n / 8 % 8 {
        0..3 => map.update(at, key, |map| map.update(inner, |set| set.insert(element))),
        3..6 => map.update(at, key, |map| map.update(inner, |set| set.remove(element))),
        6 => map.update(at, key, |map| map.remove(&inner)),
        _ => Ok(map.remove(&key)),
    }
    .unwrap()
});

type Counts = OrMap<u8, Map<u8, Counter<u8>>, u8>;

watch!(a_map_of_maps_of_counters, Counts, any::<u8>(), |map: &mut Counts, at, n: &u8| {
    let (key, inner) = (n % 2, n / 2 % 2);
    match n / 4 % 8 {
        0..6 => map.update(at, key, |map| map.update(inner, |count| count.add(i64::from(*n) - 99))),
        6 => map.update(at, key, |map| map.remove(&inner)),
        _ => Ok(map.remove(&key)),
    }
    .unwrap()
});

type Registers = OrMap<u8, Values<u8, u8>, u8>;

watch!(a_map_of_registers, Registers, any::<u8>(), |map: &mut Registers, at, n: &u8| match n % 8 {
    0..6 => map.update(at, n % 2, |register| register.set(n / 8 % 3)).unwrap(),
    _ => map.remove(&(n % 2)),
});

type Flags = OrMap<u8, Map<bool, EnableWins<u8>>, u8>;

watch!(a_map_of_maps_of_ew_flags, Flags, any::<u8>(), |map: &mut Flags, at, n: &u8| {
    let (key, inner) = (n % 2, n / 2 % 2 == 0);
    match n / 4 % 4 {
        0 | 1 => map.update(at, key, |map| map.update(inner, EnableWins::enable)).unwrap(),
        2 => map.update(at, key, |map| map.update(inner, EnableWins::disable)).unwrap(),
        _ => map.remove(&key),
    }
});

type Doubts = OrMap<u8, DisableWins<u8>, u8>;

watch!(a_map_of_dw_flags, Doubts, any::<u8>(), |map: &mut Doubts, at, n: &u8| match n / 2 % 4 {
    0 | 1 => map.update(at, n % 2, DisableWins::enable).unwrap(),
    2 => map.update(at, n % 2, DisableWins::disable).unwrap(),
    _ => map.remove(&(n % 2)),
});

/// What comes all at once, so that the plain merge takes it from the other store.
#[test]
fn many_that_are_new_are_told_one_by_one() {
    let (mut here, mut there) = (Set::default(), Set::default());
    here.insert(1, 200).unwrap();
    for element in 0..200 {
        there.insert(2, element).unwrap();
    }
    there.merge(&here);
    there.remove(&200);
    laws::check_changes(&here, &there).unwrap();
    let changes = here.merge_changes(&there);
    let inserted = (0..200).map(SetChange::Inserted);
    assert_eq!(changes, inserted.chain([SetChange::Removed(200)]).collect::<Vec<_>>());
    assert_eq!(here, there);
}

/// A folded counter is another state, and shows the same.
#[test]
fn what_is_compacted_shows_nothing_new() {
    let mut counts = OrMap::<u8, Counter<char>, char>::default();
    for _ in 0..9 {
        counts.update('a', 1, |count| count.add(2)).unwrap();
    }
    let mut other = counts.clone();
    let (delta, changes) =
        counts.update_changes(|counts| counts.compact(&[other.report()]).unwrap());
    assert!(!delta.is_bottom() && changes.is_empty());
    assert!(other.merge_changes(&delta).is_empty() && other == counts);
}

#[test]
fn a_key_that_is_removed_beside_an_update_stays_with_what_the_removal_has_not_seen() {
    let mut here = OrMap::<&str, Counter<char>, char>::default();
    here.update('h', "oat", |count| count.add(5)).unwrap();
    let mut there = here.clone();
    here.update('h', "oat", |count| count.add(2)).unwrap();
    let removal = there.remove("oat");
    let change = ValueChange { from: 7, to: 2 };
    let expected = [MapChange::Changed { key: "oat", changes: vec![change] }];
    assert_eq!(here.merge_changes(&removal), expected);
}

#[test]
fn what_is_prepared_is_what_an_edit_does() {
    let mut set = Set::default();
    set.insert(1, 1).unwrap();
    let prepared = set.prepare(1, |set| set.remove(&1).and(set.insert(2))).unwrap();
    let mut other = set.clone();
    let delta = set.edit(1, |set| set.remove(&1).and(set.insert(2))).unwrap();
    assert_eq!(prepared, delta);
    let changes = other.merge_changes(&prepared);
    assert_eq!(changes, [SetChange::Removed(1), SetChange::Inserted(2)]);
    assert_eq!(other, set);
}
