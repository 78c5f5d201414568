//! Lists: indices that can be applied one by one.

use glomers_crdt::List;
use glomers_crdt::changes::{Apply, Changes, ListChange};

use super::watch;

type Small = List<u8, u8>;

fn apply(list: &mut Small, replica: u8, [kind, at, value, count]: [u8; 4]) -> Small {
    let at = usize::from(at) % (list.len() + 1);
    if kind > 0 {
        let values = (0..=count).map(|nth| value.wrapping_add(nth));
        let prepared = list.prepare_insert(replica, at, values.clone());
        let delta = list.insert_all(replica, at, values).unwrap();
        assert_eq!(prepared, Ok(delta.clone()));
        delta
    } else {
        let range = at..list.len().min(at + usize::from(count));
        let prepared = list.prepare_remove(range.clone());
        let delta = list.remove_all(range).unwrap();
        assert_eq!(prepared, Ok(delta.clone()));
        delta
    }
}

watch!(a_list, Small, [3, 64, 251, 3], apply, true);
// Three processes under one name: ids collide, and elements take the place of others.
watch!(a_list_with_one_name, Small, [3, 64, 251, 3], |list, _, by| apply(list, 7, by), true);

#[test]
fn what_waits_shows_once_its_parent_has_come() {
    let mut there = Small::default();
    let parent = there.insert_all(1, 0, [1, 2]).unwrap();
    let below = there.insert_all(2, 1, [7, 8]).unwrap();
    let more = there.insert_all(1, 4, [3]).unwrap();
    let gone = there.remove(2).unwrap();
    let mut here = Small::default();
    for early in [&below, &more, &gone] {
        assert!(here.merge_each(early, &mut |change| panic!("{change:?} of what waits")));
    }
    let changes = here.merge_changes(&parent);
    assert_eq!(changes, [ListChange::Inserted { index: 0, values: vec![1, 7, 2, 3] }]);
}

#[test]
fn changes_come_in_an_order_that_can_be_applied() {
    let mut here = List::<char, u8>::default();
    here.insert_all(1, 0, "the quick fox".chars()).unwrap();
    let mut there = here.clone();
    let mut shown = here.view();
    there.remove_all(10..13).unwrap();
    there.insert_all(2, 10, "dog".chars()).unwrap();
    there.remove_all(4..9).unwrap();
    there.insert_all(2, 0, "see ".chars()).unwrap();
    let changes = here.merge_changes(&there);
    let text = |changes: &[ListChange<char>]| -> Vec<String> {
        let text = |change: &ListChange<char>| match change {
            ListChange::Inserted { index, values } => {
                format!("{index} {}", values.iter().collect::<String>())
            }
            ListChange::Removed { range } => format!("{range:?}"),
        };
        changes.iter().map(text).collect()
    };
    assert_eq!(text(&changes), ["0 see ", "8..13", "9 dog", "12..15"]);
    for change in changes {
        change.apply(&mut shown).unwrap();
    }
    assert_eq!(shown.iter().collect::<String>(), "see the  dog");
}

#[test]
fn indices_that_are_beyond_a_view_do_not_fit_it() {
    let mut shown = vec![1, 2];
    for change in [
        ListChange::Inserted { index: 3, values: vec![9] },
        ListChange::Removed { range: 1..3 },
        #[expect(clippy::reversed_empty_ranges, reason = "from who errs")]
        ListChange::Removed { range: 2..1 },
    ] {
        assert!(change.apply(&mut shown).is_err());
    }
    assert_eq!(shown, [1, 2]);
}
