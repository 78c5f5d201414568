use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Range;

use crate::Dot;

mod changes;
mod cursor;
mod items;
mod join;
mod order;
mod parts;
mod place;
mod prepare;
mod run;
mod span;
mod tree;
#[cfg(feature = "serde")]
mod wire;

pub use cursor::Cursor;
pub use items::Items;
use run::{Origin, Run};
use tree::Tree;

/// A list: elements are inserted and removed anywhere, and concurrent runs of insertions stay whole.
///
/// Weidner, Kleppmann, [The Art of the Fugue: Minimizing Interleaving in Collaborative Text
/// Editing](https://arxiv.org/abs/2305.00583), 2023: this is their Fugue. Each element is a node of a
/// tree, the left or right child of an element that was next to it as it was inserted; the list is the
/// tree read in order, siblings by their ids. What two replicas type concurrently at one place, forward
/// or backward, does not mix, but for rare cases that the paper shows and that only its variant
/// `FugueMax` avoids, at the cost of a second id an element. Nothing ever moves: an element's id, a
/// [`Dot`] of the replica that inserted it, keeps its place for good.
///
/// The state is the set of elements with their parents, so a lattice, and deltas may arrive in any
/// order: an element whose parent is unknown [waits](Self::waiting) inside. A removed element drops its
/// value and leaves a tombstone, one empty slot of the size of `Option<T>`, for good: others may hang
/// from it. `R` names a replica, and what is said of names at [`GCounter`](crate::GCounter) holds here;
/// should two processes insert under one name, replicas still agree, on the greater of two elements with
/// one id.
///
/// # Complexity
///
/// Elements typed in a row are one *run*, with one id and one parent; they cost little more than in a
/// vector. The order is kept in chunks of runs: with r pieces of runs an edit, a look at an index, an
/// element's index and a cursor's are O(log r) and a sum over r / 64 numbers. Inserting beside the
/// concurrent insertions of others costs in addition the depth of the tree below these. Merging a delta
/// is that for each of its runs; merging much is O(r log r). Iteration is O(n + r log r), a clone O(n).
/// What it comes to here: `cargo run --release -p glomers-crdt --example edits`.
///
/// ```
/// use glomers_crdt::{Lattice, List};
///
/// let mut ann = List::default();
/// ann.insert_all("ann", 0, "Hello!".chars())?;
/// let mut bob = ann.clone();
/// let from_ann = ann.insert_all("ann", 5, " Bob".chars())?;
/// let from_bob = bob.insert_all("bob", 5, ", Ann".chars())?;
/// ann.merge(&from_bob);
/// bob.merge(&from_ann);
/// assert_eq!(ann.iter().collect::<String>(), "Hello Bob, Ann!");
/// assert_eq!(ann, bob);
/// # Ok::<(), glomers_crdt::ListError>(())
/// ```
#[derive(Clone)]
pub struct List<T, R = u64> {
    tree: Tree<T, R>,
}

impl<T: Ord + Clone, R: Ord + Clone> List<T, R> {
    /// Inserts `value` as the element with this index, on behalf of `replica`; returns the delta.
    ///
    /// # Errors
    ///
    /// [`ListError::OutOfBounds`] if the index is greater than the length, [`ListError::Exhausted`] if the
    /// replica has no id left; the list is unchanged.
    ///
    /// ```
    /// use glomers_crdt::{Lattice, List};
    ///
    /// let (mut here, mut there) = (List::default(), List::default());
    /// there.merge(&here.insert('a', 0, "rye")?);
    /// there.merge(&here.insert('a', 0, "oat")?);
    /// assert!(there.iter().eq(&["oat", "rye"]));
    /// assert!(there.insert('b', 3, "corn").is_err());
    /// # Ok::<(), glomers_crdt::ListError>(())
    /// ```
    pub fn insert(&mut self, replica: R, index: usize, value: T) -> Result<Self, ListError> {
        self.insert_all(replica, index, [value])
    }

    /// Inserts values one after the other, the first as the element with this index, on behalf of
    /// `replica`; returns the delta: one run, or bottom if there are none.
    ///
    /// # Errors
    ///
    /// As for [`insert`](Self::insert); the list is unchanged.
    ///
    /// ```
    /// use glomers_crdt::List;
    ///
    /// let mut list = List::default();
    /// list.insert_all('a', 0, [1, 4])?;
    /// list.insert_all('a', 1, [2, 3])?;
    /// assert!(list.iter().eq(&[1, 2, 3, 4]));
    /// # Ok::<(), glomers_crdt::ListError>(())
    /// ```
    pub fn insert_all(
        &mut self,
        replica: R,
        index: usize,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Self, ListError> {
        let mut delta = Self::default();
        if let Some((start, run)) = self.insertion(replica, index, values)? {
            delta.tree.add(start.clone(), run.origin.clone(), run.values.clone());
            self.tree.add(start, run.origin, run.values);
        }
        Ok(delta)
    }

    /// The run that these values will be, if there are any.
    fn insertion(
        &self,
        replica: R,
        index: usize,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Option<(Dot<R>, Run<T, R>)>, ListError> {
        let len = self.len();
        let before = index.checked_sub(1).and_then(|before| self.tree.order.at(before));
        if index > len {
            return Err(ListError::OutOfBounds { index, len });
        }
        let values: Vec<_> = values.into_iter().map(Some).collect();
        let last = self.tree.last_of(&replica);
        if last.checked_add(values.len() as u64).is_none() {
            return Err(ListError::Exhausted);
        }
        if values.is_empty() {
            return Ok(None);
        }
        let run = Run { origin: self.origin_after(before), values, is_placed: false };
        Ok(Some((Dot { replica, counter: last + 1 }, run)))
    }

    /// The side of an element, next to the gap after another one, where it has no children yet.
    fn origin_after(&self, before: Option<Dot<R>>) -> Origin<R> {
        let Some(before) = before else {
            return self.tree.order.first().map_or(Origin::Root, Origin::Left);
        };
        let continues = self.tree.find(&before);
        let continues = continues.is_some_and(|(_, run, at)| at + 1 < run.values.len());
        let right = Origin::Right(before.clone());
        if !continues && !self.tree.children.contains_key(&right) {
            return right;
        }
        self.tree.order.next(&before).map_or(right, Origin::Left)
    }

    /// Removes the element with this index; returns the delta: its tombstone.
    ///
    /// # Errors
    ///
    /// [`ListError::OutOfBounds`] if there is none; the list is unchanged.
    ///
    /// ```
    /// use glomers_crdt::List;
    ///
    /// let mut list = List::default();
    /// list.insert_all('a', 0, "toast".chars())?;
    /// list.remove(1)?;
    /// assert!(list.iter().eq(&['t', 'a', 's', 't']));
    /// assert!(list.remove(4).is_err());
    /// # Ok::<(), glomers_crdt::ListError>(())
    /// ```
    pub fn remove(&mut self, index: usize) -> Result<Self, ListError> {
        let len = self.len();
        if index >= len {
            return Err(ListError::OutOfBounds { index, len });
        }
        self.remove_all(index..index + 1)
    }

    /// Removes the elements with these indices; returns the delta: their tombstones, or bottom if there
    /// are none.
    ///
    /// # Errors
    ///
    /// [`ListError::NoRange`] if the range ends beyond the list or begins beyond its own end; the list is
    /// unchanged.
    ///
    /// ```
    /// use glomers_crdt::List;
    ///
    /// let mut list = List::default();
    /// list.insert_all('a', 0, "toast".chars())?;
    /// list.remove_all(1..3)?;
    /// assert!(list.iter().eq(&['t', 's', 't']));
    /// # Ok::<(), glomers_crdt::ListError>(())
    /// ```
    pub fn remove_all(&mut self, indices: Range<usize>) -> Result<Self, ListError> {
        self.check(&indices)?;
        let mut delta = Self::default();
        for _ in indices.clone() {
            // The next one has moved up.
            let Some(id) = self.tree.order.at(indices.start) else { break };
            let Some((head, run, offset)) = self.tree.find(&id) else { break };
            let origin = run.origin_of(head, offset);
            self.tree.kill(&id, 1);
            delta.tree.add(id, origin, alloc::vec![None]);
        }
        Ok(delta)
    }

    fn check(&self, indices: &Range<usize>) -> Result<(), ListError> {
        let len = self.len();
        if indices.end > len || indices.start > indices.end {
            return Err(ListError::NoRange { start: indices.start, end: indices.end, len });
        }
        Ok(())
    }
}

impl<T, R: Ord + Clone> List<T, R> {
    /// The element with this index, if there is one.
    ///
    /// ```
    /// let mut list = glomers_crdt::List::default();
    /// list.insert('a', 0, "rye").unwrap();
    /// assert_eq!((list.get(0), list.get(1)), (Some(&"rye"), None));
    /// ```
    pub fn get(&self, index: usize) -> Option<&T> {
        self.tree.value(&self.tree.order.at(index)?)
    }

    /// The id of the element with this index, which it keeps wherever it goes.
    ///
    /// ```
    /// use glomers_crdt::{Dot, List};
    ///
    /// let mut list = List::default();
    /// list.insert_all('a', 0, ["rye", "oat"]).unwrap();
    /// assert_eq!(list.id(1), Some(Dot { replica: 'a', counter: 2 }));
    /// ```
    pub fn id(&self, index: usize) -> Option<Dot<R>> {
        self.tree.order.at(index)
    }

    /// The index of the element with this id, unless it is unknown, waits or was removed.
    ///
    /// ```
    /// let mut list = glomers_crdt::List::default();
    /// list.insert('a', 0, "rye").unwrap();
    /// let rye = list.id(0).unwrap();
    /// list.insert('a', 0, "oat").unwrap();
    /// assert_eq!(list.index_of(&rye), Some(1));
    /// list.remove(1).unwrap();
    /// assert_eq!(list.index_of(&rye), None);
    /// ```
    pub fn index_of(&self, id: &Dot<R>) -> Option<usize> {
        self.tree.order.index_of(id).and_then(|(index, is_live)| is_live.then_some(index))
    }

    /// How many elements are known, present or removed, of which an ancestor is not: they appear as soon
    /// as it has come. O(r).
    ///
    /// ```
    /// use glomers_crdt::{Lattice, List};
    ///
    /// let (mut here, mut there) = (List::default(), List::default());
    /// let first = here.insert('a', 0, "rye").unwrap();
    /// there.merge(&here.insert('a', 1, "oat").unwrap());
    /// assert_eq!((there.len(), there.waiting()), (0, 1));
    /// there.merge(&first);
    /// assert_eq!((there.len(), there.waiting()), (2, 0));
    /// ```
    pub fn waiting(&self) -> usize {
        let waiting = self.tree.runs.values().filter(|run| !run.is_placed);
        waiting.map(|run| run.values.len()).sum()
    }
}

impl<T, R> List<T, R> {
    /// How many elements there are, without removed ones and those that wait. O(1).
    ///
    /// ```
    /// let mut list = glomers_crdt::List::default();
    /// list.insert_all('a', 0, [3, 1, 2]).unwrap();
    /// list.remove(0).unwrap();
    /// assert_eq!(list.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.tree.order.live()
    }

    /// Whether there are none. The least list is so, and one of tombstones. O(1).
    ///
    /// ```
    /// assert!(glomers_crdt::List::<char>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T, R> Default for List<T, R> {
    fn default() -> Self {
        Self { tree: Tree::default() }
    }
}

impl<T: PartialEq, R: PartialEq> PartialEq for List<T, R> {
    fn eq(&self, other: &Self) -> bool {
        self.tree.runs == other.tree.runs
    }
}

impl<T: Eq, R: Eq> Eq for List<T, R> {}

impl<T: Hash, R: Hash> Hash for List<T, R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.tree.runs.hash(state);
    }
}

/// The runs, by their first id.
impl<T: fmt::Debug, R: fmt::Debug> fmt::Debug for List<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.tree.runs.iter();
        f.debug_map().entries(runs.map(|(id, run)| (id, (&run.origin, &run.values)))).finish()
    }
}

/// What a list cannot do. It is as it was before.
///
/// ```
/// use glomers_crdt::{List, ListError};
///
/// let mut list = List::default();
/// let beyond = list.insert('a', 1, "oat").unwrap_err();
/// assert_eq!(beyond, ListError::OutOfBounds { index: 1, len: 0 });
/// assert_eq!(beyond.to_string(), "index 1 is beyond a list of 0; nothing was changed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ListError {
    /// There is no such index.
    OutOfBounds {
        /// The index asked for.
        index: usize,
        /// The list's length.
        len: usize,
    },
    /// The list has no such range of indices.
    NoRange {
        /// Where it was to begin.
        start: usize,
        /// Before which index it was to end.
        end: usize,
        /// The list's length.
        len: usize,
    },
    /// The replica has inserted `u64::MAX` elements.
    Exhausted,
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfBounds { index, len } => {
                write!(f, "index {index} is beyond a list of {len}; nothing was changed")
            }
            Self::NoRange { start, end, len } => {
                write!(
                    f,
                    "there is no range {start}..{end} in a list of {len}; nothing was changed"
                )
            }
            Self::Exhausted => f.write_str("the replica's ids are used up; nothing was inserted"),
        }
    }
}

impl core::error::Error for ListError {}
