use std::error::Error;
use std::io;
use std::sync::Arc;

use crate::config::{Config, SyncPolicy};
use crate::disk::{Disk, DiskFile};
use crate::error::{Damage, DamageKind, OpenError};
use crate::extent::Extent;
use crate::file::{BadHeader, FileId, HEADER, Header, LOCK};
use crate::journal::Journal;
use crate::layout::Layout;
use crate::place::Place;
use crate::reader::{CHUNK, Reader, Step, mark};
use crate::record::Kind;
use crate::segment::Segment;
use crate::snapshot::{remove_covered, remove_unfinished};

/// What a journal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry<'a> {
    /// The newest snapshot: all that was appended before it, and it comes first.
    Snapshot(&'a [u8]),
    /// A delta, in the order in which they were appended.
    Delta(&'a [u8]),
}

/// What was found in a journal when it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Recovery {
    /// Bytes of the snapshot, if there is one.
    pub snapshot: Option<u64>,
    /// Deltas after it.
    pub deltas: u64,
    /// What was cut off.
    pub torn: Option<Torn>,
}

/// The end of what was being written when the process or the machine ended. It was not whole, so none
/// of it was synced, or acknowledged where that takes a sync.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Torn {
    /// The file's name.
    pub file: String,
    /// Where it began.
    pub offset: u64,
    /// How many bytes it had.
    pub bytes: u64,
}

/// Whoever takes the entries; what goes wrong there is told with its place.
trait Visit: FnMut(Place, Entry<'_>) -> Result<(), Refusal> {}
impl<V: FnMut(Place, Entry<'_>) -> Result<(), Refusal>> Visit for V {}

type Refusal = Box<dyn Error + Send + Sync>;

impl Journal {
    /// Opens the journal on `disk`, or begins one where there is none. What it holds goes to `visit`,
    /// which may refuse it; it counts only if this succeeds.
    ///
    /// An end that was torn is cut off, and told. Whatever else is wrong is an error, and nothing is
    /// changed.
    ///
    /// Takes time in proportion to what is there, and memory to the snapshot and the largest delta.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open<E: Into<Box<dyn Error + Send + Sync>>>(
        disk: Arc<dyn Disk>,
        config: Config,
        mut visit: impl FnMut(Entry<'_>) -> Result<(), E>,
    ) -> Result<(Self, Recovery), OpenError> {
        Self::open_placed(disk, config, |_, entry| visit(entry))
    }

    /// The same, with the place of each delta, from which it can be read again by a
    /// [`Cursor`](crate::Cursor); with a snapshot goes where the deltas after it begin.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open_placed<E: Into<Box<dyn Error + Send + Sync>>>(
        disk: Arc<dyn Disk>,
        config: Config,
        mut visit: impl FnMut(Place, Entry<'_>) -> Result<(), E>,
    ) -> Result<(Self, Recovery), OpenError> {
        let lock = disk.lock(LOCK).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => OpenError::Locked,
            _ => OpenError::disk("locking the journal")(error),
        })?;
        let layout =
            Layout::read(&*disk).map_err(OpenError::disk("listing the journal's files"))?;
        let extent = Arc::new(Extent::default());
        let (segment, recovery) = if layout.is_new() {
            let segment = begin(&*disk).map_err(OpenError::disk("beginning a journal"))?;
            (segment, Recovery::default())
        } else {
            let mut visit = |place, entry: Entry<'_>| visit(place, entry).map_err(Into::into);
            let found = Found::read(&*disk, &layout, &extent, &mut visit)?;
            let torn = found.torn.clone();
            let (snapshot, deltas) = (found.snapshot, found.deltas);
            let doing = OpenError::disk("going on where the journal ends");
            let segment = found.mend(&*disk, &layout, config.sync).map_err(doing)?;
            (segment, Recovery { snapshot, deltas, torn })
        };
        Ok((Self::new(disk, config, extent, segment, lock), recovery))
    }
}

/// What would be cut off, or what else would come of opening a journal.
pub(crate) fn look<E: Into<Box<dyn Error + Send + Sync>>>(
    disk: &dyn Disk,
    layout: &Layout,
    mut visit: impl FnMut(Entry<'_>) -> Result<(), E>,
) -> Result<Option<Torn>, OpenError> {
    let mut visit = |_, entry: Entry<'_>| visit(entry).map_err(Into::into);
    Ok(Found::read(disk, layout, &Extent::default(), &mut visit)?.torn)
}

fn begin(disk: &dyn Disk) -> io::Result<Segment> {
    let segment = Segment::prepare(disk, 0, 0)?;
    segment.publish(disk)?;
    Ok(segment)
}

/// What is there, before anything is changed.
struct Found {
    snapshot: Option<u64>,
    deltas: u64,
    torn: Option<Torn>,
    last: FileId,
    file: Arc<dyn DiskFile>,
    has_runs: bool,
    /// Up to where the last segment is whole, and up to where it says that it is synced.
    end: u64,
    marked: u64,
}

impl Found {
    fn read(
        disk: &dyn Disk,
        layout: &Layout,
        extent: &Extent,
        visit: &mut impl Visit,
    ) -> Result<Self, OpenError> {
        if let Some(damage) = layout.missing() {
            return Err(OpenError::Damaged(damage));
        }
        let mut snapshot = None;
        if layout.has_snapshot() {
            let (len, size) = read_snapshot(disk, layout.base, visit)?;
            extent.cover(layout.base, size);
            snapshot = Some(len);
        }
        let (mut deltas, mut last) = (0, None::<Scan>);
        for generation in &layout.segments {
            let id = FileId::segment(*generation);
            let mut scan = Scan::open(disk, id)?;
            if let Some(before) = &last {
                before.must_be_whole(scan.header.previous)?;
                extent.close(before.id.generation, before.end);
            }
            scan.read(visit)?;
            deltas += scan.deltas;
            last = Some(scan);
        }
        let last =
            last.ok_or_else(|| damage(FileId::segment(layout.base), 0, DamageKind::Missing))?;
        let torn = last.torn()?;
        let Scan { id, file, header, end, marked, .. } = last;
        let has_runs = header.has_runs;
        Ok(Self { snapshot, deltas, torn, last: id, file, has_runs, end, marked })
    }

    /// Cuts off what is torn, and removes what is of no use any more.
    fn mend(self, disk: &dyn Disk, layout: &Layout, policy: SyncPolicy) -> io::Result<Segment> {
        let Self { last: id, file, has_runs, end, marked, .. } = self;
        // Also where nothing is torn: what was cut off before may be so in the system's memory only, as below.
        file.truncate(end)?;
        if policy != SyncPolicy::Never {
            write_again(&*file, marked, end)?;
        }
        file.sync()?;
        disk.sync_names()?;
        remove_unfinished(disk);
        remove_covered(disk, layout.base);
        let synced = if policy == SyncPolicy::Never { marked } else { end };
        Ok(Segment { id, file, has_runs, written: end, synced, marked })
    }
}

/// Of what is not known to be synced, some may be only in the system's memory, where it is taken for
/// written since a sync of it failed. So that the next one means what it says, it is written once more.
fn write_again(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let mut chunk = vec![0; usize::try_from(to - from).unwrap_or(usize::MAX).min(CHUNK)];
    let mut at = from;
    while at < to {
        let len = usize::try_from(to - at).unwrap_or(usize::MAX).min(chunk.len());
        let read = file.read_at(&mut chunk[..len], at)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.write_at(&chunk[..read], at)?;
        at += read as u64;
    }
    Ok(())
}

/// A segment that is being read.
struct Scan {
    id: FileId,
    file: Arc<dyn DiskFile>,
    reader: Reader,
    header: Header,
    deltas: u64,
    end: u64,
    marked: u64,
}

impl Scan {
    fn open(disk: &dyn Disk, id: FileId) -> Result<Self, OpenError> {
        let (file, reader, header) = open_file(disk, id)?;
        let end = HEADER as u64;
        Ok(Self { id, file, reader, header, deltas: 0, end, marked: end })
    }

    /// Reads up to the end, or to what is wrong.
    fn read(&mut self, visit: &mut impl Visit) -> Result<(), OpenError> {
        loop {
            let offset = self.reader.offset();
            let step = self.reader.next().map_err(reading(self.id))?;
            match step {
                Step::Record(Kind::Delta, delta) => {
                    let place = Place { generation: self.id.generation, offset };
                    visit(place, Entry::Delta(delta)).map_err(refused(self.id, offset))?;
                    self.deltas += 1;
                }
                Step::Record(Kind::Mark, content) => {
                    self.marked = self.marked.max(mark(content).unwrap_or_default());
                }
                Step::Record(Kind::RUN, _) if self.header.has_runs => {}
                Step::Record(..) => return Err(damage(self.id, offset, DamageKind::Record)),
                Step::Wrong | Step::End => {
                    self.end = offset;
                    return Ok(());
                }
            }
        }
    }

    /// All of a segment was synced before the next one was begun.
    fn must_be_whole(&self, len: u64) -> Result<(), OpenError> {
        if self.end == len {
            return Ok(());
        }
        let is_short = self.end == self.reader.len();
        let flipped = self.reader.flipped_bit(self.end).map_err(reading(self.id))?;
        Err(match flipped {
            Some(at) => damage(self.id, at, DamageKind::FlippedBit),
            None if is_short => damage(self.id, self.end, DamageKind::CutOff),
            None => damage(self.id, self.end, DamageKind::Record),
        })
    }

    /// What is wrong at the end, if that is because it was being written.
    fn torn(&self) -> Result<Option<Torn>, OpenError> {
        let Self { id, reader, end, .. } = self;
        if *end == reader.len() {
            return Ok(None);
        }
        if let Some(at) = reader.flipped_bit(*end).map_err(reading(*id))? {
            return Err(damage(*id, at, DamageKind::FlippedBit));
        }
        if self.marked > *end || reader.was_synced(*end).map_err(reading(*id))? {
            return Err(damage(*id, *end, DamageKind::Record));
        }
        Ok(Some(Torn { file: id.to_string(), offset: *end, bytes: reader.len() - end }))
    }
}

/// Reads a snapshot: how many bytes it has, and its file.
fn read_snapshot(
    disk: &dyn Disk,
    generation: u64,
    visit: &mut impl Visit,
) -> Result<(u64, u64), OpenError> {
    let id = FileId::snapshot(generation);
    let (_, mut reader, _) = open_file(disk, id)?;
    let mut snapshot = Vec::new();
    loop {
        let offset = reader.offset();
        match reader.next().map_err(reading(id))? {
            Step::Record(Kind::Part, part) => snapshot.extend_from_slice(part),
            Step::Record(Kind::End, len) if mark(len) == Some(snapshot.len() as u64) => break,
            Step::End => return Err(damage(id, offset, DamageKind::CutOff)),
            Step::Record(..) => return Err(damage(id, offset, DamageKind::Record)),
            Step::Wrong => {
                let flipped = reader.flipped_bit(offset).map_err(reading(id))?;
                return Err(flipped.map_or_else(
                    || damage(id, offset, DamageKind::Record),
                    |at| damage(id, at, DamageKind::FlippedBit),
                ));
            }
        }
    }
    let place = Place { generation, offset: HEADER as u64 };
    visit(place, Entry::Snapshot(&snapshot)).map_err(refused(id, HEADER as u64))?;
    Ok((snapshot.len() as u64, reader.offset()))
}

/// A file whose header is right.
fn open_file(
    disk: &dyn Disk,
    id: FileId,
) -> Result<(Arc<dyn DiskFile>, Reader, Header), OpenError> {
    let file = disk.open(&id.to_string()).map_err(reading(id))?;
    let reader = Reader::new(Arc::clone(&file), id).map_err(reading(id))?;
    match id.check(&reader.header().map_err(reading(id))?) {
        Ok(header) => Ok((file, reader, header)),
        Err(BadHeader::Damaged) => Err(damage(id, 0, DamageKind::Header)),
        Err(BadHeader::Version(version)) => {
            Err(OpenError::Version { file: id.to_string(), version })
        }
    }
}

fn damage(id: FileId, offset: u64, kind: DamageKind) -> OpenError {
    OpenError::Damaged(Damage { file: id.to_string(), offset, kind })
}

fn reading(id: FileId) -> impl FnOnce(io::Error) -> OpenError {
    move |source| OpenError::Disk { doing: format!("reading {id}"), source }
}

fn refused(id: FileId, offset: u64) -> impl FnOnce(Refusal) -> OpenError {
    move |source| OpenError::Refused { file: id.to_string(), offset, source }
}
