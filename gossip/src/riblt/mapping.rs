/// A walk through the coded symbols that an item is part of.
///
/// Coded symbol i holds an item with a probability of about 1 / (1 + i / 2), as in the paper with
/// α = 1/2. It follows that the next one after i is beyond n with a probability of about (i / n)²,
/// so it is found at i / √u for a uniform u. Two things make that fast:
///
/// * the root of a uniform number is distributed as the greater of two uniform numbers;
/// * what is random in a step depends on how many there were before, and not on where they led,
///   so the processor divides ahead, and between two indices there is but one multiplication.
///
/// All is done in integers, so every machine takes the same walk. A step from i ends at
/// ⌊(i + 3/2) / √u⌋: the first few indices are hit a little less often than the paper's formula
/// asks, which spares 2 % of the coded symbols for 4 to 20 differences and none for more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    index: u32,
    steps: u32,
}

impl Walk {
    /// Where a walk has ended, at the latest: so many coded symbols fill tens of gigabytes.
    pub(super) const END: usize = 1 << 31;

    /// At 0, which every item is part of.
    pub(super) const START: Self = Self { index: 0, steps: 0 };

    /// The index of the coded symbol it is at.
    #[inline]
    pub(super) fn index(self) -> usize {
        self.index as usize
    }

    /// From an index below [`END`](Self::END) to the next of the item with this hash. O(1).
    #[inline]
    pub(super) fn step(&mut self, hash: u64) {
        self.steps += 1;
        let random = random(hash, u64::from(self.steps));
        let root = (random >> 32).max(random & 0xffff_ffff) + 1; // √u · 2³²
        let inverse = u64::MAX / root;
        let from = (2 * u64::from(self.index) + 3) << 31; // (i + 3/2) · 2³²
        let next = (u128::from(from) * u128::from(inverse)) >> 64;
        self.index = u32::try_from(next).unwrap_or(u32::MAX);
    }
}

/// The number at `position` of a stream seeded with `seed`: one wide product, folded.
#[inline]
fn random(seed: u64, position: u64) -> u64 {
    let x = seed.wrapping_add(position.wrapping_mul(0xa076_1d64_78bd_642f));
    let product = u128::from(x) * u128::from(x ^ 0xe703_7ed1_a0b4_28db);
    let [low, high] = [product, product >> 64].map(|half| half & u128::from(u64::MAX));
    u64::try_from(low ^ high).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::numbers;
    use super::*;

    fn indices(hash: u64) -> impl Iterator<Item = usize> {
        let mut walk = Walk::START;
        std::iter::from_fn(move || {
            let index = (walk.index() < Walk::END).then(|| walk.index())?;
            walk.step(hash);
            Some(index)
        })
    }

    #[test]
    fn indices_rise_from_0_and_end() {
        for hash in numbers(3).take(10_000).chain([0, 1, u64::MAX]) {
            let walk: Vec<_> = indices(hash).collect();
            assert!(walk[0] == 0 && walk.is_sorted_by(|a, b| a < b), "{hash:x}: {walk:?}");
            assert!(walk.len() < 120, "{hash:x}: {} is far from 2 ln 2³¹", walk.len());
        }
    }

    #[test]
    fn a_step_rises_whatever_is_drawn() {
        for index in [0, 1, 1000, (1 << 31) - 1] {
            for hash in numbers(4).take(100_000) {
                let mut walk = Walk { index, steps: 7 };
                walk.step(hash);
                assert!(walk.index > index, "{index}, {hash:x}");
            }
        }
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "indices are small")]
    fn indices_are_hit_as_often_as_they_should() {
        const ITEMS: usize = 200_000;
        const END: usize = 300;
        let mut hits = [0.0; END];
        for hash in numbers(1).take(ITEMS) {
            indices(hash).take_while(|index| *index < END).for_each(|index| hits[index] += 1.0);
        }
        // From the law of one step, where a walk can be next after each index it can be at.
        let mut hit = [0.0; END];
        hit[0] = 1.0;
        for from in 0..END {
            let beyond = |n: usize| ((from as f64 + 1.5) / (n as f64 + 1.0)).powi(2).min(1.0);
            for to in from + 1..END {
                hit[to] += hit[from] * (beyond(to - 1) - beyond(to));
            }
        }
        for (index, (hits, p)) in hits.into_iter().zip(hit).enumerate() {
            let mean = ITEMS as f64 * p;
            let deviation = (mean * (1.0 - p)).sqrt();
            assert!((hits - mean).abs() <= 4.5 * deviation, "index {index}: {hits} for {mean}");
            let paper = 1.0 / (1.0 + index as f64 / 2.0);
            let near = if index < 4 { 0.35 } else { 0.1 };
            assert!((p / paper - 1.0).abs() < near, "index {index}: {p} for {paper}");
        }
    }
}
