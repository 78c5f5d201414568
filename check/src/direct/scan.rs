use super::{NotPlain, Read};

/// A text that is looked at byte by byte, and the place in it.
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes lie behind it.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next byte; nothing at the end.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The byte behind the next one.
    pub(super) fn peek_second(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at + 1).copied()
    }

    /// Passes over so many bytes, which were looked at.
    #[inline]
    pub(super) fn pass(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Passes over bytes of a kind.
    #[inline]
    pub(super) fn pass_all(&mut self, is_one: impl Fn(u8) -> bool) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|&byte| !is_one(byte)).unwrap_or(rest.len());
    }

    /// The characters up to the first byte that is not of a kind.
    #[inline]
    pub(super) fn all(&mut self, is_one: impl Fn(u8) -> bool) -> Read<&'a str> {
        let start = self.at;
        self.pass_all(is_one);
        self.text.get(start..self.at).ok_or(NotPlain)
    }

    /// The text between the quotation mark here and the next one, if there is no backslash and no control
    /// character in it.
    #[inline]
    pub(super) fn quoted(&mut self) -> Read<&'a str> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut end = start;
        // Eight at a time.
        while let Some(eight) = bytes.get(end..).and_then(<[u8]>::first_chunk) {
            let ends = ends_text(u64::from_le_bytes(*eight));
            end += (ends.trailing_zeros() / 8) as usize;
            if ends != 0 {
                break;
            }
        }
        while bytes.get(end).is_some_and(|byte| !matches!(byte, ..b' ' | b'"' | b'\\')) {
            end += 1;
        }
        self.at = end + 1;
        let text = self.text.get(start..end).ok_or(NotPlain)?;
        if bytes.get(end) == Some(&b'"') { Ok(text) } else { Err(NotPlain) }
    }

    /// The integer that begins here, if it is one of few digits without a sign, as most are; or else nothing is
    /// passed.
    #[inline]
    pub(super) fn small(&mut self) -> Option<u64> {
        let mut integer = 0;
        let eight = self.text.as_bytes().get(self.at..)?.first_chunk::<8>()?;
        for (length, byte) in eight.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                // The first of several is no zero.
                let is_plain = LEAST.get(length).is_some_and(|least| integer >= *least);
                return is_plain.then(|| {
                    self.at += length;
                    integer
                });
            }
            integer = integer * 10 + u64::from(digit);
        }
        None
    }

    /// The integer that begins here, as far as there are digits. -0 is none: what it is depends on the notation.
    #[inline]
    pub(super) fn integer(&mut self) -> Read<i64> {
        let start = self.at;
        let is_negative = self.peek() == Some(b'-');
        let digits = &self.text.as_bytes()[start + usize::from(is_negative)..];
        let mut integer = 0_i64;
        let mut length = 0;
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            integer = integer.wrapping_mul(10).wrapping_add(digit.into());
            length += 1;
        }
        self.at += usize::from(is_negative) + length;
        match length {
            0 => Err(NotPlain),
            _ if digits[0] == b'0' && (length > 1 || is_negative) => Err(NotPlain),
            // So many digits are less than 2^63.
            1..=18 => Ok(if is_negative { -integer } else { integer }),
            _ => self.text[start..self.at].parse().map_err(|_| NotPlain),
        }
    }
}

/// The least integers of so many digits.
const LEAST: [u64; 8] = [u64::MAX, 0, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/// Which of eight bytes end a text, or make it one that is not plain: the quotation mark, the backslash and control
/// characters. The lowest bit that is set is the highest of the first such byte; those above it may not be right.
#[inline]
fn ends_text(eight: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGHEST: u64 = ONES << 7;

    // A byte that is less than another one borrows, as does 0 of 1.
    let less = |bytes: u64, byte: u8| bytes.wrapping_sub(ONES * u64::from(byte)) & !bytes;
    let is = |byte: u8| less(eight ^ (ONES * u64::from(byte)), 1);
    (less(eight, b' ') | is(b'"') | is(b'\\')) & HIGHEST
}
