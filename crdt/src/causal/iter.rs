//! Iterators over what causal states and contexts consist of.

use core::iter::FusedIterator;
use core::ops::RangeInclusive;
use core::slice;

use super::dot_set::DotSet;
use super::runs::{Run, Runs as Counters};
use super::store::Claims;
use crate::Dot;
use crate::iter::opaque;
use crate::sorted::{self, Sorted};

opaque!(
    /// The elements of an [`OrSet`](crate::OrSet).
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', "oat").unwrap();
    /// assert!((&set).into_iter().eq(&["oat"]));
    /// ```
    Added<'a, T, R>(sorted::Iter<'a, T, DotSet<R>>) -> &'a T,
    |pairs| pairs.next().map(|(element, _)| element),
    each
);

opaque!(
    /// The elements of an [`RwSet`](crate::RwSet).
    ///
    /// ```
    /// let mut set = glomers_crdt::RwSet::default();
    /// set.insert('a', "oat").unwrap();
    /// assert!((&set).into_iter().eq(&["oat"]));
    /// ```
    Unremoved<'a, T, R>(sorted::Iter<'a, T, Claims<R>>) -> &'a T,
    |pairs| pairs.find_map(|(element, claims)| claims.is_in().then_some(element)),
    some
);

opaque!(
    /// The values of an [`MvRegister`](crate::MvRegister).
    ///
    /// ```
    /// let mut drink = glomers_crdt::MvRegister::default();
    /// drink.set('a', "tea").unwrap();
    /// assert!((&drink).into_iter().eq(&["tea"]));
    /// ```
    Written<'a, V, R>(slice::Iter<'a, (Dot<R>, V)>) -> &'a V,
    |pairs| pairs.next().map(|(_, value)| value),
    each
);

/// The runs of a [`CausalContext`](crate::CausalContext).
///
/// ```
/// let seen = glomers_crdt::CausalContext::from_runs([('a', 1..=5)]).unwrap();
/// assert!((&seen).into_iter().eq([(&'a', 1..=5)]));
/// ```
#[derive(Debug)]
pub struct Runs<'a, R> {
    replicas: sorted::Iter<'a, R, Counters>,
    of: Option<(&'a R, slice::Iter<'a, Run>)>,
}

impl<'a, R> Runs<'a, R> {
    pub(super) fn new(runs: &'a Sorted<R, Counters>) -> Self {
        Self { replicas: runs.iter(), of: None }
    }
}

impl<'a, R> Iterator for Runs<'a, R> {
    type Item = (&'a R, RangeInclusive<u64>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((replica, runs)) = &mut self.of
                && let Some(run) = runs.next()
            {
                return Some((replica, run.range()));
            }
            let (replica, runs) = self.replicas.next()?;
            self.of = Some((replica, runs.as_slice().iter()));
        }
    }
}

impl<R> FusedIterator for Runs<'_, R> {}

impl<R> Clone for Runs<'_, R> {
    fn clone(&self) -> Self {
        Self { replicas: self.replicas.clone(), of: self.of.clone() }
    }
}
