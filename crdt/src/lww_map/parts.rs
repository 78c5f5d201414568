use core::hash::{Hash, Hasher};

use super::LwwMap;
use crate::parts::Either;
use crate::{Decompose, Lattice};

/// The floor of a map with what is held at or below it, which only together say what is gone.
#[derive(Debug)]
pub struct Floored<'a, K, V, S>(&'a LwwMap<K, V, S>);

impl<K: Hash, V: Hash, S: Ord + Hash> Hash for Floored<'_, K, V, S> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.floor.hash(hasher);
        let held = self.0.writes.iter().filter(|(_, write)| self.0.is_floored(write));
        // What follows the last pair cannot be taken for another one.
        held.for_each(|pair| (true, pair).hash(hasher));
        false.hash(hasher);
    }
}

/// The parts are the writes above the floor, and the floor with all that is held at or below it.
impl<K, V, S> Decompose for LwwMap<K, V, S>
where
    K: Ord + Clone + Hash,
    V: Ord + Clone + Hash,
    S: Ord + Clone + Hash,
{
    type Part<'a>
        = Either<Floored<'a, K, V, S>, (&'a K, &'a S, Option<&'a V>)>
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        let floor = self.floor.is_some().then_some(Either::Left(Floored(self)));
        let above = self.writes.iter().filter(|(_, write)| !self.is_floored(write));
        let above = above.map(|(key, (stamp, value))| Either::Right((key, stamp, value.as_ref())));
        floor.into_iter().chain(above)
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let mut joined = Self::default();
        let mut above = alloc::collections::BTreeMap::new();
        for part in parts {
            match part {
                Either::Left(Floored(map)) => {
                    joined.merge(&map.floored());
                }
                Either::Right((key, stamp, value)) => {
                    let write = above.entry(key).or_insert((stamp, value));
                    *write = (*write).max((stamp, value));
                }
            }
        }
        let own = |(key, (stamp, value)): (&K, (&S, Option<&V>))| {
            (key.clone(), (stamp.clone(), value.cloned()))
        };
        joined.merge(&Self::of_ascending(above.into_iter().map(own).collect(), None));
        joined
    }
}
