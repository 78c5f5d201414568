//! Every type under the law suite, and its mutators' deltas against full merges.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fmt::Debug;

use glomers_crdt::laws::{self, Law, Violation};
use glomers_crdt::{Dot, GCounter, GSet, Lattice, MaxMap, PnCounter, VersionVector};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::suite::cases;

/// Replicas and elements are few, so that states overlap.
const FEW: std::ops::Range<u8> = 0..5;

fn g_set() -> impl Strategy<Value = GSet<u8>> {
    vec(0..12_u8, 0..8).prop_map(GSet::from_iter)
}

fn max_map() -> impl Strategy<Value = MaxMap<u8, u8>> {
    vec((FEW, 0..4_u8), 0..8).prop_map(MaxMap::from_iter)
}

fn slots() -> impl Strategy<Value = Vec<(u8, u64)>> {
    let amount = prop_oneof![0..4_u64, Just(u64::MAX - 1), Just(u64::MAX)];
    vec((FEW, amount), 0..6)
}

fn g_counter() -> impl Strategy<Value = GCounter<u8>> {
    slots().prop_map(GCounter::from_iter)
}

fn pn_counter() -> impl Strategy<Value = PnCounter<u8>> {
    vec((FEW, any::<i8>()), 0..8).prop_map(|adds| {
        let mut counter = PnCounter::default();
        for (replica, amount) in adds {
            counter.add(replica, amount.into()).unwrap();
        }
        counter
    })
}

fn version_vector() -> impl Strategy<Value = VersionVector<u8>> {
    slots().prop_map(|slots| {
        slots.into_iter().map(|(replica, counter)| Dot { replica, counter }).collect()
    })
}

/// Applies mutations, checks each delta, and that the deltas in another order, some twice, make the
/// same state.
fn check_mutations<S, M>(
    start: &S,
    mutations: &[M],
    order: &[prop::sample::Index],
    mutate: impl Fn(&mut S, &M) -> S,
) -> Result<(), Violation>
where
    S: Lattice + PartialEq + Debug,
{
    let mut state = start.clone();
    let mut deltas = Vec::new();
    for mutation in mutations {
        let before = state.clone();
        let delta = mutate(&mut state, mutation);
        laws::check_delta(&before, &state, &delta)?;
        deltas.push(delta);
    }
    laws::check_delta_group(start, &state, &deltas)?;
    // As a network might, too: any of them any number of times.
    let mut rebuilt = start.clone();
    let shuffled = order.iter().filter(|_| !deltas.is_empty()).map(|at| at.get(&deltas));
    for delta in shuffled.chain(deltas.iter().rev()) {
        rebuilt.merge(delta);
    }
    assert_eq!(rebuilt, state);
    Ok(())
}

macro_rules! suite {
    ($name:ident, $strategy:expr, $mutation:expr, $mutate:expr) => {
        mod $name {
            use super::*;

            proptest! {
                #![proptest_config(cases(10_000))]

                #[test]
                fn is_a_lattice(a in $strategy, b in $strategy, c in $strategy) {
                    laws::check(&a, &b, &c)?;
                }
            }

            proptest! {
                #![proptest_config(cases(10_000))]

                #[test]
                fn falls_apart(a in $strategy, b in $strategy) {
                    laws::check_decomposition(&a, &b)?;
                    laws::check_decomposition(&a, &a.difference(&b))?;
                }
            }

            proptest! {
                #![proptest_config(cases(10_000))]

                #[test]
                fn deltas_carry_the_mutations(
                    start in $strategy,
                    mutations in vec($mutation, 0..10),
                    order: Vec<prop::sample::Index>,
                ) {
                    check_mutations(&start, &mutations, &order, $mutate)?;
                }

                #[cfg(feature = "serde")]
                #[test]
                fn comes_back_from_json(state in $strategy) {
                    let mut back = state.clone();
                    let json = serde_json::to_string(&state).unwrap();
                    serde_json::from_str(&json).map(|read| back = read).unwrap();
                    prop_assert_eq!(back, state, "{}", json);
                }
            }
        }
    };
}

suite!(of_g_set, g_set(), 0..12_u8, |set: &mut GSet<u8>, element: &u8| set.insert(*element));
suite!(
    of_max_map,
    max_map(),
    (FEW, 0..4_u8),
    |map: &mut MaxMap<u8, u8>, (key, value): &(u8, u8)| map.insert(*key, *value)
);
suite!(
    of_g_counter,
    g_counter(),
    (FEW, 0..4_u64),
    |counter: &mut GCounter<u8>, (replica, amount): &(u8, u64)| counter
        .add(*replica, *amount)
        .unwrap_or_default()
);
suite!(
    of_pn_counter,
    pn_counter(),
    (FEW, any::<i8>()),
    |counter: &mut PnCounter<u8>, (replica, amount): &(u8, i8)| counter
        .add(*replica, (*amount).into())
        .unwrap()
);
suite!(
    of_version_vector,
    version_vector(),
    (FEW, 0..9_u64),
    |seen: &mut VersionVector<u8>, (replica, counter): &(u8, u64)| seen
        .insert(Dot { replica: *replica, counter: *counter })
);

proptest! {
    #[test]
    fn a_counters_value_is_the_sum_of_its_slots(a in g_counter(), b in g_counter()) {
        let mut both = a.clone();
        both.merge(&b);
        let sum: u128 = both.iter().map(|(_, slot)| u128::from(slot)).sum();
        prop_assert_eq!(both.value(), sum);
        let difference = a.difference(&b);
        let sum: u128 = difference.iter().map(|(_, slot)| u128::from(slot)).sum();
        prop_assert_eq!(difference.value(), sum);
    }

    #[test]
    fn the_causal_order_is_inclusion(a in version_vector(), b in version_vector()) {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let includes = |x: &VersionVector<u8>, y: &VersionVector<u8>| {
            y.iter().all(|(replica, counter)| counter <= x.get(replica))
        };
        let expected = match (includes(&a, &b), includes(&b, &a)) {
            (true, true) => Some(Equal),
            (true, false) => Some(Greater),
            (false, true) => Some(Less),
            (false, false) => None,
        };
        prop_assert_eq!(a.partial_cmp(&b), expected);
    }
}

#[test]
fn an_overflow_is_an_error_and_changes_nothing() {
    let mut counter = GCounter::from_iter([('a', u64::MAX - 1), ('b', 7)]);
    let before = counter.clone();
    assert!(counter.add('a', 2).is_err());
    assert_eq!(counter, before);
    assert!(counter.add('a', 1).is_ok());

    let mut counter = PnCounter::of_replica('a', 0, u64::MAX);
    let before = counter.clone();
    assert!(counter.add('a', i64::MIN).is_err());
    assert_eq!(counter, before);
    assert_eq!(counter.value(), -i128::from(u64::MAX));
}

#[cfg(feature = "serde")]
#[test]
fn decoding_makes_a_state_that_operations_could_have_made() {
    let counter: GCounter<String> = serde_json::from_str(r#"{"a":3,"b":0}"#).unwrap();
    assert_eq!(counter, GCounter::from_iter([("a".to_owned(), 3)]));
    for wrong in
        [r#"{"a":-1}"#, r#"{"a":1.5}"#, r#"{"a":18446744073709551616}"#, r#"{"a":1,"a":1}"#, "[1]"]
    {
        assert!(serde_json::from_str::<GCounter<String>>(wrong).is_err(), "{wrong}");
    }
}

/// Wrong on purpose, one law each: the suite must name it.
mod wrong {
    use super::*;

    /// A set of numbers whose operations each test breaks in one place.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    struct Flawed<const FLAW: u8> {
        bits: u8,
    }

    impl<const FLAW: u8> Lattice for Flawed<FLAW> {
        fn merge(&mut self, other: &Self) -> bool {
            let before = self.bits;
            self.bits = match FLAW {
                0 => self.bits.wrapping_add(other.bits),
                1 if other.bits != 0 => other.bits,
                2 => self.bits & other.bits,
                _ => self.bits | other.bits,
            };
            FLAW == 3 || self.bits != before
        }

        fn difference(&self, seen: &Self) -> Self {
            Self {
                bits: match FLAW {
                    4 => 0,
                    5 => self.bits,
                    _ => self.bits & !seen.bits,
                },
            }
        }

        fn includes(&self, other: &Self) -> bool {
            match FLAW {
                7 => true,
                _ => other.difference(self).is_bottom(),
            }
        }

        fn is_bottom(&self) -> bool {
            if FLAW == 6 { self.bits < 2 } else { self.bits == 0 }
        }
    }

    fn broken<const FLAW: u8>() -> Law {
        let [a, b, c] = [1, 2, 3].map(|bits| Flawed::<FLAW> { bits });
        laws::check(&a, &b, &c).unwrap_err().law()
    }

    #[test]
    fn each_flaw_is_named() {
        assert_eq!(broken::<0>(), Law::Idempotent);
        assert_eq!(broken::<1>(), Law::Commutative);
        assert_eq!(broken::<2>(), Law::Identity);
        assert_eq!(broken::<3>(), Law::ReportsChange);
        assert_eq!(broken::<4>(), Law::Order, "includes() rests on difference()");
        assert_eq!(broken::<5>(), Law::Inflationary, "the same");
        assert_eq!(broken::<6>(), Law::Identity);
        assert_eq!(broken::<7>(), Law::Order);
    }

    /// Counts the calls of its mutator, which returns a delta that each test breaks in one place.
    fn count_deltas<const FLAW: u8>(calls: u64) -> Result<(), Violation> {
        let before = GCounter::from_iter([('a', 1), ('b', 1)]);
        let mut after = before.clone();
        let deltas = (0..calls).map(|call| {
            let delta = after.add('a', 1).unwrap();
            match FLAW {
                0 if call + 1 == calls => GCounter::default(),
                1 if call == 0 => GCounter::from_iter([('b', 2)]),
                2 if call == 0 => GCounter::from_iter([('a', calls + 5)]),
                _ => delta,
            }
        });
        let deltas: Vec<_> = deltas.collect();
        laws::check_delta_group(&before, &after, &deltas)
    }

    #[test]
    fn a_delta_that_tells_less_or_more_is_found() {
        for calls in [1, 2, 5, 6, 9] {
            count_deltas::<9>(calls).unwrap();
            for flawed in [count_deltas::<0>, count_deltas::<1>, count_deltas::<2>] {
                assert_eq!(flawed(calls).unwrap_err().law(), Law::DeltaGroup);
            }
        }
    }

    /// A register that keeps what came last: no single merge shows that order matters.
    #[test]
    fn an_order_that_matters_is_found() {
        #[derive(Clone, Debug, Default, PartialEq)]
        struct Last {
            value: u8,
            merges: u8,
        }

        impl Lattice for Last {
            fn merge(&mut self, other: &Self) -> bool {
                let changed = other.value != 0 && other.value != self.value;
                if changed {
                    *self = Self { value: other.value, merges: self.merges + 1 };
                }
                changed
            }

            fn difference(&self, _: &Self) -> Self {
                Self::default()
            }

            fn is_bottom(&self) -> bool {
                true
            }
        }

        let deltas = [1, 2, 3].map(|value| Last { value, merges: 0 });
        let after = Last { value: 3, merges: 3 };
        let violation = laws::check_delta_group(&Last::default(), &after, &deltas).unwrap_err();
        assert_eq!(violation.law(), Law::DeltaGroup);
    }

    #[test]
    fn the_sound_one_passes() {
        let states = [0, 1, 2, 3, 6].map(|bits| Flawed::<9> { bits });
        laws::check_all(&states).unwrap();
    }
}
