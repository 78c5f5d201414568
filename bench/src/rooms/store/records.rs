//! What is written.

/// A record: its number, and what makes it 100 bytes.
pub(super) type Record = [u8; 100];

pub(super) fn record(number: u64) -> Record {
    let mut record = [b'.'; 100];
    record[..8].copy_from_slice(&number.to_be_bytes());
    record
}
