//! What is written of a log: see FORMAT.md.

/// One change, as it lies in a record of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record<'a> {
    /// A message of a key that goes by a number.
    Message { key: u32, offset: u64, value: &'a [u8] },
    /// The same, and the name that the number is of: until one such is safe, all are.
    Named { key: u32, offset: u64, name: &'a str, value: &'a [u8] },
    /// A group has processed a key up to and including `offset`, if it was not that far yet.
    Raised { group: &'a str, key: &'a str, offset: u64 },
    /// If a group had committed `from`, it goes on at `next`.
    Lowered { group: &'a str, key: &'a str, from: u64, next: u64 },
    /// The messages of a key before `start` are dropped.
    Truncated { key: &'a str, start: u64 },
    /// In a snapshot: a key, its number, where it starts, and where it goes on if nothing comes after.
    Key { number: u32, name: &'a str, start: u64, end: u64 },
}

const MESSAGE: u8 = 0;
const NAMED: u8 = 1;
const RAISED: u8 = 2;
const LOWERED: u8 = 3;
const TRUNCATED: u8 = 4;
const KEY: u8 = 5;

impl<'a> Record<'a> {
    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        match *self {
            Self::Message { key, offset, value } => {
                into.push(MESSAGE);
                into.extend_from_slice(&key.to_le_bytes());
                into.extend_from_slice(&offset.to_le_bytes());
                into.extend_from_slice(value);
            }
            Self::Named { key, offset, name, value } => {
                into.push(NAMED);
                into.extend_from_slice(&key.to_le_bytes());
                into.extend_from_slice(&offset.to_le_bytes());
                put_text(into, name);
                into.extend_from_slice(value);
            }
            Self::Raised { group, key, offset } => {
                into.push(RAISED);
                put_text(into, group);
                put_text(into, key);
                into.extend_from_slice(&offset.to_le_bytes());
            }
            Self::Lowered { group, key, from, next } => {
                into.push(LOWERED);
                put_text(into, group);
                put_text(into, key);
                into.extend_from_slice(&from.to_le_bytes());
                into.extend_from_slice(&next.to_le_bytes());
            }
            Self::Truncated { key, start } => {
                into.push(TRUNCATED);
                put_text(into, key);
                into.extend_from_slice(&start.to_le_bytes());
            }
            Self::Key { number, name, start, end } => {
                into.push(KEY);
                into.extend_from_slice(&number.to_le_bytes());
                put_text(into, name);
                into.extend_from_slice(&start.to_le_bytes());
                into.extend_from_slice(&end.to_le_bytes());
            }
        }
    }

    /// What these bytes say; none if that is nothing.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = Rest(bytes);
        let record = match rest.byte()? {
            MESSAGE => {
                Self::Message { key: rest.short()?, offset: rest.long()?, value: rest.all() }
            }
            NAMED => Self::Named {
                key: rest.short()?,
                offset: rest.long()?,
                name: rest.text()?,
                value: rest.all(),
            },
            RAISED => Self::Raised { group: rest.text()?, key: rest.text()?, offset: rest.long()? },
            LOWERED => Self::Lowered {
                group: rest.text()?,
                key: rest.text()?,
                from: rest.long()?,
                next: rest.long()?,
            },
            TRUNCATED => Self::Truncated { key: rest.text()?, start: rest.long()? },
            KEY => Self::Key {
                number: rest.short()?,
                name: rest.text()?,
                start: rest.long()?,
                end: rest.long()?,
            },
            _ => return None,
        };
        rest.0.is_empty().then_some(record)
    }
}

/// Puts a record with its length before it, as they lie in a snapshot.
pub(crate) fn put_part(into: &mut Vec<u8>, record: &Record<'_>) {
    let at = into.len();
    into.extend_from_slice(&[0; 4]);
    record.encode(into);
    let len = u32::try_from(into.len() - at - 4).unwrap_or(u32::MAX);
    into[at..at + 4].copy_from_slice(&len.to_le_bytes());
}

/// The records of a snapshot; `None` where they cannot be told.
pub(crate) fn parts(snapshot: &[u8]) -> impl Iterator<Item = Option<Record<'_>>> {
    let mut rest = Rest(snapshot);
    std::iter::from_fn(move || {
        if rest.0.is_empty() {
            return None;
        }
        let len = rest.short().and_then(|len| usize::try_from(len).ok());
        let part = len.and_then(|len| rest.take(len));
        if part.is_none() {
            rest.0 = &[];
        }
        Some(part.and_then(Record::decode))
    })
}

fn put_text(into: &mut Vec<u8>, text: &str) {
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    into.extend_from_slice(&len.to_le_bytes());
    into.extend_from_slice(text.as_bytes());
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn all(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn short(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn long(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'a str> {
        let len = usize::try_from(self.short()?).ok()?;
        std::str::from_utf8(self.take(len)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written_and_nothing_else_is_one() {
        let records = [
            Record::Message { key: 7, offset: 1 << 40, value: b"rye" },
            Record::Message { key: 7, offset: 0, value: b"" },
            Record::Named { key: 8, offset: 3, name: "orders", value: b"oat" },
            Record::Raised { group: "billing", key: "orders", offset: u64::MAX },
            Record::Lowered { group: "", key: "", from: 9, next: 0 },
            Record::Truncated { key: "orders", start: 5 },
            Record::Key { number: 1, name: "r\u{f6}ggen", start: 2, end: 3 },
        ];
        let mut snapshot = Vec::new();
        for record in &records {
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            assert_eq!(Record::decode(&bytes), Some(*record));
            put_part(&mut snapshot, record);
            let has_tail = matches!(record, Record::Message { .. } | Record::Named { .. });
            if !has_tail {
                for cut in 0..bytes.len() {
                    assert_eq!(Record::decode(&bytes[..cut]), None, "{record:?} cut at {cut}");
                }
                bytes.push(0);
                assert_eq!(Record::decode(&bytes), None, "{record:?} and more");
            }
        }
        assert!(parts(&snapshot).eq(records.map(Some)));
        assert!(parts(&snapshot[..snapshot.len() - 1]).last().is_some_and(|part| part.is_none()));
        assert_eq!(Record::decode(&[6, 0, 0, 0, 0]), None);
    }
}
