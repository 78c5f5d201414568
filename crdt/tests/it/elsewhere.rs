//! Where other libraries surprise, and what happens here: a test a row of the table in the crate's docs,
//! in the order of its rows.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::fmt::Debug;

use glomers_crdt::causal::{AddWins, Counter, EnableWins, Joined, Map, Store, Values};
use glomers_crdt::{
    BoundedCounter, Causal, CausalContext, Cursor, Dot, DwFlag, EwFlag, GCounter, GMap, GSet,
    Lattice, Lexicographic, List, LwwMap, LwwRegister, Max, MaxMap, Min, MvRegister, OrCounter,
    OrMap, OrSet, PnCounter, Retiring, RwSet, Stamp, TwoPSet, VersionVector,
};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

use crate::suite::cases;

/// The join of the given states, in this order.
fn joined<'a, S: Lattice + 'a>(states: impl IntoIterator<Item = &'a S>) -> S {
    states.into_iter().fold(S::default(), |mut all, state| {
        all.merge(state);
        all
    })
}

/// All orders of some states.
fn orders<S>(states: &[S]) -> Vec<Vec<&S>> {
    let Some((last, others)) = states.split_last() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(others) {
        for at in 0..=order.len() {
            let mut with = order.clone();
            with.insert(at, last);
            all.push(with);
        }
    }
    all
}

/// What any order of these makes, which is the same.
fn whatever_the_order<S: Lattice + PartialEq + Debug>(states: &[S]) -> S {
    let expected = joined(states);
    for order in orders(states) {
        assert_eq!(joined(order.iter().copied()), expected, "{order:?}");
        let twice = order.iter().chain(&order).copied();
        assert_eq!(joined(twice), expected, "{order:?}, twice");
    }
    expected
}

/// A state after it went through each format.
#[cfg(feature = "serde")]
fn wired<S: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug>(state: &S) -> S {
    let json = serde_json::to_string(state).unwrap();
    let back: S = serde_json::from_str(&json).unwrap();
    assert_eq!(back, *state, "{json}");
    let bytes = postcard::to_allocvec(state).unwrap();
    let back: S = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(back, *state, "{bytes:?}");
    back
}

#[test]
fn a_list_holds_equal_values_as_often_as_they_were_inserted() {
    let (mut a, mut b) = (List::default(), List::default());
    let here = a.insert('a', 0, "oat").unwrap();
    let there = b.insert('b', 0, "oat").unwrap();
    a.merge(&there);
    b.merge(&here);
    assert_eq!(a, b);
    assert!(a.iter().eq(&["oat", "oat"]), "concurrently");
    a.insert('a', 1, "oat").unwrap();
    assert_eq!(a.len(), 3, "and once more");
    a.remove(0).unwrap();
    assert!(a.iter().eq(&["oat", "oat"]), "one of them is removed");
}

#[test]
fn only_the_increment_beside_a_removal_stays_however_many_steps_the_counter_took() {
    for steps in [1, 2, 7, 100] {
        let mut a = OrMap::<&str, Counter<char>, char>::default();
        for _ in 0..steps {
            a.update('a', "k", |count| count.add(5)).unwrap();
        }
        let mut b = a.clone();
        for _ in 0..steps {
            b.update('b', "k", |count| count.add(1)).unwrap();
        }
        a.merge(&b);
        let mut b = a.clone();
        let removal = a.remove("k");
        let increment = b.update('b', "k", |count| count.add(2)).unwrap();
        a.merge(&increment);
        b.merge(&removal);
        assert_eq!(a, b);
        assert_eq!(a.get("k").unwrap().value(), 2, "after {steps} steps");
    }
}

/// Registers in maps in maps, sets beside them.
type Nested = OrMap<u8, Map<u8, (Values<u8, u8>, AddWins<u8, u8>)>, u8>;

fn act_nested(state: &mut Nested, replica: u8, n: u8) -> Nested {
    let (outer, inner, n) = (n % 2, n / 2 % 2, n / 4);
    match n % 7 {
        0..3 => state.update(replica, outer, |map| {
            map.update(inner, |pair| pair.edit_field::<0>(|register| register.set(n / 8)))
        }),
        3 => state.update(replica, outer, |map| {
            map.update(inner, |pair| pair.edit_field::<1>(|set| set.insert(n / 16)))
        }),
        4 => state.update(replica, outer, |map| {
            map.update(inner, |pair| pair.edit_field::<1>(|set| set.remove(&(n / 16))))
        }),
        5 => state.update(replica, outer, |map| map.remove(&inner)),
        _ => Ok(state.remove(&outer)),
    }
    .unwrap()
}

#[test]
fn an_overwritten_value_is_gone_whoever_gossips_first() {
    let mut a = OrMap::<&str, Values<&str, char>, char>::default();
    let first = a.update('a', "k", |register| register.set("old")).unwrap();
    let mut b = joined([&first]);
    let second = b.update('b', "k", |register| register.set("new")).unwrap();
    let mut c = joined([&first]);
    let other = c.update('c', "l", |register| register.set("else")).unwrap();
    let all = whatever_the_order(&[first, second, other, a, b, c]);
    assert!(all.get("k").unwrap().values().eq([&"new"]));
}

proptest! {
    #![proptest_config(cases(4_000))]

    /// Three replicas whose states and deltas are merged in any grouping.
    #[test]
    fn merges_of_nested_types_are_associative(
        steps in prop::collection::vec((0..3_u8, any::<u8>(), 0..4_u8), 0..14),
        grouping: Vec<(Index, Index)>,
    ) {
        let (states, deltas) = ran(&steps, act_nested);
        let expected = joined(&states);
        let mut pool: Vec<Nested> = states.into_iter().chain(deltas).collect();
        for (one, two) in &grouping {
            let (one, two) = (one.index(pool.len()), two.index(pool.len()));
            let other = pool[two].clone();
            pool[one].merge(&other);
        }
        let forth = joined(&pool);
        let back = joined(pool.iter().rev());
        prop_assert_eq!(&forth, &expected);
        prop_assert_eq!(&back, &expected);
        prop_assert_eq!(format!("{:?}", *forth), format!("{:?}", *expected));
    }
}

/// What three replicas make of some steps, each after some gossip; and all deltas.
fn ran<S: Lattice>(steps: &[(u8, u8, u8)], act: fn(&mut S, u8, u8) -> S) -> ([S; 3], Vec<S>) {
    let (mut states, mut deltas) = (<[S; 3]>::default(), Vec::new());
    for (at, n, from) in steps {
        if let Some(other) = states.get(usize::from(*from)).cloned() {
            states[usize::from(*at)].merge(&other);
        }
        deltas.push(act(&mut states[usize::from(*at)], *at, *n));
    }
    (states, deltas)
}

#[cfg(feature = "serde")]
#[test]
fn a_removal_ahead_of_its_addition_goes_through_every_format() {
    let (mut a, mut b) = (OrSet::<String, String>::default(), OrSet::default());
    let addition = a.insert("a".to_owned(), "oat".to_owned()).unwrap();
    b.merge(&a.remove("oat"));
    assert!(b.context().contains(&Dot { replica: "a".to_owned(), counter: 1 }));
    let mut b = wired(&b);
    assert!(!b.merge(&addition) && b.is_empty());
    // By a client that has read elsewhere, and in a map.
    let mut map = OrMap::<String, Counter<String>, String>::default();
    let addition = map.update("a".to_owned(), "k".to_owned(), |count| count.add(5)).unwrap();
    let seen = wired(&map.observe("k").unwrap());
    let mut ahead = OrMap::<String, Counter<String>, String>::default();
    ahead.remove_observed(&seen).unwrap();
    let mut ahead = wired(&ahead);
    ahead.merge(&addition);
    assert!(ahead.is_empty());
}

/// 10¹⁶, 1 and −10¹⁶ in every order: integers are exact, and no order of arrival is an order of reading.
#[test]
fn sums_are_exact_or_in_an_order_that_all_share() {
    const AMOUNTS: [i64; 3] = [10_i64.pow(16), 1, -10_i64.pow(16)];

    let pn = [0, 1, 2].map(|at: usize| PnCounter::default().add(at, AMOUNTS[at]).unwrap());
    assert_eq!(whatever_the_order(&pn).value(), 1);
    let or = [0, 1, 2].map(|at: usize| OrCounter::default().add(at, AMOUNTS[at]).unwrap());
    assert_eq!(whatever_the_order(&or).value(), 1);

    // Floats have no exact sum: let each replica keep what it adds, and add up in the replicas' order.
    #[expect(clippy::cast_precision_loss, reason = "these are exact")]
    let floats = AMOUNTS.map(|amount| amount as f64);
    let writes = [0, 1, 2].map(|at: usize| {
        let bits = floats[at].to_bits();
        LwwMap::default().insert(at, bits, Stamp { time: 1, replica: at }).unwrap()
    });
    let sum = |map: &LwwMap<usize, u64, Stamp<usize>>| -> f64 {
        map.iter().map(|(_, bits)| f64::from_bits(*bits)).sum()
    };
    let sums = orders(&writes).into_iter().map(|order| sum(&joined(order)).to_bits());
    let mut sums: Vec<u64> = sums.collect();
    assert_eq!(sums.len(), 6);
    sums.dedup();
    assert_eq!(sums.len(), 1, "one sum, be it exact or not");
}

#[cfg(feature = "serde")]
#[test]
fn what_waits_for_its_parent_is_saved_and_passed_on() {
    let mut author = List::<String, String>::default();
    let name = || "a".to_owned();
    let parent = author.insert(name(), 0, "rye".to_owned()).unwrap();
    let child = author.insert(name(), 1, "oat".to_owned()).unwrap();
    let grandchild = author.insert(name(), 0, "hay".to_owned()).unwrap();
    let mut waiting = joined([&grandchild, &child]);
    assert_eq!((waiting.len(), waiting.waiting()), (0, 2));
    // Saved, or passed on whole, as what another lacks, or part by part.
    let saved = wired(&waiting);
    let passed = joined([&waiting]);
    let lacked = joined([&waiting.difference(&List::default())]);
    let parts = glomers_crdt::Decompose::select(&waiting, |_| true);
    for mut copy in [saved, passed, lacked, parts] {
        assert_eq!(copy, waiting);
        assert_eq!(copy.waiting(), 2);
        copy.merge(&parent);
        assert_eq!(copy, author);
        assert!(copy.iter().eq(author.iter()) && copy.waiting() == 0);
    }
    waiting.merge(&parent);
    assert!(waiting.iter().eq(author.iter()));
}

/// A thing's place, and its text.
type Item = (
    Joined<LwwRegister<u8, Stamp<char>>, char>,
    Joined<LwwRegister<&'static str, Stamp<char>>, char>,
);

#[test]
fn nothing_in_a_list_moves_or_comes_back() {
    let mut a = List::default();
    a.insert_all('a', 0, ["hay", "oat", "rye"]).unwrap();
    let mut b = a.clone();
    // One removes it; another puts it elsewhere: that is a removal and a new element.
    let removal = a.remove(0).unwrap();
    let taken = b.remove(0).unwrap();
    let put = b.insert('b', 2, "hay").unwrap();
    let all = whatever_the_order(&[a, b, removal, taken, put]);
    assert!(
        all.iter().eq(&["oat", "rye", "hay"]),
        "what was removed is, what was inserted is there"
    );

    // Who moves and overwrites things keeps them by key, with their places: then to move one is an
    // update as is any other, and outlives a removal that has not seen it, as any other does.
    let stamp = |time, replica| Stamp { time, replica };
    let mut a = OrMap::<u8, Item, char>::default();
    a.update('a', 7, |item| {
        item.edit_field::<0>(|place| place.update(|it| it.set(1, stamp(1, 'a')).unwrap())).and(
            item.edit_field::<1>(|text| text.update(|it| it.set("hay", stamp(1, 'a')).unwrap())),
        )
    })
    .unwrap();
    let (mut one, mut two) = (a.clone(), a.clone());
    let removal = a.remove(&7);
    let moved = one.update('b', 7, |item| {
        item.edit_field::<0>(|place| place.update(|it| it.set(9, stamp(2, 'b')).unwrap()))
    });
    let written = two.update('c', 7, |item| {
        item.edit_field::<1>(|text| text.update(|it| it.set("oat", stamp(2, 'c')).unwrap()))
    });
    for beside in [moved.unwrap(), written.unwrap()] {
        let all = whatever_the_order(&[a.clone(), removal.clone(), beside]);
        assert!(all.get(&7).is_some());
    }
}

#[test]
fn a_write_of_the_value_that_is_there_is_a_write() {
    // Each: a state in which something is, then the same written again beside its removal.
    fn survives<S: Lattice + PartialEq + Debug>(
        before: &S,
        again: impl FnOnce(&mut S) -> S,
        remove: impl FnOnce(&mut S) -> S,
    ) -> S {
        let (mut here, mut there) = (before.clone(), before.clone());
        let (written, removed) = (again(&mut here), remove(&mut there));
        assert!(!written.is_bottom(), "it has a delta");
        whatever_the_order(&[here, there, written, removed])
    }

    let set = OrSet::default().insert('a', 7).unwrap();
    let after = survives(&set, |it| it.insert('b', 7).unwrap(), |it| it.remove(&7));
    assert!(after.contains(&7), "a set");
    let register = MvRegister::default().set('a', "tea").unwrap();
    let after = survives(&register, |it| it.set('b', "tea").unwrap(), MvRegister::clear);
    assert!(after.values().eq([&"tea"]), "a register");
    let flag = EwFlag::default().enable('a').unwrap();
    let after = survives(&flag, |it| it.enable('b').unwrap(), EwFlag::disable);
    assert!(after.is_enabled(), "a flag");
    let register = |map: &mut OrMap<u8, Values<&'static str, char>, char>, replica| {
        map.update(replica, 1, |register| register.set("tea")).unwrap()
    };
    let map = register(&mut OrMap::default(), 'a');
    let after = survives(&map, |it| register(it, 'b'), |it| it.remove(&1));
    assert!(after.get(&1).is_some(), "a register in a map");
    let set = |map: &mut OrMap<u8, AddWins<u8, char>, char>, replica| {
        map.update(replica, 1, |set| set.insert(7)).unwrap()
    };
    let map = set(&mut OrMap::default(), 'a');
    let after = survives(&map, |it| set(it, 'b'), |it| it.remove(&1));
    assert!(after.get(&1).is_some(), "a set in a map");
    let flag = |map: &mut OrMap<u8, EnableWins<char>, char>, replica| {
        map.update(replica, 1, EnableWins::enable).unwrap()
    };
    let map = flag(&mut OrMap::default(), 'a');
    let after = survives(&map, |it| flag(it, 'b'), |it| it.remove(&1));
    assert!(after.get(&1).is_some(), "a flag in a map");
    let grown = |map: &mut OrMap<u8, Joined<GSet<u8>, char>, char>, replica| {
        map.update(replica, 1, |set| set.merge(GSet::from_iter([7]))).unwrap()
    };
    let map = grown(&mut OrMap::default(), 'a');
    let after = survives(&map, |it| grown(it, 'b'), |it| it.remove(&1));
    assert!(after.get(&1).is_some(), "any lattice's value in a map");
    let last = LwwMap::default().insert("k", "tea", 1).unwrap();
    let after =
        survives(&last, |it| it.insert("k", "tea", 3).unwrap(), |it| it.remove("k", 2).unwrap());
    assert_eq!(after.get("k"), Some(&"tea"), "a value whose stamp is the last");
    let last = LwwRegister::default().set("tea", 1).unwrap();
    let after = survives(&last, |it| it.set("tea", 3).unwrap(), |it| it.set("milk", 2).unwrap());
    assert_eq!(after.get(), Some(&"tea"), "a register whose stamp is the last");
    // Where removals win, it is the removal that counts though nothing was there.
    let gone = RwSet::<u8, char>::default();
    let after = survives(&gone, |it| it.remove('b', 7).unwrap(), |it| it.insert('a', 7).unwrap());
    assert!(!after.contains(&7), "a removal of what is not there");
    let off = DwFlag::<char>::default();
    let after = survives(&off, |it| it.disable('b').unwrap(), |it| it.enable('a').unwrap());
    assert!(!after.is_enabled(), "a flag that is turned off though it is off");
}

#[test]
fn a_removal_takes_what_it_has_seen_and_nothing_else_whatever_the_names() {
    for (client, other) in [('a', 'b'), ('b', 'a')] {
        let mut here = OrMap::<&str, Values<&str, char>, char>::default();
        let mut there = here.clone();
        let unseen = there.update(other, "k", |register| register.set("theirs")).unwrap();
        let mine = here.update(client, "k", |register| register.set("mine")).unwrap();
        let removal = here.remove("k");
        let all = whatever_the_order(&[unseen, mine, removal, here, there]);
        assert!(all.get("k").unwrap().values().eq([&"theirs"]), "{client} has not seen it");

        let (mut here, mut there) = (OrSet::default(), OrSet::default());
        let unseen = there.insert(other, 7).unwrap();
        let deltas = [unseen, here.insert(client, 7).unwrap(), here.remove(&7)];
        assert!(whatever_the_order(&deltas).contains(&7), "in a set");

        let (mut here, mut there) = (List::default(), List::default());
        let unseen = there.insert(other, 0, "theirs").unwrap();
        let deltas = [unseen, here.insert(client, 0, "mine").unwrap(), here.remove(0).unwrap()];
        assert!(whatever_the_order(&deltas).iter().eq(&["theirs"]), "in a list");
    }
}

#[test]
fn deltas_alone_suffice_in_any_order_and_a_tie_ends_as_the_name_says() {
    // A removal's delta does its work where nothing else has come.
    let mut set = OrSet::default();
    let deltas = [
        set.insert('a', "oat").unwrap(),
        set.insert('a', "rye").unwrap(),
        set.remove("oat"),
        set.insert('a', "hay").unwrap(),
        set.remove("rye"),
    ];
    assert_eq!(whatever_the_order(&deltas), set);
    let mut map = OrMap::<u8, Counter<char>, char>::default();
    let deltas = [
        map.update('a', 1, |count| count.add(5)).unwrap(),
        map.remove(&1),
        map.update('a', 1, |count| count.add(7)).unwrap(),
    ];
    assert_eq!(whatever_the_order(&deltas), map);
    assert_eq!(map.get(&1).unwrap().value(), 7);

    // An addition and a removal that know nothing of each other, under names in either order.
    for (adder, remover) in [('a', 'b'), ('b', 'a')] {
        let first = OrSet::default().insert('x', 7).unwrap();
        let (mut one, mut two) = (first.clone(), first);
        let deltas = [one.insert(adder, 7).unwrap(), two.remove(&7)];
        assert!(whatever_the_order(&deltas).contains(&7), "additions win");
        let first = RwSet::default().insert('x', 7).unwrap();
        let (mut one, mut two) = (first.clone(), first);
        let deltas = [one.insert(adder, 7).unwrap(), two.remove(remover, 7).unwrap()];
        assert!(!whatever_the_order(&deltas).contains(&7), "removals win");
        let first = EwFlag::default().enable('x').unwrap();
        let (mut one, mut two) = (first.clone(), first);
        let deltas = [one.enable(adder).unwrap(), two.disable()];
        assert!(whatever_the_order(&deltas).is_enabled(), "enabling wins");
        let first = DwFlag::default().enable('x').unwrap();
        let (mut one, mut two) = (first.clone(), first);
        let deltas = [one.enable(adder).unwrap(), two.disable(remover).unwrap()];
        assert!(!whatever_the_order(&deltas).is_enabled(), "disabling wins");
    }
}

#[test]
fn no_number_becomes_another() {
    let mut grown = GCounter::default();
    grown.add('a', u64::MAX).unwrap();
    assert!(grown.add('a', 1).is_err() && grown.value() == u128::from(u64::MAX));
    let mut both = PnCounter::of_replica('a', 1 << 63, u64::MAX);
    assert!(both.add('a', -1).is_err());
    assert_eq!(both.value(), (1 << 63) - i128::from(u64::MAX));
    let mut reset = OrCounter::default();
    for _ in 0..3 {
        reset.add('a', i64::MAX).unwrap();
    }
    assert_eq!(reset.value(), 3 * i128::from(i64::MAX), "a sum has room");
    #[cfg(feature = "serde")]
    {
        assert_eq!(wired(&grown).value(), u128::from(u64::MAX));
        assert_eq!(wired(&both), both);
        assert_eq!(wired(&reset).value(), reset.value());
        let beyond = MaxMap::from_iter([("k".to_owned(), (1_u64 << 63) + 1)]);
        assert_eq!(wired(&beyond).get("k"), Some(&((1 << 63) + 1)));
    }
}

/// Shows `test` many scripts. One of these for all types: it takes a while to compile.
fn scripts(test: &dyn Fn(&[(u8, u8, u8)]) -> Result<(), String>) {
    let steps = prop::collection::vec((0..3_u8, any::<u8>(), 0..4_u8), 0..16);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(300));
    let done = runner.run(&steps, |steps| test(&steps).map_err(TestCaseError::fail));
    if let Err(failure) = done {
        panic!("{failure}");
    }
}

/// All public readers of a type, on states that are equal and came about in different ways.
macro_rules! read_equal {
    ($($name:ident: $type:ty, $act:expr, |$state:ident| $($read:expr),+ $(,)?;)+) => {
        $(#[test]
        fn $name() {
            let act: fn(&mut $type, u8, u8) -> $type = $act;
            let read = |$state: &$type| vec![$(format!("{:?}", $read)),+];
            scripts(&|steps| {
                let (states, deltas) = ran(steps, act);
                let expected = joined(&states);
                let found = [
                    joined(states.iter().rev()),
                    joined(deltas.iter().rev().chain(&deltas)),
                    joined([&expected]),
                    joined([&expected.difference(&<$type>::default())]),
                    <$type as glomers_crdt::Decompose>::select(&expected, |_| true),
                ];
                for state in found {
                    if state != expected || read(&state) != read(&expected) {
                        return Err(format!("{state:?} reads {:?}\n{expected:?}", read(&state)));
                    }
                }
                Ok(())
            });
        })+
    };
}

type Pruned = LwwMap<u8, u8, (u8, u8)>;

fn seen_by(state: &Retiring<VersionVector<u8>>, at: u8) -> [bool; 3] {
    [1, 2, 9].map(|counter| state.contains(&Dot { replica: at, counter }))
}

read_equal! {
    a_g_set: GSet<u8>, |it, _, n| it.insert(n),
        |it| it.len(), it.is_empty(), it.iter(), it.contains(&7), it.is_bottom();
    a_two_p_set: TwoPSet<u8>, |it, _, n| {
            let element = n / 2 % 8;
            if n % 2 == 0 { it.insert(element).unwrap_or_default() } else { it.remove(element) }
        },
        |it| it.len(), it.is_empty(), it.iter(), it.contains(&3), it.is_removed(&3);
    a_g_counter: GCounter<u8>, |it, at, n| it.add(at, n.into()).unwrap(),
        |it| it.value(), it.slot(&1), it.iter();
    a_pn_counter: PnCounter<u8>, |it, at, n| it.add(at, i64::from(n) - 100).unwrap(),
        |it| it.value(), it.slot(&1);
    a_bounded_counter: BoundedCounter<u8>, |it, at, n| match n % 3 {
            0 => it.add(at, n.into()),
            1 => it.subtract(at, (n / 8).into()),
            _ => it.transfer(&at, n % 3, (n / 8).into()),
        }.unwrap_or_default(),
        |it| it.value(), [0, 1, 2].map(|at| it.rights(&at));
    a_max: Max<u8>, |it, _, n| it.raise(n), |it| it.get();
    a_min: Min<u8>, |it, _, n| it.lower(n), |it| it.get();
    a_max_map: MaxMap<u8, u8>, |it, _, n| it.insert(n % 8, n),
        |it| it.len(), it.is_empty(), it.iter(), it.get(&3);
    a_g_map: GMap<u8, GSet<u8>>, |it, _, n| it.update(n % 4, |set| set.insert(n)),
        |it| it.len(), it.is_empty(), it.iter(), it.get(&3);
    an_lww_register: LwwRegister<u8, (u8, u8)>,
        |it, at, n| it.set(n % 4, (n / 4, at)).unwrap_or_default(),
        |it| it.get(), it.stamp();
    an_lww_map: Pruned, |it, at, n| match n % 4 {
            0 => it.remove(n / 64, (n / 4, at)),
            _ => it.insert(n / 64, n, (n / 4, at)),
        }.unwrap_or_default(),
        |it| it.len(), it.is_empty(), it.iter(), it.get(&1), it.stamp(&1), it.floor(),
            it.writes().collect::<Vec<_>>();
    a_list: List<u8, u8>, |it, at, n| {
            let index = usize::from(n) % (it.len() + 1);
            if n % 3 == 0 { it.remove(index).unwrap_or_default() } else { it.insert(at, index, n).unwrap() }
        },
        |it| it.len(), it.is_empty(), it.iter(), it.get(1), it.id(1), it.waiting(),
            it.id(0).map(|id| it.index_of(&id)), it.cursor_before(1), it.cursor_after(1),
            it.position(&it.cursor_after(2)), it.position(&Cursor::End);
    a_text: List<char, u8>, |it, at, n| {
            let (index, letter) = (usize::from(n) % (it.len() + 1), char::from(b'a' + n % 26));
            if n % 3 == 0 { it.remove(index).unwrap_or_default() } else { it.insert(at, index, letter).unwrap() }
        },
        |it| it.text(), it.len(), it.iter();
    a_version_vector: VersionVector<u8>,
        |it, at, n| it.insert(Dot { replica: at, counter: n.into() }),
        |it| it.get(&1), it.iter(), it.next_dot(1), it.contains(&Dot { replica: 1, counter: 9 });
    a_causal_context: CausalContext<u8>,
        |it, at, n| it.insert(Dot { replica: at, counter: 1 + u64::from(n % 16) }).unwrap(),
        |it| it.is_empty(), it.iter(), it.next_dot(1), it.contains(&Dot { replica: 1, counter: 9 }),
            it.contiguous(), it.intersection(&CausalContext::from_runs([(1, 3..=9)]).unwrap());
    an_or_set: OrSet<u8, u8>, |it, at, n| {
            if n % 3 == 0 { it.remove(&(n / 32)) } else { it.insert(at, n / 32).unwrap() }
        },
        |it| it.len(), it.is_empty(), it.iter(), it.contains(&3), it.observe(&3), it.context(),
            it.report(), it.report().seen(), it.report().live(), it.observe(&3).map(|it| *it.of());
    an_rw_set: RwSet<u8, u8>, |it, at, n| {
            let done = if n % 3 == 0 { it.remove(at, n / 32) } else { it.insert(at, n / 32) };
            done.unwrap()
        },
        |it| it.len(), it.is_empty(), it.iter(), it.contains(&3), it.report();
    an_mv_register: MvRegister<u8, u8>, |it, at, n| {
            if n % 8 == 0 { it.clear() } else { it.set(at, n).unwrap() }
        },
        |it| it.values(), it.observe(), it.report();
    an_ew_flag: EwFlag<u8>, |it, at, n| if n % 2 == 0 { it.disable() } else { it.enable(at).unwrap() },
        |it| it.is_enabled(), it.observe();
    a_dw_flag: DwFlag<u8>, |it, at, n| {
            if n % 2 == 0 { it.disable(at) } else { it.enable(at) }.unwrap()
        },
        |it| it.is_enabled();
    an_or_counter: OrCounter<u8>, |it, at, n| {
            if n % 8 == 0 { it.clear() } else { it.add(at, i64::from(n) - 100).unwrap() }
        },
        |it| it.value(), it.report();
    a_joined_value: Causal<Joined<GSet<u8>, u8>, u8>, |it, at, n| {
            if n % 8 == 0 { it.clear() } else { it.edit(at, |it| it.update(|set| set.insert(n))).unwrap() }
        },
        |it| it.value(), it.report();
    nested_maps: Nested, act_nested,
        |it| it.len(), it.is_empty(), it.iter(), it.get(&1), it.observe(&1), it.report(),
            it.get(&1).map(|map| map.get(&0).map(|pair| (Store::<u8>::edit_field::<0>(pair, |it| it.set(1)), pair)));
    retiring: Retiring<VersionVector<u8>>,
        |it, at, n| it.insert(Dot { replica: at, counter: (n % 8).into() }),
        |it| it.live(), it.floor(), it.is_retired(&1), seen_by(it, 1);
    lexicographic: Lexicographic<Max<u8>, GSet<u8>>, |it, _, n| {
            let delta = Lexicographic { first: Max::of(n / 64), second: GSet::from_iter([n % 8]) };
            it.merge(&delta);
            delta
        },
        |it| it.first.get(), it.second.iter();
}
