use core::hash::Hasher;

use super::sip::Sip;

/// Digests what it is fed piece by piece, the same on every machine. Where one piece ends and the
/// next begins does not count: whatever implements `Hash` marks that itself.
pub(super) struct Digester {
    sip: Sip<1, 3>,
    /// What does not fill a word yet, and how many bytes that is.
    tail: [u8; 8],
    filled: usize,
    /// Of all bytes, modulo 256.
    len: u8,
}

impl Digester {
    pub(super) fn new(sip: Sip<1, 3>) -> Self {
        Self { sip, tail: [0; 8], filled: 0, len: 0 }
    }

    /// As [`Key::digest`] of all bytes together.
    pub(super) fn digest(&self) -> u128 {
        let (mut sip, mut last) = (self.sip, [0; 8]);
        last[..self.filled].copy_from_slice(&self.tail[..self.filled]);
        last[7] = self.len;
        sip.absorb_word(last);
        sip.digest()
    }
}

impl Hasher for Digester {
    fn write(&mut self, mut bytes: &[u8]) {
        self.len = self.len.wrapping_add(bytes.len().to_le_bytes()[0]);
        if self.filled > 0 {
            let (head, rest) = bytes.split_at(bytes.len().min(8 - self.filled));
            self.tail[self.filled..self.filled + head.len()].copy_from_slice(head);
            self.filled += head.len();
            if self.filled < 8 {
                return;
            }
            self.sip.absorb_word(self.tail);
            bytes = rest;
        }
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.sip.absorb_word(*word);
        }
        self.tail[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
    }

    fn write_u16(&mut self, number: u16) {
        self.write(&number.to_le_bytes());
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_u128(&mut self, number: u128) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_i16(&mut self, number: i16) {
        self.write(&number.to_le_bytes());
    }

    fn write_i32(&mut self, number: i32) {
        self.write(&number.to_le_bytes());
    }

    fn write_i64(&mut self, number: i64) {
        self.write(&number.to_le_bytes());
    }

    fn write_i128(&mut self, number: i128) {
        self.write(&number.to_le_bytes());
    }

    fn write_isize(&mut self, number: isize) {
        self.write_i64(number as i64);
    }

    fn finish(&self) -> u64 {
        u64::try_from(self.digest() & u128::from(u64::MAX)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use core::hash::Hash;

    use proptest::prelude::*;

    use super::*;
    use crate::riblt::Key;

    const KEY: Key = Key::new(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);

    struct Pieces(Vec<Vec<u8>>);

    impl Hash for Pieces {
        fn hash<H: Hasher>(&self, hasher: &mut H) {
            self.0.iter().for_each(|piece| hasher.write(piece));
        }
    }

    proptest! {
        #[test]
        fn pieces_are_digested_as_one(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..20),
        ) {
            let whole = pieces.concat();
            assert_eq!(KEY.digest_of(&Pieces(pieces)), KEY.digest(&whole));
        }
    }

    /// What every number must look like on every machine.
    #[test]
    fn numbers_are_little_endian_and_lengths_wide() {
        fn same(element: &impl Hash, bytes: &[u8]) {
            assert_eq!(KEY.digest_of(element), KEY.digest(bytes), "{bytes:?}");
        }
        same(&1_u8, &[1]);
        same(&0x0102_u16, &[2, 1]);
        same(&0x0102_u32, &[2, 1, 0, 0]);
        same(&0x0102_u64, &[2, 1, 0, 0, 0, 0, 0, 0]);
        same(&0x0102_u128, &[2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        same(&0x0102_usize, &[2, 1, 0, 0, 0, 0, 0, 0]);
        same(&-2_i8, &[0xfe]);
        same(&-2_i16, &[0xfe, 0xff]);
        same(&-2_i32, &[0xfe, 0xff, 0xff, 0xff]);
        same(&-2_i64, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        same(&-2_isize, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        same(&-2_i128, &[[0xfe].as_slice(), &[0xff; 15]].concat());
        same(&'x', &[b'x', 0, 0, 0]);
        same(&true, &[1]);
        same(&"ab", &[b'a', b'b', 0xff]);
        same(&vec![1_u8, 2], &[2, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        same(&Some(3_u8), &[1, 0, 0, 0, 0, 0, 0, 0, 3]);
        same(&("a", 7_u16), &[b'a', 0xff, 7, 0]);
    }
}
