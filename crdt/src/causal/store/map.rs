use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;

use super::{Change, Fate, From, Store, Twins, View, all_dots};
use crate::Dot;
use crate::causal::stability::Stable;
use crate::causal::{Edit, Observation};
use crate::sorted::Sorted;

/// A map of stores, maps among them: what [`OrMap`](crate::OrMap) holds. A key is there as long as
/// anything in its store is live.
///
/// ```
/// use glomers_crdt::OrMap;
/// use glomers_crdt::causal::{Counter, Map};
///
/// let mut stock = OrMap::<&str, Map<&str, Counter<char>>, char>::default();
/// stock.update('a', "mill", |grain| grain.update("rye", |count| count.add(3)))?;
/// assert_eq!(stock.get("mill").unwrap().get("rye").unwrap().value(), 3);
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone)]
pub struct Map<K, S> {
    entries: Sorted<K, S>,
}

impl<K: Ord + Clone, S> Map<K, S> {
    /// Does what `edit` makes of the store at `key`, which is an empty one if there is none. Takes
    /// O(log n) more than `edit`.
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// let mut stock = OrMap::<&str, Counter<char>, char>::default();
    /// stock.edit('a', |stock| {
    ///     stock.update("rye", |count| count.add(3)).and(stock.update("oat", |count| count.add(4)))
    /// })
    /// .unwrap();
    /// assert_eq!(stock.len(), 2);
    /// ```
    pub fn update<R>(
        &self,
        key: K,
        edit: impl for<'s> FnOnce(&'s S) -> Edit<'s, R, S::Payload>,
    ) -> Edit<'_, R, (K, S::Payload)>
    where
        S: Store<R>,
    {
        let none = S::default();
        let store = self.entries.get(&key).unwrap_or(&none);
        edit(store).within((store, self), move |value| (key.clone(), value))
    }

    /// Removes all that is seen at `key`. O(log n + its dots).
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// let mut stock = OrMap::<&str, Counter<char>, char>::default();
    /// stock.update('a', "rye", |count| count.add(3)).unwrap();
    /// stock.edit('a', |stock| stock.remove("rye")).unwrap();
    /// assert!(stock.is_empty());
    /// ```
    pub fn remove<R: Ord + Clone, Q: Ord + ?Sized>(&self, key: &Q) -> Edit<'_, R, (K, S::Payload)>
    where
        S: Store<R>,
        K: Borrow<Q>,
    {
        Edit::new(self, self.dots_of(key), Vec::new())
    }

    /// Removes exactly what was observed, here or where else it is. O(log n + its dots).
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// let mut stock = OrMap::<&str, Counter<char>, char>::default();
    /// stock.update('a', "rye", |count| count.add(3)).unwrap();
    /// let seen = stock.observe("rye").unwrap();
    /// stock.update('a', "rye", |count| count.add(4)).unwrap();
    /// stock.edit('a', |stock| stock.remove_observed(&seen)).unwrap();
    /// assert_eq!(stock.get("rye").unwrap().value(), 4);
    /// ```
    pub fn remove_observed<R: Ord + Clone>(
        &self,
        seen: &Observation<K, R>,
    ) -> Edit<'_, R, (K, S::Payload)>
    where
        S: Store<R>,
    {
        Edit::of_observed(self, &seen.dots, &self.dots_of(&seen.of), Vec::new())
    }

    /// What is seen at `key`, or `None` if it is not there. O(log n + its dots).
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// let stock = OrMap::<&str, Counter<char>, char>::default();
    /// assert!(stock.observe("rye").is_none());
    /// ```
    pub fn observe<R: Ord + Clone, Q: Ord + ?Sized>(&self, key: &Q) -> Option<Observation<K, R>>
    where
        S: Store<R>,
        K: Borrow<Q>,
    {
        let (key, store) = self.entries.get_key_value(key)?;
        Observation::new(key.clone(), all_dots(store))
    }

    fn dots_of<R: Ord + Clone, Q: Ord + ?Sized>(&self, key: &Q) -> Vec<Dot<R>>
    where
        S: Store<R>,
        K: Borrow<Q>,
    {
        self.entries.get(key).map_or_else(Vec::new, all_dots)
    }
}

impl<K: Ord, S> Map<K, S> {
    /// The store at `key`. O(log n).
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// let mut stock = OrMap::<&str, Counter<char>, char>::default();
    /// stock.update('a', "rye", |count| count.add(3)).unwrap();
    /// assert_eq!(stock.get("rye").unwrap().value(), 3);
    /// assert!(stock.get("oat").is_none());
    /// ```
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&S>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }
}

impl<K, S> Map<K, S> {
    /// How many keys there are. O(1).
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// assert_eq!(OrMap::<&str, Counter<char>, char>::default().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// assert!(OrMap::<&str, Counter<char>, char>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The keys and what is there, in the keys' order.
    ///
    /// ```
    /// use glomers_crdt::{OrMap, causal::Counter};
    ///
    /// let mut stock = OrMap::<&str, Counter<char>, char>::default();
    /// stock.update('a', "rye", |count| count.add(3)).unwrap();
    /// stock.update('a', "oat", |count| count.add(4)).unwrap();
    /// assert!(stock.iter().map(|(key, count)| (*key, count.value())).eq([("oat", 4), ("rye", 3)]));
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &S)> {
        self.entries.iter()
    }
}

impl<K, S> Default for Map<K, S> {
    fn default() -> Self {
        Self { entries: Sorted::new() }
    }
}

impl<K: fmt::Debug, S: fmt::Debug> fmt::Debug for Map<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Ord + Clone, S: Store<R>, R: Ord + Clone> Store<R> for Map<K, S> {}

impl<K: Ord + Clone, S: Store<R>, R: Ord + Clone> View<R> for Map<K, S> {
    type Payload = (K, S::Payload);

    fn twins(ours: &Self::Payload, theirs: &Self::Payload) -> Twins<Self::Payload> {
        if ours.0 == theirs.0 {
            S::twins(&ours.1, &theirs.1).map(|value| (ours.0.clone(), value))
        } else {
            Twins::Clash
        }
    }

    fn apply(&mut self, changes: Vec<Change<R, Self::Payload>>, _: From<'_, Self, R>) {
        let mut by_key: Vec<(K, Change<R, S::Payload>)> =
            changes.into_iter().filter_map(of_key).collect();
        by_key.sort_by(|(key, _), (other, _)| key.cmp(other));
        let mut rest = by_key.into_iter().peekable();
        while let Some((key, change)) = rest.next() {
            let mut changes = alloc::vec![change];
            while let Some((_, change)) = rest.next_if(|(next, _)| *next == key) {
                changes.push(change);
            }
            self.entries.edit(&key, |store| {
                store.apply(changes, None);
                !store.is_dead()
            });
        }
    }

    fn dots(&self, each: &mut dyn FnMut(&Dot<R>)) {
        self.entries.iter().for_each(|(_, store)| store.dots(each));
    }

    fn is_dead(&self) -> bool {
        self.entries.is_empty()
    }

    fn compact(&self, stable: &Stable<R>) -> Vec<Fate<R, Self::Payload>> {
        let all = self.entries.iter().flat_map(|(key, store)| {
            store
                .compact(stable)
                .into_iter()
                .map(|(dot, value)| (dot, value.map(|value| (key.clone(), value))))
        });
        all.collect()
    }
}

/// A change of a map as one of what is at the key.
fn of_key<R, K, P>(change: Change<R, (K, P)>) -> Option<(K, Change<R, P>)> {
    let Change { dot, old, new } = change;
    let ((key, new), old) = match (new, old) {
        (Some((key, new)), old) => ((key, Some(new)), old.map(|(_, old)| old)),
        (None, Some((key, old))) => ((key, None), Some(old)),
        (None, None) => return None,
    };
    Some((key, Change { dot, old, new }))
}
