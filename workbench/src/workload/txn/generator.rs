//! Random transactions.

use std::ops::RangeInclusive;

use rand::RngExt;
use serde_json::{Value, json};

use super::Options;
use crate::rng::Rng;

/// Makes transactions up: each of a random number of operations that read or write, as likely as
/// not, each on a random key of those in use. What is written to a key is 1, 2, 3 …, so no value twice. A
/// key that has been written often enough makes room for a fresh one.
#[derive(Debug)]
pub(super) struct Generator {
    write: &'static str,
    lengths: RangeInclusive<usize>,
    max_writes: u64,
    /// The keys in use, and how often each was written.
    keys: Vec<(u64, u64)>,
    next_key: u64,
}

impl Generator {
    /// One whose writes are called `write`.
    pub(super) fn new(write: &'static str, options: &Options) -> Self {
        let least = options.min_txn_length.get();
        let next_key = u64::from(options.key_count.get().min(Options::MOST_KEYS));
        Self {
            write,
            lengths: least..=options.max_txn_length.get().max(least),
            max_writes: options.max_writes_per_key.get(),
            keys: (0..next_key).map(|key| (key, 0)).collect(),
            next_key,
        }
    }

    /// The next transaction, with null for what is to be read.
    pub(super) fn next(&mut self, rng: &mut Rng) -> Value {
        let length = rng.random_range(self.lengths.clone());
        (0..length).map(|_| self.operation(rng)).collect()
    }

    /// How many keys have been in use; they are the numbers below.
    pub(super) fn keys(&self) -> u64 {
        self.next_key
    }

    fn operation(&mut self, rng: &mut Rng) -> Value {
        loop {
            let writes = rng.random_bool(0.5);
            // Of the numbers from 1 to 2^n, the binary logarithm of half is the highest it can be,
            // that of a quarter the second highest, and so on.
            let draw = rng.random_range(1..1_u64 << self.keys.len());
            let (key, written) = &mut self.keys[draw.ilog2() as usize];
            if !writes {
                return json!(["r", *key, null]);
            }
            if *written < self.max_writes {
                *written += 1;
                return json!([self.write, *key, *written]);
            }
            (*key, *written) = (self.next_key, 0);
            self.next_key += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::num::{NonZeroU8, NonZeroU64, NonZeroUsize};

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn transactions_are_as_long_as_they_may_be_and_never_write_a_value_twice() {
        let options = Options {
            key_count: NonZeroU8::new(3).unwrap(),
            min_txn_length: NonZeroUsize::new(2).unwrap(),
            max_txn_length: NonZeroUsize::new(5).unwrap(),
            max_writes_per_key: NonZeroU64::new(4).unwrap(),
            ..Options::default()
        };
        let mut rng = Rng::seed_from_u64(1);
        let mut generator = Generator::new("append", &options);
        let mut lengths = BTreeMap::new();
        let mut written: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let mut reads = 0_usize;
        for _ in 0..2000 {
            let txn = generator.next(&mut rng);
            let txn = txn.as_array().unwrap();
            *lengths.entry(txn.len()).or_insert(0_usize) += 1;
            for mop in txn {
                match (mop[0].as_str().unwrap(), &mop[2]) {
                    ("append", value) => {
                        let key = mop[1].as_u64().unwrap();
                        written.entry(key).or_default().push(value.as_u64().unwrap());
                    }
                    (f, value) => {
                        assert_eq!((f, value), ("r", &Value::Null));
                        reads += 1;
                    }
                }
            }
        }
        assert!(lengths.keys().eq(&[2, 3, 4, 5]), "{lengths:?}");
        assert!(lengths.values().all(|&count| count > 400), "{lengths:?}");
        // Of the 7000; a write that a full key makes room for is drawn anew.
        assert!((3700..4080).contains(&reads), "{reads}");
        assert!(written.values().all(|values| [1, 2, 3, 4].starts_with(values)), "{written:?}");
        assert!(written.values().filter(|values| values.len() < 4).count() <= 3);
        assert!(written.keys().all(|&key| key < generator.keys()));
    }

    #[test]
    fn a_greatest_length_below_the_least_is_the_least() {
        let options =
            Options { min_txn_length: NonZeroUsize::new(7).unwrap(), ..Options::default() };
        let txn = Generator::new("w", &options).next(&mut Rng::seed_from_u64(1));
        assert_eq!(txn.as_array().unwrap().len(), 7);
    }
}
