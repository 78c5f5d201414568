//! What is measured: how much, and which elements.

/// Elements of a large set.
pub(super) const ELEMENTS: usize = 100_000;

/// Small states that are prepared at a time.
pub(super) const BATCH: usize = 1_000;

/// The i-th of a sequence of numbers without order: a bijection, the last steps of `SplitMix64`.
pub(in crate::rooms) fn scatter(i: usize) -> u64 {
    let z = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
