use std::convert::Infallible;
use std::fmt;
use std::io;

use crate::disk::Disk;
use crate::error::{Damage, OpenError};
use crate::file::FileId;
use crate::layout::Layout;
use crate::open::{self, Torn};
use crate::survey::Survey;

/// What there is of a journal: see [`inspect`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// Its files, in order.
    pub files: Vec<FileReport>,
    /// What would come of opening it.
    pub verdict: Verdict,
}

/// What would come of opening a journal.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// There is none.
    Empty,
    /// It is as it was written.
    Whole,
    /// An end that was being written would be cut off.
    Torn(Torn),
    /// It is not what was written.
    Damaged(Damage),
    /// It could not be opened for another reason.
    Unreadable(OpenError),
}

/// What there is in a file of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FileReport {
    /// Its name.
    pub name: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Whether its header is right.
    pub has_header: bool,
    /// Deltas that are whole.
    pub deltas: u64,
    /// Up to which byte it says itself that it was synced.
    pub synced: u64,
    /// The bytes that are no whole record: from, and up to.
    pub gaps: Vec<(u64, u64)>,
    /// Whether a newer snapshot holds all that it does: then it does not matter.
    pub is_covered: bool,
}

/// Looks at a journal, and changes nothing. It may be in use meanwhile: then its end may seem torn.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use glomers_store::{Config, Journal, SimulatedDisk, Verdict, inspect};
///
/// let disk = SimulatedDisk::new(1);
/// let shared = Arc::new(disk.clone());
/// let (mut journal, _) = Journal::open(shared, Config::default(), |_| Ok::<_, std::io::Error>(()))?;
/// journal.append(b"rye")?;
/// journal.close(Duration::ZERO)?;
/// assert!(matches!(inspect(&disk)?.verdict, Verdict::Whole));
///
/// disk.flip_bit("journal-0000000000000000", 41, 3);
/// println!("{}", inspect(&disk)?);
/// assert!(matches!(inspect(&disk)?.verdict, Verdict::Damaged(damage) if damage.offset == 41));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If the disk cannot be read.
pub fn inspect(disk: &dyn Disk) -> io::Result<Inspection> {
    let layout = Layout::read(disk)?;
    let mut files = Vec::new();
    for name in disk.list()? {
        let Some(id) = FileId::of(&name) else { continue };
        let Survey { bytes, has_header, deltas, synced, gaps, .. } =
            Survey::read(disk, id, |_| Ok(()))?;
        let is_covered = id.generation < layout.base;
        files.push(FileReport { name, bytes, has_header, deltas, synced, gaps, is_covered });
    }
    let verdict = match open::look(disk, &layout, |_| Ok::<_, Infallible>(())) {
        _ if layout.is_new() => Verdict::Empty,
        Ok(None) => Verdict::Whole,
        Ok(Some(torn)) => Verdict::Torn(torn),
        Err(OpenError::Damaged(damage)) => Verdict::Damaged(damage),
        Err(error) => Verdict::Unreadable(error),
    };
    Ok(Inspection { files, verdict })
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            let FileReport { name, bytes, deltas, synced, .. } = file;
            write!(f, "{name}: {bytes} bytes, {deltas} deltas, synced up to {synced} at least")?;
            if file.is_covered {
                write!(f, ", covered by a snapshot")?;
            }
            if !file.has_header {
                write!(f, ", the header is damaged")?;
            }
            for (from, to) in &file.gaps {
                write!(f, ", no whole record from {from} to {to}")?;
            }
            writeln!(f)?;
        }
        self.verdict.fmt(f)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "there is no journal"),
            Self::Whole => write!(f, "whole"),
            Self::Torn(Torn { file, offset, bytes }) => {
                write!(f, "torn: the last {bytes} bytes of {file}, from byte {offset} on")
            }
            Self::Damaged(damage) => write!(f, "damaged: {damage}"),
            Self::Unreadable(error) => error.fmt(f),
        }
    }
}
