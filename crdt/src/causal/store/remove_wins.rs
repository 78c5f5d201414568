use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;

use super::{Change, Fate, From, Store, Twins, View, twins};
use crate::Dot;
use crate::causal::Edit;
use crate::causal::dot_set::DotSet;
use crate::causal::stability::Stable;
use crate::sorted::Sorted;

/// A set in which a removal wins over a concurrent addition: what [`RwSet`](crate::RwSet) holds.
///
/// ```
/// use glomers_crdt::OrMap;
/// use glomers_crdt::causal::RemoveWins;
///
/// let mut friends = OrMap::<&str, RemoveWins<&str, char>, char>::default();
/// friends.update('a', "ann", |set| set.insert("bob"))?;
/// assert!(friends.get("ann").unwrap().contains("bob"));
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone)]
pub struct RemoveWins<T, R> {
    claims: Sorted<T, Claims<R>>,
    /// How many elements are in.
    len: usize,
}

/// The additions and the removals of an element that none has seen who added or removed it since.
#[derive(Clone, Debug)]
struct Claims<R> {
    added: DotSet<R>,
    removed: DotSet<R>,
}

impl<R> Claims<R> {
    fn is_in(&self) -> bool {
        !self.added.is_empty() && self.removed.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = &Dot<R>> {
        self.added.iter().chain(self.removed.iter())
    }
}

impl<R> Default for Claims<R> {
    fn default() -> Self {
        Self { added: DotSet::None, removed: DotSet::None }
    }
}

impl<T: Ord + Clone, R: Ord + Clone> RemoveWins<T, R> {
    /// Adds `element`, over all removals that are seen. O(log n).
    ///
    /// ```
    /// let mut set = glomers_crdt::RwSet::default();
    /// set.edit('a', |set| set.insert(1).and(set.insert(2))).unwrap();
    /// assert_eq!(set.len(), 2);
    /// ```
    pub fn insert(&self, element: T) -> Edit<'_, R, (T, bool)> {
        Edit::new(self, self.dots_of(&element), alloc::vec![(element, true)])
    }

    /// Removes `element`, over all additions that are seen or concurrent. O(log n).
    ///
    /// ```
    /// let mut set = glomers_crdt::RwSet::default();
    /// set.insert('a', 1).unwrap();
    /// set.edit('a', |set| set.remove(1)).unwrap();
    /// assert!(set.is_empty());
    /// ```
    pub fn remove(&self, element: T) -> Edit<'_, R, (T, bool)> {
        Edit::new(self, self.dots_of(&element), alloc::vec![(element, false)])
    }

    fn dots_of(&self, element: &T) -> Vec<Dot<R>> {
        self.claims.get(element).into_iter().flat_map(Claims::iter).cloned().collect()
    }
}

impl<T: Ord, R> RemoveWins<T, R> {
    /// Whether `element` is there. O(log n).
    ///
    /// ```
    /// let mut set = glomers_crdt::RwSet::default();
    /// set.insert('a', "oat").unwrap();
    /// assert!(set.contains("oat") && !set.contains("rye"));
    /// ```
    pub fn contains<Q: Ord + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.claims.get(element).is_some_and(Claims::is_in)
    }
}

impl<T, R> RemoveWins<T, R> {
    /// How many elements there are. O(1).
    ///
    /// ```
    /// assert_eq!(glomers_crdt::RwSet::<u8, char>::default().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    ///
    /// ```
    /// assert!(glomers_crdt::RwSet::<u8, char>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements in their order. Passes over those whose removal is remembered.
    ///
    /// ```
    /// let mut set = glomers_crdt::RwSet::default();
    /// set.insert('a', 2).unwrap();
    /// set.insert('a', 1).unwrap();
    /// assert!(set.iter().eq([&1, &2]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.claims.iter().filter(|(_, claims)| claims.is_in()).map(|(element, _)| element)
    }
}

impl<T, R> Default for RemoveWins<T, R> {
    fn default() -> Self {
        Self { claims: Sorted::new(), len: 0 }
    }
}

impl<T: fmt::Debug, R> fmt::Debug for RemoveWins<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<T: Ord + Clone, R: Ord + Clone> Store<R> for RemoveWins<T, R> {}

impl<T: Ord + Clone, R: Ord + Clone> View<R> for RemoveWins<T, R> {
    type Payload = (T, bool);

    fn twins(ours: &(T, bool), theirs: &(T, bool)) -> Twins<(T, bool)> {
        twins(ours, theirs)
    }

    fn apply(&mut self, changes: Vec<Change<R, (T, bool)>>, _: From<'_, Self, R>) {
        for Change { dot, old, new } in changes {
            let is_live = new.is_some();
            let Some((element, is_added)) = new.or(old) else { continue };
            let len = &mut self.len;
            self.claims.edit(&element, |claims| {
                let was_in = claims.is_in();
                let side = if is_added { &mut claims.added } else { &mut claims.removed };
                if is_live {
                    side.insert(dot);
                } else {
                    side.remove(&dot);
                }
                *len = *len + usize::from(claims.is_in()) - usize::from(was_in);
                claims.iter().next().is_some()
            });
        }
    }

    fn dots(&self, each: &mut dyn FnMut(&Dot<R>)) {
        self.claims.iter().flat_map(|(_, claims)| claims.iter()).for_each(each);
    }

    fn is_dead(&self) -> bool {
        self.claims.is_empty()
    }

    /// A removal that everyone has seen is there for nothing more: whoever adds the element now
    /// does so over it. Additions that are concurrent with it are known here, for all that others
    /// have seen was seen here. They are dead here, or the removal stays; and dead everywhere if no
    /// one holds as live what is dead here.
    fn compact(&self, stable: &Stable<R>) -> Vec<Fate<R, (T, bool)>> {
        if !stable.is_level() {
            return Vec::new();
        }
        let removed = self.claims.iter().filter(|(_, claims)| {
            claims.added.is_empty() && claims.removed.iter().all(|dot| stable.is_seen(dot))
        });
        removed.flat_map(|(_, claims)| claims.iter().map(|dot| (dot.clone(), None))).collect()
    }
}
