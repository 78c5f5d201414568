use std::io;
use std::sync::Arc;

use glomers_store::{AppendError, Broken, CommitError, Damage, OpenError, SnapshotError};

use crate::OutOfRange;

/// Why a log on a disk did not do what it was asked to. What was acknowledged is as it was.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiskError {
    /// Nothing is there that was asked for; the log is untouched.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// A message, with its key, has more bytes than a record holds. Nothing was appended.
    #[error("a message of {0} bytes is too large")]
    TooLarge(usize),
    /// There was no room: nothing was appended, and the log goes on. Its offset will be another's.
    #[error("there is no room: {0}")]
    Full(Arc<io::Error>),
    /// The disk failed while it was written to, and the log must be opened anew. What was being
    /// appended is there then, or not.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// A file is not what was written. Nothing was changed.
    #[error("damaged: {0}")]
    Damaged(Damage),
    /// The disk failed while it was read. It may be tried again.
    #[error("{doing}: {source}")]
    Read {
        /// What was being done.
        doing: String,
        /// What the disk said.
        source: Arc<io::Error>,
    },
}

impl From<CommitError> for DiskError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Full(source) => Self::Full(source),
            CommitError::Broken(broken) => Self::Broken(broken),
            other => Self::Full(Arc::new(io::Error::other(other))),
        }
    }
}

impl From<SnapshotError> for DiskError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Commit(error) => error.into(),
            SnapshotError::Disk(source) => source.into(),
            other => io::Error::other(other).into(),
        }
    }
}

impl From<io::Error> for DiskError {
    fn from(source: io::Error) -> Self {
        Self::Full(Arc::new(source))
    }
}

impl From<OpenError> for DiskError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Damaged(damage) => Self::Damaged(damage),
            OpenError::Disk { doing, source } => Self::Read { doing, source: Arc::new(source) },
            other => Self::Read {
                doing: "reading the log".to_owned(),
                source: Arc::new(io::Error::other(other)),
            },
        }
    }
}

/// Why nothing was appended: none if others' appends were lost meanwhile, and it can be tried again.
pub(crate) fn refused(error: AppendError) -> Option<DiskError> {
    match error {
        AppendError::Lost => None,
        AppendError::TooLarge(len) => Some(DiskError::TooLarge(len)),
        AppendError::Broken(broken) => Some(DiskError::Broken(broken)),
        other => Some(io::Error::other(other).into()),
    }
}
