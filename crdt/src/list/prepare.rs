use alloc::vec::Vec;
use core::ops::Range;

use super::run::Run;
use super::{List, ListError, State};

impl<T: Ord + Clone + 'static, R: Ord + Clone> List<T, R> {
    /// The delta that [`insert_all`](Self::insert_all) would return, without a change here: for whoever
    /// asks what it [changes](crate::Changes) as it is merged. Merge it, or drop it, before the next one is
    /// prepared in the name of the same replica: both would use the same ids.
    ///
    /// # Errors
    ///
    /// As for [`insert_all`](Self::insert_all).
    ///
    /// ```
    /// use glomers_crdt::List;
    /// use glomers_crdt::changes::{Changes, ListChange};
    ///
    /// let mut list = List::default();
    /// let delta = list.prepare_insert('a', 0, [1, 2])?;
    /// assert!(list.is_empty());
    /// let changes = list.merge_changes(&delta);
    /// assert_eq!(changes, [ListChange::Inserted { index: 0, values: vec![1, 2] }]);
    /// # Ok::<(), glomers_crdt::ListError>(())
    /// ```
    pub fn prepare_insert(
        &self,
        replica: R,
        index: usize,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Self, ListError> {
        let (start, content) = match self.checked(replica, index, values)? {
            (_, None) => return Ok(Self::default()),
            (start, Some(content)) => (start, content),
        };
        let origin = self.with_tree(|tree| {
            let before = index.checked_sub(1).and_then(|before| tree.order.at(before));
            tree.origin(tree.link_after(before)).own()
        });
        Ok(Self { state: State::One(Run { start, origin, content }) })
    }

    /// The delta that [`remove_all`](Self::remove_all) would return, without a change here.
    ///
    /// # Errors
    ///
    /// As for [`remove_all`](Self::remove_all).
    ///
    /// ```
    /// use glomers_crdt::{Lattice, List};
    ///
    /// let mut list = List::default();
    /// list.insert_all('a', 0, [1, 2, 3])?;
    /// let delta = list.prepare_remove(0..2)?;
    /// list.merge(&delta);
    /// assert!(list.iter().eq(&[3]));
    /// # Ok::<(), glomers_crdt::ListError>(())
    /// ```
    pub fn prepare_remove(&self, indices: Range<usize>) -> Result<Self, ListError> {
        self.check(&indices)?;
        Ok(self.with_tree(|tree| {
            let (mut parts, mut index) = (Vec::new(), indices.start);
            while let Some(at) = tree.order.at(index).filter(|_| index < indices.end) {
                let part = tree.tombstones(at, (indices.end - index) as u64);
                // It is no more than what is left.
                index += usize::try_from(part.len).unwrap_or(usize::MAX);
                parts.push(part);
            }
            tree.delta_of_all(parts)
        }))
    }
}
