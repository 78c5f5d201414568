//! Records: structs of lattices, structs and tuples of stores.

use glomers_crdt::causal::{AddWins, Counter, EditOf, EnableWins, Joined, Map, Store, Watched};
use glomers_crdt::changes::{Apply, Changes, ValueChange};
use glomers_crdt::{Causal, EwFlag, GCounter, GMap, LwwRegister, OrMap, OrSet};

use super::watch;
use crate::suite::*;

/// A struct of lattices.
#[derive(Clone, Debug, Default, PartialEq, Lattice, Changes)]
struct Page {
    best_title: LwwRegister<u8, u8>,
    r#type: EwFlag<u8>,
    tags: OrSet<u8, u8>,
    visits: GCounter<u8>,
}

/// One that tells if its parameters do, and goes by numbers.
#[derive(Clone, Debug, Default, PartialEq, Lattice, Changes)]
struct Both<A, B>(A, B);

/// One that has nothing to tell.
#[derive(Clone, Debug, Default, PartialEq, Lattice, Changes)]
struct Nothing;

/// A struct of stores.
#[derive(Clone, Debug, Default, PartialEq, Store, Watched)]
struct Todo<R> {
    title: Joined<LwwRegister<u8, u8>, R>,
    is_done: EnableWins<R>,
    hours: Counter<R>,
    notes: Map<u8, AddWins<u8, R>>,
}

fn page(page: &mut Page, at: u8, [kind, it, stamp]: [u8; 3]) -> Page {
    let mut delta = Page::default();
    match kind {
        0 => delta.best_title = page.best_title.set(it, stamp * 3 + at).unwrap_or_default(),
        1 => delta.r#type = page.r#type.enable(at).unwrap(),
        2 => delta.r#type = page.r#type.disable(),
        3 => delta.tags = page.tags.insert(at, it).unwrap(),
        4 => delta.tags = page.tags.remove(&it),
        _ => delta.visits = page.visits.add(at, it.into()).unwrap(),
    }
    delta
}

watch!(a_struct, Page, [6, 3, 9], page);
watch!(a_map_of_structs, GMap<u8, Both<Page, Nothing>>, [2, 6, 3, 9], |map, at, [key, kind, it, stamp]| {
    map.update(key, |both| Both(page(&mut both.0, at, [kind, it, stamp]), Nothing))
});

fn todo(todo: &Todo<u8>, at: u8, kind: u8, n: u8) -> EditOf<'_, Todo<u8>, u8> {
    let title = |title: &mut LwwRegister<u8, u8>| title.set(n % 3, n / 3 * 3 + at);
    match kind {
        0 => todo.edit_title(|it| it.update(|it| title(it).unwrap_or_default())),
        1 => todo.edit_is_done(EnableWins::enable),
        2 => todo.edit_is_done(EnableWins::disable),
        3 | 4 => todo.edit_hours(|hours| hours.add(i64::from(n) - 7)),
        5 | 6 => todo.edit_notes(|notes| notes.update(n % 2, |words| words.insert(n / 2 % 3))),
        _ => todo
            .edit_hours(|hours| hours.add(1))
            .and(todo.edit_is_done(EnableWins::enable))
            .and(todo.edit_notes(|notes| notes.remove(&(n % 2)))),
    }
}

type Todos = OrMap<u8, Todo<u8>, u8>;

watch!(a_map_of_records, Todos, [4, 2, 8, 32], |todos, at, [which, key, kind, n]| {
    if which == 3 {
        return todos.remove(&(key));
    }
    todos.update(at, key, |it| todo(it, at, kind, n)).unwrap()
});

type Pair = Causal<(AddWins<u8, u8>, Counter<u8>, Map<u8, EnableWins<u8>>), u8>;

watch!(a_tuple_of_stores, Pair, [4, 3], |pair, at, [kind, by]| {
    match kind {
        0 => pair.edit(at, |it| it.edit_field::<0>(|set| set.insert(by))),
        1 => pair.edit(at, |it| it.edit_field::<0>(|set| set.remove(&by))),
        2 => pair.edit(at, |it| it.edit_field::<1>(|count| count.add(i64::from(by) - 1))),
        _ => pair.edit(at, |it| it.edit_field::<2>(|map| map.update(by, EnableWins::enable))),
    }
    .unwrap()
});

#[test]
fn changes_and_views_go_by_the_names_of_fields() {
    let mut page = Page::default();
    let (_, changes) = page.update_changes(|page| Page {
        visits: page.visits.add(1, 3).unwrap(),
        r#type: page.r#type.enable(1).unwrap(),
        ..Page::default()
    });
    let expected = [
        PageChange::Type(ValueChange { from: false, to: true }),
        PageChange::Visits(ValueChange { from: 0, to: 3 }),
    ];
    assert_eq!(changes, expected);
    let mut shown = Page::default().view();
    changes.into_iter().try_for_each(|change| change.apply(&mut shown)).unwrap();
    let expected = PageView { best_title: None, r#type: true, tags: [].into(), visits: 3 };
    assert_eq!(shown, expected);
    let mut both = Both(GCounter::<u8>::default(), true);
    let changes = both.merge_changes(&Both(GCounter::from_iter([(1, 2)]), true));
    assert_eq!(changes, [BothChange::Field0(ValueChange { from: 0, to: 2 })]);
    assert_eq!(both.view(), BothView(2, true));
}
