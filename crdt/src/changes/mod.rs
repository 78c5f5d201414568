//! What changed: for whoever shows a state, and will not draw all of it anew.
//!
//! A *view* is what is shown of a state: of a set its elements, of a counter its value, of a map its
//! keys with the views of their values. [`Changes::merge_changes`] merges a state as
//! [`Lattice::merge`] does and returns what that changed in the view, at a cost in proportion to what
//! is merged. Applied one by one to the old view, the changes give the new one.
//!
//! ```
//! use glomers_crdt::changes::{Apply, Changes, SetChange};
//! use glomers_crdt::{Lattice, OrSet};
//!
//! let (mut here, mut there) = (OrSet::default(), OrSet::default());
//! let mut shown = here.view();               // a `BTreeSet`, or a screen
//!
//! let added = there.insert('t', "oat")?;
//! let changes = here.merge_changes(&added);
//! assert_eq!(changes, [SetChange::Inserted("oat")]);
//! for change in changes {
//!     change.apply(&mut shown)?;
//! }
//!
//! let again = there.insert('t', "oat")?;     // news to the state, and none to who looks at it
//! assert_eq!(here.merge_changes(&again), []);
//! assert_eq!(shown, here.view());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! | state | view | change |
//! | --- | --- | --- |
//! | [`GSet`](crate::GSet), [`OrSet`](crate::OrSet), [`RwSet`](crate::RwSet), [`TwoPSet`](crate::TwoPSet), `BTreeSet` | `BTreeSet` of those that are present | [`SetChange`] |
//! | [`GCounter`](crate::GCounter), [`PnCounter`](crate::PnCounter), [`OrCounter`](crate::OrCounter), and the former two [`Retiring`](crate::Retiring) | the value | [`ValueChange`] |
//! | [`BoundedCounter`](crate::BoundedCounter) | the value, and each replica's rights | [`Either`](crate::parts::Either) a [`ValueChange`] or an [`EntryChange`] |
//! | [`LwwRegister`](crate::LwwRegister), [`Max`](crate::Max), [`Min`](crate::Min) | `Option` of the value | [`ValueChange`] |
//! | [`MvRegister`](crate::MvRegister) | `Vec` of the values | [`ValueChange`] |
//! | [`EwFlag`](crate::EwFlag), [`DwFlag`](crate::DwFlag), `bool` | `bool` | [`ValueChange`] |
//! | [`MaxMap`](crate::MaxMap), [`LwwMap`](crate::LwwMap), [`VersionVector`](crate::VersionVector) | `BTreeMap` | [`EntryChange`] |
//! | [`GMap`](crate::GMap), [`OrMap`](crate::OrMap), `BTreeMap` | `BTreeMap` of the values' views | [`MapChange`] with the values' changes inside |
//! | [`List`](crate::List) | `Vec` | [`ListChange`]: ranges of indices, to be applied in their order |
//! | tuples | tuple of the views | [`Either`](crate::parts::Either) a change of the first or of the others |
//! | tuples of stores | tuple of the views | [`OneOf`](crate::causal::OneOf) the fields |
//! | `Option` | `Option` of the view | [`RenewChange`] |
//! | [`Lexicographic`](crate::Lexicographic) | pair of the views | [`LexicographicChange`] |
//! | [`Joined`](crate::causal::Joined) in an [`OrMap`](crate::OrMap) | the value's view | [`RenewChange`] |
//! | [`CausalContext`](crate::CausalContext) | itself | runs of events that were not seen before |
//!
//! # Records
//!
//! A struct of lattices derives `Changes` beside `Lattice`, and a struct of stores [`Watched`] beside
//! [`Store`] (feature `derive`). That makes a view and a type of changes with the struct's field names:
//!
//! ```
//! use glomers_crdt::changes::{Changes, MapChange, SetChange, ValueChange};
//! use glomers_crdt::causal::{AddWins, EnableWins, Store, Watched};
//! use glomers_crdt::{Lattice, OrMap};
//!
//! #[derive(Clone, Default, Store, Watched)]
//! struct Todo<R> {
//!     is_done: EnableWins<R>,
//!     tags: AddWins<&'static str, R>,
//! }
//!
//! let (mut here, mut there) = (OrMap::<u8, Todo<char>, char>::default(), OrMap::default());
//! here.merge(&there.update('t', 7, |todo: &Todo<char>| todo.edit_tags(|tags| tags.insert("food")))?);
//! let delta = there.update('t', 7, |todo| {
//!     todo.edit_is_done(EnableWins::enable).and(todo.edit_tags(|tags| tags.remove("food")))
//! })?;
//! for change in here.merge_changes(&delta) {
//!     match change {
//!         MapChange::Inserted { key, value } => println!("new: {key}, done: {}", value.is_done),
//!         MapChange::Removed { key } => println!("gone: {key}"),
//!         MapChange::Changed { key, changes } => {
//!             let done = ValueChange { from: false, to: true };
//!             let expected = [TodoChange::IsDone(done), TodoChange::Tags(SetChange::Removed("food"))];
//!             assert_eq!((key, &*changes), (7, &expected[..]));
//!         }
//!     }
//! }
//! # Ok::<(), glomers_crdt::CausalError>(())
//! ```
//!
//! [`Watched`]: crate::causal::Watched
//! [`Store`]: crate::causal::Store
//!
//! # One's own changes
//!
//! A mutator changes the state before anyone can look; so to learn what it did,
//! [`Changes::update_changes`] lets it loose on a clone. That is O(1), but for the first change after
//! it, which is O(n / 64), and for a [`List`](crate::List) O(n). Where that counts, have the delta
//! made without a change, as [`Causal::prepare`](crate::Causal::prepare),
//! [`List::prepare_insert`](crate::List::prepare_insert) and
//! [`List::prepare_remove`](crate::List::prepare_remove) do, and merge it like any other:
//!
//! ```
//! use glomers_crdt::changes::{Changes, SetChange};
//! use glomers_crdt::OrSet;
//!
//! let mut set = OrSet::default();
//! let delta = set.prepare('a', |set| set.insert("oat"))?;
//! assert_eq!(set.merge_changes(&delta), [SetChange::Inserted("oat")]);
//! # Ok::<(), glomers_crdt::CausalError>(())
//! ```

use alloc::vec::Vec;

use crate::Lattice;

mod list;
mod map;
mod misfit;
mod pair;
mod renew;
mod set;
mod value;

pub use crate::compose::LexicographicChange;
#[cfg(feature = "derive")]
pub use glomers_crdt_derive::Changes;
pub use list::ListChange;
pub use map::{EntryChange, MapChange};
pub use misfit::Misfit;
pub use renew::RenewChange;
pub use set::SetChange;
pub use value::ValueChange;

pub(crate) use map::entry_changes;

/// A lattice that tells what a merge changes.
///
/// # Laws
///
/// For all states `a` and `b`, with `changes` what `a.merge_changes(&b)` returns:
///
/// * `a` becomes what [`Lattice::merge`] makes of it;
/// * applied one by one to the view of `a` as it was, the changes fit and give its view as it is;
/// * if `a` included `b`, there are none.
///
/// The types here tell of nothing either where the state changes and its view does not; but a list tells
/// of an element that goes even if an equal one comes beside it.
///
/// The function `laws::check_changes` (feature `laws`) checks them on states you supply.
///
/// # Example
///
/// The highest temperature seen:
///
/// ```
/// use glomers_crdt::Lattice;
/// use glomers_crdt::changes::{Changes, ValueChange};
///
/// #[derive(Clone, Debug, Default, PartialEq)]
/// struct Highest(u32);
///
/// impl Lattice for Highest {
///     fn merge(&mut self, other: &Self) -> bool {
///         let higher = other.0 > self.0;
///         self.0 = self.0.max(other.0);
///         higher
///     }
///     fn difference(&self, seen: &Self) -> Self {
///         if self.0 > seen.0 { self.clone() } else { Self::default() }
///     }
///     fn is_bottom(&self) -> bool {
///         self.0 == 0
///     }
/// }
///
/// impl Changes for Highest {
///     type View = u32;
///     type Change = ValueChange<u32>;
///
///     fn view(&self) -> u32 {
///         self.0
///     }
///
///     fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(ValueChange<u32>)) -> bool {
///         let from = self.0;
///         let changed = self.merge(other);
///         if changed {
///             each(ValueChange { from, to: self.0 });
///         }
///         changed
///     }
/// }
///
/// assert_eq!(Highest(20).merge_changes(&Highest(25)), [ValueChange { from: 20, to: 25 }]);
/// # #[cfg(feature = "laws")]
/// glomers_crdt::laws::check_changes(&Highest(20), &Highest(25)).unwrap();
/// ```
///
/// States of several components tell by the changes of these: see [`Either`](crate::parts::Either).
pub trait Changes: Lattice {
    /// What is shown of a state, as a value of the standard library's types. A program may keep
    /// something else instead, a screen for one, and do to it what the changes say.
    type View: PartialEq;

    /// What can change in a view.
    type Change: Apply<Self::View>;

    /// The view of this state. O(n).
    ///
    /// ```
    /// use glomers_crdt::{Changes, GCounter};
    ///
    /// assert_eq!(GCounter::from_iter([('a', 3), ('b', 4)]).view(), 7);
    /// ```
    fn view(&self) -> Self::View;

    /// Joins `other` into `self` as [`Lattice::merge`] does, and shows `each` change of the view, in
    /// the order in which they can be applied. Returns whether the state changed, which may be so
    /// though the view has not.
    ///
    /// ```
    /// use glomers_crdt::{Changes, GSet};
    ///
    /// let mut set = GSet::from_iter([1, 2]);
    /// let mut count = 0;
    /// assert!(set.merge_each(&GSet::from_iter([2, 3]), &mut |_| count += 1));
    /// assert_eq!(count, 1);
    /// ```
    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool;

    /// Joins `other` into `self` as [`Lattice::merge`] does; returns the changes of the view, in the
    /// order in which they can be applied.
    ///
    /// ```
    /// use glomers_crdt::changes::{Changes, ValueChange};
    /// use glomers_crdt::{Lattice, PnCounter};
    ///
    /// let (mut here, mut there) = (PnCounter::default(), PnCounter::default());
    /// here.add('h', 5)?;
    /// let delta = there.add('t', -2)?;
    /// assert_eq!(here.merge_changes(&delta), [ValueChange { from: 5, to: 3 }]);
    /// # Ok::<(), glomers_crdt::CounterOverflow>(())
    /// ```
    fn merge_changes(&mut self, other: &Self) -> Vec<Self::Change> {
        let mut changes = Vec::new();
        self.merge_each(other, &mut |change| changes.push(change));
        changes
    }

    /// Lets `mutate` change the state, as mutators do, and returns its delta and the changes of the
    /// view. Costs a clone, and the first change after that, more than the mutator does: see the
    /// [module's page](crate::changes).
    ///
    /// ```
    /// use glomers_crdt::changes::{Changes, SetChange};
    /// use glomers_crdt::GSet;
    ///
    /// let mut set = GSet::from_iter([1]);
    /// let (delta, changes) = set.update_changes(|set| {
    ///     set.insert(1);
    ///     set.insert(2)
    /// });
    /// assert_eq!((delta, &*changes), (GSet::from_iter([2]), &[SetChange::Inserted(2)][..]));
    /// ```
    fn update_changes(
        &mut self,
        mutate: impl FnOnce(&mut Self) -> Self,
    ) -> (Self, Vec<Self::Change>) {
        match self.try_update_changes(|state| Ok::<_, core::convert::Infallible>(mutate(state))) {
            Ok(done) => done,
            Err(never) => match never {},
        }
    }

    /// As [`update_changes`](Self::update_changes), for a mutator that may refuse.
    ///
    /// # Errors
    ///
    /// What `mutate` returns; the state is as it was.
    ///
    /// ```
    /// use glomers_crdt::changes::{Changes, ValueChange};
    /// use glomers_crdt::GCounter;
    ///
    /// let mut hits = GCounter::default();
    /// let (_, changes) = hits.try_update_changes(|hits| hits.add('a', 3))?;
    /// assert_eq!(changes, [ValueChange { from: 0, to: 3 }]);
    /// assert!(hits.try_update_changes(|hits| hits.add('a', u64::MAX)).is_err());
    /// # Ok::<(), glomers_crdt::CounterOverflow>(())
    /// ```
    fn try_update_changes<E>(
        &mut self,
        mutate: impl FnOnce(&mut Self) -> Result<Self, E>,
    ) -> Result<(Self, Vec<Self::Change>), E> {
        let delta = mutate(&mut self.clone())?;
        let changes = self.merge_changes(&delta);
        Ok((delta, changes))
    }
}

/// What can be done to a view `V`.
///
/// ```
/// use std::collections::BTreeSet;
/// use glomers_crdt::changes::{Apply, Misfit, SetChange};
///
/// let mut shown = BTreeSet::from([1]);
/// SetChange::Inserted(2).apply(&mut shown)?;
/// assert_eq!(SetChange::Removed(3).apply(&mut shown), Err(Misfit), "it is not there");
/// assert_eq!(shown, BTreeSet::from([1, 2]));
/// # Ok::<(), Misfit>(())
/// ```
pub trait Apply<V> {
    /// Makes the old view the new one.
    ///
    /// # Errors
    ///
    /// [`Misfit`] if this is not a change of that view: one was left out, or applied twice, or another
    /// state's. A view that this happens to is not that of the state any more: take a new one by
    /// [`Changes::view`]. Only a change with others inside may have done a part of what it says.
    ///
    /// ```
    /// use glomers_crdt::changes::{Apply, ValueChange};
    ///
    /// let mut shown = 3;
    /// ValueChange { from: 3, to: 5 }.apply(&mut shown)?;
    /// assert_eq!(shown, 5);
    /// # Ok::<(), glomers_crdt::changes::Misfit>(())
    /// ```
    fn apply(self, view: &mut V) -> Result<(), Misfit>;
}

/// Nothing can be changed in what has no parts.
impl<V> Apply<V> for core::convert::Infallible {
    fn apply(self, _: &mut V) -> Result<(), Misfit> {
        match self {}
    }
}
