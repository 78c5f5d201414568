//! Lattices of lattices.

use std::collections::{BTreeMap, BTreeSet};

use glomers_crdt::changes::{Apply, Changes, RenewChange, SetChange};
use glomers_crdt::{GCounter, GMap, GSet, Lexicographic, List, LwwRegister, Max, OrSet, PnCounter};

use super::watch;
use crate::suite::*;

/// Merges what a step stands for; returns what that added.
fn add<S: Lattice>(state: &mut S, delta: &S) -> S {
    let novel = delta.difference(state);
    state.merge(&novel);
    novel
}

type Sets = BTreeMap<u8, BTreeSet<u8>>;

watch!(a_map_of_sets, Sets, [3, 4], |map, _, [key, it]| {
    // Bottoms are values, too.
    let value = (it > 0).then_some(it);
    add(map, &Sets::from([(key, value.into_iter().collect())]))
});

type Maybe = Option<GSet<u8>>;

watch!(an_option, Maybe, [5], |maybe, _, [it]| {
    add(maybe, &Some((it > 1).then_some(it).into_iter().collect()))
});

type Pair = (GSet<u8>, PnCounter<u8>);

watch!(a_pair, Pair, [2, 5], |pair, at, [which, by]| {
    if which == 0 {
        (pair.0.insert(by), PnCounter::default())
    } else {
        (GSet::default(), pair.1.add(at, i64::from(by) - 2).unwrap())
    }
});

type Three = (bool, (), GSet<u8>);

watch!(a_triple, Three, [2, 5], |three, _, [flag, it]| {
    add(three, &(flag == 1, (), GSet::from_iter([it])))
});

/// A record: title, done, tags, votes.
type Four = (Max<u8>, bool, OrSet<u8, u8>, GCounter<u8>);

watch!(a_quadruple, Four, [5, 5], |four, at, [which, by]| {
    let mut delta = Four::default();
    match which {
        0 => delta.0 = four.0.raise(by),
        1 => delta.1 = true,
        2 => delta.2 = four.2.insert(at, by).unwrap(),
        3 => delta.2 = four.2.remove(&by),
        _ => delta.3 = four.3.add(at, 1).unwrap(),
    }
    four.merge(&delta);
    delta
});

type Term = Lexicographic<Max<u8>, GSet<u8>>;

watch!(a_term, Term, [3, 5], |term, _, [first, second]| {
    add(term, &Term { first: Max::of(first), second: GSet::from_iter([second]) })
});

/// A later write of what is there makes another state that shows the same.
type Title = Lexicographic<LwwRegister<u8, u8>, GSet<u8>>;

watch!(a_title, Title, [2, 5, 2], |title, _, [value, stamp, tag]| {
    let mut first = LwwRegister::default();
    first.set(value, stamp).unwrap();
    add(title, &Title { first, second: GSet::from_iter([tag]) })
});

type Lines = GMap<u8, List<u8, u8>>;

watch!(
    a_map_of_lists,
    Lines,
    [2, 64, 5],
    |lines, at, [key, index, value]| {
        let index = usize::from(index);
        lines.update(key, |list| match list.len() {
            len if value == 0 && len > 0 => list.remove(index % len).unwrap(),
            len => list.insert_all(at, index % (len + 1), [value, value]).unwrap(),
        })
    },
    true
);

#[test]
fn a_change_does_not_fit_another_view() {
    type Change = RenewChange<BTreeSet<u8>, SetChange<u8>>;
    let mut none = None;
    assert!(Change::Within(SetChange::Inserted(1)).apply(&mut none).is_err());
    assert!(Change::Renewed([1].into()).apply(&mut none).is_ok());
    assert!(Change::Renewed([2].into()).apply(&mut none).is_err(), "it comes to be only once");
    assert_eq!(none, Some(BTreeSet::from([1])));
    let mut shown = GSet::from_iter([1]).view();
    assert!(SetChange::Inserted(1).apply(&mut shown).is_err());
    assert!(SetChange::Removed(2).apply(&mut shown).is_err());
    assert_eq!(shown, BTreeSet::from([1]));
}
