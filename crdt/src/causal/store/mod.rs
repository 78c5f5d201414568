//! What a causal state can hold: sets, registers, flags, counters, maps of all these to any depth.
//!
//! A store knows its live values and which dots they have; of what is dead it knows nothing. It is
//! read through the state that holds it, and its mutators make an [`Edit`](super::Edit) for
//! [`Causal::edit`](crate::Causal::edit).

use alloc::vec::Vec;

use super::CausalContext;
use super::stability::Stable;
use crate::Dot;

mod add_wins;
mod counter;
mod flags;
mod joined;
mod map;
mod remove_wins;
mod values;

pub use add_wins::AddWins;
pub use counter::Counter;
pub use flags::{DisableWins, EnableWins};
pub use joined::Joined;
pub use map::Map;
pub use remove_wins::RemoveWins;
pub use values::Values;

/// A store: what the live values of a causal state, each with its dot, amount to.
///
/// Only the stores of this module are: they and the state must agree on which dots are live.
///
/// ```
/// use glomers_crdt::causal::Store;
/// use glomers_crdt::{Causal, EwFlag, OrSet};
///
/// fn is_cleared<S: Store<R>, R: Ord + Clone>(state: &Causal<S, R>) -> bool {
///     !state.context().is_empty() && state.report().live().is_empty()
/// }
///
/// let mut set = OrSet::default();
/// set.insert('a', 1).unwrap();
/// set.clear();
/// assert!(is_cleared(&set) && !is_cleared(&EwFlag::<char>::default()));
/// ```
pub trait Store<R>: View<R> {}

/// What the live value of one dot becomes.
#[derive(Clone, Debug)]
pub struct Change<R, P> {
    pub(super) dot: Dot<R>,
    /// What it was, if it was live.
    pub(super) old: Option<P>,
    /// What it is, if it is live.
    pub(super) new: Option<P>,
}

/// Two live values of one dot.
#[derive(Clone, Debug)]
pub enum Twins<P> {
    /// Theirs adds nothing to ours.
    Same,
    /// Their join, which is not ours.
    Joined(P),
    /// They are of different things: the dot was used twice.
    Clash,
}

impl<P> Twins<P> {
    fn map<Q>(self, wrap: impl FnOnce(P) -> Q) -> Twins<Q> {
        match self {
            Self::Same => Twins::Same,
            Self::Joined(value) => Twins::Joined(wrap(value)),
            Self::Clash => Twins::Clash,
        }
    }
}

/// Values which are either equal or a clash.
fn twins<P: PartialEq>(ours: &P, theirs: &P) -> Twins<P> {
    if ours == theirs { Twins::Same } else { Twins::Clash }
}

/// What can be done to what is stable: a dot's greater value, or its death.
pub(super) type Fate<R, P> = (Dot<R>, Option<P>);

/// A store, and the context that tells which of its live dots are new: those that are not in it.
pub(super) type From<'a, S, R> = Option<(&'a S, &'a CausalContext<R>)>;

/// How a store follows the live values. Out of reach elsewhere, so that there are no other stores.
pub trait View<R>: Clone + Default {
    /// What a dot stands for.
    type Payload: Clone;

    /// What to make of two live values of a dot.
    fn twins(ours: &Self::Payload, theirs: &Self::Payload) -> Twins<Self::Payload>;

    /// Whether it can take many new values from another store, in its order.
    const TAKES_MANY: bool = false;

    /// Takes in what has changed, no dot twice; and all that is new in `from`, if that is given, of
    /// which some may be among the changes, too.
    fn apply(&mut self, changes: Vec<Change<R, Self::Payload>>, from: From<'_, Self, R>);

    /// All live dots.
    fn dots(&self, each: &mut dyn FnMut(&Dot<R>));

    /// Whether no dot is live.
    fn is_dead(&self) -> bool;

    /// What can be made smaller without a change of what is read, given what is stable.
    fn compact(&self, stable: &Stable<R>) -> Vec<Fate<R, Self::Payload>>;
}

/// All live dots, in their order.
pub(super) fn all_dots<R: Ord + Clone, S: View<R>>(store: &S) -> Vec<Dot<R>> {
    let mut dots = Vec::new();
    store.dots(&mut |dot| dots.push(dot.clone()));
    dots.sort_unstable();
    dots
}
