use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;

use super::{Change, Fate, From, Store, Twins, View, twins};
use crate::Dot;
use crate::causal::dot_set::DotSet;
use crate::causal::stability::Stable;
use crate::causal::{CausalContext, Edit, Observation};
use crate::sorted::{Joined, Sorted};

/// A set in which an addition wins over a concurrent removal: what [`OrSet`](crate::OrSet) holds.
///
/// ```
/// use glomers_crdt::causal::AddWins;
/// use glomers_crdt::OrMap;
///
/// let mut tags = OrMap::<&str, AddWins<&str, char>, char>::default();
/// tags.update('a', "bread", |set| set.insert("rye"))?;
/// assert!(tags.get("bread").unwrap().contains("rye"));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone)]
pub struct AddWins<T, R> {
    elements: Sorted<T, DotSet<R>>,
}

impl<T: Ord + Clone, R: Ord + Clone> AddWins<T, R> {
    /// Adds `element`, in place of what was seen of it. O(log n).
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.edit('a', |set| set.insert(1).and(set.insert(2))).unwrap();
    /// assert_eq!(set.len(), 2);
    /// ```
    pub fn insert(&self, element: T) -> Edit<'_, R, T> {
        Edit::new(self, self.dots_of(&element).to_vec(), alloc::vec![element])
    }

    /// Removes `element` as far as it was seen. O(log n).
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', 1).unwrap();
    /// set.edit('a', |set| set.remove(&1).and(set.insert(2))).unwrap();
    /// assert!(set.iter().eq([&2]));
    /// ```
    pub fn remove<Q: Ord + ?Sized>(&self, element: &Q) -> Edit<'_, R, T>
    where
        T: Borrow<Q>,
    {
        Edit::new(self, self.dots_of(element).to_vec(), Vec::new())
    }

    /// Removes exactly what was observed, here or where else it is. O(log n).
    ///
    /// ```
    /// use glomers_crdt::OrSet;
    ///
    /// let mut set = OrSet::default();
    /// set.insert('a', 1).unwrap();
    /// let seen = set.observe(&1).unwrap();
    /// set.edit('a', |set| set.remove_observed(&seen)).unwrap();
    /// assert!(set.is_empty());
    /// ```
    pub fn remove_observed(&self, seen: &Observation<T, R>) -> Edit<'_, R, T> {
        Edit::of_observed(self, &seen.dots, self.dots_of(&seen.of), Vec::new())
    }

    /// What is seen of `element`, or `None` if it is not there. O(log n).
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', 1).unwrap();
    /// assert!(set.observe(&1).is_some() && set.observe(&2).is_none());
    /// ```
    pub fn observe<Q: Ord + ?Sized>(&self, element: &Q) -> Option<Observation<T, R>>
    where
        T: Borrow<Q>,
    {
        let (element, dots) = self.elements.get_key_value(element)?;
        Observation::new(element.clone(), dots.as_slice().to_vec())
    }
}

impl<T: Ord + Clone, R: Ord + Clone> AddWins<T, R> {
    /// What is not in a context.
    fn unseen(&self, seen: &CausalContext<R>) -> Sorted<T, DotSet<R>> {
        let unseen = self.elements.iter().filter_map(|(element, dots)| {
            let mut unseen = DotSet::None;
            for dot in dots.iter().filter(|dot| !seen.contains(dot)) {
                unseen.insert(dot.clone());
            }
            (!unseen.is_empty()).then(|| (element.clone(), unseen))
        });
        Sorted::of_ascending(unseen.collect())
    }

    fn join(&mut self, born: &Sorted<T, DotSet<R>>) {
        self.elements.join(born, |ours, theirs| {
            let Some(ours) = ours else { return Joined::Theirs };
            let mut all = ours.clone();
            theirs.iter().for_each(|dot| all.insert(dot.clone()));
            Joined::Another(all)
        });
    }
}

impl<T: Ord, R> AddWins<T, R> {
    fn dots_of<Q: Ord + ?Sized>(&self, element: &Q) -> &[Dot<R>]
    where
        T: Borrow<Q>,
    {
        self.elements.get(element).map_or(&[], DotSet::as_slice)
    }

    /// Whether `element` is there. O(log n).
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', "oat").unwrap();
    /// assert!(set.contains("oat") && !set.contains("rye"));
    /// ```
    pub fn contains<Q: Ord + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.elements.get(element).is_some()
    }
}

impl<T, R> AddWins<T, R> {
    /// How many elements there are. O(1).
    ///
    /// ```
    /// assert_eq!(glomers_crdt::OrSet::<u8, char>::default().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there is none.
    ///
    /// ```
    /// assert!(glomers_crdt::OrSet::<u8, char>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The elements in their order.
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', 2).unwrap();
    /// set.insert('a', 1).unwrap();
    /// assert!(set.iter().eq([&1, &2]));
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.elements.iter().map(|(element, _)| element)
    }
}

impl<T, R> Default for AddWins<T, R> {
    fn default() -> Self {
        Self { elements: Sorted::new() }
    }
}

impl<T: fmt::Debug, R> fmt::Debug for AddWins<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<T: Ord + Clone, R: Ord + Clone> Store<R> for AddWins<T, R> {}

impl<T: Ord + Clone, R: Ord + Clone> View<R> for AddWins<T, R> {
    type Payload = T;

    const TAKES_MANY: bool = true;

    fn twins(ours: &T, theirs: &T) -> Twins<T> {
        twins(ours, theirs)
    }

    fn apply(&mut self, changes: Vec<Change<R, T>>, from: From<'_, Self, R>) {
        let (mut dead, mut born) = (Vec::new(), Vec::with_capacity(changes.len()));
        for Change { dot, old, new } in changes {
            if let Some(element) = new {
                born.push((element, dot));
            } else if let Some(element) = old {
                dead.push((element, dot));
            }
        }
        // First what comes, lest an element that is added again leaves its place.
        if let Some((from, seen)) = from {
            self.join(&from.unseen(seen));
        }
        if born.len() < 8.max(self.len() / 512) {
            for (element, dot) in born {
                self.elements.edit(&element, |dots| {
                    dots.insert(dot);
                    true
                });
            }
        } else {
            self.join(&grouped(born));
        }
        for (element, dot) in dead {
            self.elements.edit(&element, |dots| {
                dots.remove(&dot);
                !dots.is_empty()
            });
        }
    }

    fn dots(&self, each: &mut dyn FnMut(&Dot<R>)) {
        self.elements.iter().flat_map(|(_, dots)| dots.iter()).for_each(each);
    }

    fn is_dead(&self) -> bool {
        self.is_empty()
    }

    /// An element has one dot for each replica that has added it concurrently; a later addition
    /// makes one of them.
    fn compact(&self, _: &Stable<R>) -> Vec<Fate<R, T>> {
        Vec::new()
    }
}

/// The dots of each element.
fn grouped<T: Ord + Clone, R: Ord + Clone>(mut pairs: Vec<(T, Dot<R>)>) -> Sorted<T, DotSet<R>> {
    pairs.sort_unstable();
    let mut groups: Vec<(T, DotSet<R>)> = Vec::with_capacity(pairs.len());
    for (element, dot) in pairs {
        match groups.last_mut().filter(|(last, _)| *last == element) {
            Some((_, dots)) => dots.insert(dot),
            None => groups.push((element, DotSet::One(dot))),
        }
    }
    Sorted::of_ascending(groups)
}
