//! OR-sets of hundreds of elements, forks among them, beside a set that is as simple as can be.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};

use glomers_crdt::{Dot, Lattice, OrSet};
use proptest::collection::vec;
use proptest::prelude::*;

/// Each dot by itself.
#[derive(Clone, Debug, Default)]
struct Naive {
    live: BTreeMap<(u8, u64), u32>,
    seen: BTreeSet<(u8, u64)>,
}

impl Naive {
    fn remove(&mut self, element: u32) {
        self.live.retain(|_, held| *held != element);
    }

    fn insert(&mut self, replica: u8, element: u32) {
        self.remove(element);
        let of_replica = self.seen.range((replica, 0)..=(replica, u64::MAX));
        let dot = (replica, of_replica.last().map_or(1, |(_, counter)| counter + 1));
        self.live.insert(dot, element);
        self.seen.insert(dot);
    }

    fn merge(&mut self, other: &Self) {
        self.live.retain(|dot, _| other.live.contains_key(dot) || !other.seen.contains(dot));
        let new = other.live.iter().filter(|(dot, _)| !self.seen.contains(*dot));
        self.live.extend(new.map(|(dot, element)| (*dot, *element)));
        self.seen.extend(other.seen.iter());
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// So many elements, `stride` apart.
    Insert {
        at: usize,
        from: u32,
        stride: u32,
        count: u32,
    },
    Remove {
        at: usize,
        from: u32,
        stride: u32,
        count: u32,
    },
    Merge {
        from: usize,
        to: usize,
    },
    /// What one lacks of the other.
    Send {
        from: usize,
        to: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let count = || prop_oneof![1..12_u32, 100..400_u32];
    let step = prop_oneof![
        3 => (0..3_usize, 0..500_u32, 1..4_u32, count()).prop_map(|(at, from, stride, count)| {
            Step::Insert { at, from, stride, count }
        }),
        2 => (0..3_usize, 0..500_u32, 1..4_u32, count()).prop_map(|(at, from, stride, count)| {
            Step::Remove { at, from, stride, count }
        }),
        3 => (0..3_usize, 0..3_usize).prop_map(|(from, to)| Step::Merge { from, to }),
        1 => (0..3_usize, 0..3_usize).prop_map(|(from, to)| Step::Send { from, to }),
    ];
    vec(step, 1..16)
}

fn check(set: &OrSet<u32, u8>, naive: &Naive) -> Result<(), TestCaseError> {
    let elements: BTreeSet<u32> = naive.live.values().copied().collect();
    prop_assert!(set.iter().eq(&elements));
    prop_assert_eq!((set.len(), set.iter().len()), (elements.len(), elements.len()));
    let dots =
        set.context().iter().flat_map(|(replica, run)| run.map(|counter| (*replica, counter)));
    prop_assert!(dots.eq(naive.seen.iter().copied()));
    let report = set.report();
    let is_told = |(replica, counter): &(u8, u64)| {
        let is_live = report.live().contains(&Dot { replica: *replica, counter: *counter });
        is_live == naive.live.contains_key(&(*replica, *counter))
    };
    prop_assert!(naive.seen.iter().all(is_told));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn large_sets_are_as_simple_ones(steps in steps()) {
        let mut sets: [(OrSet<u32, u8>, Naive); 3] = Default::default();
        for step in steps {
            let changed = match step {
                Step::Insert { at, from, stride, count } => {
                    let replica = u8::try_from(at).unwrap();
                    for element in (0..count).map(|nth| from + nth * stride) {
                        sets[at].0.insert(replica, element).unwrap();
                        sets[at].1.insert(replica, element);
                    }
                    at
                }
                Step::Remove { at, from, stride, count } => {
                    for element in (0..count).map(|nth| from + nth * stride) {
                        sets[at].0.remove(&element);
                        sets[at].1.remove(element);
                    }
                    at
                }
                Step::Merge { from, to } => {
                    let other = sets[from].clone();
                    let before = sets[to].0.clone();
                    let changed = sets[to].0.merge(&other.0);
                    prop_assert_eq!(changed, before != sets[to].0);
                    sets[to].1.merge(&other.1);
                    to
                }
                Step::Send { from, to } => {
                    let lacking = sets[from].0.difference(&sets[to].0);
                    prop_assert_eq!(lacking.is_bottom(), sets[to].0.includes(&sets[from].0));
                    let other = sets[from].1.clone();
                    sets[to].0.merge(&lacking);
                    sets[to].1.merge(&other);
                    to
                }
            };
            check(&sets[changed].0, &sets[changed].1)?;
        }
    }
}
