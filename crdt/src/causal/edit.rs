use alloc::vec::Vec;
use core::marker::PhantomData;
use core::{fmt, ptr};

use crate::Dot;

/// What is to be done to a store: values that get dots of their own, and dots that die.
///
/// A store's mutators return one and change nothing; [`Causal::edit`](crate::Causal::edit) mints
/// the dots and carries it out. An edit is for the state whose store made it: the lifetime `'s` is
/// that of the look at this store.
///
/// ```
/// use glomers_crdt::OrSet;
///
/// let mut set = OrSet::default();
/// set.edit('a', |set| set.insert("oat").and(set.insert("rye")))?;
/// assert!(set.contains("oat") && set.contains("rye"));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
///
/// To give it to another state does not compile:
///
/// ```compile_fail,E0597
/// use glomers_crdt::{OrSet, causal::AddWins};
///
/// let (mut one, mut other) = (OrSet::default(), OrSet::default());
/// one.insert('a', 7).unwrap();
/// other.insert('a', 7).unwrap();
/// one.edit('a', |_| AddWins::remove(&other, &7)).unwrap();
/// ```
///
/// Where the compiler cannot tell, because the elements are themselves borrowed, it is an error:
///
/// ```
/// use glomers_crdt::{CausalError, OrSet, causal::AddWins};
///
/// let (mut other, mut one) = (OrSet::default(), OrSet::default());
/// one.insert('a', "oat").unwrap();
/// other.insert('a', "oat").unwrap();
/// let done = one.edit('a', |_| AddWins::remove(&other, "oat"));
/// assert_eq!(done, Err(CausalError::ForeignEdit));
/// ```
#[must_use = "an edit changes nothing until it is returned to `edit`"]
pub struct Edit<'s, R, P> {
    /// Dots that die, and are live in the store.
    pub(super) dead: Vec<Dot<R>>,
    /// Dots that die, and are not live in the store; so they must not be live in any other place.
    pub(super) elsewhere: Vec<Dot<R>>,
    pub(super) born: Vec<P>,
    origin: Origin,
    /// Neither longer nor shorter.
    of: PhantomData<fn(&'s ()) -> &'s ()>,
}

/// Which store an edit was made by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Any,
    /// The one that lies here; it does not move as long as the edit lives.
    At(usize),
    Many,
}

impl Origin {
    fn new<S>(store: &S) -> Self {
        Self::At(ptr::from_ref(store).addr())
    }
}

impl<R, P> Edit<'_, R, P> {
    /// Does nothing.
    ///
    /// ```
    /// use glomers_crdt::causal::Edit;
    /// use glomers_crdt::{EwFlag, Lattice};
    ///
    /// let mut flag = EwFlag::default();
    /// assert!(flag.edit('a', |_| Edit::none()).unwrap().is_bottom());
    /// ```
    pub fn none() -> Self {
        Self {
            dead: Vec::new(),
            elsewhere: Vec::new(),
            born: Vec::new(),
            origin: Origin::Any,
            of: PhantomData,
        }
    }

    /// Does this and `other` at once: neither has seen the other's values.
    ///
    /// ```
    /// let mut both = glomers_crdt::MvRegister::default();
    /// both.edit('a', |register| register.set("tea").and(register.set("milk"))).unwrap();
    /// assert_eq!(both.values().count(), 2);
    /// ```
    pub fn and(mut self, mut other: Self) -> Self {
        self.dead.append(&mut other.dead);
        self.elsewhere.append(&mut other.elsewhere);
        self.born.append(&mut other.born);
        self.origin = match (self.origin, other.origin) {
            (one, Origin::Any) => one,
            (Origin::Any, two) => two,
            (one, two) if one == two => one,
            _ => Origin::Many,
        };
        self
    }

    pub(super) fn new<S>(of: &S, dead: Vec<Dot<R>>, born: Vec<P>) -> Self {
        Self { dead, born, origin: Origin::new(of), ..Self::none() }
    }

    /// Whether no other store has made this.
    pub(super) fn is_of<S>(&self, store: &S) -> bool {
        self.origin == Origin::Any || self.origin == Origin::new(store)
    }

    /// The same, an edit of the store around the one that has made it.
    pub(super) fn within<'t, S, T, Q>(
        self,
        (inner, outer): (&S, &T),
        wrap: impl FnMut(P) -> Q,
    ) -> Edit<'t, R, Q> {
        let origin = if self.is_of(inner) { Origin::new(outer) } else { Origin::Many };
        let born = self.born.into_iter().map(wrap).collect();
        Edit { dead: self.dead, elsewhere: self.elsewhere, born, origin, of: PhantomData }
    }
}

impl<R: Clone + Ord, P> Edit<'_, R, P> {
    /// Kills the `observed` dots, of which `here` are live.
    pub(super) fn of_observed<S>(
        of: &S,
        observed: &[Dot<R>],
        here: &[Dot<R>],
        born: Vec<P>,
    ) -> Self {
        let (dead, elsewhere) =
            observed.iter().cloned().partition(|dot| here.binary_search(dot).is_ok());
        Self { elsewhere, ..Self::new(of, dead, born) }
    }
}

impl<R, P> fmt::Debug for Edit<'_, R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} dead, {} born", self.dead.len() + self.elsewhere.len(), self.born.len())
    }
}

/// Why a mutator has changed nothing.
///
/// ```
/// use glomers_crdt::{CausalError, OrSet};
///
/// let (mut a, mut b) = (OrSet::default(), OrSet::default());
/// a.insert('a', "oat")?;
/// b.insert('a', "rye")?;                    // under another's name
/// let seen = a.observe("oat").unwrap();
/// assert_eq!(b.remove_observed(&seen), Err(CausalError::ForeignObservation));
/// # Ok::<(), CausalError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CausalError {
    /// The replica's dots are used up: `u64::MAX` of them. The state is as it was.
    DotsUsedUp,
    /// The edit was made by the store of another state. The state is as it was.
    ForeignEdit,
    /// What was observed is something else here: the observation is of another state. The state is
    /// as it was.
    ForeignObservation,
    /// Another replica's report tells of events that were not seen here. The state is as it was.
    UnseenReport,
    /// A replica that is to be forgotten has left something live, or something that not everyone has
    /// seen. The state is as it was.
    Unsettled,
}

impl fmt::Display for CausalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DotsUsedUp => "the replica's dots are used up; nothing was changed",
            Self::ForeignEdit => "the edit was made of another state; nothing was changed",
            Self::ForeignObservation => {
                "the observation was made of another state; nothing was changed"
            }
            Self::UnseenReport => {
                "a report tells of events that were not seen here; nothing was changed"
            }
            Self::Unsettled => {
                "what the replica has left is live, or not seen by everyone; nothing was changed"
            }
        })
    }
}

impl core::error::Error for CausalError {}
