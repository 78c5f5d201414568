use core::fmt;
use core::hash::Hash;

use super::digester::Digester;
use super::sip::Sip;

/// The secret of the two parties: it keys the hash of every item.
///
/// Both must use the same one. Whoever does not know it cannot choose items that collide or that
/// crowd the same coded symbols; whoever chooses items must therefore not learn it. Nothing else
/// is random: the same key and items give the same coded symbols on every machine.
///
/// The hash is SipHash-1-3 (Aumasson and Bernstein, [SipHash: a fast short-input
/// PRF](https://eprint.iacr.org/2012/351), 2012; one round a word and three at the end, as in the
/// standard library's maps).
///
/// ```
/// use glomers_gossip::riblt::Key;
///
/// assert_eq!(Key::new(1, 2).digest(b"an element"), Key::new(1, 2).digest(b"an element"));
/// assert_ne!(Key::new(1, 2).digest(b"an element"), Key::new(1, 3).digest(b"an element"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(u64, u64);

impl Key {
    /// The key of these two halves, 128 bits of a good random source.
    ///
    /// ```
    /// let key = glomers_gossip::riblt::Key::new(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210);
    /// assert_eq!(format!("{key:?}"), "Key(..)", "it is not for logs");
    /// ```
    pub const fn new(low: u64, high: u64) -> Self {
        Self(low, high)
    }

    /// A digest of any element's bytes, of 128 bits, to reconcile in its place. O(length).
    ///
    /// Among n elements two have the same digest with probability n² / 2¹²⁹: never, in practice.
    ///
    /// ```
    /// let key = glomers_gossip::riblt::Key::new(1, 2);
    /// assert_ne!(key.digest(b"one element"), key.digest(b"another"));
    /// ```
    pub fn digest(self, bytes: &[u8]) -> u128 {
        let mut sip = Sip::for_digest(self.0, self.1);
        sip.absorb(bytes);
        sip.digest()
    }

    /// A digest of what an element feeds its hasher, which is the same on every machine: integers
    /// count as little-endian, lengths as 64 bits. See [`digest`](Self::digest). O(length).
    ///
    /// That holds if the element's `Hash` depends on its value alone, as a derived one does, and if
    /// it holds no slices of integers wider than a byte, which are hashed as they lie in memory.
    ///
    /// ```
    /// let key = glomers_gossip::riblt::Key::new(1, 2);
    /// assert_eq!(key.digest_of(&7_u32), key.digest(&[7, 0, 0, 0]));
    /// assert_ne!(key.digest_of(&("ab", "c")), key.digest_of(&("a", "bc")));
    /// ```
    pub fn digest_of(self, element: &impl Hash) -> u128 {
        let mut digester = Digester::new(Sip::for_digest(self.0, self.1));
        element.hash(&mut digester);
        digester.digest()
    }

    #[inline]
    pub(super) fn hash(self, bytes: &[u8]) -> u64 {
        let mut sip = Sip::<1, 3>::new(self.0, self.1);
        sip.absorb(bytes);
        sip.finish(0xff)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key::new(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);

    fn counting<const N: usize>() -> [u8; N] {
        std::array::from_fn(|i| u8::try_from(i).unwrap())
    }

    fn hash<const C: usize, const D: usize>(bytes: &[u8]) -> u64 {
        let mut sip = Sip::<C, D>::new(KEY.0, KEY.1);
        sip.absorb(bytes);
        sip.finish(0xff)
    }

    #[test]
    fn two_and_four_rounds_give_the_hash_of_the_papers_appendix() {
        assert_eq!(hash::<2, 4>(&counting::<15>()), 0xa129_ca61_49be_45e5);
    }

    /// Against another implementation of SipHash-1-3.
    #[test]
    fn hashes_are_as_elsewhere() {
        assert_eq!(KEY.hash(b""), 0xabac_0158_050f_c4dc);
        assert_eq!(KEY.hash(&counting::<8>()), 0x3690_9511_8d29_9a8e);
        assert_eq!(KEY.hash(&counting::<63>()), 0x9d19_9062_b7bb_b3a8);
        assert_eq!(KEY.digest(b""), 0x0130_30dd_6adb_62fd_bea5_8827_b2bc_7ee7);
        assert_eq!(KEY.digest(&counting::<15>()), 0x0901_7e1e_eccd_2129_6c52_bdb2_0555_7ec1);
    }
}
