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
        // Quick where they ascend, as in all that was written here.
        pairs.sort_by(|(key, _), (other, _)| key.cmp(other));
        if pairs.windows(2).any(|two| two[0].0 == two[1].0) {
            return Err(A::Error::custom("a key comes twice"));
        }
        Ok(Sorted::of_ascending(pairs))
    }
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
