use alloc::vec::Vec;
use core::ops::Range;

use super::{Apply, Misfit};

/// What changed in a list. The indices are those of the moment: each change is of what the ones
/// before it have left, from the beginning of the list to its end.
///
/// ```
/// use glomers_crdt::List;
/// use glomers_crdt::changes::{Changes, ListChange};
///
/// let mut here = List::default();
/// here.insert_all('h', 0, "toast".chars())?;
/// let mut there = here.clone();
/// let mut delta = there.remove_all(0..2)?;
/// glomers_crdt::Lattice::merge(&mut delta, &there.insert_all('t', 3, "er".chars())?);
/// let changes = here.merge_changes(&delta);
/// assert_eq!(
///     changes,
///     [
///         ListChange::Removed { range: 0..2 },
///         ListChange::Inserted { index: 3, values: vec!['e', 'r'] },
///     ]
/// );
/// # Ok::<(), glomers_crdt::ListError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListChange<T> {
    /// Elements came.
    Inserted {
        /// Where the first of them is now. What was there, and after it, comes after them.
        index: usize,
        /// One after the other.
        values: Vec<T>,
    },
    /// Elements went.
    Removed {
        /// Where they were. What came after them is now there.
        range: Range<usize>,
    },
}

impl<T> Apply<Vec<T>> for ListChange<T> {
    fn apply(self, view: &mut Vec<T>) -> Result<(), Misfit> {
        match self {
            Self::Inserted { index, values } if index <= view.len() => {
                view.splice(index..index, values);
            }
            Self::Removed { range } if range.start <= range.end && range.end <= view.len() => {
                view.drain(range);
            }
            Self::Inserted { .. } | Self::Removed { .. } => return Err(Misfit),
        }
        Ok(())
    }
}
