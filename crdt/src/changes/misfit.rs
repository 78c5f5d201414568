use core::fmt;

/// A change is not one of the view that it was applied to.
///
/// ```
/// use glomers_crdt::changes::{Apply, ListChange, Misfit};
///
/// let mut shown = vec!['a'];
/// assert_eq!(ListChange::Removed { range: 0..2 }.apply(&mut shown), Err(Misfit));
/// assert_eq!(shown, ['a']);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Misfit;

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the change is not one of this view; take the state's view anew")
    }
}

impl core::error::Error for Misfit {}
