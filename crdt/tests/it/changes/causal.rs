//! Types whose removals take what they have seen, and maps of them.

use glomers_crdt::causal::{
    AddWins, Counter, DisableWins, EnableWins, Joined, Map, RemoveWins, Values,
};
use glomers_crdt::changes::{Changes, MapChange, SetChange, ValueChange};
use glomers_crdt::{
    Causal, CausalContext, Dot, DwFlag, EwFlag, GSet, List, MvRegister, OrCounter, OrMap, OrSet,
    RwSet,
};

use super::watch;
use crate::suite::*;

type Set = OrSet<u8, u8>;

watch!(an_or_set, Set, [8, 4], |set, at, [kind, it]| match kind {
    0..4 => set.insert(at, it).unwrap(),
    4..7 => set.remove(&it),
    _ => set.clear(),
});
watch!(an_rw_set, RwSet<u8, u8>, [8, 4], |set, at, [kind, it]| match kind {
    0..4 => set.insert(at, it).unwrap(),
    4..7 => set.remove(at, it).unwrap(),
    _ => set.clear(),
});
// Three processes under one name: dots clash, and die.
watch!(an_or_set_with_one_name, Set, [8, 3], |set, _, [kind, it]| match kind {
    0..5 => set.insert(7, it).unwrap(),
    _ => set.remove(&it),
});
watch!(an_mv_register, MvRegister<u8, u8>, [8, 3], |register, at, [kind, it]| match kind {
    7 => register.clear(),
    _ => register.set(at, it).unwrap(),
});
watch!(an_ew_flag, EwFlag<u8>, [2], |flag, at, [on]| {
    if on == 1 { flag.enable(at).unwrap() } else { flag.disable() }
});
watch!(a_dw_flag, DwFlag<u8>, [5], |flag, at, [kind]| match kind {
    0..3 => flag.enable(at).unwrap(),
    3 => flag.disable(at).unwrap(),
    _ => flag.clear(),
});
watch!(an_or_counter, OrCounter<u8>, [8, 7], |count, at, [kind, by]| {
    if kind == 7 { count.clear() } else { count.add(at, i64::from(by) - 3).unwrap() }
});
watch!(a_context, CausalContext<u8>, [3, 5], |seen, _, [replica, counter]| {
    seen.insert(Dot { replica, counter: u64::from(counter) + 1 }).unwrap()
});

type Tags = Causal<Joined<GSet<u8>, u8>, u8>;

watch!(a_joined_set, Tags, [8, 4], |set, at, [kind, it]| match kind {
    7 => set.clear(),
    _ => set.edit(at, |set| set.merge(GSet::from_iter([it]))).unwrap(),
});

type Text = OrMap<u8, Joined<List<u8, u8>, u8>, u8>;

watch!(
    a_map_of_lists,
    Text,
    [8, 3, 32, 2],
    |text, at, [kind, removes, index, key]| {
        let index = usize::from(index);
        if kind == 7 {
            return text.remove(&key);
        }
        let edit = |list: &mut List<u8, u8>| match list.len() {
            len if removes == 0 && len > 0 => list.remove(index % len).unwrap(),
            len => list.insert(at, index % (len + 1), kind).unwrap(),
        };
        text.update(at, key, |list| list.update(edit)).unwrap()
    },
    true
);

type Sets = OrMap<u8, AddWins<u8, u8>, u8>;

watch!(a_map_of_sets, Sets, [4, 2, 2], |map, at, [kind, key, element]| {
    match kind {
        0 | 1 => map.update(at, key, |set| set.insert(element)).unwrap(),
        2 => map.update(at, key, |set| set.remove(&element)).unwrap(),
        _ => map.remove(&key),
    }
});

type Nested = OrMap<u8, Map<u8, RemoveWins<u8, u8>>, u8>;

watch!(a_map_of_maps_of_rw_sets, Nested, [8, 2, 2, 2], |map, at, [kind, key, inner, element]| {
    match kind {
        0..3 => map.update(at, key, |map| map.update(inner, |set| set.insert(element))),
        3..6 => map.update(at, key, |map| map.update(inner, |set| set.remove(element))),
        6 => map.update(at, key, |map| map.remove(&inner)),
        _ => Ok(map.remove(&key)),
    }
    .unwrap()
});

type Counts = OrMap<u8, Map<u8, Counter<u8>>, u8>;

watch!(a_map_of_maps_of_counters, Counts, [8, 2, 2, 200], |map, at, [kind, key, inner, by]| {
    match kind {
        0..6 => map.update(at, key, |map| map.update(inner, |count| count.add(i64::from(by) - 99))),
        6 => map.update(at, key, |map| map.remove(&inner)),
        _ => Ok(map.remove(&key)),
    }
    .unwrap()
});

type Registers = OrMap<u8, Values<u8, u8>, u8>;

watch!(a_map_of_registers, Registers, [8, 2, 3], |map, at, [kind, key, it]| match kind {
    0..6 => map.update(at, key, |register| register.set(it)).unwrap(),
    _ => map.remove(&(key)),
});

type Flags = OrMap<u8, Map<bool, EnableWins<u8>>, u8>;

watch!(a_map_of_maps_of_ew_flags, Flags, [4, 2, 2], |map, at, [kind, key, inner]| {
    let inner = inner == 0;
    match kind {
        0 | 1 => map.update(at, key, |map| map.update(inner, EnableWins::enable)).unwrap(),
        2 => map.update(at, key, |map| map.update(inner, EnableWins::disable)).unwrap(),
        _ => map.remove(&key),
    }
});

type Doubts = OrMap<u8, DisableWins<u8>, u8>;

watch!(a_map_of_dw_flags, Doubts, [4, 2], |map, at, [kind, key]| match kind {
    0 | 1 => map.update(at, key, DisableWins::enable).unwrap(),
    2 => map.update(at, key, DisableWins::disable).unwrap(),
    _ => map.remove(&(key)),
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
