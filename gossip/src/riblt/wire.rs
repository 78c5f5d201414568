use core::fmt;

use super::{CodedSymbol, Symbol};

/// Some coded symbols of a set, one after another.
///
/// ```
/// use glomers_gossip::riblt::{Encoder, Key, decode_batch};
///
/// let mut encoder = Encoder::new(Key::new(1, 2), [7_u64]);
/// let batch = decode_batch::<u64>(&encoder.encode_batch(3..5))?;
/// assert_eq!((batch.first, batch.coded.len()), (3, 2));
/// # Ok::<_, glomers_gossip::riblt::BatchError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Batch<S> {
    /// The index of the first of them in the set's sequence.
    pub first: usize,
    /// The coded symbols.
    pub coded: Vec<CodedSymbol<S>>,
}

/// The bytes of the coded symbols from index `first` on of a set of `size` items, in the form
/// described [here](super#on-the-wire). Any `size` is right; the set's own makes the fewest bytes.
/// O(length).
///
/// ```
/// use glomers_gossip::riblt::{CodedSymbol, decode_batch, encode_batch};
///
/// let coded = [CodedSymbol { sum: 7_u64, checksum: 1, count: 2 }];
/// assert_eq!(decode_batch(&encode_batch(2, 0, &coded))?.coded, coded);
/// # Ok::<_, glomers_gossip::riblt::BatchError>(())
/// ```
pub fn encode_batch<S: Symbol>(size: usize, first: usize, coded: &[CodedSymbol<S>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32 + coded.len() * (width::<S>() + 8 + 2));
    for number in [width::<S>(), first, coded.len(), size] {
        push_varint(&mut bytes, number as u64);
    }
    for (index, coded) in (first as u64..).zip(coded) {
        bytes.extend_from_slice(coded.sum.to_bytes().as_ref());
        bytes.extend_from_slice(&coded.checksum.to_le_bytes());
        let off = coded.count.wrapping_sub(expected_count(size as u64, index));
        push_varint(&mut bytes, (off << 1 ^ off >> 63).cast_unsigned());
    }
    bytes
}

/// Reads what [`encode_batch`] or [`Encoder::encode_batch`](super::Encoder::encode_batch) wrote.
/// O(length), in time and in memory.
///
/// ```
/// use glomers_gossip::riblt::{BatchError, Encoder, Key, decode_batch};
///
/// let bytes = Encoder::new(Key::new(1, 2), [7_u64]).encode_batch(0..2);
/// assert_eq!(decode_batch::<u64>(&bytes)?.coded.len(), 2);
/// assert_eq!(decode_batch::<u64>(&bytes[..30]), Err(BatchError::Length));
/// assert_eq!(decode_batch::<u32>(&bytes), Err(BatchError::Width));
/// # Ok::<_, BatchError>(())
/// ```
///
/// # Errors
///
/// If the bytes are not of that form. That they are says nothing about their truth: the checksums
/// are for the [`Decoder`](super::Decoder).
pub fn decode_batch<S: Symbol>(mut bytes: &[u8]) -> Result<Batch<S>, BatchError> {
    let bytes = &mut bytes;
    if take_varint(bytes)? != width::<S>() as u64 {
        return Err(BatchError::Width);
    }
    let [first, len] = [take_index(bytes)?, take_index(bytes)?];
    let size = take_varint(bytes)?;
    let end = first.checked_add(len).ok_or(BatchError::Number)?;
    // Its length is not trusted: no memory is set aside for it.
    let coded = (first..end).map(|index| {
        let sum = take(bytes, width::<S>())?.try_into().map_err(|_| BatchError::Width)?;
        let checksum = take(bytes, 8)?.try_into().map_err(|_| BatchError::Length)?;
        let off = take_varint(bytes)?;
        let off = (off >> 1).cast_signed() ^ -(off & 1).cast_signed();
        Ok(CodedSymbol {
            sum: S::from_bytes(sum),
            checksum: u64::from_le_bytes(checksum),
            count: off.wrapping_add(expected_count(size, index as u64)),
        })
    });
    let coded = coded.collect::<Result<_, _>>()?;
    if bytes.is_empty() { Ok(Batch { first, coded }) } else { Err(BatchError::Length) }
}

/// Why bytes are not those of a batch.
///
/// ```
/// use glomers_gossip::riblt::{BatchError, decode_batch};
///
/// assert_eq!(decode_batch::<u64>(b""), Err(BatchError::Length));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BatchError {
    /// There are fewer bytes than it takes, or more.
    Length,
    /// The items are of another width.
    Width,
    /// A number is too great.
    Number,
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "a batch of coded symbols has too few bytes or too many",
            Self::Width => "a batch of coded symbols is of items of another width",
            Self::Number => "a number in a batch of coded symbols is too great",
        })
    }
}

impl core::error::Error for BatchError {}

fn width<S: Symbol>() -> usize {
    size_of::<S::Bytes>()
}

/// How many of `size` items the coded symbol at `index` holds on average.
fn expected_count(size: u64, index: u64) -> i64 {
    let count = u128::from(size) * 2 / (u128::from(index) + 2);
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn take_varint(bytes: &mut &[u8]) -> Result<u64, BatchError> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        let part = u64::from(byte & 0x7f);
        if part << shift >> shift != part {
            return Err(BatchError::Number);
        }
        number |= part << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(BatchError::Number)
}

fn take_index(bytes: &mut &[u8]) -> Result<usize, BatchError> {
    usize::try_from(take_varint(bytes)?).map_err(|_| BatchError::Number)
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Result<&'a [u8], BatchError> {
    let (taken, rest) = bytes.split_at_checked(len).ok_or(BatchError::Length)?;
    *bytes = rest;
    Ok(taken)
}
