use super::{Apply, Misfit};

/// A change within a value, or a new value in its place.
///
/// An `Option` comes to be something; and a [`Joined`](crate::causal::Joined) value of any lattice,
/// whose updates are removed one by one, is made anew from those that remain.
///
/// ```
/// use glomers_crdt::GSet;
/// use glomers_crdt::changes::{Changes, RenewChange, SetChange};
///
/// let mut tags: Option<GSet<&str>> = None;
/// let changes = tags.merge_changes(&Some(GSet::from_iter(["new"])));
/// assert_eq!(changes, [RenewChange::Renewed(["new"].into())]);
/// let changes = tags.merge_changes(&Some(GSet::from_iter(["hot"])));
/// assert_eq!(changes, [RenewChange::Within(SetChange::Inserted("hot"))]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RenewChange<V, C> {
    /// This is the view from now on, whatever it was.
    Renewed(V),
    /// This changed in it.
    Within(C),
}

/// As a value that is always there.
impl<V, C: Apply<V>> Apply<V> for RenewChange<V, C> {
    fn apply(self, view: &mut V) -> Result<(), Misfit> {
        match self {
            Self::Renewed(new) => {
                *view = new;
                Ok(())
            }
            Self::Within(change) => change.apply(view),
        }
    }
}

/// As a value that comes to be.
impl<V, C: Apply<V>> Apply<Option<V>> for RenewChange<V, C> {
    fn apply(self, view: &mut Option<V>) -> Result<(), Misfit> {
        match (self, view) {
            (Self::Renewed(new), view @ None) => {
                *view = Some(new);
                Ok(())
            }
            (Self::Within(change), Some(view)) => change.apply(view),
            _ => Err(Misfit),
        }
    }
}
