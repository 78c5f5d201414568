use core::mem;

use super::{Apply, Misfit};

/// A value that became another: of a counter, a register or a flag.
///
/// ```
/// use glomers_crdt::changes::{Changes, ValueChange};
/// use glomers_crdt::{GCounter, LwwRegister};
///
/// let mut counter = GCounter::from_iter([('a', 3)]);
/// let changes = counter.merge_changes(&GCounter::from_iter([('b', 4)]));
/// assert_eq!(changes, [ValueChange { from: 3, to: 7 }]);
///
/// let mut register = LwwRegister::default();
/// let (_, changes) = register.try_update_changes(|register| register.set("oat", 1))?;
/// assert_eq!(changes, [ValueChange { from: None, to: Some("oat") }]);
/// # Ok::<(), glomers_crdt::StaleStamp>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueChange<V> {
    /// What it was.
    pub from: V,
    /// What it is, which is something else.
    pub to: V,
}

impl<V: PartialEq> ValueChange<V> {
    /// Shows `each` the change, if there is one.
    pub(crate) fn show(from: V, to: V, each: &mut dyn FnMut(Self)) {
        if from != to {
            each(Self { from, to });
        }
    }
}

impl<V: PartialEq> Apply<V> for ValueChange<V> {
    fn apply(self, view: &mut V) -> Result<(), Misfit> {
        if *view != self.from {
            return Err(Misfit);
        }
        drop(mem::replace(view, self.to));
        Ok(())
    }
}
