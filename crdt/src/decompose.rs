use core::hash::Hash;

use crate::Lattice;

/// A lattice whose states fall apart into small parts, of which they are the join.
///
/// Two replicas that have much in common and do not know what can then find out which parts only
/// one of them has, by comparing names of parts instead of sending states: set reconciliation, for
/// any lattice. The parts should be the state's *join decomposition*, which for the types here is
/// unique: no part is the join of smaller states, and none is included in the join of the others.
/// Enes, Almeida, Baquero, Leitão, [Efficient Synchronization of State-based
/// CRDTs](https://arxiv.org/abs/1803.02750), ICDE 2019, section III. Larger parts are right too, if
/// dearer: a state that does not fall apart is one part.
///
/// # Laws
///
/// For all states `a` and `b`:
///
/// * `a` is the join of its parts, and bottom has none;
/// * [`from_parts`](Self::from_parts) of some of the parts of `a` is the join of just these, hence
///   included in `a`; and [`select`](Self::select) finds the same;
/// * a part's `Hash` names it: parts of `a` and `b` feed a hasher the same if and only if they are
///   equal as states, and no two parts of `a` are equal.
///
/// The function `laws::check_decomposition` (feature `laws`) checks them on states you supply.
///
/// # Names
///
/// Replicas find parts to be equal by their hashes. What a part feeds its `Hasher` must therefore be
/// the same in every replica: it depends on the part's value alone, and on no address, random state
/// or order of insertion. Derived `Hash`es are so. A hasher can make integers and lengths alike on
/// all machines, but not slices of integers wider than a byte, which are hashed as they lie in
/// memory: if a part holds these, replicas of another byte order or word size take equal parts for
/// different ones. That costs messages, and harms nothing else.
///
/// # Example
///
/// Two lattices side by side are a lattice, whose parts are those of either:
///
/// ```
/// use glomers_crdt::{Decompose, GSet, Lattice, MaxMap};
///
/// #[derive(Clone, Debug, Default, PartialEq)]
/// struct Poll {
///     options: GSet<String>,
///     votes: MaxMap<String, u32>,
/// }
///
/// impl Lattice for Poll {
///     fn merge(&mut self, other: &Self) -> bool {
///         self.options.merge(&other.options) | self.votes.merge(&other.votes)
///     }
///     fn difference(&self, seen: &Self) -> Self {
///         let options = self.options.difference(&seen.options);
///         Self { options, votes: self.votes.difference(&seen.votes) }
///     }
///     fn is_bottom(&self) -> bool {
///         self.options.is_bottom() && self.votes.is_bottom()
///     }
/// }
///
/// #[derive(Hash)]
/// enum Part<'a> {
///     Option(&'a String),
///     Vote(&'a String, &'a u32),
/// }
///
/// impl Decompose for Poll {
///     type Part<'a> = Part<'a>;
///
///     fn parts(&self) -> impl Iterator<Item = Part<'_>> {
///         let votes = self.votes.iter().map(|(who, vote)| Part::Vote(who, vote));
///         self.options.iter().map(Part::Option).chain(votes)
///     }
///
///     fn from_parts<'a>(parts: impl IntoIterator<Item = Part<'a>>) -> Self {
///         let mut poll = Self::default();
///         for part in parts {
///             match part {
///                 Part::Option(option) => drop(poll.options.insert(option.clone())),
///                 Part::Vote(who, vote) => drop(poll.votes.insert(who.clone(), *vote)),
///             }
///         }
///         poll
///     }
/// }
///
/// let mut poll = Poll::default();
/// poll.options.insert("lunch".to_owned());
/// poll.votes.insert("ann".to_owned(), 3);
/// assert_eq!(poll.parts().count(), 2);
/// assert!(poll.select(|part| matches!(part, Part::Vote(..))).options.is_empty());
/// # #[cfg(feature = "laws")]
/// glomers_crdt::laws::check_decomposition(&poll, &Poll::default()).unwrap();
/// ```
pub trait Decompose: Lattice {
    /// A part of a state, which its `Hash` names. Best a reference, or a few of them: reconciling
    /// looks at all parts and needs copies of few.
    type Part<'a>: Hash
    where
        Self: 'a;

    /// The parts, none twice, in an order that is the same for equal states.
    ///
    /// ```
    /// use glomers_crdt::{Decompose, GCounter};
    ///
    /// let counter = GCounter::from_iter([("a", 3), ("b", 4)]);
    /// assert!(counter.parts().eq([(&"a", 3), (&"b", 4)]));
    /// ```
    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>>;

    /// The join of `parts`.
    ///
    /// ```
    /// use glomers_crdt::{Decompose, GSet};
    ///
    /// let all = GSet::from_iter([1, 2, 3]);
    /// assert_eq!(GSet::from_parts(all.parts().take(2)), GSet::from_iter([1, 2]));
    /// ```
    #[must_use]
    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a;

    /// The join of those parts of this state that are `wanted`.
    ///
    /// ```
    /// use glomers_crdt::{Decompose, MaxMap};
    ///
    /// let map = MaxMap::from_iter([('a', 1), ('b', 5)]);
    /// assert_eq!(map.select(|(key, _)| **key == 'b'), MaxMap::from_iter([('b', 5)]));
    /// ```
    #[must_use]
    fn select<'a>(&'a self, mut wanted: impl FnMut(&Self::Part<'a>) -> bool) -> Self {
        selected(self, &mut wanted)
    }
}

/// A pass over the parts is a lot of code: it is compiled once a type, and not once a question.
fn selected<'a, S: Decompose>(state: &'a S, wanted: &mut dyn FnMut(&S::Part<'a>) -> bool) -> S {
    S::from_parts(state.parts().filter(|part| wanted(part)))
}
