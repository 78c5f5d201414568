use core::ops::Deref;
use core::slice;
use std::sync::Arc;
use std::vec;

/// The replicas of a cluster, in the order that all of them agree on: a replica's place in it is
/// its *rank*, and who comes earlier is preferred as a hub. A clone costs nothing, so that many
/// replicas of one process can share the list.
///
/// ```
/// use glomers_gossip::Members;
///
/// let members = Members::from(["a", "c", "b", "c"]);
/// assert_eq!(*members, ["a", "c", "b"], "a name counts once");
/// assert_eq!(members.rank(&"b"), Some(2));
/// assert_eq!(members.rank(&"z"), None);
/// ```
///
/// With the feature `serde` it is the list of the names. Whoever joins later is not among these members: so
/// nothing can be added to them but by making others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Members<P>(Arc<Listed<P>>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Listed<P> {
    names: Vec<P>,
    /// Ranks, in the order of the names.
    sorted: Vec<u32>,
}

impl<P: Ord> Members<P> {
    /// The place of `name`, from 0. O(log n).
    ///
    /// ```
    /// use glomers_gossip::Members;
    ///
    /// let members: Members<usize> = (10..20).collect();
    /// assert_eq!(members.rank(&12), Some(2));
    /// ```
    pub fn rank(&self, name: &P) -> Option<u32> {
        let Listed { names, sorted } = &*self.0;
        let found = sorted.binary_search_by(|rank| names[index(*rank)].cmp(name)).ok()?;
        Some(sorted[found])
    }

    /// Who has that rank.
    pub(crate) fn name(&self, rank: u32) -> Option<&P> {
        self.0.names.get(index(rank))
    }
}

fn index(rank: u32) -> usize {
    // Ranks are indices of a list.
    usize::try_from(rank).unwrap_or(usize::MAX)
}

/// Beyond 2³² members, the rest is left out.
impl<P: Ord> FromIterator<P> for Members<P> {
    fn from_iter<I: IntoIterator<Item = P>>(names: I) -> Self {
        let mut names: Vec<P> = names.into_iter().collect();
        let mut sorted: Vec<u32> = (0..=u32::MAX).zip(&names).map(|(rank, _)| rank).collect();
        sorted.sort_by(|a, b| names[index(*a)].cmp(&names[index(*b)]).then(a.cmp(b)));
        let before = sorted.len();
        sorted.dedup_by(|later, first| names[index(*later)] == names[index(*first)]);
        if sorted.len() < before {
            sorted.sort_unstable();
            let mut kept = sorted.iter().peekable();
            let mut rank = 0;
            names.retain(|_| {
                let keep = kept.next_if_eq(&&rank).is_some();
                rank += 1;
                keep
            });
            return names.into_iter().collect();
        }
        Self(Arc::new(Listed { names, sorted }))
    }
}

impl<P: Ord> From<Vec<P>> for Members<P> {
    fn from(names: Vec<P>) -> Self {
        names.into_iter().collect()
    }
}

impl<P: Ord, const N: usize> From<[P; N]> for Members<P> {
    fn from(names: [P; N]) -> Self {
        names.into_iter().collect()
    }
}

/// Nobody.
impl<P> Default for Members<P> {
    fn default() -> Self {
        Self(Arc::new(Listed { names: Vec::new(), sorted: Vec::new() }))
    }
}

impl<'a, P> IntoIterator for &'a Members<P> {
    type Item = &'a P;
    type IntoIter = slice::Iter<'a, P>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.names.iter()
    }
}

/// The names are copied, unless nobody shares them.
impl<P: Clone> IntoIterator for Members<P> {
    type Item = P;
    type IntoIter = vec::IntoIter<P>;

    fn into_iter(self) -> Self::IntoIter {
        let names =
            Arc::try_unwrap(self.0).map_or_else(|shared| shared.names.clone(), |own| own.names);
        names.into_iter()
    }
}

#[cfg(feature = "serde")]
impl<P: serde::Serialize> serde::Serialize for Members<P> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

#[cfg(feature = "serde")]
impl<'de, P: Ord + serde::Deserialize<'de>> serde::Deserialize<'de> for Members<P> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

impl<P> Deref for Members<P> {
    type Target = [P];

    fn deref(&self) -> &[P] {
        &self.0.names
    }
}
