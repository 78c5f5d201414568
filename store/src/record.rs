//! One record: a checksum, a word with the kind and the length, and what it holds.
//!
//! The checksum covers the word and the content, and begins from what tells the file and the place in
//! it, so that a record that got to another place is not taken for one of that.

/// What comes before a record's content.
pub(crate) const HEAD: usize = 8;

/// What a record holds at most: a gibibyte less one.
pub(crate) const MOST: usize = LEN_MASK as usize;

const LEN_MASK: u32 = (1 << 30) - 1;

/// The polynomial of CRC-32C, its bits in reverse.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// Longer records are not searched for a flipped bit: in so many, one would be found by chance.
const LONGEST_SEARCHED: usize = 16 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In a segment: what was appended.
    Delta = 0,
    /// In a segment: how much of it was synced when this was written.
    Mark = 1,
    /// In a snapshot: a part of it. In a segment: see [`Self::RUN`].
    Part = 2,
    /// In a snapshot: how long it is; the last record.
    End = 3,
}

impl Kind {
    /// In a segment, which has no parts: how many bytes of records follow, and one checksum of them all.
    pub(crate) const RUN: Self = Self::Part;

    fn of(word: u32) -> Self {
        match word >> 30 {
            0 => Self::Delta,
            1 => Self::Mark,
            2 => Self::Part,
            _ => Self::End,
        }
    }

    /// The word of a record of this kind whose content has `len` bytes, at most [`MOST`].
    pub(crate) fn word(self, len: usize) -> u32 {
        let len = u32::try_from(len).unwrap_or(LEN_MASK) & LEN_MASK;
        (self as u32) << 30 | len
    }
}

/// What the checksums of a file's records begin from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Salt(pub(crate) u32);

impl Salt {
    fn at(self, offset: u64) -> u32 {
        let half = |bits: u64| u32::try_from(bits & 0xffff_ffff).unwrap_or_default();
        self.0 ^ half(offset) ^ half(offset >> 32).rotate_left(16)
    }
}

/// Puts a record at the end of `buffer`, to lie at `offset` of its file. Its content has at most
/// [`MOST`] bytes.
pub(crate) fn encode(buffer: &mut Vec<u8>, salt: Salt, offset: u64, kind: Kind, content: &[u8]) {
    let start = buffer.len();
    buffer.reserve(HEAD + content.len());
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&kind.word(content.len()).to_le_bytes());
    buffer.extend_from_slice(content);
    let sum = crc32c::crc32c_append(salt.at(offset), &buffer[start + 4..]);
    buffer[start..start + 4].copy_from_slice(&sum.to_le_bytes());
}

/// A run's record: what it holds is set by [`close_run`].
pub(crate) const RUN: usize = HEAD + 8;

/// Fills in the run whose record begins `bytes`, to lie at `offset` of its file: all that follows is in it.
pub(crate) fn close_run(bytes: &mut [u8], salt: Salt, offset: u64) {
    let Some((record, run)) = bytes.split_at_mut_checked(RUN) else { return };
    // As long as a file's largest record and what may be before it in a run, at most.
    let len = u32::try_from(run.len()).unwrap_or(u32::MAX);
    record[4..8].copy_from_slice(&Kind::RUN.word(8).to_le_bytes());
    record[8..12].copy_from_slice(&len.to_le_bytes());
    record[12..].copy_from_slice(&crc32c::crc32c(run).to_le_bytes());
    let sum = crc32c::crc32c_append(salt.at(offset), &record[4..]);
    record[..4].copy_from_slice(&sum.to_le_bytes());
}

/// Of the content of a run's record: how many bytes follow, and their checksum.
pub(crate) fn run(content: &[u8]) -> Option<(usize, u32)> {
    let (len, sum) = content.split_first_chunk()?;
    Some((u32::from_le_bytes(*len) as usize, u32::from_le_bytes(sum.try_into().ok()?)))
}

/// The kind and the content's length of the record that some bytes begin with, which are records as they
/// were written.
#[inline]
pub(crate) fn known(bytes: &[u8]) -> Option<(Kind, usize)> {
    let (_, word) = head(bytes)?;
    let len = (word & LEN_MASK) as usize;
    (len <= bytes.len() - HEAD).then(|| (Kind::of(word), len))
}

/// What some bytes begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed<'a> {
    Record(Kind, &'a [u8]),
    /// There are so many bytes needed to tell.
    Short(usize),
    Wrong,
}

#[inline]
pub(crate) fn parse(bytes: &[u8], salt: Salt, offset: u64) -> Parsed<'_> {
    let Some((sum, word)) = head(bytes) else { return Parsed::Short(HEAD) };
    let len = HEAD + (word & LEN_MASK) as usize;
    let Some(covered) = bytes.get(4..len) else { return Parsed::Short(len) };
    if crc32c::crc32c_append(salt.at(offset), covered) == sum {
        Parsed::Record(Kind::of(word), &covered[4..])
    } else {
        Parsed::Wrong
    }
}

#[inline]
fn head(bytes: &[u8]) -> Option<(u32, u32)> {
    let (sum, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*sum), u32::from_le_bytes(*rest.first_chunk()?)))
}

/// Which one bit, if it is turned round, makes `bytes` begin with a record: its place, in bytes from
/// the start, and which of that byte's bits it is.
///
/// Takes time in proportion to the record's length.
pub(crate) fn flipped_bit(bytes: &[u8], salt: Salt, offset: u64) -> Option<(usize, u8)> {
    let (sum, word) = head(bytes)?;
    in_length(bytes, salt, offset, sum, word).or_else(|| {
        let len = HEAD + (word & LEN_MASK) as usize;
        let covered = bytes.get(4..len).filter(|covered| covered.len() <= LONGEST_SEARCHED)?;
        let difference = sum ^ crc32c::crc32c_append(salt.at(offset), covered);
        if difference.is_power_of_two() {
            return Some(place(difference.trailing_zeros() as usize));
        }
        // What the last bit does to the checksum, then the one before it, and so on.
        let mut effect = POLYNOMIAL;
        for bit in (0..covered.len() * 8).rev() {
            if effect == difference {
                return Some(place(bit + 32));
            }
            effect = effect >> 1 ^ if effect & 1 == 1 { POLYNOMIAL } else { 0 };
        }
        None
    })
}

/// One of the bits of the word, with which the checksum covers other bytes.
fn in_length(bytes: &[u8], salt: Salt, offset: u64, sum: u32, word: u32) -> Option<(usize, u8)> {
    let bit = (0..32).find(|bit| {
        let word = word ^ 1 << bit;
        let len = (word & LEN_MASK) as usize;
        let content = bytes.get(HEAD..HEAD + len).filter(|it| it.len() <= LONGEST_SEARCHED);
        content.is_some_and(|content| {
            let begun = crc32c::crc32c_append(salt.at(offset), &word.to_le_bytes());
            crc32c::crc32c_append(begun, content) == sum
        })
    })?;
    Some(place(bit + 32))
}

fn place(bit: usize) -> (usize, u8) {
    (bit / 8, u8::try_from(bit % 8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: Salt = Salt(0x4d);

    fn record(content: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::new();
        encode(&mut buffer, SALT, 1000, Kind::Delta, content);
        buffer
    }

    #[test]
    fn a_record_is_read_where_it_was_written_and_nowhere_else() {
        let bytes = record(b"rye");
        assert_eq!(parse(&bytes, SALT, 1000), Parsed::Record(Kind::Delta, b"rye"));
        assert_eq!(parse(&bytes, SALT, 1001), Parsed::Wrong);
        assert_eq!(parse(&bytes, SALT, 1000 + (1 << 32)), Parsed::Wrong);
        assert_eq!(parse(&bytes, Salt(0x4e), 1000), Parsed::Wrong);
        for cut in 0..bytes.len() {
            assert!(matches!(parse(&bytes[..cut], SALT, 1000), Parsed::Short(_)), "{cut}");
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_field() {
        // The value in RFC 3720, appendix B.4, for 32 bytes of zeros.
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        let bytes = record(b"rye");
        assert_eq!(bytes[4..], [3, 0, 0, 0, b'r', b'y', b'e']);
        let sum = crc32c::crc32c_append(0x4d ^ 0x3e8, &bytes[4..]);
        assert_eq!(bytes[..4], sum.to_le_bytes());
    }

    #[test]
    fn any_flipped_bit_is_found_and_two_are_not_taken_for_one() {
        for content in [&b""[..], b"r", b"rye, oat, barley and a good deal more of it all"] {
            let whole = record(content);
            for bit in 0..whole.len() * 8 {
                let mut bytes = whole.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                // Something follows, so that a longer record could be there.
                bytes.extend_from_slice(&[0xa5; 100]);
                assert_ne!(parse(&bytes, SALT, 1000), Parsed::Record(Kind::Delta, content));
                assert_eq!(flipped_bit(&bytes, SALT, 1000), Some(place(bit)), "{bit}");
                let other = (bit + 13) % (whole.len() * 8);
                bytes[other / 8] ^= 1 << (other % 8);
                assert_eq!(flipped_bit(&bytes, SALT, 1000), None, "{bit} and {other}");
            }
        }
    }
}
