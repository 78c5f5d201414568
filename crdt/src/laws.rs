//! The laws of [`Lattice`] and [`Decompose`] as a suite that any crate can run on its own types.
//!
//! Give the functions states as a property-testing library generates them, or a hand-made list;
//! they need no such library themselves and return what is wrong instead of panicking.
//!
//! ```
//! use glomers_crdt::{Lattice, laws};
//!
//! /// Adds up what it merges: not idempotent, so a repeated message is counted twice.
//! #[derive(Clone, Debug, Default, PartialEq)]
//! struct Sum(u32);
//!
//! impl Lattice for Sum {
//!     fn merge(&mut self, other: &Self) -> bool {
//!         self.0 += other.0;
//!         other.0 > 0
//!     }
//!     fn difference(&self, _seen: &Self) -> Self {
//!         self.clone()
//!     }
//!     fn is_bottom(&self) -> bool {
//!         self.0 == 0
//!     }
//! }
//!
//! let violation = laws::check(&Sum(1), &Sum(2), &Sum(3)).unwrap_err();
//! assert_eq!(violation.law(), laws::Law::Idempotent);
//! ```
//!
//! And a type that is a lattice, but whose mutator returns less than it did:
//!
//! ```
//! use glomers_crdt::{Lattice, MaxMap, laws};
//!
//! /// The best score of each player, and how often each has won.
//! #[derive(Clone, Debug, Default, PartialEq)]
//! struct Scores {
//!     best: MaxMap<&'static str, u32>,
//!     won: MaxMap<&'static str, u32>,
//! }
//!
//! impl Scores {
//!     fn win(&mut self, who: &'static str, score: u32) -> Self {
//!         let won = self.won.get(who).unwrap_or(&0) + 1;
//!         self.won.insert(who, won);
//!         Self { best: self.best.insert(who, score), ..Self::default() }
//!     }
//! }
//!
//! impl Lattice for Scores {
//!     fn merge(&mut self, other: &Self) -> bool {
//!         self.best.merge(&other.best) | self.won.merge(&other.won)
//!     }
//!     fn difference(&self, seen: &Self) -> Self {
//!         Self { best: self.best.difference(&seen.best), won: self.won.difference(&seen.won) }
//!     }
//!     fn is_bottom(&self) -> bool {
//!         self.best.is_bottom() && self.won.is_bottom()
//!     }
//! }
//!
//! let before = Scores::default();
//! let (mut once, mut after) = (before.clone(), before.clone());
//! let deltas = [after.win("ann", 7), after.win("bob", 3), after.win("ann", 9)];
//! once.win("bob", 5);
//! laws::check(&before, &once, &after).unwrap();
//! let violation = laws::check_delta_group(&before, &after, &deltas).unwrap_err();
//! assert_eq!(violation.law(), laws::Law::DeltaGroup);
//! ```

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Debug};
use core::hash::{Hash, Hasher};

use crate::{Chain, Decompose, Lattice};

mod deltas;

pub use deltas::check_delta_group;

/// A law of [`Lattice`] or [`Decompose`].
///
/// ```
/// use glomers_crdt::{GSet, laws};
///
/// let (before, after) = (GSet::default(), GSet::from_iter([1]));
/// let violation = laws::check_delta_group(&before, &after, &[]).unwrap_err();
/// assert_eq!(violation.law(), laws::Law::DeltaGroup);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Law {
    /// `a ⊔ a = a`.
    Idempotent,
    /// `a ⊔ b = b ⊔ a`.
    Commutative,
    /// `(a ⊔ b) ⊔ c = a ⊔ (b ⊔ c)`.
    Associative,
    /// `a ⊔ ⊥ = a = ⊥ ⊔ a`, and `⊥` is the only bottom.
    Identity,
    /// `a ⊔ b` includes `a` and `b`.
    Inflationary,
    /// `a.includes(b)` exactly when `a ⊔ b = a`.
    Order,
    /// `merge` returns `true` exactly when the state changed.
    ReportsChange,
    /// `b ⊔ a.difference(b) = b ⊔ a`: merging the delta equals merging the full state.
    DeltaMerge,
    /// `a.difference(b)` is bottom exactly when `a ⊔ b = b`.
    DeltaMinimal,
    /// A mutator's delta, merged into the state before, gives the state after.
    MutatorDelta,
    /// Deltas, in whatever order, groups and repetition they come, give the state after all of them.
    DeltaGroup,
    /// Of two states of a [`Chain`] one includes the other.
    Total,
    /// A state is the join of its parts, and some of its parts are no more than it; bottom has none.
    Decomposition,
    /// Parts are hashed alike if and only if they are equal, and no two of a state's are.
    PartNames,
}

/// A law that some states break.
///
/// ```
/// use glomers_crdt::{GSet, laws};
///
/// let (before, after) = (GSet::default(), GSet::from_iter([1]));
/// let violation = laws::check_delta(&before, &after, &GSet::default()).unwrap_err();
/// let told = violation.to_string();
/// assert!(told.contains("before ⊔ delta against after: {} against {1}"), "{told}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    law: Law,
    evidence: String,
}

impl Violation {
    /// Which law is broken.
    ///
    /// ```
    /// use glomers_crdt::{GSet, laws};
    ///
    /// let (before, after) = (GSet::default(), GSet::from_iter([1]));
    /// let violation = laws::check_delta(&before, &after, &GSet::default()).unwrap_err();
    /// assert_eq!(violation.law(), laws::Law::MutatorDelta);
    /// ```
    pub fn law(&self) -> Law {
        self.law
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a lattice, {:?} is broken: {}", self.law, self.evidence)
    }
}

impl core::error::Error for Violation {}

/// Checks every law on three states.
///
/// # Errors
///
/// The first [`Violation`] found.
///
/// ```
/// use glomers_crdt::{GSet, laws};
///
/// let [a, b, c] = [[1, 2], [2, 3], [3, 1]].map(GSet::from_iter);
/// laws::check(&a, &b, &c).unwrap();
/// ```
pub fn check<S: Lattice + PartialEq + Debug>(a: &S, b: &S, c: &S) -> Result<(), Violation> {
    let bottom = S::default();
    equal(Law::Idempotent, &join(a, a), a, "a ⊔ a against a")?;
    equal(Law::Commutative, &join(a, b), &join(b, a), "a ⊔ b against b ⊔ a")?;
    equal(
        Law::Associative,
        &join(&join(a, b), c),
        &join(a, &join(b, c)),
        "(a ⊔ b) ⊔ c against a ⊔ (b ⊔ c)",
    )?;
    equal(Law::Identity, &join(a, &bottom), a, "a ⊔ ⊥ against a")?;
    equal(Law::Identity, &join(&bottom, a), a, "⊥ ⊔ a against a")?;
    require(Law::Identity, a.is_bottom() == (*a == bottom), || {
        format!("is_bottom() is {} for {a:?}", a.is_bottom())
    })?;
    check_pair(a, b)?;
    check_pair(b, c)?;
    check_pair(c, a)
}

/// Checks every law on every triple of the given states, `n³` of them.
///
/// # Errors
///
/// The first [`Violation`] found.
///
/// ```
/// use glomers_crdt::{GCounter, laws};
///
/// let states = (0..6_u64).map(|n| GCounter::from_iter([(n % 3, n), (1, n / 2)]));
/// laws::check_all(&states.collect::<Vec<_>>()).unwrap();
/// ```
pub fn check_all<S: Lattice + PartialEq + Debug>(states: &[S]) -> Result<(), Violation> {
    for a in states {
        for b in states {
            for c in states {
                check(a, b, c)?;
            }
        }
    }
    Ok(())
}

/// Checks that `delta`, which a mutator returned as it took a state from `before` to `after`,
/// carries the mutation: `before ⊔ delta = after`, and any state that merges it gets no more than
/// it would from `after`.
///
/// # Errors
///
/// The [`Violation`], if the delta is not what the mutation did.
///
/// ```
/// use glomers_crdt::{GSet, laws};
///
/// let before = GSet::from_iter([1]);
/// let mut after = before.clone();
/// let delta = after.insert(2);
/// laws::check_delta(&before, &after, &delta).unwrap();
/// ```
pub fn check_delta<S: Lattice + PartialEq + Debug>(
    before: &S,
    after: &S,
    delta: &S,
) -> Result<(), Violation> {
    equal(Law::MutatorDelta, &join(before, delta), after, "before ⊔ delta against after")?;
    require(Law::MutatorDelta, after.includes(delta), || {
        format!("{delta:?} claims more than the state it came from, {after:?}")
    })
}

/// Checks that two states are ordered, as those of a [`Chain`] are.
///
/// # Errors
///
/// The [`Violation`], if neither includes the other.
///
/// ```
/// use glomers_crdt::{Max, laws};
///
/// laws::check_chain(&Max::of(1), &Max::of(2)).unwrap();
/// ```
pub fn check_chain<S: Chain + Debug>(a: &S, b: &S) -> Result<(), Violation> {
    require(Law::Total, a.includes(b) || b.includes(a), || {
        format!("neither of {a:?} and {b:?} includes the other")
    })
}

/// Checks that two states fall apart as [`Decompose`] says; `O(n²)` for n parts.
///
/// States that have some parts in common, and others that only seem to be, test the names best.
///
/// # Errors
///
/// The first [`Violation`] found.
///
/// ```
/// use glomers_crdt::{MaxMap, laws};
///
/// let a = MaxMap::from_iter([('a', 1), ('b', 2)]);
/// let b = MaxMap::from_iter([('a', 2), ('b', 2)]);
/// laws::check_decomposition(&a, &b).unwrap();
/// ```
pub fn check_decomposition<S>(a: &S, b: &S) -> Result<(), Violation>
where
    S: Decompose + PartialEq + Debug,
{
    // The clone is equal, and lies elsewhere in memory.
    let (again, ours, theirs) = (a.clone(), check_parts(a)?, check_parts(b)?);
    let theirs = theirs.into_iter().chain(check_parts(&again)?);
    for (their_name, their_part) in theirs {
        for (name, part) in &ours {
            require(Law::PartNames, (*name == their_name) == (*part == their_part), || {
                format!("{part:?} is hashed as {name:?}, and {their_part:?} as {their_name:?}")
            })?;
        }
    }
    Ok(())
}

/// The parts of a state by their names, each as a state.
fn check_parts<S>(state: &S) -> Result<Vec<(Vec<u8>, S)>, Violation>
where
    S: Decompose + PartialEq + Debug,
{
    let law = Law::Decomposition;
    equal(law, &S::from_parts(state.parts()), state, "the join of all parts against the state")?;
    equal(law, &state.select(|_| true), state, "all parts selected against the state")?;
    equal(law, &state.select(|_| false), &S::default(), "no part selected against bottom")?;
    require(law, state.parts().next().is_none() == state.is_bottom(), || {
        format!("{state:?} falls into {} parts", state.parts().count())
    })?;
    let parts = state.parts().map(|part| (name(&part), S::from_parts([part])));
    let parts: Vec<(Vec<u8>, S)> = parts.collect();
    let mut joined = S::default();
    for (at, (name, part)) in parts.iter().enumerate() {
        require(law, state.includes(part), || format!("{state:?} does not include {part:?}"))?;
        require(Law::PartNames, parts.iter().take(at).all(|(other, _)| other != name), || {
            format!("of {state:?} two parts are hashed as {name:?}")
        })?;
        joined.merge(part);
    }
    equal(law, &joined, state, "the join of one part after another against the state")?;
    for (name, part) in &parts {
        let selected = state.select(|part| self::name(part) == *name);
        equal(law, &selected, part, "a part selected against itself")?;
    }
    Ok(parts)
}

/// All that a part feeds its hasher.
fn name(part: &impl Hash) -> Vec<u8> {
    struct Recorder(Vec<u8>);

    impl Hasher for Recorder {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }

        fn finish(&self) -> u64 {
            0
        }
    }

    let mut recorder = Recorder(Vec::new());
    part.hash(&mut recorder);
    recorder.0
}

fn check_pair<S: Lattice + PartialEq + Debug>(a: &S, b: &S) -> Result<(), Violation> {
    let mut both = a.clone();
    let changed = both.merge(b);
    require(Law::ReportsChange, changed == (both != *a), || {
        format!("merge returned {changed} as it took {a:?} to {both:?} by {b:?}")
    })?;
    require(Law::Inflationary, both.includes(a) && both.includes(b), || {
        format!("{both:?} does not include {a:?} and {b:?}, of which it is the join")
    })?;
    require(Law::Order, a.includes(b) == (both == *a), || {
        format!("{a:?}.includes({b:?}) is {}", a.includes(b))
    })?;
    let lacking = a.difference(b);
    equal(Law::DeltaMerge, &join(b, &lacking), &both, "b ⊔ a.difference(b) against b ⊔ a")?;
    require(Law::DeltaMinimal, lacking.is_bottom() == (both == *b), || {
        format!("{a:?}.difference({b:?}) is {lacking:?}")
    })
}

fn join<S: Lattice>(a: &S, b: &S) -> S {
    let mut joined = a.clone();
    joined.merge(b);
    joined
}

fn equal<S: PartialEq + Debug>(law: Law, left: &S, right: &S, what: &str) -> Result<(), Violation> {
    require(law, left == right, || format!("{what}: {left:?} against {right:?}"))
}

fn require(law: Law, holds: bool, evidence: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { law, evidence: evidence() }) }
}
