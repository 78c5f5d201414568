use alloc::format;
use alloc::vec::Vec;
use core::fmt::Debug;

use super::{Law, Violation, equal, join, require};
use crate::changes::{Apply, Changes};

/// Checks that a state tells what changes in its view as another one is merged: that the changes fit
/// the old view and make the new one of it, that there are none if the state stays as it was, and that
/// the merge is that of [`Lattice`](crate::Lattice).
///
/// # Errors
///
/// The first [`Violation`] found.
///
/// ```
/// use glomers_crdt::{GSet, laws};
///
/// laws::check_changes(&GSet::from_iter([1, 2]), &GSet::from_iter([2, 3])).unwrap();
/// ```
pub fn check_changes<S>(before: &S, other: &S) -> Result<(), Violation>
where
    S: Changes<View: PartialEq + Debug, Change: Clone + Debug> + PartialEq + Debug,
{
    let law = Law::Changes;
    let (mut after, mut changes) = (before.clone(), Vec::new());
    let has_changed = after.merge_each(other, &mut |change| changes.push(change));
    let joined = join(before, other);
    equal(law, &after, &joined, "a merge that tells what it changes against one that does not")?;
    require(law, has_changed == (after != *before), || {
        format!("merge_each returned {has_changed} as it took {before:?} to {after:?} by {other:?}")
    })?;
    let (old, new) = (before.view(), joined.view());
    require(law, after.view() == new, || {
        format!("{:?} is seen of a state that equals one of which {new:?} is seen", after.view())
    })?;
    require(law, has_changed || changes.is_empty(), || {
        format!("{changes:?} are told as {before:?} merges {other:?}, which changes nothing")
    })?;
    let mut view = before.view();
    for (nth, change) in changes.iter().enumerate() {
        require(law, change.clone().apply(&mut view).is_ok(), || {
            format!("number {nth} of {changes:?} does not fit {view:?}, which was {old:?}")
        })?;
    }
    require(law, view == new, || {
        format!("{changes:?} make {view:?} of {old:?}, and {before:?} with {other:?} shows {new:?}")
    })
}
