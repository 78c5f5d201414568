//! The lists as they lie in lin-kv: one root that changes, and leaves that never do.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::Element;
use super::{Action, Outcome};

/// Where the root is.
pub(super) const ROOT: &str = "txn-list-append";

/// How many leaves the lists are spread over.
const LEAVES: u64 = 64;

/// Which leaf of those there may be.
pub(super) type Slot = u64;

/// The name of each leaf. Names are used once, so equal roots are the same state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Root(pub(super) BTreeMap<Slot, Rc<str>>);

/// Some of the lists, by their keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Leaf(BTreeMap<Element, Rc<Vec<Element>>>);

impl Serialize for Leaf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(key, list)| (key, &**list)))
    }
}

impl<'de> Deserialize<'de> for Leaf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lists = Vec::<(Element, Vec<Element>)>::deserialize(deserializer)?;
        Ok(Self(lists.into_iter().map(|(key, list)| (key, Rc::new(list))).collect()))
    }
}

/// The leaf that holds a key's list: the same for every node.
pub(super) fn slot(key: &Element) -> Slot {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    key.hash(&mut hasher);
    hasher.finish() % LEAVES
}

/// FNV-1a, which is the same everywhere.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        // The low bits of FNV are weak.
        self.0 ^ self.0 >> 32
    }
}

/// The leaves that some transactions need, and which of them they change.
#[derive(Default)]
pub(super) struct Working {
    pub(super) leaves: BTreeMap<Slot, Rc<Leaf>>,
    pub(super) changed: BTreeMap<Slot, Leaf>,
}

impl Working {
    /// Carries a transaction out. All its leaves must be there; one that is not is empty.
    pub(super) fn carry_out(
        &mut self,
        txn: &[(Action, Element, Element)],
    ) -> Vec<(Action, Element, Outcome)> {
        let mut done = Vec::with_capacity(txn.len());
        for (action, key, element) in txn {
            let slot = slot(key);
            let outcome = match action {
                Action::Read => {
                    let leaf =
                        self.changed.get(&slot).or(self.leaves.get(&slot).map(|leaf| &**leaf));
                    let list = leaf.and_then(|leaf| leaf.0.get(key));
                    Outcome::Read(list.map(|list| (**list).clone()))
                }
                Action::Append => {
                    let leaves = &self.leaves;
                    let leaf = self.changed.entry(slot).or_insert_with(|| {
                        leaves.get(&slot).map_or_else(Leaf::default, |leaf| (**leaf).clone())
                    });
                    let list = leaf.0.entry(key.clone()).or_default();
                    Rc::make_mut(list).push(element.clone());
                    Outcome::Appended(element.clone())
                }
            };
            done.push((*action, key.clone(), outcome));
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_sees_its_own_appends_and_those_before() {
        let int = Element::Int;
        let mut working = Working::default();
        let first = [(Action::Append, int(1), int(7)), (Action::Read, int(1), int(0))];
        let done = working.carry_out(&first);
        assert_eq!(done[1].2, Outcome::Read(Some(vec![int(7)])));
        let second = [
            (Action::Read, int(2), int(0)),
            (Action::Append, int(1), int(8)),
            (Action::Read, int(1), int(0)),
        ];
        let done = working.carry_out(&second);
        assert_eq!(done[0].2, Outcome::Read(None));
        assert_eq!(done[2].2, Outcome::Read(Some(vec![int(7), int(8)])));
        assert_eq!(working.changed.len(), 1);
        let leaf = &working.changed[&slot(&int(1))];
        let json = serde_json::to_string(leaf).unwrap();
        assert_eq!(json, "[[1,[7,8]]]");
        assert_eq!(serde_json::from_str::<Leaf>(&json).unwrap(), *leaf);
    }

    #[test]
    fn keys_are_spread_over_the_leaves() {
        let mut leaves = BTreeMap::new();
        for key in 0..640 {
            *leaves.entry(slot(&Element::Int(key))).or_insert(0) += 1;
        }
        assert!(leaves.len() > 58 && leaves.values().all(|&keys| keys < 30), "{leaves:?}");
    }
}
