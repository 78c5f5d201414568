/// A value of a join-semilattice with a least element.
///
/// The least element, *bottom*, is `Self::default()`. Equality must be that of the lattice: two
/// states that [`includes`](Lattice::includes) each other are equal.
///
/// # Laws
///
/// For all states `a`, `b`, `c`, writing `⊔` for what [`merge`](Lattice::merge) computes and `⊥`
/// for bottom:
///
/// * commutative `a ⊔ b = b ⊔ a`, associative `(a ⊔ b) ⊔ c = a ⊔ (b ⊔ c)`, idempotent `a ⊔ a = a`,
///   with identity `a ⊔ ⊥ = a`;
/// * inflationary: `a ⊔ b` includes `a` and `b`; and `a` includes `b` exactly when `a ⊔ b = a`;
/// * `merge` returns `true` exactly when it changed the state;
/// * deltas: `b ⊔ a.difference(b) = b ⊔ a`, and `a.difference(b)` is bottom exactly when `b`
///   includes `a`.
///
/// The function `laws::check` (feature `laws`) checks them all on states you supply.
///
/// # Example
///
/// The highest temperature seen, as a lattice of one's own:
///
/// ```
/// use glomers_crdt::Lattice;
///
/// #[derive(Clone, Debug, Default, PartialEq)]
/// struct Highest(u32);
///
/// impl Lattice for Highest {
///     fn merge(&mut self, other: &Self) -> bool {
///         let higher = other.0 > self.0;
///         self.0 = self.0.max(other.0);
///         higher
///     }
///     fn difference(&self, seen: &Self) -> Self {
///         if self.0 > seen.0 { self.clone() } else { Self::default() }
///     }
///     fn is_bottom(&self) -> bool {
///         self.0 == 0
///     }
/// }
///
/// let mut a = Highest(20);
/// assert!(a.merge(&Highest(25)));
/// assert!(!a.merge(&Highest(22)));
/// ```
pub trait Lattice: Clone + Default {
    /// Joins `other` into `self`; returns whether `self` changed.
    ///
    /// Takes the other state by reference, so that one delta can be merged into many replicas
    /// without a copy of it for each.
    ///
    /// ```
    /// use glomers_crdt::{GSet, Lattice};
    ///
    /// let delta = GSet::from_iter([7]);
    /// let mut replicas = [GSet::from_iter([1]), GSet::from_iter([7, 9])];
    /// assert_eq!(replicas.each_mut().map(|replica| replica.merge(&delta)), [true, false]);
    /// ```
    fn merge(&mut self, other: &Self) -> bool;

    /// The least state that must be merged into `seen` for it to include `self`, or a small upper
    /// bound of it: "what you lack".
    ///
    /// ```
    /// use glomers_crdt::{GSet, Lattice};
    ///
    /// let (ours, theirs) = (GSet::from_iter([1, 2, 3]), GSet::from_iter([2, 9]));
    /// assert_eq!(ours.difference(&theirs), GSet::from_iter([1, 3]));
    /// ```
    #[must_use]
    fn difference(&self, seen: &Self) -> Self;

    /// Whether this is the least state, which carries no information.
    ///
    /// ```
    /// use glomers_crdt::{GSet, Lattice};
    ///
    /// let mut set = GSet::from_iter([1]);
    /// assert!(set.insert(1).is_bottom() && !set.insert(2).is_bottom());
    /// ```
    fn is_bottom(&self) -> bool;

    /// Whether `other` is already contained: `self ⊔ other = self`.
    ///
    /// ```
    /// use glomers_crdt::{GSet, Lattice};
    ///
    /// let all = GSet::from_iter([1, 2, 3]);
    /// assert!(all.includes(&GSet::from_iter([1, 3])));
    /// assert!(!all.includes(&GSet::from_iter([4])));
    /// ```
    fn includes(&self, other: &Self) -> bool {
        other.difference(self).is_bottom()
    }
}
