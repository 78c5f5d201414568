use alloc::collections::BTreeSet;

use super::{Apply, Misfit};

/// What changed in a set.
///
/// ```
/// use glomers_crdt::OrSet;
/// use glomers_crdt::changes::{Changes, SetChange};
///
/// let mut here = OrSet::default();
/// here.insert('h', "oat")?;
/// let mut there = here.clone();
/// let removal = there.remove("oat");
/// assert_eq!(here.merge_changes(&removal), [SetChange::Removed("oat")]);
/// # Ok::<(), glomers_crdt::CausalError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetChange<T> {
    /// This came, and was not there before.
    Inserted(T),
    /// This was there, and went.
    Removed(T),
}

impl<T: Ord> Apply<BTreeSet<T>> for SetChange<T> {
    fn apply(self, view: &mut BTreeSet<T>) -> Result<(), Misfit> {
        let fits = match self {
            Self::Inserted(element) => view.insert(element),
            Self::Removed(element) => view.remove(&element),
        };
        if fits { Ok(()) } else { Err(Misfit) }
    }
}
