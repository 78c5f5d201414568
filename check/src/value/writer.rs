use std::ops::Range;

use super::code::{
    FALSE, FLOAT, INTEGER, LARGE, LIST, LONG_LIST, LONG_TEXT, MAP, NULL, SHORT, SMALL, TEXT, TRUE,
    extent,
};
use super::view::View;
use crate::exact;

/// Writes values down one after the other, the parts of a list or map in their order.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

/// A list that was begun.
pub(crate) struct List {
    start: usize,
}

/// A map that was begun.
pub(crate) struct Map {
    start: usize,
    /// The text of the last key.
    last: Range<usize>,
    in_order: bool,
    entries: usize,
}

impl Writer {
    /// All that was written.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets what was written.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    pub(crate) fn null(&mut self) {
        self.bytes.push(NULL);
    }

    pub(crate) fn bool(&mut self, bool: bool) {
        self.bytes.push(if bool { TRUE } else { FALSE });
    }

    /// Such as most integers are.
    #[inline]
    pub(crate) fn unsigned(&mut self, integer: u64) {
        match u8::try_from(integer) {
            Ok(small @ ..=SMALL) => self.bytes.push(small),
            _ if integer >> 56 != 0 => self.integer(integer),
            _ => {
                let length = (64 - integer.leading_zeros()) / 8 + 1;
                let first = INTEGER + length.to_le_bytes()[0];
                let end = self.bytes.len() + 1 + length as usize;
                // All of it at once, and then without what is too much.
                let mut all = [first; 9];
                all[1..].copy_from_slice(&integer.to_le_bytes());
                self.bytes.extend_from_slice(&all);
                self.bytes.truncate(end);
            }
        }
    }

    #[inline]
    pub(crate) fn signed(&mut self, integer: i64) {
        match u64::try_from(integer) {
            Ok(unsigned) => self.unsigned(unsigned),
            Err(_) => self.integer(integer),
        }
    }

    pub(crate) fn integer(&mut self, integer: impl Into<i128>) {
        let integer = integer.into();
        match u8::try_from(integer) {
            Ok(small @ ..=SMALL) => self.bytes.push(small),
            _ if i64::try_from(integer).is_ok() || u64::try_from(integer).is_ok() => {
                let bits = if integer < 0 { !integer } else { integer };
                let length = (128 - bits.leading_zeros()) / 8 + 1;
                // At most nine bytes.
                self.bytes.push(INTEGER + length.to_le_bytes()[0]);
                self.bytes.extend_from_slice(&integer.to_le_bytes()[..length as usize]);
            }
            _ => self.large(&integer.to_string()),
        }
    }

    /// The integer with these digits, which 64 bits do not hold.
    pub(super) fn large(&mut self, digits: &str) {
        self.bytes.push(LARGE);
        self.length(digits.len());
        self.bytes.extend_from_slice(digits.as_bytes());
    }

    /// A number that is no integer; a text if it is none at all.
    pub(crate) fn float(&mut self, float: f64) {
        if !float.is_finite() {
            return self.text(&float.to_string());
        }
        self.bytes.push(FLOAT);
        self.bytes.extend_from_slice(&float.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        match u8::try_from(text.len()) {
            Ok(short) if text.len() <= SHORT => self.bytes.push(TEXT + short),
            _ => {
                self.bytes.push(LONG_TEXT);
                self.length(text.len());
            }
        }
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// A value that is written already.
    pub(crate) fn value(&mut self, value: View<'_>) {
        self.bytes.extend_from_slice(value.bytes());
    }

    /// Begins a list; what is written next is in it, until it is closed.
    pub(crate) fn list(&mut self) -> List {
        self.bytes.push(LIST);
        List { start: self.bytes.len() }
    }

    pub(crate) fn close_list(&mut self, list: &List) {
        let length = self.bytes.len() - list.start;
        match u8::try_from(length) {
            Ok(short) if length <= SHORT => self.bytes[list.start - 1] = LIST + short,
            _ => {
                self.bytes[list.start - 1] = LONG_LIST;
                self.insert_length(list.start, length);
            }
        }
    }

    /// Begins a map. Each of its values has its [`key`](Self::key) before it.
    pub(crate) fn map(&mut self) -> Map {
        self.bytes.push(MAP);
        let start = self.bytes.len();
        Map { start, last: start..start, in_order: true, entries: 0 }
    }

    pub(crate) fn key(&mut self, map: &mut Map, key: &str) {
        map.in_order &= map.entries == 0 || self.bytes[map.last.clone()] < *key.as_bytes();
        map.entries += 1;
        self.text(key);
        map.last = self.bytes.len() - key.len()..self.bytes.len();
    }

    /// Ends a map. Returns how many keys it has.
    pub(crate) fn close_map(&mut self, map: &Map) -> usize {
        let entries = if map.in_order { map.entries } else { self.sort(map.start) };
        self.insert_length(map.start, self.bytes.len() - map.start);
        entries
    }

    /// How many bytes were written.
    pub(crate) fn length_so_far(&self) -> usize {
        self.bytes.len()
    }

    /// Some of the bytes that were written, which are the same where the values are.
    pub(crate) fn part(&self, range: &Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }

    /// Puts the integer in the place of the map that was closed last, if that is how one is held: as the only
    /// value of it, by its digits.
    pub(crate) fn unwrap_integer(&mut self, map: &Map) {
        let start = map.start - 1;
        let view = View::of_bytes(&self.bytes[start..]);
        let held = view.fields().next().and_then(|(_, digits)| digits.text()).map(str::to_owned);
        if let Some(digits) = held.filter(|digits| exact::is_large(digits)) {
            self.bytes.truncate(start);
            self.large(&digits);
        }
    }

    /// Puts the entries that begin here in order; of those with the same key the last is kept.
    fn sort(&mut self, start: usize) -> usize {
        let unsorted = self.bytes.split_off(start);
        let mut entries = Vec::new();
        let mut rest = unsorted.as_slice();
        while !rest.is_empty() {
            let (text, end) = extent(rest);
            let (_, length) = extent(&rest[end..]);
            let (entry, others) = rest.split_at(end + length);
            entries.push((&entry[text..end], entry));
            rest = others;
        }
        entries.sort_by_key(|&(key, _)| key);
        let mut kept = 0;
        for (place, &(key, entry)) in entries.iter().enumerate() {
            if entries.get(place + 1).is_none_or(|&(next, _)| next != key) {
                self.bytes.extend_from_slice(entry);
                kept += 1;
            }
        }
        kept
    }

    fn length(&mut self, length: usize) {
        let at = self.bytes.len();
        self.insert_length(at, length);
    }

    fn insert_length(&mut self, at: usize, length: usize) {
        let mut left = length;
        let mut digits = [0; 10];
        let mut count = 0;
        loop {
            // Seven bits of it.
            digits[count] = (left & 0x7f).to_le_bytes()[0];
            left >>= 7;
            count += 1;
            if left == 0 {
                break;
            }
            digits[count - 1] |= 0x80;
        }
        if at == self.bytes.len() {
            self.bytes.extend_from_slice(&digits[..count]);
        } else {
            self.bytes.splice(at..at, digits[..count].iter().copied());
        }
    }
}
