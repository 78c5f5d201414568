use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, SyncPolicy};
use crate::disk::Disk;
use crate::error::{AppendError, CommitError, OpenError, SnapshotError};
use crate::file::{FileId, FileKind};
use crate::journal::Journal;
use crate::layout::Layout;
use crate::survey::Survey;

/// Deltas are written out when they have so many bytes.
const PORTION: usize = 1 << 20;

/// What was saved of a journal, and what was not: see [`salvage`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Salvage {
    /// The snapshot that was saved.
    pub snapshot: Option<String>,
    /// Deltas that were saved.
    pub deltas: u64,
    /// Snapshots that were newer, and could not be read as a whole.
    pub lost_snapshots: Vec<String>,
    /// What could not be read: the file, and the bytes from where up to where.
    pub gaps: Vec<(String, u64, u64)>,
    /// Segments that should be there and are not.
    pub missing: Vec<String>,
}

impl fmt::Display for Salvage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "saved {} deltas", self.deltas)?;
        if let Some(snapshot) = &self.snapshot {
            write!(f, " and {snapshot}")?;
        }
        for lost in &self.lost_snapshots {
            write!(f, "\nlost {lost}")?;
        }
        for missing in &self.missing {
            write!(f, "\n{missing} is missing")?;
        }
        for (file, from, to) in &self.gaps {
            write!(f, "\nlost {file} from byte {from} to {to}")?;
        }
        Ok(())
    }
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SalvageError {
    /// There is a journal already where it was to be written.
    #[error("there is a journal already where it should be saved")]
    Occupied,
    /// What there is cannot be read.
    #[error("reading what there is: {0}")]
    Read(#[from] io::Error),
    /// It cannot be written.
    #[error("writing what was saved: {0}")]
    Open(#[from] OpenError),
    /// It cannot be written.
    #[error("writing what was saved: {0}")]
    Append(#[from] AppendError),
    /// It cannot be written.
    #[error("writing what was saved: {0}")]
    Commit(#[from] CommitError),
    /// It cannot be written.
    #[error("writing what was saved: {0}")]
    Snapshot(#[from] SnapshotError),
}

/// Makes a journal on another disk of all that is whole in one: its newest whole snapshot, and every
/// delta after that, in order. What it is made of stays as it is.
///
/// Deltas after damage are saved, too: merged into a state, each is worth having without those before.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use glomers_store::{Config, Journal, SimulatedDisk, salvage};
///
/// let (old, new) = (SimulatedDisk::new(1), SimulatedDisk::new(2));
/// let disk = Arc::new(old.clone());
/// let (mut journal, _) = Journal::open(disk, Config::default(), |_| Ok::<_, std::io::Error>(()))?;
/// for delta in [b"rye", b"oat"] {
///     journal.append(delta)?;
/// }
/// journal.close(Duration::ZERO)?;
/// old.flip_bit("journal-0000000000000000", 41, 3);
///
/// let saved = salvage(&old, Arc::new(new))?;
/// assert_eq!((saved.deltas, saved.gaps.len()), (1, 1));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If it cannot be read, or not be written; then what was written is of no use.
pub fn salvage(from: &dyn Disk, into: Arc<dyn Disk>) -> Result<Salvage, SalvageError> {
    if !Layout::read(&*into)?.is_new() {
        return Err(SalvageError::Occupied);
    }
    let mut ids: Vec<FileId> = from.list()?.iter().filter_map(|name| FileId::of(name)).collect();
    ids.sort_unstable();
    let mut saved = Salvage::default();
    let config = Config::with_sync(SyncPolicy::Never);
    let (mut journal, _) = Journal::open(into, config, |_| Ok::<_, io::Error>(()))?;
    let base = save_snapshot(from, &ids, &mut journal, &mut saved)?;
    let mut expected = base;
    for id in ids.iter().filter(|id| id.kind == FileKind::Segment && id.generation >= base) {
        let missing = (expected..id.generation).take(1000).map(FileId::segment);
        saved.missing.extend(missing.map(|id| id.to_string()));
        expected = id.generation + 1;
        save_deltas(from, *id, &mut journal, &mut saved)?;
    }
    journal.close(Duration::ZERO)?;
    Ok(saved)
}

/// Saves the newest whole snapshot; returns the generation from which on it needs the segments.
fn save_snapshot(
    from: &dyn Disk,
    ids: &[FileId],
    journal: &mut Journal,
    saved: &mut Salvage,
) -> Result<u64, SalvageError> {
    for id in ids.iter().rev().filter(|id| id.kind == FileKind::Snapshot) {
        let name = id.to_string();
        let survey = Survey::read(from, *id, |_| Ok(()))?;
        if survey.is_whole {
            journal.snapshot(Duration::ZERO, |writer| {
                Survey::read(from, *id, |part| writer.write_all(part)).map(drop)
            })?;
            saved.snapshot = Some(name);
            return Ok(id.generation);
        }
        saved.gaps.extend(survey.gaps.iter().map(|(from, to)| (name.clone(), *from, *to)));
        saved.lost_snapshots.push(name);
    }
    Ok(0)
}

fn save_deltas(
    from: &dyn Disk,
    id: FileId,
    journal: &mut Journal,
    saved: &mut Salvage,
) -> Result<(), SalvageError> {
    let mut written = Ok(());
    let mut waiting = 0;
    let survey = Survey::read(from, id, |delta| {
        waiting += delta.len();
        let appended = journal.append(delta).map_err(SalvageError::from);
        written = appended.and_then(|_| match waiting {
            ..PORTION => Ok(()),
            _ => {
                waiting = 0;
                Ok(journal.commit(Duration::ZERO)?)
            }
        });
        // What went wrong is told as what it is.
        if written.is_ok() { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
    });
    written?;
    let survey = survey?;
    saved.deltas += survey.deltas;
    let name = id.to_string();
    saved.gaps.extend(survey.gaps.iter().map(|(from, to)| (name.clone(), *from, *to)));
    Ok(())
}
