use alloc::vec::Vec;

use crate::changes::{Apply, Misfit};
use crate::{Changes, Decompose, Lattice};

/// A lattice of which any two states are ordered: one of them includes the other.
///
/// The join of two states is then one of them. Registers in which the last write wins, maxima and
/// minima are chains; sets and counters are not. The function `laws::check_chain` (feature `laws`)
/// checks it on states you supply.
///
/// ```
/// use glomers_crdt::{Chain, Lattice};
///
/// #[derive(Clone, Debug, Default, PartialEq)]
/// struct Term(u64);
///
/// impl Lattice for Term {
///     fn merge(&mut self, other: &Self) -> bool {
///         let is_later = other.0 > self.0;
///         self.0 = self.0.max(other.0);
///         is_later
///     }
///     fn difference(&self, seen: &Self) -> Self {
///         if self.0 > seen.0 { self.clone() } else { Self::default() }
///     }
///     fn is_bottom(&self) -> bool {
///         self.0 == 0
///     }
/// }
///
/// impl Chain for Term {}
/// # #[cfg(feature = "laws")]
/// glomers_crdt::laws::check_chain(&Term(1), &Term(2)).unwrap();
/// ```
pub trait Chain: Lattice {}

impl Chain for () {}

impl Chain for bool {}

impl<L: Chain> Chain for Option<L> {}

impl<A: Chain, B: Chain> Chain for Lexicographic<A, B> {}

/// A pair ordered by its first component, and by its second where the first is equal: the later
/// `first` takes all, and makes the other side's `second` void.
///
/// Almeida, Shoker, Baquero, [Delta State Replicated Data Types](https://arxiv.org/abs/1603.01529),
/// 2018, appendix B. `A` must be a [`Chain`]. So a state can be replaced by a new one, as no join can:
/// raise `first` and begin `second` anew. Replicas that go on with the old one lose what they do, once
/// they hear of it; that is what a term, an epoch or a reset means.
///
/// ```
/// use glomers_crdt::{GSet, Lattice, Lexicographic, Max};
///
/// let mut cast = Lexicographic { first: Max::of(1), second: GSet::from_iter(["ann"]) };
/// let next = Lexicographic { first: Max::of(2), second: GSet::from_iter(["bob"]) };
/// cast.merge(&next);
/// assert!(cast.second.iter().eq(&["bob"]));
/// cast.merge(&Lexicographic { first: Max::of(2), second: GSet::from_iter(["eve"]) });
/// assert!(cast.second.iter().eq(&["bob", "eve"]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lexicographic<A, B> {
    /// What decides.
    #[cfg_attr(feature = "serde", serde(rename = "a"))]
    pub first: A,
    /// What is joined where `first` is equal.
    #[cfg_attr(feature = "serde", serde(rename = "b"))]
    pub second: B,
}

impl<A: Chain, B: Lattice> Lattice for Lexicographic<A, B> {
    fn merge(&mut self, other: &Self) -> bool {
        if self.first.merge(&other.first) {
            self.second.clone_from(&other.second);
            true
        } else {
            other.first.includes(&self.first) && self.second.merge(&other.second)
        }
    }

    fn difference(&self, seen: &Self) -> Self {
        if !seen.first.includes(&self.first) {
            return self.clone();
        }
        if !self.first.includes(&seen.first) {
            return Self::default();
        }
        let second = self.second.difference(&seen.second);
        let is_lacking = !second.is_bottom();
        if is_lacking { Self { first: self.first.clone(), second } } else { Self::default() }
    }

    fn is_bottom(&self) -> bool {
        self.first.is_bottom() && self.second.is_bottom()
    }

    fn includes(&self, other: &Self) -> bool {
        self.first.includes(&other.first)
            && (!other.first.includes(&self.first) || self.second.includes(&other.second))
    }
}

/// The parts are those of `second`, each with `first`; `first` alone if there are none.
impl<A: Chain + core::hash::Hash, B: Decompose> Decompose for Lexicographic<A, B> {
    type Part<'a>
        = (&'a A, Option<B::Part<'a>>)
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        let bare = self.second.is_bottom() && !self.first.is_bottom();
        let bare = bare.then_some((&self.first, None));
        bare.into_iter().chain(self.second.parts().map(|part| (&self.first, Some(part))))
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let mut first = A::default();
        let mut latest = Vec::new();
        for (of, part) in parts {
            if first.merge(of) {
                latest.clear();
            }
            if of.includes(&first) {
                latest.extend(part);
            }
        }
        Self { first, second: B::from_parts(latest) }
    }
}

/// The view is the pair of the components' views.
impl<A: Chain + Changes, B: Changes> Changes for Lexicographic<A, B> {
    type View = (A::View, B::View);
    type Change = LexicographicChange<A::View, B::View, B::Change>;

    fn view(&self) -> Self::View {
        (self.first.view(), self.second.view())
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
        if self.first.includes(&other.first) {
            let mut within = |change| each(LexicographicChange::Second(change));
            let is_equal = other.first.includes(&self.first);
            return is_equal && self.second.merge_each(&other.second, &mut within);
        }
        let before = self.view();
        self.clone_from(other);
        let (first, second) = self.view();
        if (&first, &second) != (&before.0, &before.1) {
            each(LexicographicChange::Renewed(first, second));
        }
        true
    }
}

/// What changed in a [`Lexicographic`] pair, of views `A` and `B`.
///
/// ```
/// use glomers_crdt::changes::{Changes, LexicographicChange, SetChange};
/// use glomers_crdt::{GSet, Lexicographic, Max};
///
/// let term = |term, who| Lexicographic { first: Max::of(term), second: GSet::from_iter([who]) };
/// let mut cast = term(1, "ann");
/// let changes = cast.merge_changes(&term(1, "bob"));
/// assert_eq!(changes, [LexicographicChange::Second(SetChange::Inserted("bob"))]);
/// let changes = cast.merge_changes(&term(2, "eve"));
/// assert_eq!(changes, [LexicographicChange::Renewed(Some(2), ["eve"].into())]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LexicographicChange<A, B, C> {
    /// A later first component took the place of both.
    Renewed(A, B),
    /// This changed in the second component.
    Second(C),
}

impl<A, B, C: Apply<B>> Apply<(A, B)> for LexicographicChange<A, B, C> {
    fn apply(self, view: &mut (A, B)) -> Result<(), Misfit> {
        match self {
            Self::Renewed(first, second) => {
                *view = (first, second);
                Ok(())
            }
            Self::Second(change) => change.apply(&mut view.1),
        }
    }
}
