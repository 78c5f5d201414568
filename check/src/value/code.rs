//! How values are written down: the byte that each begins with, and what follows it.
//!
//! | first byte | what it is | what follows |
//! | --- | --- | --- |
//! | `0x00`–`0x7f` | the integer of that number | |
//! | `0x80`–`0x9e` | a text of 0 to 30 bytes | the text, in UTF-8 |
//! | `0x9f` | a longer text | its length, the text |
//! | `0xa0`–`0xbe` | a list of 0 to 30 bytes | its items |
//! | `0xbf` | a longer list | its length in bytes, its items |
//! | `0xc0` | a map | its length in bytes; text and value by turns, by text |
//! | `0xc1`–`0xc3` | null, false, true | |
//! | `0xc4` | a floating-point number | 8 bytes |
//! | `0xc5` | a larger integer | its length, its digits |
//! | `0xd1`–`0xd9` | an integer of 1 to 9 bytes | its two's complement, the lowest byte first |
//!
//! Lengths have seven bits to a byte, the lowest first; all but the last have the eighth bit set. Each value is
//! written down in one way only, so that equal values are equal bytes but for 0.0 and -0.0.

pub(super) const SMALL: u8 = 0x7f;
pub(super) const TEXT: u8 = 0x80;
pub(super) const LIST: u8 = 0xa0;
/// So long is what has its length in its first byte.
pub(super) const SHORT: usize = 30;
const LONG: u8 = 0x1f;
pub(super) const LONG_TEXT: u8 = TEXT | LONG;
pub(super) const LONG_LIST: u8 = LIST | LONG;
pub(super) const MAP: u8 = 0xc0;
pub(super) const NULL: u8 = 0xc1;
pub(super) const FALSE: u8 = 0xc2;
pub(super) const TRUE: u8 = 0xc3;
pub(super) const FLOAT: u8 = 0xc4;
pub(super) const LARGE: u8 = 0xc5;
pub(super) const INTEGER: u8 = 0xd0;

/// Where the content of the value at the beginning of these bytes begins, and where it ends.
pub(super) fn extent(bytes: &[u8]) -> (usize, usize) {
    let Some(&first) = bytes.first() else { return (0, 0) };
    match first {
        ..=SMALL | NULL | FALSE | TRUE => (1, 1),
        TEXT..=0x9e => (1, 1 + usize::from(first - TEXT)),
        LIST..=0xbe => (1, 1 + usize::from(first - LIST)),
        FLOAT => (1, 9),
        INTEGER.. => (1, 1 + usize::from(first - INTEGER)),
        _ => {
            let (length, start) = length(bytes);
            (start, start + length)
        }
    }
}

/// The length that follows the first byte, and where what is so long begins.
fn length(bytes: &[u8]) -> (usize, usize) {
    let mut length = 0;
    for (place, byte) in bytes.iter().enumerate().skip(1) {
        length |= usize::from(byte & 0x7f) << (7 * (place - 1));
        if byte & 0x80 == 0 {
            return (length, place + 1);
        }
    }
    (0, bytes.len())
}

/// The integer whose two's complement this is.
pub(super) fn integer(bytes: &[u8]) -> i128 {
    let sign = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
    let mut wide = [sign; 16];
    wide[..bytes.len()].copy_from_slice(bytes);
    i128::from_le_bytes(wide)
}
