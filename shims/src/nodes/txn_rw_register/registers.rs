use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hash;

use glomers_crdt::{Decompose, Lattice};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// Registers in which the last write wins, written by transactions whose writes stay together.
///
/// As a lattice of registers each key would be a part of its own, and a replica that reconciles with
/// another part by part could show one half of a transaction without the other. Here the parts are the
/// transactions: a state is a set of transactions, each with a stamp `S` of its own and all that it
/// wrote. A register's value is what the transaction with the latest stamp wrote to it. A transaction
/// none of whose writes is the latest any more is dropped, so there are never more than there are
/// registers.
///
/// Dropping is no loss: a transaction that is the latest somewhere is not dropped, and the others
/// are never needed again, as stamps only grow. So the union of two states, with what can be dropped
/// dropped, depends on nothing but which transactions went into them: a join. And as any state shows
/// what whole transactions wrote, a transaction's write is shown only where each of its other writes
/// is, or a later one: atomic visibility, Bailis, Fekete, Ghodsi, Hellerstein, Stoica, [Scalable Atomic
/// Visibility with RAMP Transactions](https://doi.org/10.1145/2588555.2588562), SIGMOD 2014.
#[derive(Clone, Debug)]
pub struct Registers<K, V, S> {
    transactions: BTreeMap<S, Transaction<K, V>>,
    /// Each register's last writer.
    latest: BTreeMap<K, S>,
}

#[derive(Clone, Debug)]
struct Transaction<K, V> {
    /// One for each register, in the order of these.
    writes: Vec<(K, V)>,
    /// How many of them are the latest.
    current: usize,
}

impl<K: Ord + Clone, V: Clone, S: Ord + Clone> Registers<K, V, S> {
    /// Carries out the writes of a transaction, the last of those to one register; returns the delta.
    /// The stamp must be its own, or it is taken for one that is known.
    pub fn commit(&mut self, stamp: &S, writes: Vec<(K, V)>) -> Self {
        let writes: BTreeMap<K, V> = writes.into_iter().collect();
        let mut delta = Self::default();
        delta.add(stamp, writes.into_iter().collect());
        for (stamp, transaction) in &delta.transactions {
            self.add(stamp, transaction.writes.clone());
        }
        delta
    }

    /// The value of a register, if it was ever written.
    pub fn get(&self, key: &K) -> Option<&V> {
        let writes = &self.transactions.get(self.latest.get(key)?)?.writes;
        let place = writes.binary_search_by(|(written, _)| written.cmp(key)).ok()?;
        Some(&writes[place].1)
    }

    /// The latest stamp of all.
    pub fn latest(&self) -> Option<&S> {
        self.transactions.last_key_value().map(|(stamp, _)| stamp)
    }

    /// Whether a transaction is known, or has nothing to say.
    fn covers(&self, stamp: &S, writes: &[(K, V)]) -> bool {
        self.transactions.contains_key(stamp)
            || writes
                .iter()
                .all(|(key, _)| self.latest.get(key).is_some_and(|latest| latest >= stamp))
    }

    /// Adds a transaction; returns whether that changed anything.
    fn add(&mut self, stamp: &S, writes: Vec<(K, V)>) -> bool {
        if self.covers(stamp, &writes) {
            return false;
        }
        let mut current = 0;
        for (key, _) in &writes {
            let latest = self.latest.get(key);
            if latest.is_some_and(|latest| latest >= stamp) {
                continue;
            }
            current += 1;
            if let Some(replaced) = self.latest.insert(key.clone(), stamp.clone())
                && let Some(transaction) = self.transactions.get_mut(&replaced)
            {
                transaction.current -= 1;
                if transaction.current == 0 {
                    self.transactions.remove(&replaced);
                }
            }
        }
        self.transactions.insert(stamp.clone(), Transaction { writes, current });
        true
    }
}

impl<K, V, S> Default for Registers<K, V, S> {
    fn default() -> Self {
        Self { transactions: BTreeMap::new(), latest: BTreeMap::new() }
    }
}

/// Stamps name transactions, and the rest follows from these.
impl<K, V, S: PartialEq> PartialEq for Registers<K, V, S> {
    fn eq(&self, other: &Self) -> bool {
        self.transactions.keys().eq(other.transactions.keys())
    }
}

impl<K: Ord + Clone, V: Clone, S: Ord + Clone> Lattice for Registers<K, V, S> {
    fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (stamp, transaction) in &other.transactions {
            // Known ones need no copy.
            if !self.covers(stamp, &transaction.writes) {
                changed |= self.add(stamp, transaction.writes.clone());
            }
        }
        changed
    }

    fn difference(&self, seen: &Self) -> Self {
        let mut difference = Self::default();
        for (stamp, transaction) in &self.transactions {
            if !seen.covers(stamp, &transaction.writes) {
                difference.add(stamp, transaction.writes.clone());
            }
        }
        difference
    }

    fn is_bottom(&self) -> bool {
        self.transactions.is_empty()
    }

    fn includes(&self, other: &Self) -> bool {
        other.transactions.iter().all(|(stamp, other)| self.covers(stamp, &other.writes))
    }
}

/// The parts are the transactions.
impl<K, V, S> Decompose for Registers<K, V, S>
where
    K: Ord + Clone + Hash,
    V: Clone + Hash,
    S: Ord + Clone + Hash,
{
    type Part<'a>
        = (&'a S, &'a [(K, V)])
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.transactions.iter().map(|(stamp, transaction)| (stamp, &transaction.writes[..]))
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        let mut joined = Self::default();
        for (stamp, writes) in parts {
            joined.add(stamp, writes.to_vec());
        }
        joined
    }
}

impl<K: Serialize, V: Serialize, S: Serialize> Serialize for Registers<K, V, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let transactions = self.transactions.iter();
        serializer
            .collect_seq(transactions.map(|(stamp, transaction)| (stamp, &transaction.writes)))
    }
}

impl<'de, K, V, S> Deserialize<'de> for Registers<K, V, S>
where
    K: Ord + Clone + Deserialize<'de>,
    V: Clone + Deserialize<'de>,
    S: Ord + Clone + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Transactions(std::marker::PhantomData))
    }
}

struct Transactions<T>(std::marker::PhantomData<T>);

impl<'de, K, V, S> Visitor<'de> for Transactions<Registers<K, V, S>>
where
    K: Ord + Clone + Deserialize<'de>,
    V: Clone + Deserialize<'de>,
    S: Ord + Clone + Deserialize<'de>,
{
    type Value = Registers<K, V, S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("transactions, each a stamp and its writes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut state = Registers::default();
        while let Some((stamp, writes)) = seq.next_element::<(S, Vec<(K, V)>)>()? {
            let ascending = writes.windows(2).all(|pair| pair[0].0 < pair[1].0);
            if writes.is_empty() || !ascending {
                return Err(A::Error::custom("a transaction writes to registers in their order"));
            }
            state.add(&stamp, writes);
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use glomers_crdt::laws;
    use proptest::prelude::*;

    use super::*;

    type State = Registers<u8, (u8, u8), u8>;

    /// What transaction `stamp` writes: to some of four registers.
    fn writes(stamp: u8) -> Vec<(u8, (u8, u8))> {
        let keys = [0b0001, 0b0011, 0b0110, 0b1111, 0b0100, 0b1010, 0b1001][usize::from(stamp) % 7];
        (0..4).filter(|key| keys >> key & 1 == 1).map(|key| (key, (stamp, key))).collect()
    }

    fn of(stamps: &[u8]) -> State {
        let mut state = State::default();
        for &stamp in stamps {
            state.commit(&stamp, writes(stamp));
        }
        state
    }

    fn stamps() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(0..24_u8, 0..12)
    }

    proptest! {
        #[test]
        fn it_is_a_lattice(a in stamps(), b in stamps(), c in stamps()) {
            laws::check(&of(&a), &of(&b), &of(&c)).unwrap();
            laws::check_decomposition(&of(&a), &of(&b)).unwrap();
        }

        #[test]
        fn the_last_write_wins_and_no_transaction_is_shown_by_halves(stamps in stamps()) {
            let state = of(&stamps);
            for key in 0..4 {
                let last = stamps.iter().filter(|&&stamp| writes(stamp).iter().any(|w| w.0 == key)).max();
                prop_assert_eq!(state.get(&key).copied(), last.map(|&stamp| (stamp, key)));
            }
            for key in 0..4 {
                let Some(&(shown, _)) = state.get(&key) else { continue };
                for (other, _) in writes(shown) {
                    prop_assert!(state.get(&other).is_some_and(|&(stamp, _)| stamp >= shown));
                }
            }
            prop_assert!(state.transactions.len() <= 4);
            let json = serde_json::to_string(&state).unwrap();
            prop_assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
        }
    }

    #[test]
    fn what_is_no_transaction_is_refused() {
        for json in ["[[1, []]]", "[[1, [[2, [0, 0]], [1, [0, 0]]]]]", "[[1]]", "{}"] {
            assert!(serde_json::from_str::<State>(json).is_err(), "{json}");
        }
    }
}
