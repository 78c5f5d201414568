use glomers_crdt::{Decompose, GSet, Lattice};

/// A set of numbers, as replicas may hold it.
pub(crate) trait Values: Decompose + PartialEq {
    /// Puts `value` in; returns the delta.
    fn put(&mut self, value: u32) -> Self;

    /// Calls `visit` with each number.
    fn each(&self, visit: impl FnMut(u32));

    /// How many bytes it takes to send.
    fn bytes(&self) -> usize;
}

impl Values for GSet<u32> {
    fn put(&mut self, value: u32) -> Self {
        self.insert(value)
    }

    fn each(&self, visit: impl FnMut(u32)) {
        self.iter().copied().for_each(visit);
    }

    fn bytes(&self) -> usize {
        4 * self.len()
    }
}

/// A set of small numbers, a bit for each from the least to the greatest.
///
/// Values that come up about the same time have numbers near each other here, so that a delta is a
/// few words, and merging it a few operations, however many values it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    /// Where the first word stands. 0 if there is none.
    first: usize,
    /// The first and the last one are not 0.
    words: Vec<u64>,
}

impl Bits {
    fn word(&self, place: usize) -> u64 {
        place.checked_sub(self.first).and_then(|i| self.words.get(i)).copied().unwrap_or(0)
    }
}

impl Values for Bits {
    fn put(&mut self, value: u32) -> Self {
        let delta = Self { first: value as usize / 64, words: vec![1 << (value % 64)] };
        if self.merge(&delta) { delta } else { Self::default() }
    }

    fn each(&self, mut visit: impl FnMut(u32)) {
        for (place, word) in (self.first..).zip(&self.words) {
            let base = u32::try_from(place * 64).unwrap_or(u32::MAX);
            let mut left = *word;
            while left != 0 {
                visit(base + left.trailing_zeros());
                left &= left - 1;
            }
        }
    }

    fn bytes(&self) -> usize {
        4 + 8 * self.words.len()
    }
}

impl Lattice for Bits {
    fn merge(&mut self, other: &Self) -> bool {
        if other.is_bottom() {
            return false;
        }
        if self.is_bottom() {
            self.clone_from(other);
            return true;
        }
        if other.first < self.first {
            let ahead = self.first - other.first;
            self.words.splice(0..0, std::iter::repeat_n(0, ahead));
            self.first = other.first;
        }
        let offset = other.first - self.first;
        if self.words.len() < offset + other.words.len() {
            self.words.resize(offset + other.words.len(), 0);
        }
        let mut added = 0;
        for (mine, theirs) in self.words[offset..].iter_mut().zip(&other.words) {
            added |= theirs & !*mine;
            *mine |= theirs;
        }
        added != 0
    }

    fn difference(&self, seen: &Self) -> Self {
        let lacking = |(place, word): (usize, &u64)| (place, word & !seen.word(place));
        let lacking = (self.first..).zip(&self.words).map(lacking);
        let mut words = lacking.skip_while(|(_, word)| *word == 0).peekable();
        let Some((first, _)) = words.peek().copied() else { return Self::default() };
        let mut words: Vec<u64> = words.map(|(_, word)| word).collect();
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { first, words }
    }

    fn is_bottom(&self) -> bool {
        self.words.is_empty()
    }
}

impl Decompose for Bits {
    type Part<'a> = u32;

    fn parts(&self) -> impl Iterator<Item = u32> {
        let mut values = Vec::new();
        self.each(|value| values.push(value));
        values.into_iter()
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = u32>) -> Self
    where
        Self: 'a,
    {
        let mut bits = Self::default();
        for value in parts {
            bits.put(value);
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(values: &[u32]) -> Bits {
        let mut bits = Bits::default();
        for value in values {
            bits.put(*value);
        }
        bits
    }

    #[test]
    fn it_is_a_lattice() {
        let sets: [&[u32]; 7] =
            [&[], &[0], &[63, 64], &[700], &[64, 65, 300], &[1, 63, 64, 700], &[299, 301]];
        let sets = sets.map(bits);
        for a in &sets {
            for b in &sets {
                glomers_crdt::laws::check_decomposition(a, b).unwrap();
                for c in &sets {
                    glomers_crdt::laws::check(a, b, c).unwrap();
                }
            }
        }
    }

    #[test]
    fn it_holds_what_was_put_in() {
        let values = [700, 3, 64, 65, 3];
        let mut held = Vec::new();
        bits(&values).each(|value| held.push(value));
        assert_eq!(held, [3, 64, 65, 700]);
        assert!(bits(&[7]).put(7).is_bottom());
    }
}
