use alloc::vec::Vec;
use core::fmt;

use super::{Change, Fate, From, Store, Twins, View, twins};
use crate::Dot;
use crate::causal::stability::Stable;
use crate::causal::{Edit, Observation};

/// The values that were written last, several if concurrently: what
/// [`MvRegister`](crate::MvRegister) holds.
///
/// ```
/// use glomers_crdt::OrMap;
/// use glomers_crdt::causal::Values;
///
/// let mut drinks = OrMap::<&str, Values<&str, char>, char>::default();
/// drinks.update('a', "ann", |drink| drink.set("tea"))?;
/// assert!(drinks.get("ann").unwrap().values().eq([&"tea"]));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone)]
pub struct Values<V, R> {
    /// In the order of their dots.
    values: Vec<(Dot<R>, V)>,
}

impl<V, R: Ord + Clone> Values<V, R> {
    /// Writes `value` in place of all that is seen.
    ///
    /// ```
    /// let mut drink = glomers_crdt::MvRegister::default();
    /// drink.edit('a', |drink| drink.set("tea")).unwrap();
    /// assert!(drink.values().eq([&"tea"]));
    /// ```
    pub fn set(&self, value: V) -> Edit<'_, R, V> {
        Edit::new(self, self.own_dots(), alloc::vec![value])
    }

    /// Writes `value` in place of exactly what was observed.
    ///
    /// ```
    /// use glomers_crdt::MvRegister;
    ///
    /// let mut drink = MvRegister::default();
    /// drink.set('a', "tea").unwrap();
    /// let seen = drink.observe().unwrap();
    /// drink.edit('a', |drink| drink.set_observed(&seen, "milk")).unwrap();
    /// assert!(drink.values().eq([&"milk"]));
    /// ```
    pub fn set_observed(&self, seen: &Observation<(), R>, value: V) -> Edit<'_, R, V> {
        Edit::of_observed(self, &seen.dots, &self.own_dots(), alloc::vec![value])
    }

    /// What is seen, or `None` if there is no value.
    ///
    /// ```
    /// assert!(glomers_crdt::MvRegister::<u8, char>::default().observe().is_none());
    /// ```
    pub fn observe(&self) -> Option<Observation<(), R>> {
        Observation::new((), self.own_dots())
    }

    fn own_dots(&self) -> Vec<Dot<R>> {
        self.values.iter().map(|(dot, _)| dot.clone()).collect()
    }
}

impl<V, R> Values<V, R> {
    /// The values in the order of their dots; more than one if they were written concurrently.
    ///
    /// ```
    /// let mut drink = glomers_crdt::MvRegister::default();
    /// drink.set('a', "tea").unwrap();
    /// drink.set('b', "milk").unwrap();
    /// assert!(drink.values().eq([&"milk"]), "`milk` was written by who had seen `tea`");
    /// ```
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.values.iter().map(|(_, value)| value)
    }
}

impl<V, R> Default for Values<V, R> {
    fn default() -> Self {
        Self { values: Vec::new() }
    }
}

impl<V: fmt::Debug, R> fmt::Debug for Values<V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values()).finish()
    }
}

impl<V: PartialEq + Clone, R: Ord + Clone> Store<R> for Values<V, R> {}

impl<V: PartialEq + Clone, R: Ord + Clone> View<R> for Values<V, R> {
    type Payload = V;

    fn twins(ours: &V, theirs: &V) -> Twins<V> {
        twins(ours, theirs)
    }

    fn apply(&mut self, changes: Vec<Change<R, V>>, _: From<'_, Self, R>) {
        for Change { dot, new, .. } in changes {
            match (self.values.binary_search_by(|(held, _)| held.cmp(&dot)), new) {
                (Ok(at), Some(value)) => self.values[at].1 = value,
                (Err(at), Some(value)) => self.values.insert(at, (dot, value)),
                (Ok(at), None) => drop(self.values.remove(at)),
                (Err(_), None) => {}
            }
        }
    }

    fn dots(&self, each: &mut dyn FnMut(&Dot<R>)) {
        self.values.iter().for_each(|(dot, _)| each(dot));
    }

    fn is_dead(&self) -> bool {
        self.values.is_empty()
    }

    /// A write leaves no more than the writes that are concurrent with it.
    fn compact(&self, _: &Stable<R>) -> Vec<Fate<R, V>> {
        Vec::new()
    }
}
