//! What a causal state can hold: sets, registers, flags, counters, maps of all these to any depth.
//!
//! A store knows its live values and which dots they have; of what is dead it knows nothing. It is
//! read through the state that holds it, and its mutators make an [`Edit`](super::Edit) for
//! [`Causal::edit`](crate::Causal::edit).

use alloc::vec::Vec;

use super::stable::Stable;
use super::{CausalContext, Edit};
use crate::Dot;

mod add_wins;
mod claims;
mod counter;
mod flags;
mod folds;
mod joined;
mod map;
pub(super) mod record;
mod remove_wins;
mod values;
mod watched;

pub use add_wins::AddWins;
pub(super) use claims::Claims;
pub use counter::Counter;
pub use flags::{DisableWins, EnableWins};
pub use joined::Joined;
pub use map::Map;
pub use record::{Field, NoField, OneOf};
pub use remove_wins::RemoveWins;
pub use values::Values;
pub use watched::Watched;

/// A store: what the live values of a causal state, each with its dot, amount to.
///
/// Only the stores of this module are, and records of these: they and the state must agree on which
/// dots are live.
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
pub trait Store<R>: View<R> {
    /// Does what `edit` makes of the field number `N` of a record; see [`Field`].
    ///
    /// ```
    /// use glomers_crdt::Causal;
    /// use glomers_crdt::causal::{Counter, EnableWins, Store};
    ///
    /// let mut pair = Causal::<(EnableWins<char>, Counter<char>), char>::default();
    /// pair.edit('a', |pair| pair.edit_field::<1>(|count| count.add(3)))?;
    /// assert_eq!(pair.1.value(), 3);
    /// # Ok::<(), glomers_crdt::CausalError>(())
    /// ```
    fn edit_field<const N: usize>(
        &self,
        edit: impl for<'s> FnOnce(&'s Self::Of) -> Edit<'s, R, <Self::Of as View<R>>::Payload>,
    ) -> Edit<'_, R, Self::Payload>
    where
        Self: Field<N, R>,
    {
        let field = self.field();
        edit(field).within((field, self), Self::wrap)
    }
}

/// An edit of a store of the type `S`, whoever makes it.
///
/// ```
/// use glomers_crdt::OrSet;
/// use glomers_crdt::causal::{AddWins, EditOf};
///
/// fn swap<'s>(set: &'s AddWins<u8, char>, old: u8, new: u8) -> EditOf<'s, AddWins<u8, char>, char> {
///     set.remove(&old).and(set.insert(new))
/// }
///
/// let mut set = OrSet::default();
/// set.insert('a', 1)?;
/// set.edit('a', |set| swap(set, 1, 2))?;
/// assert!(set.iter().eq(&[2]));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
pub type EditOf<'s, S, R> = Edit<'s, R, <S as View<R>>::Payload>;

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
pub type From<'a, S, R> = Option<(&'a S, &'a CausalContext<R>)>;

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
