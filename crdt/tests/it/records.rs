//! Records: structs of lattices that derive `Lattice` and `Decompose`, and structs of stores that derive
//! `Store`, as values of maps and as states of their own.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may")]

use crate::suite::*;
use glomers_crdt::causal::{AddWins, Counter, EditOf, EnableWins, Joined, Map, Store};
use glomers_crdt::{
    Causal, CausalError, EwFlag, GCounter, GMap, GSet, LwwRegister, Max, OrMap, OrSet,
};

/// A struct of lattices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Lattice, Decompose)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Page {
    title: LwwRegister<u8, u8>,
    is_open: EwFlag<u8>,
    tags: OrSet<u8, u8>,
    visits: GCounter<u8>,
}

/// One that is a lattice if its parameters are, and goes by numbers.
#[derive(Clone, Debug, Default, PartialEq, Lattice, Decompose)]
struct Both<A, B>(A, B);

/// One of one state.
#[derive(Clone, Debug, Default, PartialEq, Lattice, Decompose)]
struct Nothing;

/// A struct of stores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Store)]
struct Todo<R> {
    title: Joined<LwwRegister<u8, u8>, R>,
    is_done: EnableWins<R>,
    tags: AddWins<u8, R>,
    hours: Counter<R>,
    notes: Map<u8, AddWins<u8, R>>,
}

/// One whose replicas have names of a known type.
#[derive(Clone, Debug, Default, PartialEq, Store)]
#[store(replica = &'static str)]
struct Shelf(AddWins<u8, &'static str>, Counter<&'static str>);

fn page(page: &mut Page, replica: u8, n: u8) -> Page {
    let (kind, n) = (n % 6, n / 6);
    let mut delta = Page::default();
    match kind {
        // No two writes bear one stamp.
        0 => delta.title = page.title.set(n, n / 3 * 3 + replica).unwrap_or_default(),
        1 => delta.is_open = page.is_open.enable(replica).unwrap(),
        2 => delta.is_open = page.is_open.disable(),
        3 => delta.tags = page.tags.insert(replica, n % 3).unwrap(),
        4 => delta.tags = page.tags.remove(&(n % 3)),
        _ => delta.visits = page.visits.add(replica, n.into()).unwrap(),
    }
    delta
}

fn todo(todo: &Todo<u8>, replica: u8, n: u8) -> EditOf<'_, Todo<u8>, u8> {
    let (kind, n) = (n % 8, n / 8);
    let title =
        |title: &mut LwwRegister<u8, u8>| title.set(n, n / 3 * 3 + replica).unwrap_or_default();
    match kind {
        0 => todo.edit_title(|it| it.update(title)),
        1 => todo.edit_is_done(EnableWins::enable),
        2 => todo.edit_is_done(EnableWins::disable),
        3 => todo.edit_tags(|tags| tags.insert(n % 3)),
        4 => todo.edit_tags(|tags| tags.remove(&(n % 3))),
        5 => todo.edit_hours(|hours| hours.add(i64::from(n) - 7)),
        6 => todo.edit_notes(|notes| notes.update(n % 2, |words| words.insert(n / 2 % 3))),
        _ => todo
            .edit_hours(|hours| hours.add(1))
            .and(todo.edit_is_done(EnableWins::enable))
            .and(todo.edit_notes(|notes| notes.remove(&(n % 2)))),
    }
}

suite!(of_a_struct, Page, any::<u8>(), |state: &mut Page, at, n: &u8| page(state, at, *n));

suite!(
    of_a_map_of_structs,
    GMap<u8, Page>,
    any::<(u8, bool)>(),
    |map: &mut GMap<u8, Page>, at, (n, key): &(u8, bool)| {
        map.update(u8::from(*key), |it| page(it, at, *n))
    }
);

suite!(
    of_a_record,
    Causal<Todo<u8>, u8>,
    any::<u8>(),
    |state: &mut Causal<Todo<u8>, u8>, at, n: &u8| {
        state.edit(at, |it| todo(it, at, *n)).unwrap()
    }
);

suite!(
    of_a_map_of_records,
    OrMap<u8, Todo<u8>, u8>,
    any::<(u8, u8)>(),
    |map: &mut OrMap<u8, Todo<u8>, u8>, at, (n, key): &(u8, u8)| match key % 5 {
        4 => map.remove(&(n % 2)),
        key => map.update(at, key % 2, |it| todo(it, at, *n)).unwrap(),
    }
);

#[test]
fn parameters_decide_whether_a_struct_is_a_lattice() {
    let mut both = Both(GSet::from_iter([1]), Max::of(2));
    assert!(both.merge(&Both(GSet::from_iter([3]), Max::default())));
    assert!(!both.merge(&Both(GSet::from_iter([3]), Max::of(2))));
    assert_eq!(
        both.difference(&Both(GSet::from_iter([1]), Max::of(7))),
        Both(GSet::from_iter([3]), Max::default())
    );
    assert!(both.includes(&Both(GSet::default(), Max::of(1))) && !both.is_bottom());
    assert_eq!(both.parts().count(), 3);
    laws::check_decomposition(&both, &Both(GSet::from_iter([3]), Max::of(1))).unwrap();
    assert!(!Nothing.merge(&Nothing) && Nothing.is_bottom() && Nothing.parts().count() == 0);
}

#[test]
fn parts_of_different_fields_have_different_names() {
    let (one, two) =
        (Both(GSet::from_iter([1]), GSet::default()), Both(GSet::default(), GSet::from_iter([1])));
    laws::check_decomposition(&one, &two).unwrap();
}

#[test]
fn what_was_not_seen_of_a_record_outlives_its_removal() {
    let mut a = OrMap::<u8, Todo<u8>, u8>::default();
    a.update(1, 7, |it| it.edit_tags(|tags| tags.insert(1)).and(it.edit_hours(|it| it.add(5))))
        .unwrap();
    let mut b = a.clone();
    let removal = a.remove(&7);
    b.update(2, 7, |it| it.edit_hours(|hours| hours.add(2))).unwrap();
    b.merge(&removal);
    a.merge(&b);
    assert_eq!(a, b);
    let todo = a.get(&7).unwrap();
    assert_eq!((todo.hours.value(), todo.tags.len(), todo.is_done.is_enabled()), (2, 0, false));
}

#[test]
fn an_edit_is_of_the_record_whose_field_made_it() {
    let (mut one, mut other) = (Causal::<Shelf, _>::default(), Causal::<Shelf, _>::default());
    one.edit("a", |shelf| shelf.edit_0(|set| set.insert(7)).and(shelf.edit_1(|it| it.add(3))))
        .unwrap();
    other.edit("a", |shelf| shelf.edit_1(|it| it.add(9))).unwrap();
    assert_eq!((one.0.len(), one.1.value()), (1, 3));
    let before = other.clone();
    // The same dot, of another field there.
    let seen = one.0.observe(&7).unwrap();
    assert_eq!(
        other.edit("a", |shelf| shelf.edit_0(|set| set.remove_observed(&seen))),
        Err(CausalError::ForeignObservation)
    );
    assert_eq!(other, before);
}

#[test]
fn one_dot_for_two_fields_is_dead_for_both() {
    let (mut one, mut other) = (Causal::<Shelf, _>::default(), Causal::<Shelf, _>::default());
    one.edit("a", |shelf| shelf.edit_0(|set| set.insert(7))).unwrap();
    other.edit("a", |shelf| shelf.edit_1(|it| it.add(9))).unwrap();
    let (mut here, mut there) = (one.clone(), other.clone());
    here.merge(&other);
    there.merge(&one);
    assert_eq!(here, there);
    assert!(here.0.is_empty() && here.1.value() == 0);
}

/// Stability reaches into records.
#[test]
fn counters_in_records_are_folded() {
    let mut a = OrMap::<u8, Todo<u8>, u8>::default();
    for _ in 0..9 {
        a.update(1, 7, |it| it.edit_hours(|hours| hours.add(1))).unwrap();
    }
    let b = a.clone();
    a.compact(&[b.report()]).unwrap();
    assert_eq!(a.report().live().iter().next(), Some((&1, 1..=1)));
    assert_eq!(a.get(&7).unwrap().hours.value(), 9);
}

#[cfg(feature = "serde")]
#[test]
fn a_field_at_the_end_changes_no_encoding_of_those_before() {
    type Short = Causal<(AddWins<u8, u8>, EnableWins<u8>), u8>;
    type Long = Causal<(AddWins<u8, u8>, EnableWins<u8>, Counter<u8>), u8>;

    let mut short = Short::default();
    short
        .edit(1, |it| {
            it.edit_field::<0>(|set| set.insert(7)).and(it.edit_field::<1>(EnableWins::enable))
        })
        .unwrap();
    let json = serde_json::to_string(&short).unwrap();
    assert_eq!(json, r#"{"seen":{"1":2},"live":{"1":[[1,[0,7]],[2,[1,null]]]}}"#);
    let long: Long = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&long).unwrap(), json);
    assert!(long.0.contains(&7) && long.1.is_enabled());
    let bytes = postcard::to_allocvec(&short).unwrap();
    assert_eq!(postcard::from_bytes::<Long>(&bytes).unwrap(), long);
    // Nor is there a third field in the short one.
    let third = json.replace("[1,null]", "[2,[1,0]]");
    assert!(serde_json::from_str::<Long>(&third).is_ok());
    let told = serde_json::from_str::<Short>(&third).unwrap_err().to_string();
    assert!(told.contains("no field of that number"), "{told}");
}
