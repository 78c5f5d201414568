//! Which files a journal consists of, how they are named, and how they begin.

use std::fmt;

use crate::record::Salt;

/// How long a file's header is.
pub(crate) const HEADER: usize = 32;

/// The version of the format that is written, and the first one, which is read, too.
const VERSION: u32 = 2;
const FIRST_VERSION: u32 = 1;

/// The name of the file that is locked.
pub(crate) const LOCK: &str = "lock";

/// What a file is called until it is whole.
const UNFINISHED: &str = ".new";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FileKind {
    /// Deltas, as they were appended.
    Segment,
    /// All that is in the segments before the one of the same generation.
    Snapshot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId {
    pub(crate) kind: FileKind,
    pub(crate) generation: u64,
}

impl FileId {
    pub(crate) fn segment(generation: u64) -> Self {
        Self { kind: FileKind::Segment, generation }
    }

    pub(crate) fn snapshot(generation: u64) -> Self {
        Self { kind: FileKind::Snapshot, generation }
    }

    /// The file of that name, if it is one of a journal.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let (kind, number) = name.split_once('-')?;
        let generation = u64::from_str_radix(number, 16).ok()?;
        let id = match kind {
            "journal" => Self::segment(generation),
            "snapshot" => Self::snapshot(generation),
            _ => return None,
        };
        (id.to_string() == name).then_some(id)
    }

    pub(crate) fn unfinished(self) -> String {
        format!("{self}{UNFINISHED}")
    }

    /// Whether a file of that name was never finished.
    pub(crate) fn is_unfinished(name: &str) -> bool {
        name.strip_suffix(UNFINISHED).and_then(Self::of).is_some()
    }

    fn magic(self) -> &'static [u8; 8] {
        match self.kind {
            FileKind::Segment => b"glomersJ",
            FileKind::Snapshot => b"glomersS",
        }
    }

    pub(crate) fn salt(self) -> Salt {
        let kind = crc32c::crc32c(self.magic());
        Salt(crc32c::crc32c_append(kind, &self.generation.to_le_bytes()))
    }

    /// How the file begins; `previous` is how long the segment before it was.
    pub(crate) fn header(self, previous: u64) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(self.magic());
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..20].copy_from_slice(&self.generation.to_le_bytes());
        header[20..28].copy_from_slice(&previous.to_le_bytes());
        let sum = crc32c::crc32c(&header[..28]);
        header[28..].copy_from_slice(&sum.to_le_bytes());
        header
    }

    /// What the header says.
    pub(crate) fn check(self, header: &[u8]) -> Result<Header, BadHeader> {
        let header: &[u8; HEADER] = header.try_into().map_err(|_| BadHeader::Damaged)?;
        let word = |at: usize| header[at..at + 4].try_into().map_or(0, u32::from_le_bytes);
        let long = |at: usize| header[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
        if word(28) != crc32c::crc32c(&header[..28]) {
            return Err(BadHeader::Damaged);
        }
        match (header.starts_with(self.magic()), word(8), long(12)) {
            (true, version @ FIRST_VERSION..=VERSION, generation)
                if generation == self.generation =>
            {
                Ok(Header { previous: long(20), has_runs: version > FIRST_VERSION })
            }
            (true, FIRST_VERSION..=VERSION, _) | (false, ..) => Err(BadHeader::Damaged),
            (true, version, _) => Err(BadHeader::Version(version)),
        }
    }
}

/// What there is to know of a file before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// How long the segment before it was.
    pub(crate) previous: u64,
    /// Whether there may be [runs](crate::record::Kind::RUN) in it.
    pub(crate) has_runs: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    Damaged,
    Version(u32),
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            FileKind::Segment => "journal",
            FileKind::Snapshot => "snapshot",
        };
        write!(f, "{kind}-{:016x}", self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written_and_no_others() {
        for id in [FileId::segment(0), FileId::snapshot(u64::MAX), FileId::segment(0x1f)] {
            assert_eq!(FileId::of(&id.to_string()), Some(id));
            assert!(
                FileId::is_unfinished(&id.unfinished()) && FileId::of(&id.unfinished()).is_none()
            );
        }
        let bad = ["lock", "journal-", "journal-1", "journal-000000000000000G", "x.new"];
        for name in bad.into_iter().chain(["journal-+00000000000001f", "journal-000000000000001F"])
        {
            assert!(FileId::of(name).is_none() && !FileId::is_unfinished(name), "{name}");
        }
    }

    #[test]
    fn a_header_is_of_its_file() {
        let id = FileId::segment(3);
        let header = id.header(1234);
        assert_eq!(id.check(&header), Ok(Header { previous: 1234, has_runs: true }));
        for other in [FileId::segment(4), FileId::snapshot(3)] {
            assert_eq!(other.check(&header), Err(BadHeader::Damaged));
        }
        for bit in 0..HEADER * 8 {
            let mut header = header;
            header[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(id.check(&header), Err(BadHeader::Damaged), "{bit}");
        }
        let mut later = header;
        let mut of_version = |version| {
            later[8] = version;
            let sum = crc32c::crc32c(&later[..28]);
            later[28..].copy_from_slice(&sum.to_le_bytes());
            id.check(&later)
        };
        assert_eq!(of_version(1), Ok(Header { previous: 1234, has_runs: false }));
        assert_eq!(of_version(0), Err(BadHeader::Version(0)));
        assert_eq!(of_version(3), Err(BadHeader::Version(3)));
    }
}
