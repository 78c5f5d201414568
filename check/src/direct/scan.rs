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

    /// The text that begins with the quotation mark here and ends with the next one, if what is between them is
    /// of a kind.
    #[inline]
    pub(super) fn quoted(&mut self, is_one: impl Fn(u8) -> bool) -> Read<&'a str> {
        self.at += 1;
        let text = self.all(|byte| byte != b'"' && is_one(byte))?;
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                Ok(text)
            }
            _ => Err(NotPlain),
        }
    }

    /// The integer that begins here, as far as there are digits. -0 is none: what it is depends on the notation.
    #[inline]
    pub(super) fn integer(&mut self) -> Read<i64> {
        let start = self.at;
        let is_negative = self.peek() == Some(b'-');
        self.at += usize::from(is_negative);
        let digits = self.at;
        let first = self.peek();
        let mut integer = 0_i64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            integer = integer.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            self.at += 1;
        }
        match self.at - digits {
            0 => Err(NotPlain),
            length if first == Some(b'0') && (length > 1 || is_negative) => Err(NotPlain),
            // So many digits are less than 2^63.
            ..=18 => Ok(if is_negative { -integer } else { integer }),
            _ => self.text[start..self.at].parse().map_err(|_| NotPlain),
        }
    }
}
