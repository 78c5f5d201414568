use core::fmt;

use super::CausalContext;

/// What one replica has seen and which of it is live there: what others must know before they make
/// their states smaller by [`Causal::compact`](crate::Causal::compact).
///
/// ```
/// use glomers_crdt::OrSet;
///
/// let mut set = OrSet::default();
/// set.insert('a', "oat").unwrap();
/// set.remove("oat");
/// let report = set.report();
/// assert!(report.seen().iter().eq([(&'a', 1..=1)]) && report.live().is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Report<R> {
    pub(super) seen: CausalContext<R>,
    /// Some of the seen.
    pub(super) live: CausalContext<R>,
}

impl<R> Report<R> {
    /// What the replica has seen.
    ///
    /// ```
    /// assert!(glomers_crdt::OrSet::<u8, char>::default().report().seen().is_empty());
    /// ```
    pub fn seen(&self) -> &CausalContext<R> {
        &self.seen
    }

    /// What of it is live there.
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', "oat").unwrap();
    /// assert!(set.report().live().iter().eq([(&'a', 1..=1)]));
    /// ```
    pub fn live(&self) -> &CausalContext<R> {
        &self.live
    }
}

/// Of a replica that has seen nothing.
impl<R> Default for Report<R> {
    fn default() -> Self {
        Self { seen: CausalContext::default(), live: CausalContext::default() }
    }
}

impl<R: fmt::Debug> fmt::Debug for Report<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report").field("seen", &self.seen).field("live", &self.live).finish()
    }
}
