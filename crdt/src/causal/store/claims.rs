use crate::Dot;
use crate::causal::dot_set::DotSet;

/// The additions and the removals of an element that none has seen who added or removed it since.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Claims<R> {
    pub(super) added: DotSet<R>,
    pub(super) removed: DotSet<R>,
}

impl<R> Claims<R> {
    pub(in crate::causal) fn is_in(&self) -> bool {
        !self.added.is_empty() && self.removed.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Dot<R>> {
        self.added.iter().chain(self.removed.iter())
    }
}

impl<R> Default for Claims<R> {
    fn default() -> Self {
        Self { added: DotSet::None, removed: DotSet::None }
    }
}
