//! Records one after another, and what can be told where they end.

use std::io;
use std::sync::Arc;

use crate::disk::DiskFile;
use crate::file::{FileId, FileKind, HEADER};
use crate::record::{self, Kind, Parsed, Salt};

/// How much is read at once: what a processor's second cache holds.
pub(crate) const CHUNK: usize = 256 * 1024;

/// How much of a wrong record is looked at for a flipped bit.
const SEARCHED: usize = 32 * 1024;

/// Reads a file's records.
pub(crate) struct Reader {
    file: Arc<dyn DiskFile>,
    len: u64,
    salt: Salt,
    has_runs: bool,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins.
    base: u64,
    /// The part of the buffer that is filled and not yet read.
    at: usize,
    filled: usize,
    /// Up to where in the buffer there are whole records from `at` on, as the checksum of a run has told.
    known: usize,
    /// Where in the buffer the content of the last record lies.
    last: (usize, usize),
}

/// What is next in a file.
pub(crate) enum Step<'a> {
    Record(Kind, &'a [u8]),
    /// Nothing.
    End,
    /// Something that is no whole record.
    Wrong,
}

impl Reader {
    /// Reads what comes after the header.
    pub(crate) fn new(file: Arc<dyn DiskFile>, id: FileId) -> io::Result<Self> {
        let len = file.len()?;
        let base = HEADER as u64;
        let (salt, has_runs) = (id.salt(), id.kind == FileKind::Segment);
        let (buffer, last) = (Vec::new(), (0, 0));
        Ok(Self { file, len, salt, has_runs, buffer, base, at: 0, filled: 0, known: 0, last })
    }

    /// The header, or as much of it as there is.
    pub(crate) fn header(&self) -> io::Result<Vec<u8>> {
        let mut header = vec![0; HEADER];
        let read = self.file.read_at(&mut header, 0)?;
        header.truncate(read);
        Ok(header)
    }

    /// How long the file is.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// How long the file is by now.
    pub(crate) fn file_len(&self) -> io::Result<u64> {
        self.file.len()
    }

    /// Reads nothing beyond `len`, as if the file ended there.
    pub(crate) fn limit(&mut self, len: u64) {
        self.len = len;
    }

    /// The content of the record that was read last.
    pub(crate) fn last(&self) -> &[u8] {
        let (start, end) = self.last;
        &self.buffer[start..end]
    }

    /// Where the next record begins.
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Reads on from another place.
    pub(crate) fn seek(&mut self, offset: u64) {
        (self.base, self.at, self.filled, self.known) = (offset, 0, 0, 0);
    }

    #[inline]
    pub(crate) fn next(&mut self) -> io::Result<Step<'_>> {
        if let Some((kind, len)) = self.buffer.get(self.at..self.known).and_then(record::known) {
            return Ok(self.pass(kind, len));
        }
        self.next_by_itself()
    }

    #[inline(never)]
    fn next_by_itself(&mut self) -> io::Result<Step<'_>> {
        loop {
            let offset = self.offset();
            match record::parse(&self.buffer[self.at..self.filled], self.salt, offset) {
                Parsed::Wrong => return Ok(Step::Wrong),
                Parsed::Record(kind, content) => {
                    let len = content.len();
                    if self.has_runs
                        && kind == Kind::RUN
                        && let Some((bytes, sum)) = record::run(content)
                    {
                        self.check_run(bytes, sum)?;
                    }
                    return Ok(self.pass(kind, len));
                }
                Parsed::Short(_) if offset >= self.len => return Ok(Step::End),
                Parsed::Short(needed) if offset + needed as u64 > self.len => {
                    return Ok(Step::Wrong);
                }
                Parsed::Short(needed) => self.fill(needed)?,
            }
        }
    }

    /// Goes on behind a record.
    #[inline]
    fn pass(&mut self, kind: Kind, len: usize) -> Step<'_> {
        let start = self.at + record::HEAD;
        self.at = start + len;
        self.last = (start, self.at);
        Step::Record(kind, &self.buffer[start..self.at])
    }

    /// Whether the records of the run whose own record is here are whole, all of them. If not, each is
    /// looked at by itself.
    fn check_run(&mut self, bytes: usize, sum: u32) -> io::Result<()> {
        let needed = record::RUN + bytes;
        if self.offset() + needed as u64 > self.len {
            return Ok(());
        }
        if self.filled - self.at < needed {
            self.fill(needed)?;
        }
        let end = self.at + needed;
        if crc32c::crc32c(&self.buffer[self.at + record::RUN..end]) == sum {
            self.known = end;
        }
        Ok(())
    }

    /// Has at least so many bytes from here on in the buffer.
    fn fill(&mut self, needed: usize) -> io::Result<()> {
        self.buffer.copy_within(self.at..self.filled, 0);
        self.base = self.offset();
        self.filled -= self.at;
        self.known = 0;
        self.at = 0;
        let chunk = self.at_most(CHUNK, self.base);
        self.buffer.resize(needed.max(chunk).max(self.buffer.len()), 0);
        let from = self.base + self.filled as u64;
        let most = self.filled + self.at_most(self.buffer.len() - self.filled, from);
        self.filled += self.file.read_at(&mut self.buffer[self.filled..most], from)?;
        if self.filled < needed {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// So many bytes, or as many as there are from `offset` on.
    fn at_most(&self, bytes: usize, offset: u64) -> usize {
        let rest = self.len.saturating_sub(offset);
        usize::try_from(rest).unwrap_or(usize::MAX).min(bytes)
    }

    /// Whether a mark further on says that what is at `offset` was synced.
    pub(crate) fn was_synced(&self, offset: u64) -> io::Result<bool> {
        const MARK: usize = record::HEAD + 8;
        let word = Kind::Mark.word(8).to_le_bytes();
        let mut chunk = vec![0; self.at_most(CHUNK, offset)];
        let mut at = offset + 1;
        while at + MARK as u64 <= self.len {
            let read = self.file.read_at(&mut chunk, at)?;
            for (candidate, here) in chunk[..read].windows(MARK).zip(at..) {
                if candidate[4..8] == word
                    && let Parsed::Record(_, synced) = record::parse(candidate, self.salt, here)
                    && mark(synced).is_some_and(|synced| synced > offset)
                {
                    return Ok(true);
                }
            }
            // The last ones may go on in the next chunk.
            at += (read.saturating_sub(MARK - 1)).max(1) as u64;
        }
        Ok(false)
    }

    /// Where a bit was turned round, and nothing else, in the record at `offset`.
    ///
    /// A byte that has become zero might be one that was never written, so it is none.
    pub(crate) fn flipped_bit(&self, offset: u64) -> io::Result<Option<u64>> {
        let mut bytes = vec![0; self.at_most(SEARCHED, offset)];
        let read = self.file.read_at(&mut bytes, offset)?;
        let found = record::flipped_bit(&bytes[..read], self.salt, offset);
        Ok(found.filter(|(at, _)| bytes[*at] != 0).map(|(at, _)| offset + at as u64))
    }

    /// The first place from `offset` on where a whole record begins.
    pub(crate) fn resume(&mut self, offset: u64) -> io::Result<Option<u64>> {
        for at in offset..self.len {
            self.seek_within(at);
            if let Step::Record(..) = self.next()? {
                self.seek_within(at);
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Goes to another place, without reading again what the buffer has.
    fn seek_within(&mut self, offset: u64) {
        match offset.checked_sub(self.base).map(usize::try_from) {
            Some(Ok(at)) if at <= self.filled => (self.at, self.known) = (at, 0),
            _ => self.seek(offset),
        }
    }
}

/// What a mark holds.
pub(crate) fn mark(content: &[u8]) -> Option<u64> {
    content.try_into().ok().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::disk::{Disk, SimulatedDisk};

    const ID: FileId = FileId { kind: FileKind::Segment, generation: 0 };

    fn delta(number: usize) -> Vec<u8> {
        vec![u8::try_from(number % 251).unwrap_or_default(); 100]
    }

    /// A thousand deltas in one batch: most of them are in runs.
    fn batch() -> Vec<u8> {
        let mut batch = Batch::new(ID.salt(), true, HEADER as u64);
        (0..1000).for_each(|number| batch.put(Kind::Delta, &delta(number)));
        batch.take(Vec::new())
    }

    fn reader(bytes: &[u8]) -> Reader {
        let file = SimulatedDisk::new(0).create("a").unwrap();
        file.write_at(bytes, HEADER as u64).unwrap();
        Reader::new(file, ID).unwrap()
    }

    /// How many deltas are read before something else is, which is the other.
    fn read(bytes: &[u8]) -> (usize, bool) {
        let (mut reader, mut deltas) = (reader(bytes), 0);
        loop {
            match reader.next().unwrap() {
                Step::Record(Kind::Delta, found) => deltas += usize::from(found.len() == 100),
                Step::Record(kind, _) => assert_eq!(kind, Kind::RUN),
                Step::End => return (deltas, true),
                Step::Wrong => return (deltas, false),
            }
        }
    }

    /// Where the first run's record begins, and how many bytes follow it.
    fn first_run(bytes: &[u8]) -> (usize, usize) {
        let mut reader = reader(bytes);
        loop {
            let at = reader.at;
            match reader.next().unwrap() {
                Step::Record(Kind::RUN, content) => {
                    return (at, record::run(content).unwrap().0);
                }
                Step::Record(..) => {}
                _ => panic!("no run after {at}"),
            }
        }
    }

    #[test]
    fn the_records_of_a_run_are_taken_by_its_checksum() {
        let mut bytes = batch();
        assert_eq!(read(&bytes), (1000, true));
        let (start, len) = first_run(&bytes);
        let end = start + record::RUN + len;
        assert!(len > 32 * 1024 && end < bytes.len(), "there are more of them");
        // A record that is not whole by itself, in a run that is: nobody writes that, but it shows who is asked.
        bytes[start + record::RUN] ^= 1;
        record::close_run(&mut bytes[start..end], ID.salt(), (HEADER + start) as u64);
        assert_eq!(read(&bytes), (1000, true));
    }

    #[test]
    fn the_records_of_a_run_that_does_not_hold_are_taken_one_by_one() {
        let mut bytes = batch();
        let (start, _) = first_run(&bytes);
        let before = start / 108;
        bytes[start + record::RUN + 10 * 108 + 50] ^= 1;
        assert_eq!(read(&bytes), (before + 10, false));
        // The same where the file ends in it.
        let bytes = &batch()[..start + record::RUN + 10 * 108];
        assert_eq!(read(bytes), (before + 10, true));
    }

    #[test]
    fn what_does_not_add_up_in_a_run_is_wrong() {
        let mut bytes = batch();
        let (start, len) = first_run(&bytes);
        let end = start + record::RUN + len;
        // The last record would go beyond the run.
        let last = end - 108;
        bytes[last + 4] += 1;
        record::close_run(&mut bytes[start..end], ID.salt(), (HEADER + start) as u64);
        let before = (start + len) / 108;
        assert_eq!(read(&bytes), (before - 1, false));

        // And nothing in it is taken for a record because of the run.
        bytes[last + record::HEAD..end].fill(0);
        record::close_run(&mut bytes[start..end], ID.salt(), (HEADER + start) as u64);
        let mut reader = reader(&bytes);
        let wrong = (HEADER + last) as u64;
        while !matches!(reader.next().unwrap(), Step::Wrong) {}
        assert_eq!(reader.offset(), wrong);
        assert_eq!(reader.resume(wrong + 1).unwrap(), Some((HEADER + end) as u64));
    }
}
