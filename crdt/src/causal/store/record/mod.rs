//! Records: stores side by side, which share the context of the state around them.
//!
//! What is there of a record is the list of its fields, each beside the rest, down to none: by
//! reference, so that tuples and structs of any names can be seen as one.

use alloc::vec::Vec;

use super::{Change, Fate, Store, Twins, View};
use crate::Dot;
use crate::causal::stable::Stable;

mod tuples;
mod watched;
#[cfg(feature = "serde")]
mod wire;

/// What the code that is derived is made of. It may change with any release.
pub mod derived {
    use alloc::vec::Vec;

    use super::super::Fate;
    pub use super::super::{Change, From, Twins, View};
    pub use super::watched::FieldsWatched;
    pub use super::{Fields, FieldsMut};
    pub use crate::causal::stable::Stable;

    /// What has changed.
    pub type Changes<R, P> = Vec<Change<R, P>>;
    /// What can be done to what is stable.
    pub type Fates<R, P> = Vec<Fate<R, P>>;
}

/// A live value of one of a record's fields: of its first, or of one of the rest.
///
/// ```
/// use glomers_crdt::causal::{AddWins, Counter, Field, OneOf, Part, Store};
/// use glomers_crdt::{Causal, Decompose};
///
/// let mut pair = Causal::<(AddWins<u8, char>, Counter<char>), char>::default();
/// pair.edit('a', |pair| pair.edit_field::<0>(|set| set.insert(7)))?;
/// let part = pair.parts().next();
/// assert!(matches!(part, Some(Part::Live(_, OneOf::First(7)))));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OneOf<A, B> {
    /// Of the first.
    First(A),
    /// Of one of the rest.
    Rest(B),
}

impl<A, B> OneOf<A, B> {
    fn first(self) -> Option<A> {
        match self {
            Self::First(value) => Some(value),
            Self::Rest(_) => None,
        }
    }

    fn rest(self) -> Option<B> {
        match self {
            Self::First(_) => None,
            Self::Rest(value) => Some(value),
        }
    }
}

/// There is no field left, and so no value of it.
///
/// ```
/// use glomers_crdt::causal::{NoField, OneOf};
///
/// let OneOf::First(only) = OneOf::<u8, NoField>::First(7);
/// assert_eq!(only, 7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoField {}

/// A record whose field number `N`, from 0, is a store. Tuples of up to six stores are, and structs of
/// stores that derive [`Store`] (feature `derive`).
///
/// ```
/// use glomers_crdt::causal::{AddWins, EnableWins, Field, Store};
/// use glomers_crdt::OrMap;
///
/// type Todo = (EnableWins<char>, AddWins<&'static str, char>);
///
/// let mut todos = OrMap::<u8, Todo, char>::default();
/// todos.update('a', 1, |todo| {
///     todo.edit_field::<0>(EnableWins::enable).and(todo.edit_field::<1>(|tags| tags.insert("food")))
/// })?;
/// let (is_done, tags) = todos.get(&1).unwrap();
/// assert!(is_done.is_enabled() && tags.contains("food"));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
pub trait Field<const N: usize, R>: Store<R> {
    /// What the field is.
    type Of: Store<R>;

    /// The field.
    ///
    /// ```
    /// use glomers_crdt::causal::{AddWins, Counter, Field};
    ///
    /// let pair = <(AddWins<u8, char>, Counter<char>)>::default();
    /// assert_eq!(Field::<1, char>::field(&pair).value(), 0);
    /// ```
    fn field(&self) -> &Self::Of;

    /// A value of the field as one of the record.
    ///
    /// ```
    /// use glomers_crdt::causal::{AddWins, Counter, Field, OneOf};
    ///
    /// type Pair = (AddWins<u8, char>, Counter<char>);
    ///
    /// assert_eq!(<Pair as Field<0, char>>::wrap(7), OneOf::First(7));
    /// ```
    fn wrap(value: <Self::Of as View<R>>::Payload) -> Self::Payload;
}

/// Fields, by reference.
pub trait Fields<R> {
    /// What a dot of one of them stands for.
    type Payload: Clone;

    /// What to make of two live values of a dot.
    fn twins(ours: &Self::Payload, theirs: &Self::Payload) -> Twins<Self::Payload>;

    /// All live dots.
    fn dots(&self, each: &mut dyn FnMut(&Dot<R>));

    /// Whether no dot is live.
    fn is_dead(&self) -> bool;

    /// What can be made smaller.
    fn compact(&self, stable: &Stable<R>) -> Vec<Fate<R, Self::Payload>>;
}

/// Fields, to be changed.
pub trait FieldsMut<R> {
    /// What a dot of one of them stands for.
    type Payload;

    /// Takes in what has changed.
    fn apply(self, changes: Vec<Change<R, Self::Payload>>);
}

impl<R> Fields<R> for () {
    type Payload = NoField;

    fn twins(ours: &NoField, _: &NoField) -> Twins<NoField> {
        match *ours {}
    }

    fn dots(&self, _: &mut dyn FnMut(&Dot<R>)) {}

    fn is_dead(&self) -> bool {
        true
    }

    fn compact(&self, _: &Stable<R>) -> Vec<Fate<R, NoField>> {
        Vec::new()
    }
}

impl<S: View<R>, F: Fields<R>, R> Fields<R> for (&S, F) {
    type Payload = OneOf<S::Payload, F::Payload>;

    /// Two values of different fields have been given one dot.
    fn twins(ours: &Self::Payload, theirs: &Self::Payload) -> Twins<Self::Payload> {
        match (ours, theirs) {
            (OneOf::First(ours), OneOf::First(theirs)) => S::twins(ours, theirs).map(OneOf::First),
            (OneOf::Rest(ours), OneOf::Rest(theirs)) => F::twins(ours, theirs).map(OneOf::Rest),
            _ => Twins::Clash,
        }
    }

    fn dots(&self, each: &mut dyn FnMut(&Dot<R>)) {
        self.0.dots(each);
        self.1.dots(each);
    }

    fn is_dead(&self) -> bool {
        self.0.is_dead() && self.1.is_dead()
    }

    fn compact(&self, stable: &Stable<R>) -> Vec<Fate<R, Self::Payload>> {
        let first = self.0.compact(stable).into_iter();
        let rest = self.1.compact(stable).into_iter();
        let first = first.map(|(dot, value)| (dot, value.map(OneOf::First)));
        first.chain(rest.map(|(dot, value)| (dot, value.map(OneOf::Rest)))).collect()
    }
}

impl<R> FieldsMut<R> for () {
    type Payload = NoField;

    fn apply(self, _: Vec<Change<R, NoField>>) {}
}

impl<S: View<R>, F: FieldsMut<R>, R> FieldsMut<R> for (&mut S, F) {
    type Payload = OneOf<S::Payload, F::Payload>;

    fn apply(self, changes: Vec<Change<R, Self::Payload>>) {
        let (first, rest) = split(changes);
        if !first.is_empty() {
            self.0.apply(first, None);
        }
        if !rest.is_empty() {
            self.1.apply(rest);
        }
    }
}

/// The changes of the first field, and those of the rest. A dot is never of two fields.
fn split<R, A, B>(changes: Vec<Change<R, OneOf<A, B>>>) -> (Vec<Change<R, A>>, Vec<Change<R, B>>) {
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for Change { dot, old, new } in changes {
        if matches!(new.as_ref().or(old.as_ref()), Some(OneOf::First(_))) {
            let (old, new) = (old.and_then(OneOf::first), new.and_then(OneOf::first));
            first.push(Change { dot, old, new });
        } else {
            let (old, new) = (old.and_then(OneOf::rest), new.and_then(OneOf::rest));
            rest.push(Change { dot, old, new });
        }
    }
    (first, rest)
}
