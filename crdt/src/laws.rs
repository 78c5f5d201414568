//! The laws of [`Lattice`] as a suite that any crate can run on its own types.
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

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Debug};

use crate::Lattice;

/// A law of [`Lattice`].
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
}

/// A law that some states break.
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
