//! Maps as serde has them.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::Sorted;

struct Pairs<K, V>(PhantomData<(K, V)>);

impl<'de, K, V> Visitor<'de> for Pairs<K, V>
where
    K: Ord + Clone + Deserialize<'de>,
    V: Clone + Deserialize<'de>,
{
    type Value = Sorted<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map in which no key comes twice")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = entries.next_entry::<K, V>()? {
            pairs.push(pair);
        }
        of_distinct(pairs).ok_or_else(|| A::Error::custom("a key comes twice"))
    }
}

/// What the pairs make, if no key comes twice: compiled once a type, and not once a format.
fn of_distinct<K: Ord + Clone, V: Clone>(mut pairs: Vec<(K, V)>) -> Option<Sorted<K, V>> {
    // Quick where they ascend, as in all that was written here.
    pairs.sort_by(|(key, _), (other, _)| key.cmp(other));
    let is_distinct = pairs.windows(2).all(|two| two[0].0 != two[1].0);
    is_distinct.then(|| Sorted::of_ascending(pairs))
}

/// A map in any order, of whose keys none comes twice: which of the two would it be?
pub(crate) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<Sorted<K, V>, D::Error>
where
    K: Ord + Clone + Deserialize<'de>,
    V: Clone + Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(Pairs(PhantomData))
}
