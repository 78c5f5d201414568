use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::Dot;

mod build;
mod changes;
mod chunks;
mod cursor;
mod cut;
mod edit;
mod id;
mod items;
mod join;
mod lacking;
mod leaf;
mod leaves;
mod loose;
mod order;
mod part;
mod parts;
mod pieces;
mod place;
mod prepare;
mod run;
mod same;
mod siblings;
mod text;
mod tree;
mod values;
mod waiting;
#[cfg(feature = "serde")]
mod wire;

pub use cursor::Cursor;
pub use items::Items;
use loose::Loose;
use run::{Atom, Origin, Run, Stretch};
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
/// value and leaves a tombstone for good: others may hang from it. Tombstones in a row are one, with a
/// length. `R` names a replica, and what is said of names at [`GCounter`](crate::GCounter) holds here;
/// should two processes insert under one name, replicas still agree, on the greater of two elements with
/// one id.
///
/// # Complexity
///
/// Elements typed in a row are one *run*, with one id and one parent; they cost little more than in a
/// vector. Characters of ASCII lie as bytes, unless others are among them, and are lent as `&char` all the
/// same; for this, elements must own what they are made of (`T: 'static`). The order is kept in leaves of up
/// to 128 pieces of runs, all live or all removed, with the values of up to 1,024 elements beside each
/// other. With r pieces an edit, a look at an index, an element's
/// index and a cursor's are O(log r) and a sum over r / 4,096 numbers; an edit close to the last one
/// needs no search, and what goes on with what was typed last takes what a vector does. A range is removed
/// piece by piece, and its delta has a run for each. Inserting beside
/// the concurrent insertions of others costs in addition the depth of the tree below these, and the
/// leaves that they fill; the first time this happens, siblings are sorted: O(r log r). Merging a delta is that for
/// each of its runs. Comparing, merging and saving whole states is O(n), as are iteration and a clone.
/// A list of one run, as a delta mostly is, is that run and takes no more memory.
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
    state: State<T, R>,
}

#[derive(Clone)]
enum State<T, R> {
    /// Nothing.
    Empty,
    /// One run: what a delta mostly is.
    One(Run<T, R>),
    /// Elements that wait, as none is inserted into an empty list.
    Loose(Box<Loose<T, R>>),
    /// Whatever there is.
    Tree(Box<Tree<T, R>>),
}

impl<T: 'static, R: Ord + Clone> List<T, R> {
    /// The element with this index, if there is one.
    ///
    /// ```
    /// let mut list = glomers_crdt::List::default();
    /// list.insert('a', 0, "rye").unwrap();
    /// assert_eq!((list.get(0), list.get(1)), (Some(&"rye"), None));
    /// ```
    pub fn get(&self, index: usize) -> Option<&T> {
        match &self.state {
            State::Tree(tree) => tree.order.value(index),
            _ => self.rooted()?.atom().value(index as u64),
        }
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
        match &self.state {
            State::Tree(tree) => Some(tree.dot(tree.id_at(index)?).own()),
            _ => {
                let run = self.rooted().filter(|run| index < live(run))?;
                Some(run.start.ahead(index as u64))
            }
        }
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
        self.place_of(id).and_then(|(index, is_live)| is_live.then_some(index))
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
        let waiting = match &self.state {
            State::Tree(tree) => tree.waiting.len(),
            State::Empty | State::One(Run { origin: Origin::Root, .. }) => 0,
            State::One(run) => run.content.len(),
            State::Loose(loose) => loose.len(),
        };
        usize::try_from(waiting).unwrap_or(usize::MAX)
    }

    /// How many live elements come before an element, and whether it is live itself.
    fn place_of(&self, id: &Dot<R>) -> Option<(usize, bool)> {
        match &self.state {
            State::Tree(tree) => {
                let (index, _, is_live) = tree.stretch(tree.id(id.as_ref())?)?;
                Some((index, is_live))
            }
            _ => {
                let run = self.rooted().filter(|run| run.start.replica == id.replica)?;
                let offset = id.counter.checked_sub(run.start.counter)?;
                let is_live = run.content.is_live();
                let index = usize::try_from(offset).ok().filter(|_| offset < run.content.len())?;
                Some((if is_live { index } else { 0 }, is_live))
            }
        }
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
        match &self.state {
            State::Tree(tree) => tree.order.live(),
            _ => self.rooted().map_or(0, live),
        }
    }

    /// Whether there are none. The least list is so, and one of tombstones. O(1).
    ///
    /// ```
    /// assert!(glomers_crdt::List::<char>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The only run, if it was inserted into an empty list.
    fn rooted(&self) -> Option<&Run<T, R>> {
        match &self.state {
            State::One(run) => Some(run).filter(|run| matches!(run.origin, Origin::Root)),
            _ => None,
        }
    }
}

impl<T: 'static, R> List<T, R> {
    /// All elements, in stretches by their ids.
    fn atoms(&self) -> Vec<Atom<'_, T, R>> {
        match &self.state {
            State::Empty => Vec::new(),
            State::One(run) => alloc::vec![run.atom()],
            State::Loose(loose) => loose.atoms().collect(),
            State::Tree(tree) => tree.atoms(),
        }
    }

    /// About how many runs there are.
    fn size(&self) -> usize {
        match &self.state {
            State::Empty => 0,
            State::One(_) => 1,
            State::Loose(loose) => loose.parts.len(),
            State::Tree(tree) => tree.order.size() + tree.waiting.size(),
        }
    }
}

/// How many elements of a run are live.
fn live<T, R>(run: &Run<T, R>) -> usize {
    match run.atom().stretch {
        Stretch::Live(values) => values.len(),
        Stretch::Removed(_) => 0,
    }
}

impl<T: Clone + 'static, R: Ord + Clone> List<T, R> {
    /// Of runs that ascend and are as long as can be.
    fn of(runs: &[Run<T, R>]) -> Self {
        match runs {
            [run] => Self { state: State::One(run.clone()) },
            _ => Self::of_loose(Loose::of(runs)),
        }
    }

    fn of_loose(loose: Loose<T, R>) -> Self {
        let state = if loose.parts.len() < 2 {
            let run = loose.atoms().next().map(|atom| atom.run());
            run.map_or(State::Empty, State::One)
        } else if loose.is_rooted() {
            State::Tree(Box::new(loose.build().0))
        } else {
            State::Loose(Box::new(loose))
        };
        Self { state }
    }

    /// The tree, which is made if there is none.
    fn tree_mut(&mut self) -> &mut Tree<T, R> {
        if !matches!(self.state, State::Tree(_)) {
            let tree = match core::mem::replace(&mut self.state, State::Empty) {
                State::Empty => Tree::default(),
                State::One(run) => Loose::of(&[run]).build().0,
                State::Loose(loose) => loose.build().0,
                State::Tree(tree) => *tree,
            };
            self.state = State::Tree(Box::new(tree));
        }
        match &mut self.state {
            State::Tree(tree) => tree,
            _ => unreachable!("it was made above"),
        }
    }

    /// Looks at the tree, or at one that is made for that.
    fn with_tree<O>(&self, look: impl FnOnce(&Tree<T, R>) -> O) -> O {
        match &self.state {
            State::Tree(tree) => look(tree),
            State::Empty => look(&Tree::default()),
            State::One(run) => look(&Loose::of(core::slice::from_ref(run)).build().0),
            State::Loose(loose) => look(&loose.as_ref().clone().build().0),
        }
    }
}

impl<T, R> Default for List<T, R> {
    fn default() -> Self {
        Self { state: State::Empty }
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
