use glomers_crdt::List;

use crate::suite::*;

type Small = List<u8, u8>;

#[derive(Clone, Debug)]
enum Edit {
    Insert(prop::sample::Index, u8, u8),
    Remove(prop::sample::Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>();
    prop_oneof![
        2 => (at.clone(), 0..3_u8, 1..4_u8).prop_map(|(at, value, n)| Edit::Insert(at, value, n)),
        1 => at.prop_map(Edit::Remove),
    ]
}

fn apply(list: &mut Small, replica: u8, edit: &Edit) -> Small {
    match edit {
        Edit::Insert(at, value, count) => {
            let index = at.index(list.len() + 1);
            list.insert_all(replica, index, vec![*value; usize::from(*count)]).unwrap()
        }
        Edit::Remove(_) if list.is_empty() => Small::default(),
        Edit::Remove(at) => list.remove(at.index(list.len())).unwrap(),
    }
}

suite!(of_list, Small, edit(), apply);
// Three processes under one name: ids collide, and replicas agree all the same.
suite!(of_list_with_one_name, Small, edit(), |list: &mut Small, _, by: &Edit| apply(list, 7, by));

/// What is seen agrees, not just the state: whatever the way to it.
#[test]
fn equal_states_read_the_same() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let scripts = (script(edit(), 24), any::<bool>());
    runner
        .run(&scripts, |(steps, one_name)| {
            let name = |at| if one_name { 7 } else { at };
            let outcome = run(&steps, |list: &mut Small, at, by| apply(list, name(at), by))?;
            let [mut a, b, c] = outcome.states;
            a.merge(&b);
            a.merge(&c);
            let mut one_by_one = Small::default();
            for part in a.parts().collect::<Vec<_>>().into_iter().rev() {
                one_by_one.merge(&Small::from_parts([part]));
            }
            let from_parts = Small::from_parts(a.parts());
            for other in [one_by_one, from_parts] {
                prop_assert_eq!(&other, &a);
                prop_assert!(other.iter().eq(a.iter()), "{:?}", a);
                prop_assert_eq!((other.len(), other.waiting()), (a.len(), a.waiting()));
            }
            Ok(())
        })
        .unwrap();
}
