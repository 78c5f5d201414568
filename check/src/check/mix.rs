use std::hash::{BuildHasherDefault, Hasher};

/// For maps of pairs of dense numbers that this crate has given out: nobody can choose them so that they
/// collide, and to hash them well would take longer than all else that is done with them.
pub(super) type Mixed = BuildHasherDefault<Mix>;

/// Multiplies what it is given by an odd number, the golden ratio's fraction of 2^64 ([Knuth](
/// https://www-cs-faculty.stanford.edu/~knuth/taocp.html), 6.4).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mix(u64);

impl Mix {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

    fn add(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(29) ^ number).wrapping_mul(Self::FACTOR);
    }
}

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.add(byte.into());
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.add(number.into());
    }

    fn finish(&self) -> u64 {
        // The highest bits depend on all others, and tables take the lowest, too.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn pairs_of_dense_numbers_spread_over_a_table() {
        for (first, second) in [(1_000_u32, 32_u32), (1, 32_000), (32_000, 1), (180, 180)] {
            let pairs = (0..first).flat_map(|a| (0..second).map(move |b| (a, b)));
            let hashes: Vec<u64> = pairs.map(|pair| Mixed::default().hash_one(pair)).collect();
            let low: BTreeSet<_> = hashes.iter().map(|hash| hash & 0xffff).collect();
            let high: BTreeSet<_> = hashes.iter().map(|hash| hash >> 57).collect();
            // As many of 65,536 places are met by 32,000 at random: 25,300.
            assert!(low.len() > 22_000 && high.len() == 128, "{first} {second}: {}", low.len());
        }
    }
}
