use alloc::vec::Vec;
use core::fmt;

use super::{Change, Fate, From, Store, Twins, View, twins};
use crate::Dot;
use crate::causal::dot_set::DotSet;
use crate::causal::stability::Stable;
use crate::causal::{Edit, Observation};

/// A flag, at first off, which is on if an enabling and a disabling are concurrent: what
/// [`EwFlag`](crate::EwFlag) holds.
///
/// ```
/// use glomers_crdt::OrMap;
/// use glomers_crdt::causal::EnableWins;
///
/// let mut done = OrMap::<&str, EnableWins<char>, char>::default();
/// done.update('a', "bread", EnableWins::enable)?;
/// assert!(done.get("bread").unwrap().is_enabled());
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone)]
pub struct EnableWins<R> {
    on: DotSet<R>,
}

impl<R: Ord + Clone> EnableWins<R> {
    /// Turns it on.
    ///
    /// ```
    /// use glomers_crdt::{EwFlag, causal::EnableWins};
    ///
    /// let mut flag = EwFlag::default();
    /// flag.edit('a', EnableWins::enable).unwrap();
    /// assert!(flag.is_enabled());
    /// ```
    pub fn enable(&self) -> Edit<'_, R, ()> {
        Edit::new(self, self.on.as_slice().to_vec(), alloc::vec![()])
    }

    /// Turns it off as far as it is seen to be on.
    ///
    /// ```
    /// use glomers_crdt::{EwFlag, causal::EnableWins};
    ///
    /// let mut flag = EwFlag::default();
    /// flag.enable('a').unwrap();
    /// flag.edit('a', EnableWins::disable).unwrap();
    /// assert!(!flag.is_enabled());
    /// ```
    pub fn disable(&self) -> Edit<'_, R, ()> {
        Edit::new(self, self.on.as_slice().to_vec(), Vec::new())
    }

    /// Undoes exactly the enablings that were observed.
    ///
    /// ```
    /// let mut flag = glomers_crdt::EwFlag::default();
    /// flag.enable('a').unwrap();
    /// let seen = flag.observe().unwrap();
    /// flag.enable('a').unwrap();
    /// flag.edit('a', |flag| flag.disable_observed(&seen)).unwrap();
    /// assert!(flag.is_enabled(), "it was enabled again since");
    /// ```
    pub fn disable_observed(&self, seen: &Observation<(), R>) -> Edit<'_, R, ()> {
        Edit::of_observed(self, &seen.dots, self.on.as_slice(), Vec::new())
    }

    /// What is seen of the enablings, or `None` if it is off.
    ///
    /// ```
    /// assert!(glomers_crdt::EwFlag::<char>::default().observe().is_none());
    /// ```
    pub fn observe(&self) -> Option<Observation<(), R>> {
        Observation::new((), self.on.as_slice().to_vec())
    }
}

impl<R> EnableWins<R> {
    /// Whether it is on.
    ///
    /// ```
    /// assert!(!glomers_crdt::EwFlag::<char>::default().is_enabled());
    /// ```
    pub fn is_enabled(&self) -> bool {
        !self.on.is_empty()
    }
}

impl<R> Default for EnableWins<R> {
    fn default() -> Self {
        Self { on: DotSet::None }
    }
}

impl<R> fmt::Debug for EnableWins<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.is_enabled().fmt(f)
    }
}

impl<R: Ord + Clone> Store<R> for EnableWins<R> {}

impl<R: Ord + Clone> View<R> for EnableWins<R> {
    type Payload = ();

    fn twins((): &(), (): &()) -> Twins<()> {
        Twins::Same
    }

    fn apply(&mut self, changes: Vec<Change<R, ()>>, _: From<'_, Self, R>) {
        for change in changes {
            follow(&mut self.on, change.dot, change.new.is_some());
        }
    }

    fn dots(&self, each: &mut dyn FnMut(&Dot<R>)) {
        self.on.iter().for_each(each);
    }

    fn is_dead(&self) -> bool {
        self.on.is_empty()
    }

    fn compact(&self, _: &Stable<R>) -> Vec<Fate<R, ()>> {
        Vec::new()
    }
}

/// A flag, at first off, which is off if an enabling and a disabling are concurrent: what
/// [`DwFlag`](crate::DwFlag) holds.
///
/// ```
/// use glomers_crdt::OrMap;
/// use glomers_crdt::causal::DisableWins;
///
/// let mut may = OrMap::<&str, DisableWins<char>, char>::default();
/// may.update('a', "ann", DisableWins::enable)?;
/// assert!(may.get("ann").unwrap().is_enabled());
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone)]
pub struct DisableWins<R> {
    on: DotSet<R>,
    off: DotSet<R>,
}

impl<R: Ord + Clone> DisableWins<R> {
    /// Turns it on, over all disablings that are seen.
    ///
    /// ```
    /// use glomers_crdt::{DwFlag, causal::DisableWins};
    ///
    /// let mut flag = DwFlag::default();
    /// flag.edit('a', DisableWins::enable).unwrap();
    /// assert!(flag.is_enabled());
    /// ```
    pub fn enable(&self) -> Edit<'_, R, bool> {
        Edit::new(self, super::all_dots(self), alloc::vec![true])
    }

    /// Turns it off, over all enablings that are seen or concurrent.
    ///
    /// ```
    /// use glomers_crdt::{DwFlag, causal::DisableWins};
    ///
    /// let mut flag = DwFlag::default();
    /// flag.enable('a').unwrap();
    /// flag.edit('a', DisableWins::disable).unwrap();
    /// assert!(!flag.is_enabled());
    /// ```
    pub fn disable(&self) -> Edit<'_, R, bool> {
        Edit::new(self, super::all_dots(self), alloc::vec![false])
    }
}

impl<R> DisableWins<R> {
    /// Whether it is on.
    ///
    /// ```
    /// assert!(!glomers_crdt::DwFlag::<char>::default().is_enabled());
    /// ```
    pub fn is_enabled(&self) -> bool {
        !self.on.is_empty() && self.off.is_empty()
    }
}

impl<R> Default for DisableWins<R> {
    fn default() -> Self {
        Self { on: DotSet::None, off: DotSet::None }
    }
}

impl<R> fmt::Debug for DisableWins<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.is_enabled().fmt(f)
    }
}

impl<R: Ord + Clone> Store<R> for DisableWins<R> {}

impl<R: Ord + Clone> View<R> for DisableWins<R> {
    type Payload = bool;

    fn twins(ours: &bool, theirs: &bool) -> Twins<bool> {
        twins(ours, theirs)
    }

    fn apply(&mut self, changes: Vec<Change<R, bool>>, _: From<'_, Self, R>) {
        for Change { dot, old, new } in changes {
            let side = if new.or(old) == Some(true) { &mut self.on } else { &mut self.off };
            follow(side, dot, new.is_some());
        }
    }

    fn dots(&self, each: &mut dyn FnMut(&Dot<R>)) {
        self.on.iter().chain(self.off.iter()).for_each(each);
    }

    fn is_dead(&self) -> bool {
        self.on.is_empty() && self.off.is_empty()
    }

    /// No more dots are live than there are replicas.
    fn compact(&self, _: &Stable<R>) -> Vec<Fate<R, bool>> {
        Vec::new()
    }
}

fn follow<R: Ord>(dots: &mut DotSet<R>, dot: Dot<R>, is_live: bool) {
    if is_live {
        dots.insert(dot);
    } else {
        dots.remove(&dot);
    }
}
