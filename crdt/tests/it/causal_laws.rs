//! The causal types under the law suite: states that random scripts reach on three replicas, which
//! exchange states, differences, deltas of before and single parts in any order.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

use glomers_crdt::causal::{
    AddWins, Counter, DisableWins, Edit, EnableWins, Joined, Map, Part, RemoveWins, Store, Values,
};
use glomers_crdt::{
    Causal, Decompose, DwFlag, EwFlag, GSet, Lattice, MaxMap, MvRegister, OrCounter, OrMap, OrSet,
    RwSet, laws,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::suite::cases;

use crate::exchange::{Exchange, at, delta, merge, send};

/// Whose updates have been tried, by a small number.
type Replica = u8;

/// Stores side by side.
type Pair = (AddWins<u8, Replica>, Values<u8, Replica>);

/// A type under test and what can be done to it.
trait Subject: Lattice + Decompose + PartialEq + Debug {
    /// Does the `n`-th of what can be done; returns the delta.
    fn act(&mut self, replica: Replica, n: u8) -> Self;

    /// All that can be read.
    fn read(&self) -> String;

    /// A part, if it is live.
    fn told(part: &Self::Part<'_>) -> Option<String>;

    /// Whether the stores are equal; and if so, hashed alike, as are the states if these are equal.
    fn has_same_store(&self, other: &Self) -> bool;

    #[cfg(feature = "serde")]
    fn written_and_read(&self) -> Self;
}

fn hash_of<T: Hash>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

macro_rules! subject {
    ($type:ty, $act:expr) => {
        impl Subject for $type {
            fn act(&mut self, replica: Replica, n: u8) -> Self {
                let act: fn(&mut Self, Replica, u8) -> Self = $act;
                act(self, replica, n)
            }

            fn read(&self) -> String {
                format!("{:?}", **self)
            }

            fn told(part: &Self::Part<'_>) -> Option<String> {
                matches!(part, Part::Live(..)).then(|| format!("{part:?}"))
            }

            fn has_same_store(&self, other: &Self) -> bool {
                let is_same = **self == **other;
                assert!(!is_same || hash_of(&**self) == hash_of(&**other));
                assert!(self != other || (is_same && hash_of(self) == hash_of(other)));
                is_same
            }

            #[cfg(feature = "serde")]
            fn written_and_read(&self) -> Self {
                serde_json::from_str(&serde_json::to_string(self).unwrap()).unwrap()
            }
        }
    };
}

subject!(OrSet<u8, Replica>, |set, replica, n| match n % 8 {
    0..4 => set.insert(replica, n % 4).unwrap(),
    4..7 => set.remove(&(n % 4)),
    _ => set.clear(),
});
subject!(RwSet<u8, Replica>, |set, replica, n| match n % 8 {
    0..4 => set.insert(replica, n % 4).unwrap(),
    4..7 => set.remove(replica, n % 4).unwrap(),
    _ => set.clear(),
});
subject!(MvRegister<u8, Replica>, |register, replica, n| match n % 8 {
    7 => register.clear(),
    _ => register.set(replica, n % 3).unwrap(),
});
subject!(EwFlag<Replica>, |flag, replica, n| match n % 2 {
    0 => flag.enable(replica).unwrap(),
    _ => flag.disable(),
});
subject!(DwFlag<Replica>, |flag, replica, n| match n % 8 {
    0..4 => flag.enable(replica).unwrap(),
    4..7 => flag.disable(replica).unwrap(),
    _ => flag.clear(),
});
subject!(OrCounter<Replica>, |count, replica, n| match n % 8 {
    7 => count.clear(),
    _ => count.add(replica, i64::from(n % 7) - 3).unwrap(),
});
subject!(Causal<Joined<GSet<u8>, Replica>, Replica>, |set, replica, n| match n % 8 {
    7 => set.clear(),
    _ => set.edit(replica, |set| set.update(|set| set.insert(n % 4))).unwrap(),
});
subject!(OrMap<u8, AddWins<u8, Replica>, Replica>, |map, replica, n| {
    let (key, element) = (n % 2, n / 2 % 2);
    match n / 4 % 4 {
        0 | 1 => map.update(replica, key, |set| set.insert(element)).unwrap(),
        2 => map.update(replica, key, |set| set.remove(&element)).unwrap(),
        _ => map.remove(&key),
    }
});
subject!(OrMap<u8, Map<u8, RemoveWins<u8, Replica>>, Replica>, |map, replica, n| {
    let (key, inner, element) = (n % 2, n / 2 % 2, n / 4 % 2);
    match n / 8 % 8 {
        0..3 => map.update(replica, key, |map| map.update(inner, |set| set.insert(element))),
        3..6 => map.update(replica, key, |map| map.update(inner, |set| set.remove(element))),
        6 => map.update(replica, key, |map| map.remove(&inner)),
        _ => Ok(map.remove(&key)),
    }
    .unwrap()
});
subject!(OrMap<u8, Map<u8, Counter<Replica>>, Replica>, |map, replica, n| {
    let (key, inner) = (n % 2, n / 2 % 2);
    match n / 4 % 8 {
        0..6 => map.update(replica, key, |map| map.update(inner, |count| count.add(n.into()))),
        6 => map.update(replica, key, |map| map.remove(&inner)),
        _ => Ok(map.remove(&key)),
    }
    .unwrap()
});
subject!(OrMap<u8, Values<u8, Replica>, Replica>, |map, replica, n| match n % 8 {
    0..6 => map.update(replica, n % 2, |register| register.set(n)).unwrap(),
    _ => map.remove(&(n % 2)),
});
subject!(OrMap<u8, EnableWins<Replica>, Replica>, |map, replica, n| match n / 2 % 4 {
    0 | 1 => map.update(replica, n % 2, EnableWins::enable).unwrap(),
    2 => map.update(replica, n % 2, EnableWins::disable).unwrap(),
    _ => map.remove(&(n % 2)),
});
subject!(OrMap<u8, DisableWins<Replica>, Replica>, |map, replica, n| match n / 2 % 4 {
    0 | 1 => map.update(replica, n % 2, DisableWins::enable).unwrap(),
    2 => map.update(replica, n % 2, DisableWins::disable).unwrap(),
    _ => map.remove(&(n % 2)),
});
subject!(OrMap<u8, Joined<MaxMap<u8, u8>, Replica>, Replica>, |map, replica, n| match n % 8 {
    0..6 => {
        map.update(replica, n % 2, |max| max.update(|max| max.insert(n / 8 % 2, n / 16))).unwrap()
    }
    _ => map.remove(&(n % 2)),
});

subject!(OrMap<u8, Pair, Replica>, |map, replica, n| match n / 2 % 8 {
    0 | 1 => map.update(replica, n % 2, |pair| {
        pair.edit_field::<0>(|set| set.insert(n / 16 % 2))
            .and(pair.edit_field::<1>(|register| register.set(n / 32)))
    }),
    2 => map.update(replica, n % 2, |pair| pair.edit_field::<0>(|set| set.remove(&(n / 16 % 2)))),
    3 | 4 => map.update(replica, n % 2, |pair| pair.edit_field::<1>(|it| it.set(n / 16 % 2))),
    5 => map.update(replica, n % 2, |_| Edit::none()),
    6 => Ok(map.clear()),
    _ => Ok(map.remove(&(n % 2))),
}
.unwrap());

#[derive(Clone, Debug)]
enum Step {
    Act {
        at: usize,
        n: u8,
    },
    Exchange(Exchange),
    /// One part of a state.
    Part {
        from: usize,
        part: Index,
        to: usize,
    },
}

fn script() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (at(), any::<u8>()).prop_map(|(at, n)| Step::Act { at, n }),
        1 => merge().prop_map(Step::Exchange),
        1 => send().prop_map(Step::Exchange),
        3 => delta().prop_map(Step::Exchange),
        1 => (at(), any::<Index>(), at())
            .prop_map(|(from, part, to)| Step::Part { from, part, to }),
    ];
    vec(step, 0..20)
}

/// Three replicas after a script, and all deltas of its mutations.
struct Reached<S> {
    states: [S; 3],
    deltas: Vec<S>,
}

fn run<S: Subject>(script: &[Step]) -> Reached<S> {
    let (mut states, mut deltas) = (<[S; 3]>::default(), Vec::<S>::new());
    for step in script {
        match step {
            Step::Act { at, n } => {
                let state = &mut states[*at];
                let before = state.clone();
                let delta = state.act(u8::try_from(*at).unwrap(), *n);
                laws::check_delta(&before, state, &delta).unwrap();
                deltas.push(delta);
            }
            Step::Exchange(exchange) => exchange.carry_out(&mut states, &deltas),
            Step::Part { from, part, to } => {
                let parts = states[*from].parts().count();
                if parts > 0 {
                    let nth = part.index(parts);
                    let part = S::from_parts(states[*from].parts().skip(nth).take(1));
                    states[*to].merge(&part);
                }
            }
        }
    }
    Reached { states, deltas }
}

/// The live parts of a state.
fn live<S: Subject>(state: &S) -> Vec<String> {
    let parts = state.parts().map(|part| S::told(&part));
    parts.flatten().collect()
}

fn check<S: Subject>(script: &[Step], order: &[Index]) -> Result<(), TestCaseError> {
    let Reached { states, deltas } = run::<S>(script);
    let [a, b, c] = &states;
    laws::check(a, b, c)?;
    if let [x, y, ..] = order
        && !deltas.is_empty()
    {
        laws::check(a, x.get(&deltas), y.get(&deltas))?;
    }
    laws::check_decomposition(a, b)?;
    laws::check_decomposition(&c.difference(a), c)?;
    // All deltas, some of them twice, in whatever order.
    let mut all = S::default();
    for state in &states {
        all.merge(state);
    }
    let mut rebuilt = S::default();
    let shuffled = order.iter().filter(|_| !deltas.is_empty()).map(|at| at.get(&deltas));
    for delta in shuffled.chain(deltas.iter().rev()) {
        rebuilt.merge(delta);
    }
    prop_assert_eq!(&rebuilt, &all);
    // What is read follows from the state, however it came about.
    for state in states.iter().chain([&all]) {
        let again = S::from_parts(state.parts());
        prop_assert_eq!(again.read(), state.read());
        prop_assert!(again.has_same_store(state));
        // Stores are equal if and only if the live values are: whatever else was seen.
        prop_assert_eq!(state.has_same_store(&all), live(state) == live(&all));
        #[cfg(feature = "serde")]
        {
            let back = state.written_and_read();
            prop_assert_eq!(&back, state);
            prop_assert_eq!(back.read(), state.read());
        }
    }
    prop_assert_eq!(rebuilt.read(), all.read());
    Ok(())
}

macro_rules! suite {
    ($name:ident, $type:ty) => {
        proptest! {
            #![proptest_config(cases(10_000))]

            #[test]
            fn $name(script in script(), order in vec(any::<Index>(), 0..8)) {
                check::<$type>(&script, &order)?;
            }
        }
    };
}

suite!(an_or_set, OrSet<u8, Replica>);
suite!(a_rw_set, RwSet<u8, Replica>);
suite!(a_mv_register, MvRegister<u8, Replica>);
suite!(an_ew_flag, EwFlag<Replica>);
suite!(a_dw_flag, DwFlag<Replica>);
suite!(an_or_counter, OrCounter<Replica>);
suite!(a_joined_set, Causal<Joined<GSet<u8>, Replica>, Replica>);
suite!(a_map_of_sets, OrMap<u8, AddWins<u8, Replica>, Replica>);
suite!(a_map_of_maps_of_rw_sets, OrMap<u8, Map<u8, RemoveWins<u8, Replica>>, Replica>);
suite!(a_map_of_maps_of_counters, OrMap<u8, Map<u8, Counter<Replica>>, Replica>);
suite!(a_map_of_registers, OrMap<u8, Values<u8, Replica>, Replica>);
suite!(a_map_of_ew_flags, OrMap<u8, EnableWins<Replica>, Replica>);
suite!(a_map_of_dw_flags, OrMap<u8, DisableWins<Replica>, Replica>);
suite!(a_map_of_maxima, OrMap<u8, Joined<MaxMap<u8, u8>, Replica>, Replica>);
suite!(a_map_of_pairs, OrMap<u8, Pair, Replica>);
