use std::io;

use crate::disk::Disk;
use crate::error::{Damage, DamageKind};
use crate::file::{FileId, FileKind};
use crate::snapshot::base;

/// Which of a folder's files are the journal.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The newest snapshot's generation, or 0.
    pub(crate) base: u64,
    /// The segments from there on.
    pub(crate) segments: Vec<u64>,
}

impl Layout {
    pub(crate) fn read(disk: &dyn Disk) -> io::Result<Self> {
        let ids: Vec<FileId> = disk.list()?.iter().filter_map(|name| FileId::of(name)).collect();
        let of = |kind| move |id: &&FileId| id.kind == kind;
        let newest = ids.iter().filter(of(FileKind::Snapshot)).map(|id| id.generation).max();
        let base = newest.unwrap_or(0);
        let segments = ids.iter().filter(of(FileKind::Segment)).map(|id| id.generation);
        let mut segments: Vec<u64> = segments.filter(|it| *it >= base).collect();
        segments.sort_unstable();
        Ok(Self { base, segments })
    }

    pub(crate) fn has_snapshot(&self) -> bool {
        self.base > 0
    }

    /// Whether there is no journal yet.
    pub(crate) fn is_new(&self) -> bool {
        self.base == 0 && self.segments.is_empty()
    }

    /// The first file that should be there, and is not.
    pub(crate) fn missing(&self) -> Option<Damage> {
        let missing = |id: FileId| {
            Some(Damage { file: id.to_string(), offset: 0, kind: DamageKind::Missing })
        };
        let Some(first) = self.segments.first() else {
            return missing(FileId::segment(self.base));
        };
        if *first != self.base {
            // Without a snapshot it is that, or else all the segments from 0 on.
            let is_later = !self.has_snapshot();
            return missing(if is_later { base(*first) } else { FileId::segment(self.base) });
        }
        let gap = self.segments.windows(2).find(|pair| pair[0] + 1 != pair[1])?;
        missing(FileId::segment(gap[0] + 1))
    }
}
