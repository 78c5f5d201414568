use crate::changes::RenewChange;
use crate::{Changes, Decompose, Lattice};

/// A lattice with a new bottom below its own: `None` is less than any state.
impl<L: Lattice> Lattice for Option<L> {
    fn merge(&mut self, other: &Self) -> bool {
        match (self, other) {
            (_, None) => false,
            (Some(ours), Some(theirs)) => ours.merge(theirs),
            (ours, theirs) => {
                ours.clone_from(theirs);
                true
            }
        }
    }

    fn difference(&self, seen: &Self) -> Self {
        match (self, seen) {
            (Some(ours), Some(seen)) => {
                Some(ours.difference(seen)).filter(|lacking| !lacking.is_bottom())
            }
            (ours, _) => ours.clone(),
        }
    }

    fn is_bottom(&self) -> bool {
        self.is_none()
    }
}

/// The parts are those of the state, or the presence of one that has no parts.
impl<L: Decompose> Decompose for Option<L> {
    type Part<'a>
        = Option<L::Part<'a>>
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        let bare = self.as_ref().is_some_and(Lattice::is_bottom).then_some(None);
        bare.into_iter().chain(self.iter().flat_map(|state| state.parts().map(Some)))
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let mut parts = parts.into_iter();
        let first = parts.next()?;
        Some(L::from_parts(first.into_iter().chain(parts.flatten())))
    }
}

/// The view is that of the state, if there is one.
impl<L: Changes> Changes for Option<L> {
    type View = Option<L::View>;
    type Change = RenewChange<L::View, L::Change>;

    fn view(&self) -> Self::View {
        self.as_ref().map(L::view)
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
        match (self, other) {
            (_, None) => false,
            (Some(ours), Some(theirs)) => {
                ours.merge_each(theirs, &mut |change| each(RenewChange::Within(change)))
            }
            (ours, Some(theirs)) => {
                each(RenewChange::Renewed(theirs.view()));
                *ours = Some(theirs.clone());
                true
            }
        }
    }
}
