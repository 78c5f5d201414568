use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{
    AddWins, Change, Counter, DisableWins, EnableWins, Map, RemoveWins, Store, Values, View,
};
use crate::changes::{Apply, MapChange, SetChange, ValueChange};

/// A store that tells what changes in what it shows: all stores do, a
/// [`Joined`](super::Joined) one if its lattice does.
///
/// ```
/// use glomers_crdt::causal::Watched;
/// use glomers_crdt::{Causal, Changes, OrSet};
///
/// /// How many changes a state brings.
/// fn count<S: Watched<R>, R: Ord + Clone>(state: &Causal<S, R>) -> usize {
///     Causal::<S, R>::default().merge_changes(state).len()
/// }
///
/// let mut set = OrSet::default();
/// set.insert('a', 1).unwrap();
/// assert_eq!(count(&set), 1);
/// ```
pub trait Watched<R>: Store<R> {
    /// What is shown.
    type Shown: PartialEq;

    /// What can change in it.
    type News: Apply<Self::Shown>;

    /// What is shown now. O(n).
    ///
    /// ```
    /// use glomers_crdt::causal::Watched;
    ///
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', 1).unwrap();
    /// assert_eq!(set.shown(), [1].into());
    /// ```
    fn shown(&self) -> Self::Shown;

    /// Takes in what has changed, as [`View::apply`], and shows `each` change of what is shown.
    #[doc(hidden)]
    fn apply_each(
        &mut self,
        changes: Vec<Change<R, Self::Payload>>,
        each: &mut dyn FnMut(Self::News),
    );
}

/// Applies changes, and shows `each` of the `touched` elements that came or went.
fn apply_to_set<S: View<R>, R, T: Ord>(
    set: &mut S,
    changes: Vec<Change<R, S::Payload>>,
    touched: BTreeSet<T>,
    contains: impl Fn(&S, &T) -> bool,
    each: &mut dyn FnMut(SetChange<T>),
) {
    let touched: Vec<(T, bool)> = touched
        .into_iter()
        .map(|element| {
            let was_in = contains(set, &element);
            (element, was_in)
        })
        .collect();
    set.apply(changes, None);
    for (element, was_in) in touched {
        match (was_in, contains(set, &element)) {
            (false, true) => each(SetChange::Inserted(element)),
            (true, false) => each(SetChange::Removed(element)),
            _ => {}
        }
    }
}

impl<T: Ord + Clone, R: Ord + Clone> Watched<R> for AddWins<T, R> {
    type Shown = BTreeSet<T>;
    type News = SetChange<T>;

    fn shown(&self) -> BTreeSet<T> {
        self.iter().cloned().collect()
    }

    fn apply_each(&mut self, changes: Vec<Change<R, T>>, each: &mut dyn FnMut(SetChange<T>)) {
        let touched = changes.iter().flat_map(|change| change.old.iter().chain(&change.new));
        let touched = touched.cloned().collect();
        apply_to_set(self, changes, touched, Self::contains, each);
    }
}

impl<T: Ord + Clone, R: Ord + Clone> Watched<R> for RemoveWins<T, R> {
    type Shown = BTreeSet<T>;
    type News = SetChange<T>;

    fn shown(&self) -> BTreeSet<T> {
        self.iter().cloned().collect()
    }

    fn apply_each(
        &mut self,
        changes: Vec<Change<R, (T, bool)>>,
        each: &mut dyn FnMut(SetChange<T>),
    ) {
        let touched = changes.iter().flat_map(|change| change.old.iter().chain(&change.new));
        let touched = touched.map(|(element, _)| element.clone()).collect();
        apply_to_set(self, changes, touched, Self::contains, each);
    }
}

/// A store that shows one value, which is found in a moment.
macro_rules! of_value {
    ([$($of:tt)*] $store:ty, $shown:ty, $value:expr) => {
        impl<$($of)*> Watched<R> for $store {
            type Shown = $shown;
            type News = ValueChange<$shown>;

            fn shown(&self) -> $shown {
                let value: fn(&Self) -> $shown = $value;
                value(self)
            }

            fn apply_each(
                &mut self,
                changes: Vec<Change<R, Self::Payload>>,
                each: &mut dyn FnMut(Self::News),
            ) {
                let from = self.shown();
                self.apply(changes, None);
                ValueChange::show(from, self.shown(), each);
            }
        }
    };
}

of_value!([R: Ord + Clone] Counter<R>, i128, Counter::value);
of_value!([R: Ord + Clone] EnableWins<R>, bool, EnableWins::is_enabled);
of_value!([R: Ord + Clone] DisableWins<R>, bool, DisableWins::is_enabled);
of_value!([V: PartialEq + Clone, R: Ord + Clone] Values<V, R>, Vec<V>, |store| store.values().cloned().collect());

impl<K: Ord + Clone, S: Watched<R>, R: Ord + Clone> Watched<R> for Map<K, S> {
    type Shown = BTreeMap<K, S::Shown>;
    type News = MapChange<K, S::Shown, S::News>;

    fn shown(&self) -> Self::Shown {
        self.iter().map(|(key, store)| (key.clone(), store.shown())).collect()
    }

    fn apply_each(
        &mut self,
        changes: Vec<Change<R, Self::Payload>>,
        each: &mut dyn FnMut(Self::News),
    ) {
        self.apply_by_key(changes, |key, store, changes| {
            let was_dead = store.is_dead();
            let mut news = Vec::new();
            store.apply_each(changes, &mut |change| news.push(change));
            match (was_dead, store.is_dead()) {
                (true, true) => {}
                (true, false) => {
                    each(MapChange::Inserted { key: key.clone(), value: store.shown() });
                }
                (false, true) => each(MapChange::Removed { key: key.clone() }),
                (false, false) => MapChange::show_inner(key, news, each),
            }
        });
    }
}
