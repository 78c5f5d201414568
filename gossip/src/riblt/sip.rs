/// `SipHash` with `C` rounds a word and `D` rounds to finish.
#[derive(Clone, Copy)]
pub(super) struct Sip<const C: usize, const D: usize> {
    state: [u64; 4],
}

impl Sip<1, 3> {
    /// For a result of 128 bits.
    #[inline]
    pub(super) fn for_digest(low: u64, high: u64) -> Self {
        let mut sip = Self::new(low, high);
        sip.state[1] ^= 0xee;
        sip
    }

    #[inline]
    pub(super) fn digest(mut self) -> u128 {
        let low = self.finish(0xee);
        self.state[1] ^= 0xdd;
        u128::from(self.finish(0)) << 64 | u128::from(low)
    }
}

impl<const C: usize, const D: usize> Sip<C, D> {
    #[inline]
    pub(super) fn new(low: u64, high: u64) -> Self {
        Self {
            state: [
                low ^ 0x736f_6d65_7073_6575,
                high ^ 0x646f_7261_6e64_6f6d,
                low ^ 0x6c79_6765_6e65_7261,
                high ^ 0x7465_6462_7974_6573,
            ],
        }
    }

    #[inline]
    pub(super) fn absorb(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.absorb_word(*word);
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        last[7] = bytes.len().to_le_bytes()[0];
        self.absorb_word(last);
    }

    #[inline]
    pub(super) fn absorb_word(&mut self, word: [u8; 8]) {
        let word = u64::from_le_bytes(word);
        self.state[3] ^= word;
        self.rounds::<C>();
        self.state[0] ^= word;
    }

    #[inline]
    pub(super) fn finish(&mut self, separator: u64) -> u64 {
        self.state[2] ^= separator;
        self.rounds::<D>();
        self.state[0] ^ self.state[1] ^ self.state[2] ^ self.state[3]
    }

    #[inline]
    fn rounds<const N: usize>(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.state;
        for _ in 0..N {
            a = a.wrapping_add(b);
            c = c.wrapping_add(d);
            b = b.rotate_left(13) ^ a;
            d = d.rotate_left(16) ^ c;
            a = a.rotate_left(32).wrapping_add(d);
            c = c.wrapping_add(b);
            d = d.rotate_left(21) ^ a;
            b = b.rotate_left(17) ^ c;
            c = c.rotate_left(32);
        }
        self.state = [a, b, c, d];
    }
}
