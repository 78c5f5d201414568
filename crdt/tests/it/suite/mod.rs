//! The suite for a type: random scripts on three replicas, and the laws on the states that they reach.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may")]

use std::env;
pub use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

pub use glomers_crdt::{Decompose, Lattice, laws};
pub use proptest::prelude::*;

/// Cases of the law suite for each type.
pub const CASES: u32 = 10_000;

/// Whether all is to be tried that ever is: the environment variable `GLOMERS_SEEDS` asks for it.
pub fn is_thorough() -> bool {
    env::var_os("GLOMERS_SEEDS").is_some()
}

/// How many cases to try: a quarter of the `usual` number, unless the environment variable
/// `GLOMERS_SEEDS` asks for that (`usual`), or for another.
pub fn cases(usual: u32) -> ProptestConfig {
    ProptestConfig::with_cases(match env::var("GLOMERS_SEEDS").as_deref() {
        Err(_) => usual.div_ceil(4),
        Ok("usual") => usual,
        Ok(cases) => cases.parse().unwrap(),
    })
}

/// One step of a script. Replicas and what was sent are taken modulo how many there are.
#[derive(Clone, Debug)]
pub enum Step<M> {
    /// A replica mutates its state, and sends the delta to everyone, who get it whenever they do.
    Mutate(u8, M),
    /// A delta arrives at a replica, for the first time or again.
    Deliver { delta: usize, to: u8 },
    /// A replica merges the state of another.
    Merge { from: u8, to: u8 },
}

/// What a script leads to.
pub struct Outcome<S> {
    pub states: [S; 3],
    /// In the order in which they came to be.
    pub deltas: Vec<S>,
}

pub fn script<M: Debug + Clone>(
    mutation: impl Strategy<Value = M>,
    len: usize,
) -> impl Strategy<Value = Vec<Step<M>>> {
    let step = prop_oneof![
        4 => (0..3_u8, mutation).prop_map(|(at, mutation)| Step::Mutate(at, mutation)),
        3 => (any::<usize>(), 0..3_u8).prop_map(|(delta, to)| Step::Deliver { delta, to }),
        1 => (0..3_u8, 0..3_u8).prop_map(|(from, to)| Step::Merge { from, to }),
    ];
    prop::collection::vec(step, 0..len)
}

fn hash_of<T: Hash>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Runs a script, and holds each delta against the laws.
pub fn run<S: Lattice + PartialEq + Debug, M>(
    steps: &[Step<M>],
    mutate: impl Fn(&mut S, u8, &M) -> S,
) -> Result<Outcome<S>, laws::Violation> {
    let mut states = [S::default(), S::default(), S::default()];
    let mut deltas: Vec<S> = Vec::new();
    for step in steps {
        match step {
            Step::Mutate(at, mutation) => {
                let state = &mut states[usize::from(*at)];
                let before = state.clone();
                let delta = mutate(state, *at, mutation);
                laws::check_delta(&before, state, &delta)?;
                deltas.push(delta);
            }
            Step::Deliver { delta, to } if !deltas.is_empty() => {
                let delta = &deltas[delta % deltas.len()];
                states[usize::from(*to)].merge(delta);
            }
            Step::Deliver { .. } => {}
            Step::Merge { from, to } => {
                let from = states[usize::from(*from)].clone();
                states[usize::from(*to)].merge(&from);
            }
        }
    }
    Ok(Outcome { states, deltas })
}

/// The laws on the states reached and on a delta; and that all deltas in another order, some twice,
/// make what the states make together.
pub fn check<S: Decompose + PartialEq + Debug + Hash>(
    Outcome { states: [a, b, c], deltas }: &Outcome<S>,
    order: &[prop::sample::Index],
) -> Result<(), TestCaseError> {
    laws::check(a, b, c)?;
    let mut all = a.clone();
    all.merge(b);
    all.merge(c);
    let mut rebuilt = S::default();
    let shuffled = order.iter().filter(|_| !deltas.is_empty()).map(|at| at.get(deltas));
    for delta in shuffled.chain(deltas.iter().rev()) {
        rebuilt.merge(delta);
    }
    prop_assert_eq!(&rebuilt, &all);
    prop_assert_eq!(hash_of(&rebuilt), hash_of(&all));
    if let Some(delta) = order.first().filter(|_| !deltas.is_empty()).map(|at| at.get(deltas)) {
        laws::check(delta, &a.difference(b), c)?;
        laws::check_decomposition(delta, &a.difference(b))?;
    }
    laws::check_decomposition(a, b)?;
    Ok(())
}

/// The suite for a type: how to mutate it, and by what.
macro_rules! suite {
    ($name:ident, $state:ty, $mutation:expr, $mutate:expr) => {
        mod $name {
            use super::*;

            proptest! {
                #![proptest_config(cases(CASES))]

                #[test]
                fn laws_hold(
                    steps in script($mutation, 24),
                    order: Vec<prop::sample::Index>,
                ) {
                    let outcome = run::<$state, _>(&steps, $mutate)?;
                    check(&outcome, &order)?;
                    #[cfg(feature = "serde")]
                    for state in outcome.states.iter().chain(outcome.deltas.first()) {
                        let json = serde_json::to_string(state).unwrap();
                        let back: $state = serde_json::from_str(&json).unwrap();
                        prop_assert_eq!(&back, state, "{}", json);
                    }
                }
            }
        }
    };
}
pub(crate) use suite;
