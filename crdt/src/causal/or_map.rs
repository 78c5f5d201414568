use core::borrow::Borrow;

use super::{Causal, CausalError, Edit, Map, Observation, Store};

/// A map of sets, registers, flags, counters, values of any lattice, or maps of all these, whose
/// keys can be removed: a removal undoes the updates it has seen, and those that are concurrent with
/// it stay.
///
/// All that is in the map shares one context, so that what is removed leaves nothing behind, at any
/// depth. Almeida, Shoker, Baquero, [Delta State Replicated Data
/// Types](https://arxiv.org/abs/1603.01529), 2018.
///
/// ```
/// use glomers_crdt::causal::AddWins;
/// use glomers_crdt::{Lattice, OrMap};
///
/// let mut a = OrMap::<&str, AddWins<&str, char>, char>::default();
/// a.update('a', "bread", |grains| grains.insert("rye"))?;
/// let mut b = a.clone();
/// let more = a.update('a', "bread", |grains| grains.insert("oat"))?;
/// b.remove("bread");                        // has seen `rye`
/// b.merge(&more);
/// assert!(b.get("bread").unwrap().iter().eq([&"oat"]));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
pub type OrMap<K, S, R> = Causal<Map<K, S>, R>;

impl<K: Ord + Clone, S: Store<R>, R: Ord + Clone> OrMap<K, S, R> {
    /// Does what `edit` makes of the store at `key`, in the name of `replica`; returns the delta.
    /// Takes O(log n) more than `edit`.
    ///
    /// # Errors
    ///
    /// [`CausalError`]; the map is as it was.
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// let mut stock = OrMap::<&str, Counter<char>, char>::default();
    /// stock.update('a', "rye", |count| count.add(3)).unwrap();
    /// assert_eq!(stock.get("rye").unwrap().value(), 3);
    /// ```
    pub fn update(
        &mut self,
        replica: R,
        key: K,
        edit: impl for<'s> FnOnce(&'s S) -> Edit<'s, R, S::Payload>,
    ) -> Result<Self, CausalError> {
        self.edit(replica, |map| map.update(key, edit))
    }

    /// Removes all that is seen here at `key`; returns the delta, which is bottom if it is not there.
    /// O(log n + its dots).
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// let mut stock = OrMap::<&str, Counter<char>, char>::default();
    /// stock.update('a', "rye", |count| count.add(3)).unwrap();
    /// stock.remove("rye");
    /// assert!(stock.is_empty());
    /// ```
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Self
    where
        K: Borrow<Q>,
    {
        self.cut(|map| map.remove(key))
    }

    /// Removes exactly what was observed at a key, at whatever replica: what is not here yet never
    /// comes. Returns the delta. O(log n + its dots).
    ///
    /// # Errors
    ///
    /// [`CausalError::ForeignObservation`] if it contradicts what is here; the map is as it was.
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// let mut stock = OrMap::<&str, Counter<char>, char>::default();
    /// stock.update('a', "rye", |count| count.add(3)).unwrap();
    /// let seen = stock.observe("rye").unwrap();
    /// stock.remove_observed(&seen).unwrap();
    /// assert!(stock.is_empty());
    /// ```
    pub fn remove_observed(&mut self, seen: &Observation<K, R>) -> Result<Self, CausalError> {
        self.carry_out(None, |map| map.remove_observed(seen))
    }
}
