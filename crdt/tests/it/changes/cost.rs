//! What telling costs: comparisons and clones of what is in the states, counted.

use std::cell::Cell;
use std::cmp::Ordering;

use glomers_crdt::causal::Counter;
use glomers_crdt::changes::Changes;
use glomers_crdt::{GMap, GSet, List, LwwMap, Max, MaxMap, OrMap, OrSet, RwSet, TwoPSet};

use crate::suite::*;

thread_local! {
    static WORK: Cell<usize> = const { Cell::new(0) };
}

fn work(amount: usize) {
    WORK.with(|count| count.set(count.get() + amount));
}

/// Counts what is done to it.
#[derive(Debug)]
struct Counted(u64);

impl Clone for Counted {
    fn clone(&self) -> Self {
        work(1);
        Self(self.0)
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        work(1);
        self.0 == other.0
    }
}

impl Eq for Counted {}

impl PartialOrd for Counted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Counted {
    fn cmp(&self, other: &Self) -> Ordering {
        work(1);
        self.0.cmp(&other.0)
    }
}

/// Of `n` elements that are present, and a delta of ten.
fn cost<S: Changes>(make: impl Fn(u64) -> S, delta: impl Fn(&S) -> S, n: u64) -> usize {
    let mut state = make(n);
    let delta = delta(&state);
    WORK.with(|count| count.set(0));
    let changes = state.merge_changes(&delta);
    let work = WORK.with(Cell::get);
    assert_eq!(changes.len(), 10, "all that the delta says is new");
    work
}

/// A hundred times as much in the state, and the work grows as a logarithm does.
fn is_in_proportion_to_the_delta<S: Changes>(
    what: &str,
    make: impl Fn(u64) -> S,
    delta: impl Fn(&S) -> S,
) {
    let (few, many) = (cost(&make, &delta, 1_000), cost(&make, &delta, 100_000));
    assert!(many < 3 * few && many < 2_000, "{what}: {few} in 1,000 and {many} in 100,000");
}

/// Ten that are not among the first `n`, and lie all over.
fn ten(of: u64) -> impl Iterator<Item = Counted> {
    (0..10).map(move |nth| Counted(nth * of / 10 * 2 + 1))
}

fn even(n: u64) -> impl Iterator<Item = Counted> {
    (0..n).map(|nth| Counted(2 * nth))
}

#[test]
fn of_sets_and_maps() {
    is_in_proportion_to_the_delta(
        "g-set",
        |n| even(n).collect::<GSet<_>>(),
        |set| ten(set.len() as u64).collect(),
    );
    is_in_proportion_to_the_delta(
        "2p-set",
        |n| even(n).collect::<TwoPSet<_>>(),
        |set| ten(set.len() as u64).collect(),
    );
    is_in_proportion_to_the_delta(
        "max-map",
        |n| even(n).map(|key| (key, 1)).collect::<MaxMap<_, _>>(),
        |map| ten(map.len() as u64).map(|key| (Counted(key.0 - 1), 2)).collect(),
    );
    is_in_proportion_to_the_delta(
        "g-map",
        |n| even(n).map(|key| (key, Max::of(1))).collect::<GMap<_, _>>(),
        |map| ten(map.len() as u64).map(|key| (Counted(key.0 - 1), Max::of(2))).collect(),
    );
    let write = |map: &mut LwwMap<Counted, u8, u8>, key, value, stamp| {
        drop(map.insert(key, value, stamp).unwrap());
    };
    is_in_proportion_to_the_delta(
        "lww-map",
        |n| {
            let mut map = LwwMap::default();
            even(n).for_each(|key| write(&mut map, key, 1, 1));
            map
        },
        |map| {
            let mut delta = LwwMap::default();
            ten(map.len() as u64).for_each(|key| write(&mut delta, Counted(key.0 - 1), 2, 2));
            delta
        },
    );
}

#[test]
fn of_what_is_causal() {
    is_in_proportion_to_the_delta(
        "or-set",
        |n| {
            let mut set = OrSet::default();
            even(n).for_each(|it| drop(set.insert('h', it).unwrap()));
            set
        },
        |set| {
            let (mut fork, mut delta) = (set.clone(), OrSet::default());
            for it in ten(set.len() as u64).take(5) {
                delta.merge(&fork.insert('t', it).unwrap());
            }
            for it in ten(set.len() as u64).take(5) {
                delta.merge(&fork.remove(&Counted(it.0 - 1)));
            }
            delta
        },
    );
    is_in_proportion_to_the_delta(
        "rw-set",
        |n| {
            let mut set = RwSet::default();
            even(n).for_each(|it| drop(set.insert('h', it).unwrap()));
            set
        },
        |set| {
            let (mut fork, mut delta) = (set.clone(), RwSet::default());
            for it in ten(set.len() as u64) {
                delta.merge(&fork.remove('t', Counted(it.0 - 1)).unwrap());
            }
            delta
        },
    );
    is_in_proportion_to_the_delta(
        "or-map",
        |n| {
            let mut map = OrMap::<Counted, Counter<char>, char>::default();
            even(n).for_each(|key| drop(map.update('h', key, |count| count.add(1)).unwrap()));
            map
        },
        |map| {
            let (mut fork, mut delta) = (map.clone(), OrMap::default());
            for key in ten(map.len() as u64) {
                let key = Counted(key.0 - 1);
                delta.merge(&fork.update('t', key, |count| count.add(1)).unwrap());
            }
            delta
        },
    );
}

/// Where a list's elements are is found without a look at them. It is of many runs: of two states the one
/// with fewer by half is merged into the other, element by element, told of or not.
#[test]
fn of_a_list() {
    is_in_proportion_to_the_delta(
        "list",
        |n| {
            let mut list = List::<Counted, char>::default();
            for piece in (0..n / 50).map(|nth| nth * 50) {
                list.insert_all('h', 0, (piece..piece + 50).map(Counted)).unwrap();
            }
            list
        },
        |list| {
            let (mut fork, mut delta) = (list.clone(), List::default());
            for (nth, it) in (1..).zip(ten(list.len() as u64).take(5)) {
                let place = nth * list.len() / 7;
                delta.merge(&fork.insert('t', place, it).unwrap());
                delta.merge(&fork.remove(place + 9).unwrap());
            }
            delta
        },
    );
}

/// Forks of many that have since become different in ten are compared by what they do not share.
#[test]
fn of_forks() {
    let mut here: GSet<Counted> = even(100_000).collect();
    let mut there = here.clone();
    ten(100_000).for_each(|it| drop(there.insert(it)));
    WORK.with(|count| count.set(0));
    assert_eq!(here.merge_changes(&there).len(), 10);
    let work = WORK.with(Cell::get);
    // The first keys of chunks, of which there are 1,600, are looked at, and ten chunks.
    assert!(work < 10_000, "{work}");
}
