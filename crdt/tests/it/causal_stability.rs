//! States that compact by reports, at some replicas and not at others, early or late, beside the
//! same that never do: what is read is the same all the time, and all converge.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::fmt::Debug;

use glomers_crdt::causal::{Counter, Joined, RemoveWins, Report, Store};
use glomers_crdt::{Causal, CausalError, GSet, Lattice, OrCounter, OrMap, RwSet};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::suite::cases;

use crate::exchange::{Exchange, at, delta, merge, send};

type Replica = u8;

#[derive(Clone, Debug)]
enum Step {
    Act {
        at: usize,
        n: u8,
    },
    /// Of those who compact, and the same of those who do not.
    Exchange(Exchange),
    /// A report, which is perhaps not the last.
    Report {
        of: usize,
        to: usize,
    },
    /// Everyone merges one, and reports to everyone.
    Round {
        of: usize,
    },
    Compact {
        at: usize,
    },
}

fn script(with_deltas: bool) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (at(), any::<u8>()).prop_map(|(at, n)| Step::Act { at, n }),
        2 => merge().prop_map(Step::Exchange),
        2 => if with_deltas { delta().boxed() } else { send().boxed() }.prop_map(Step::Exchange),
        4 => (at(), at()).prop_map(|(of, to)| Step::Report { of, to }),
        1 => at().prop_map(|of| Step::Round { of }),
        2 => at().prop_map(|at| Step::Compact { at }),
    ];
    vec(step, 0..60)
}

struct Reached<S> {
    compacting: [S; 3],
    plain: [S; 3],
    /// How many compactions did something.
    compactions: usize,
}

/// Runs a script; if `is_watched`, holds what is read against each other after each step.
fn run<S, T>(
    script: &[Step],
    act: fn(&mut Causal<S, Replica>, Replica, u8) -> Result<Causal<S, Replica>, CausalError>,
    read: fn(&S) -> T,
    is_watched: bool,
) -> Reached<Causal<S, Replica>>
where
    S: Store<Replica, Payload: PartialEq + Debug>,
    T: PartialEq + Debug,
{
    let mut compacting: [Causal<S, Replica>; 3] = Default::default();
    let mut plain = compacting.clone();
    let mut reports: [[Report<Replica>; 3]; 3] =
        std::array::from_fn(|_| std::array::from_fn(|at| compacting[at].report()));
    let (mut deltas, mut plain_deltas, mut compactions) = (Vec::new(), Vec::new(), 0);
    for step in script {
        match step {
            Step::Act { at, n } => {
                let replica = u8::try_from(*at).unwrap();
                deltas.push(act(&mut compacting[*at], replica, *n).unwrap());
                plain_deltas.push(act(&mut plain[*at], replica, *n).unwrap());
            }
            Step::Exchange(exchange) => {
                exchange.carry_out(&mut compacting, &deltas);
                exchange.carry_out(&mut plain, &plain_deltas);
            }
            Step::Report { of, to } => reports[*to][*of] = compacting[*of].report(),
            Step::Round { of } => {
                for states in [&mut compacting, &mut plain] {
                    let other = states[*of].clone();
                    for state in states {
                        state.merge(&other);
                    }
                }
                for reports in &mut reports {
                    *reports = std::array::from_fn(|at| compacting[at].report());
                }
            }
            Step::Compact { at } => {
                let others = (0..3).filter(|other| other != at).map(|other| &reports[*at][other]);
                let before = compacting[*at].clone();
                match compacting[*at].compact(others) {
                    Ok(delta) => {
                        compactions += usize::from(!delta.is_bottom());
                        deltas.push(delta);
                        plain_deltas.push(Causal::default());
                    }
                    Err(error) => {
                        assert_eq!(error, CausalError::UnseenReport);
                        assert_eq!(before, compacting[*at]);
                    }
                }
            }
        }
        for (compacting, plain) in compacting.iter().zip(&plain).filter(|_| is_watched) {
            assert_eq!(
                read(compacting),
                read(plain),
                "{compacting:?} and {plain:?} after {step:?}"
            );
        }
    }
    Reached { compacting, plain, compactions }
}

/// All have merged all, and read the same.
fn check_converged<S, T>(reached: &Reached<Causal<S, Replica>>, read: fn(&S) -> T)
where
    S: Store<Replica, Payload: PartialEq + Debug>,
    T: PartialEq + Debug,
{
    let join = |order: [usize; 3], states: &[Causal<S, Replica>; 3]| {
        let mut all = Causal::<S, Replica>::default();
        for at in order {
            all.merge(&states[at]);
            assert!(all.includes(&states[at]));
        }
        all
    };
    let plain = join([0, 1, 2], &reached.plain);
    for order in [[0, 1, 2], [1, 2, 0], [2, 1, 0]] {
        let all = join(order, &reached.compacting);
        assert_eq!(all, join([0, 1, 2], &reached.compacting));
        assert_eq!(read(&all), read(&plain), "{all:?} and {plain:?}");
        // Who never compacted meets who did.
        let mut mixed = reached.plain[order[0]].clone();
        mixed.merge(&all);
        assert_eq!(read(&mixed), read(&plain), "{mixed:?} and {plain:?}");
    }
}

fn count(
    count: &mut OrCounter<Replica>,
    replica: Replica,
    n: u8,
) -> Result<OrCounter<Replica>, CausalError> {
    match n % 16 {
        0 => Ok(count.clear()),
        n => count.add(replica, 3_i64.pow(u32::from(n)) * if n % 2 == 0 { 1 } else { -1 }),
    }
}

type Counts = OrMap<u8, Counter<Replica>, Replica>;

fn count_in_map(map: &mut Counts, replica: Replica, n: u8) -> Result<Counts, CausalError> {
    let key = n % 2;
    match n / 2 % 8 {
        0 => Ok(map.remove(&key)),
        n => map.update(replica, key, |count| count.add(5_i64.pow(u32::from(n)))),
    }
}

type Grown = OrMap<u8, Joined<GSet<u8>, Replica>, Replica>;

fn grow_in_map(map: &mut Grown, replica: Replica, n: u8) -> Result<Grown, CausalError> {
    let key = n % 2;
    match n / 2 % 8 {
        0 => Ok(map.remove(&key)),
        n => map.update(replica, key, |set| set.merge(GSet::from_iter([n]))),
    }
}

fn befriend(
    set: &mut RwSet<u8, Replica>,
    replica: Replica,
    n: u8,
) -> Result<RwSet<u8, Replica>, CausalError> {
    let element = n % 3;
    match n / 3 % 8 {
        0..4 => set.insert(replica, element),
        4..7 => set.remove(replica, element),
        _ => Ok(set.clear()),
    }
}

macro_rules! suite {
    ($name:ident, $act:expr, $read:expr) => {
        mod $name {
            use super::*;

            proptest! {
                #![proptest_config(cases(5000))]

                #[test]
                fn reads_the_same(script in script(false)) {
                    check_converged(&run(&script, $act, $read, true), $read);
                }

                #[test]
                fn converges_by_deltas_too(script in script(true)) {
                    check_converged(&run(&script, $act, $read, false), $read);
                }
            }

            #[test]
            fn some_compact() {
                let mut runner = proptest::test_runner::TestRunner::deterministic();
                let compactions: usize = (0..200)
                    .map(|_| {
                        let script = script(false).new_tree(&mut runner).unwrap().current();
                        run(&script, $act, $read, true).compactions
                    })
                    .sum();
                assert!(compactions > 20, "{compactions}");
            }
        }
    };
}

use proptest::strategy::ValueTree;

suite!(a_counter, count, |count: &Counter<Replica>| count.value());
suite!(counters_in_a_map, count_in_map, |map: &glomers_crdt::causal::Map<u8, Counter<Replica>>| {
    map.iter().map(|(key, count)| (*key, count.value())).collect::<Vec<_>>()
});
suite!(sets_in_a_map, grow_in_map, |map: &glomers_crdt::causal::Map<
    u8,
    Joined<GSet<u8>, Replica>,
>| map
    .iter()
    .map(|(key, set)| (*key, set.value().clone()))
    .collect::<Vec<_>>());
suite!(a_remove_wins_set, befriend, |set: &RemoveWins<u8, Replica>| set
    .iter()
    .copied()
    .collect::<Vec<_>>());

/// Folded at one replica and not at another: no more room than one update of each, no other value.
#[test]
fn a_fold_at_one_replica_reaches_the_others() {
    let (mut a, mut b) = (OrCounter::default(), OrCounter::default());
    for _ in 0..100 {
        a.add('a', 2).unwrap();
        b.add('b', -1).unwrap();
    }
    a.merge(&b);
    b.merge(&a);
    let folded = a.compact(&[b.report()]).unwrap();
    assert_eq!(a.report().live().iter().count(), 2);
    assert!(a.report().live().iter().all(|(_, run)| run == (1..=1)));
    let removal = b.clear();
    let more = a.add('a', 7).unwrap();
    for delta in [&folded, &removal, &more] {
        a.merge(delta);
        b.merge(delta);
    }
    assert_eq!((a.value(), b.value()), (7, 7));
    assert_eq!(a, b);
}

/// Its author has left, and the first of its updates comes late: to fold the others before it has
/// come would leave two folds of which neither is the beginning of the other.
#[test]
fn what_has_a_gap_before_it_is_not_folded() {
    let mut a = OrCounter::default();
    let [first, second, third] = [1, 10, 100].map(|amount| a.add('a', amount).unwrap());
    let (mut b, mut c) = (OrCounter::default(), OrCounter::default());
    for state in [&mut b, &mut c] {
        state.merge(&second);
        state.merge(&third);
    }
    assert!(c.compact(&[b.report()]).unwrap().is_bottom());
    for state in [&mut b, &mut c] {
        state.merge(&first);
    }
    assert!(!b.compact(&[c.report()]).unwrap().is_bottom());
    b.merge(&c);
    c.merge(&b);
    assert_eq!((b.value(), c.value()), (111, 111));
}

#[test]
fn a_replica_that_has_left_is_forgotten_when_nothing_is_left_of_it() {
    let mut a = RwSet::default();
    let late = a.insert('x', "bob").unwrap();
    assert_eq!(a.retire(&'x', []), Err(CausalError::Unsettled), "it is live");
    a.insert('a', "bob").unwrap();
    let mut b = RwSet::default();
    assert_eq!(a.retire(&'x', &[b.report()]), Err(CausalError::Unsettled), "`b` has not seen it");
    b.merge(&late);
    assert_eq!(a.retire(&'x', &[b.report()]), Err(CausalError::Unsettled), "live there");
    b.merge(&a);
    b.insert('b', "eve").unwrap();
    assert_eq!(a.retire(&'x', &[b.report()]), Err(CausalError::UnseenReport));
    a.merge(&b);
    assert_eq!(a.retire(&'y', &[b.report()]), Ok(false));
    assert_eq!(a.retire(&'x', &[b.report()]), Ok(true));
    assert_eq!(a.compact(&[b.report()]), Err(CausalError::UnseenReport), "until `b` does it, too");
    assert!(a.context().iter().all(|(replica, _)| *replica != 'x'));
    assert!(a.iter().eq([&"bob", &"eve"]));
    a.merge(&b);
    assert_eq!(a, b, "who has not forgotten brings it back, and nothing else");
}

#[test]
fn a_removal_that_all_have_seen_is_forgotten() {
    let (mut a, mut b) = (RwSet::default(), RwSet::default());
    a.insert('a', "bob").unwrap();
    a.remove('a', "bob").unwrap();
    assert!(a.compact(&[b.report()]).unwrap().is_bottom(), "`b` might add him");
    b.merge(&a);
    assert!(!a.compact(&[b.report()]).unwrap().is_bottom());
    assert!(a.report().live().is_empty());
    b.insert('b', "bob").unwrap();
    a.merge(&b);
    b.merge(&a);
    assert!(a.contains("bob") && b.contains("bob"));
}

/// The addition is dead at `a`, by a reset at `z`; but not at `b`, where the removal is all that
/// keeps it out.
#[test]
fn a_removal_that_someone_needs_is_not_forgotten() {
    let (mut a, mut b, mut z) = (RwSet::default(), RwSet::default(), RwSet::default());
    let added = b.insert('b', "bob").unwrap();
    let removed = a.remove('a', "bob").unwrap();
    z.merge(&added);
    let reset = z.clear();
    z.merge(&removed);
    b.merge(&removed);
    a.merge(&reset);
    let forgotten = a.compact(&[b.report(), z.report()]).unwrap();
    b.merge(&forgotten);
    assert!(!b.contains("bob"));
    b.merge(&reset);
    assert!(!a.compact(&[b.report(), z.report()]).unwrap().is_bottom());
}

#[test]
fn who_has_seen_less_cannot_compact() {
    let (mut a, mut b) = (OrCounter::default(), OrCounter::default());
    b.add('b', 1).unwrap();
    assert_eq!(a.compact(&[b.report()]), Err(CausalError::UnseenReport));
}
