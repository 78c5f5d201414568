use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::record;

/// Where a file is not what was written, and in what way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Damage {
    /// The file's name.
    pub file: String,
    /// The byte of it from which on it is wrong, or the first that is missing.
    pub offset: u64,
    /// In what way.
    pub kind: DamageKind,
}

/// In what way a file is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DamageKind {
    /// The file is not there.
    Missing,
    /// The header does not have its checksum.
    Header,
    /// A record does not have its checksum, or is not one of those that belong there. Everything
    /// was synced there, so it cannot be the end of what was being written.
    Record,
    /// A record does not have its checksum, and has it if one bit of the byte at
    /// [`offset`](Damage::offset) is turned round.
    FlippedBit,
    /// The file ends, though there was more.
    CutOff,
}

impl Damage {
    /// Of whoever reads a file by itself: see [`Cursor`](crate::Cursor).
    pub fn new(file: String, offset: u64, kind: DamageKind) -> Self {
        Self { file, offset, kind }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, kind } = self;
        match kind {
            DamageKind::Missing => write!(f, "{file} is missing"),
            DamageKind::Header => write!(f, "{file}: the header is damaged"),
            DamageKind::Record => write!(f, "{file}: the record at byte {offset} is damaged"),
            DamageKind::FlippedBit => write!(f, "{file}: a bit of byte {offset} has flipped"),
            DamageKind::CutOff => write!(f, "{file} ends at byte {offset}, but had more"),
        }
    }
}

/// Why a journal cannot be opened. What was acknowledged is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open, or another part of this one.
    #[error("the journal is open elsewhere")]
    Locked,
    /// It is not what was written. Nothing was changed: see [`inspect`](crate::inspect()) and
    /// [`salvage`](crate::salvage()).
    #[error("damaged: {0}")]
    Damaged(Damage),
    /// It was written by a later version. Nothing was changed.
    #[error("{file} has version {version} of the format, which is not known here")]
    Version {
        /// The file's name.
        file: String,
        /// Its version.
        version: u32,
    },
    /// Whoever was to take what is in it did not. Nothing was changed.
    #[error("{file}: the record at byte {offset} was refused: {source}")]
    Refused {
        /// The file's name.
        file: String,
        /// Where in it the record begins.
        offset: u64,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The disk failed. It may be tried again.
    #[error("{doing}: {source}")]
    Disk {
        /// What was being done.
        doing: String,
        /// What the disk said.
        source: io::Error,
    },
}

impl OpenError {
    pub(crate) fn disk(doing: &str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Disk { doing: doing.to_owned(), source }
    }
}

/// Why nothing was appended.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// It has more bytes than a record holds. The journal goes on.
    #[error("a delta of {0} bytes is too large: {most} are the most", most = record::MOST)]
    TooLarge(usize),
    /// Something that was appended before was lost, which whoever appends has not heard of yet: see
    /// [`SharedJournal::append_after`](crate::SharedJournal::append_after). The journal goes on.
    #[error("something that was appended before was lost")]
    Lost,
    /// The journal cannot be used any more.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Why what was appended is not acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// There was no room. All that was appended and not acknowledged is dropped: it will not be
    /// found. The journal goes on, and may have room later.
    #[error("there is no room: {0}")]
    Full(Arc<io::Error>),
    /// Something that [`Journal::begin`](crate::Journal::begin) has said is not finished. Nothing was
    /// done.
    #[error("the journal is busy")]
    Busy,
    /// The journal cannot be used any more. What was appended and not acknowledged may be found when
    /// it is opened again, or not.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// A journal on a disk that failed. What was acknowledged is as it was. The journal must be opened
/// again, and what it then holds is what there is: a sync that failed says nothing of what it was to
/// make durable, and another one that succeeds says no more.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the journal must be opened anew, since {doing} failed: {source}")]
pub struct Broken {
    pub(crate) doing: &'static str,
    pub(crate) source: Arc<io::Error>,
}

impl Broken {
    pub(crate) fn new(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { doing, source: Arc::new(source) }
    }
}

/// Why there is no snapshot. What was appended is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// What was appended before could not be committed, or no place be made for what comes after.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The snapshot could not be written. The journal goes on without.
    #[error("the snapshot cannot be written: {0}")]
    Disk(#[from] io::Error),
}
