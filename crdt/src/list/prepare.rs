use core::ops::Range;

use super::{List, ListError};

impl<T: Ord + Clone, R: Ord + Clone> List<T, R> {
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
        let mut delta = Self::default();
        if let Some((start, run)) = self.insertion(replica, index, values)? {
            delta.tree.add(start, run.origin, run.values);
        }
        Ok(delta)
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
        let mut delta = Self::default();
        for id in indices.filter_map(|index| self.tree.order.at(index)) {
            if let Some((head, run, offset)) = self.tree.find(&id) {
                let origin = run.origin_of(head, offset);
                delta.tree.add(id, origin, alloc::vec![None]);
            }
        }
        Ok(delta)
    }
}
