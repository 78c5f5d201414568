//! `w` are the values as key, stamp, value, `x` the tombstones as key, stamp, and `f` the floor, in a
//! list of one, or none.

use alloc::vec::Vec;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::LwwMap;

#[derive(Serialize)]
struct Out<'a, K, V, S> {
    w: Vec<(&'a K, &'a S, &'a V)>,
    x: Vec<(&'a K, &'a S)>,
    f: Vec<&'a S>,
}

#[derive(Deserialize)]
struct In<K, V, S> {
    w: Vec<(K, S, V)>,
    x: Vec<(K, S)>,
    f: Vec<S>,
}

impl<K: Serialize, V: Serialize, S: Serialize> Serialize for LwwMap<K, V, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let mut out = Out { w: Vec::with_capacity(self.live), x: Vec::new(), f: Vec::new() };
        for (key, stamp, value) in self.writes() {
            match value {
                Some(value) => out.w.push((key, stamp, value)),
                None => out.x.push((key, stamp)),
            }
        }
        out.f.extend(&self.floor);
        out.serialize(serializer)
    }
}

impl<'de, K, V, S> Deserialize<'de> for LwwMap<K, V, S>
where
    K: Ord + Clone + Deserialize<'de>,
    V: Ord + Clone + Deserialize<'de>,
    S: Ord + Clone + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let In::<K, V, S> { w, x, f } = In::deserialize(deserializer)?;
        if f.len() > 1 {
            return Err(D::Error::custom("a map has one floor at most"));
        }
        let floor = f.into_iter().next();
        if x.iter().any(|(_, stamp)| Some(stamp) <= floor.as_ref()) {
            return Err(D::Error::custom("a tombstone at or below the floor"));
        }
        let values = w.into_iter().map(|(key, stamp, value)| (key, (stamp, Some(value))));
        let removed = x.into_iter().map(|(key, stamp)| (key, (stamp, None)));
        let mut writes: Vec<_> = values.chain(removed).collect();
        writes.sort_by(|(key, _), (other, _)| key.cmp(other));
        if writes.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(D::Error::custom("a key is written to twice"));
        }
        Ok(Self::of_ascending(writes, floor))
    }
}
