//! All that is whole in a file, whatever else is in it.

use std::io;

use crate::disk::Disk;
use crate::file::{FileId, FileKind, HEADER};
use crate::reader::{Reader, Step, mark};
use crate::record::Kind;

/// What a file has.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub(crate) bytes: u64,
    pub(crate) has_header: bool,
    pub(crate) deltas: u64,
    /// Up to where it says that it was synced.
    pub(crate) synced: u64,
    /// A snapshot is whole if it has all its parts, and none is wrong.
    pub(crate) is_whole: bool,
    /// What is no whole record: where it begins, and where it ends.
    pub(crate) gaps: Vec<(u64, u64)>,
}

impl Survey {
    /// Reads a file; deltas, or a snapshot's parts, go to `visit`.
    pub(crate) fn read(
        disk: &dyn Disk,
        id: FileId,
        mut visit: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Self> {
        let mut reader = Reader::new(disk.open(&id.to_string())?, id)?;
        let has_header = id.check(&reader.header()?).is_ok();
        let mut survey = Self { bytes: reader.len(), has_header, ..Self::default() };
        survey.synced = (HEADER as u64).min(survey.bytes);
        let (mut parts, mut said) = (0, None);
        loop {
            let offset = reader.offset();
            match reader.next()? {
                Step::Record(Kind::Delta, delta) => {
                    survey.deltas += 1;
                    visit(delta)?;
                }
                Step::Record(Kind::Mark, content) => {
                    survey.synced = survey.synced.max(mark(content).unwrap_or_default());
                }
                Step::Record(Kind::RUN, _) if id.kind == FileKind::Segment => {}
                Step::Record(Kind::Part, part) => {
                    parts += part.len() as u64;
                    visit(part)?;
                }
                Step::Record(Kind::End, content) => said = mark(content),
                Step::End => break,
                Step::Wrong => {
                    let resumed = reader.resume(offset + 1)?;
                    let end = resumed.unwrap_or(survey.bytes);
                    survey.gaps.push((offset, end));
                    if resumed.is_none() {
                        break;
                    }
                }
            }
        }
        let is_complete = id.kind == FileKind::Segment || said == Some(parts);
        survey.is_whole = has_header && survey.gaps.is_empty() && is_complete;
        Ok(survey)
    }
}
