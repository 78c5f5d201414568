use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

use super::runs::Run;
use super::store::{Change, all_dots};
use super::{CausalContext, CausalError, Edit, Store};
use crate::sorted::Sorted;
use crate::{Dot, Lattice};

/// The live values of a replica by its counters.
pub(super) type Values<P> = Sorted<u64, P>;

/// A causal state: a store whose every live value has a dot, and the context that says which dots
/// were ever seen, so that a dot that was seen and is not live is known to be dead.
///
/// The sets, registers, flags, counters and maps with removal are all of this one type, with
/// different stores: [`OrSet`](crate::OrSet), [`RwSet`](crate::RwSet),
/// [`MvRegister`](crate::MvRegister), [`EwFlag`](crate::EwFlag), [`DwFlag`](crate::DwFlag),
/// [`OrCounter`](crate::OrCounter), [`OrMap`](crate::OrMap). It reads as its store does, to which it
/// dereferences; it changes by mutators that take the replica's name and mint dots themselves. The
/// [module](crate::causal) says how it merges and why it cannot be misused.
///
/// With n live values, d of them in what is merged: a merge of a delta takes O(d log n), of forks
/// time in proportion to what they differ in and to a hundredth of the rest, of any two states
/// O(n). A clone of many shares all with its original.
///
/// ```
/// use glomers_crdt::{Lattice, OrSet};
///
/// let (mut a, mut b) = (OrSet::default(), OrSet::default());
/// b.merge(&a.insert('a', "oat")?);
/// let again = b.insert('b', "oat")?;        // `b` adds it again …
/// let gone = a.remove("oat");               // … while `a` removes what it has seen
/// a.merge(&again);
/// b.merge(&gone);
/// assert!(a == b && a.contains("oat"), "an addition wins over a concurrent removal");
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone)]
pub struct Causal<S: Store<R>, R> {
    /// No replica has none.
    pub(super) live: Sorted<R, Values<S::Payload>>,
    /// The live dots are among these.
    pub(super) context: CausalContext<R>,
    /// Follows from the live values.
    pub(super) store: S,
}

impl<S: Store<R>, R: Ord + Clone> Causal<S, R> {
    /// Does what `edit` makes of the store, in the name of `replica`; returns the delta. Takes as
    /// long as the edit and a merge of the delta.
    ///
    /// A replica's name must be its own. If two processes, or one that has forgotten what it did,
    /// mint dots under one name, one dot comes to stand for two things. As soon as they meet, it is
    /// dead for both: everyone agrees, and both updates are lost. (Values of a [`Joined`] or a
    /// counter are joined instead.)
    ///
    /// [`Joined`]: crate::causal::Joined
    ///
    /// # Errors
    ///
    /// [`CausalError`]; the state is as it was.
    ///
    /// ```
    /// use glomers_crdt::OrSet;
    ///
    /// let mut set = OrSet::default();
    /// set.insert('a', "oat")?;
    /// set.edit('a', |set| set.remove("oat").and(set.insert("rye")))?;
    /// assert!(set.iter().eq([&"rye"]));
    /// # Ok::<(), glomers_crdt::CausalError>(())
    /// ```
    pub fn edit(
        &mut self,
        replica: R,
        edit: impl for<'s> FnOnce(&'s S) -> Edit<'s, R, S::Payload>,
    ) -> Result<Self, CausalError> {
        self.carry_out(Some(replica), edit)
    }

    /// Carries out an edit, in the name of none if nothing is born.
    pub(super) fn carry_out(
        &mut self,
        replica: Option<R>,
        edit: impl for<'s> FnOnce(&'s S) -> Edit<'s, R, S::Payload>,
    ) -> Result<Self, CausalError> {
        let edit = edit(&self.store);
        if !edit.is_of(&self.store) {
            return Err(CausalError::ForeignEdit);
        }
        let Edit { mut dead, mut elsewhere, born, .. } = edit;
        let is_foreign = dead.iter().any(|dot| !self.is_live(dot))
            || elsewhere.iter().any(|dot| self.is_live(dot));
        if is_foreign {
            return Err(CausalError::ForeignObservation);
        }
        dead.append(&mut elsewhere);
        let mut delta = Self::default();
        for dot in dead {
            delta.context.add(&dot.replica, Run::one(dot.counter));
        }
        if let Some(replica) = replica.filter(|_| !born.is_empty()) {
            let mut last = self.context.of(&replica).last().max(delta.context.of(&replica).last());
            let mut values = Vec::with_capacity(born.len());
            for value in born {
                last = last.checked_add(1).ok_or(CausalError::DotsUsedUp)?;
                delta.context.add(&replica, Run::one(last));
                values.push((last, value));
            }
            delta.set_live(Sorted::of_ascending(alloc::vec![(
                replica,
                Sorted::of_ascending(values)
            )]));
        }
        self.merge(&delta);
        Ok(delta)
    }

    /// Removes all that is seen; returns the delta. O(n log n).
    ///
    /// ```
    /// let mut register = glomers_crdt::MvRegister::default();
    /// register.set('a', "tea").unwrap();
    /// register.clear();
    /// assert_eq!(register.values().count(), 0);
    /// ```
    pub fn clear(&mut self) -> Self {
        self.kill(all_dots(&self.store))
    }

    /// Carries out the removal of what is seen, which mints no dot and is not foreign.
    pub(super) fn cut(
        &mut self,
        removal: impl for<'s> FnOnce(&'s S) -> Edit<'s, R, S::Payload>,
    ) -> Self {
        self.carry_out(None, removal).unwrap_or_default()
    }

    /// Lets dots die, wherever they are; returns the delta.
    pub(super) fn kill(&mut self, dead: Vec<Dot<R>>) -> Self {
        let mut delta = Self::default();
        for dot in dead {
            delta.context.add(&dot.replica, Run::one(dot.counter));
        }
        self.merge(&delta);
        delta
    }

    fn is_live(&self, dot: &Dot<R>) -> bool {
        self.live.get(&dot.replica).is_some_and(|values| values.get(&dot.counter).is_some())
    }

    /// From ascending dots, all within the context.
    pub(super) fn of_live(dots: Vec<(Dot<R>, S::Payload)>, context: CausalContext<R>) -> Self {
        let mut live: Vec<(R, Vec<(u64, S::Payload)>)> = Vec::new();
        for (Dot { replica, counter }, value) in dots {
            match live.last_mut().filter(|(last, _)| *last == replica) {
                Some((_, values)) => values.push((counter, value)),
                None => live.push((replica, alloc::vec![(counter, value)])),
            }
        }
        let live = live.into_iter().map(|(replica, it)| (replica, Sorted::of_ascending(it)));
        Self::from_raw(Sorted::of_ascending(live.collect()), context)
    }

    /// From live values within the context.
    pub(super) fn from_raw(live: Sorted<R, Values<S::Payload>>, context: CausalContext<R>) -> Self {
        let mut state = Self { context, ..Self::default() };
        state.set_live(live);
        state
    }

    /// Puts live values, all within the context, into a state that has none.
    fn set_live(&mut self, live: Sorted<R, Values<S::Payload>>) {
        let dots = live.iter().flat_map(|(replica, values)| {
            values.iter().map(|(counter, value)| Change {
                dot: Dot { replica: replica.clone(), counter: *counter },
                old: None,
                new: Some(value.clone()),
            })
        });
        let changes = dots.collect();
        self.live = live;
        self.store.apply(changes, None);
    }
}

impl<S: Store<R>, R> Causal<S, R> {
    /// Which dots were seen.
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', "oat").unwrap();
    /// assert!(set.context().iter().eq([(&'a', 1..=1)]));
    /// ```
    pub fn context(&self) -> &CausalContext<R> {
        &self.context
    }
}

impl<S: Store<R>, R> Default for Causal<S, R> {
    fn default() -> Self {
        Self { live: Sorted::new(), context: CausalContext::default(), store: S::default() }
    }
}

/// A state reads as its store does.
impl<S: Store<R>, R> Deref for Causal<S, R> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.store
    }
}

impl<S: Store<R>, R: PartialEq> PartialEq for Causal<S, R>
where
    S::Payload: PartialEq,
{
    fn eq(&self, other: &Self) -> bool {
        self.context == other.context && self.live == other.live
    }
}

impl<S: Store<R>, R: Eq> Eq for Causal<S, R> where S::Payload: Eq {}

impl<S: Store<R>, R: Hash> Hash for Causal<S, R>
where
    S::Payload: Hash,
{
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.context.hash(state);
        self.live.hash(state);
    }
}

impl<S: Store<R>, R: fmt::Debug> fmt::Debug for Causal<S, R>
where
    S::Payload: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live: Vec<_> = self
            .live
            .iter()
            .map(|(replica, it)| (replica, it.iter().collect::<Vec<_>>()))
            .collect();
        f.debug_struct("Causal")
            .field("live", &live)
            .field("seen", &self.context)
            .finish_non_exhaustive()
    }
}
