/// Which calls have been placed, of those that must be: the first so many, and some after them.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    words: Vec<u64>,
    /// The first word that is not full.
    low: usize,
    /// One more than the last word that is not empty, `low` at least.
    high: usize,
}

const BITS: usize = u64::BITS as usize;

/// The words that tell one [`Placed`] from all others, and the place of the first.
pub(super) type PlacedKey = (usize, Box<[u64]>);

impl Placed {
    /// None of so many calls.
    pub(super) fn none(calls: usize) -> Self {
        Self { words: vec![0; calls.div_ceil(BITS)], low: 0, high: 0 }
    }

    pub(super) fn insert(&mut self, call: usize) {
        let word = call / BITS;
        self.words[word] |= 1 << (call % BITS);
        while self.words.get(self.low) == Some(&u64::MAX) {
            self.low += 1;
        }
        self.high = self.high.max(word + 1).max(self.low);
    }

    pub(super) fn remove(&mut self, call: usize) {
        let word = call / BITS;
        self.words[word] &= !(1 << (call % BITS));
        self.low = self.low.min(word);
        while self.high > self.low && self.words[self.high - 1] == 0 {
            self.high -= 1;
        }
    }

    /// Small, as calls are placed roughly in the order in which they begin.
    pub(super) fn key(&self) -> PlacedKey {
        (self.low, self.words[self.low..self.high].into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_equal_exactly_if_the_sets_are(
            steps in prop::collection::vec((0..200_usize, any::<bool>()), 0..400),
            prefix in 0..200_usize,
        ) {
            let (mut placed, mut set) = (Placed::none(200), BTreeSet::new());
            let first = (0..prefix).map(|call| (call, true));
            for (call, inserts) in first.chain(steps) {
                if inserts {
                    placed.insert(call);
                    set.insert(call);
                } else {
                    placed.remove(call);
                    set.remove(&call);
                }
                // The same set, come about in order.
                let mut other = Placed::none(200);
                for &call in &set {
                    other.insert(call);
                }
                prop_assert_eq!(placed.key(), other.key());
                let (low, words) = placed.key();
                let bits = |word: u64| (0..BITS).filter(move |bit| word >> bit & 1 == 1);
                let told: BTreeSet<usize> = (0..low * BITS)
                    .chain(words.iter().zip(low..).flat_map(|(&word, at)| {
                        bits(word).map(move |bit| at * BITS + bit)
                    }))
                    .collect();
                prop_assert_eq!(&told, &set);
            }
        }
    }
}
