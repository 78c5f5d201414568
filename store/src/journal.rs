use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::batch::Batch;
use crate::config::{Config, SyncPolicy};
use crate::cut::{Cut, CutDone};
use crate::disk::{Disk, DiskLock};
use crate::error::{AppendError, Broken, CommitError, SnapshotError};
use crate::extent::Extent;
use crate::file::{FileId, HEADER};
use crate::place::Place;
use crate::record::{self, Kind};
use crate::segment::Segment;
use crate::snapshot::SnapshotWriter;
use crate::work::{Done, Work};

/// Buffers that grew larger than this are given back.
const LARGEST_SPARE: usize = 4 << 20;

/// A journal of deltas.
///
/// It reads no clock and starts no thread: time is an argument, by any clock that does not go back,
/// and whatever takes long is a [`Work`] that may be run anywhere. The contract, in one sentence:
/// **append, then do what [`begin`](Self::begin) says until it says nothing, and come back at
/// [`next_wake`](Self::next_wake)**; [`commit`](Self::commit) does it all at once. For many threads
/// or tasks there is a [`SharedJournal`](crate::SharedJournal).
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use glomers_store::{Config, Entry, Journal, SimulatedDisk};
///
/// let disk = SimulatedDisk::new(1);
/// let open = |read: &mut Vec<Vec<u8>>| {
///     Journal::open(Arc::new(disk.clone()), Config::default(), |entry| {
///         match entry {
///             Entry::Snapshot(state) => read.push(state.to_vec()),
///             Entry::Delta(delta) => read.push(delta.to_vec()),
///         }
///         Ok::<_, std::io::Error>(())
///     })
/// };
///
/// let (mut journal, _) = open(&mut Vec::new())?;
/// journal.append(b"rye")?;
/// journal.append(b"oat")?;
/// journal.commit(Duration::ZERO)?;                // one sync for both
/// assert_eq!(journal.acknowledged(), 2);
///
/// disk.power_cut();
/// let mut read = Vec::new();
/// open(&mut read)?;
/// assert_eq!(read, [b"rye", b"oat"]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Journal {
    disk: Arc<dyn Disk>,
    config: Config,
    extent: Arc<Extent>,
    segment: Segment,
    /// What is appended and not written: to the segment, or to the one that is being made.
    batch: Batch,
    spare: Vec<u8>,
    /// Deltas, counted from the first that was appended since the journal was opened.
    appended: u64,
    written: u64,
    synced: u64,
    /// What is under way.
    is_writing: bool,
    is_syncing: bool,
    is_cutting: bool,
    /// When what is written must be synced.
    due: Option<Duration>,
    broken: Option<Broken>,
    /// With whatever is under way, too: nobody else may have the journal before that is done.
    lock: Arc<DiskLock>,
}

impl Journal {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        config: Config,
        extent: Arc<Extent>,
        segment: Segment,
        lock: DiskLock,
    ) -> Self {
        Self {
            disk,
            config,
            extent,
            batch: segment.batch(),
            segment,
            spare: Vec::new(),
            appended: 0,
            written: 0,
            synced: 0,
            is_writing: false,
            is_syncing: false,
            is_cutting: false,
            due: None,
            broken: None,
            lock: Arc::new(lock),
        }
    }

    /// Appends a delta, in memory; returns its number, counted from 1 since the journal was opened.
    /// It is safe when [`acknowledged`](Self::acknowledged) has got there.
    ///
    /// # Errors
    ///
    /// If it is too large, or the journal cannot be used any more. Nothing is appended.
    pub fn append(&mut self, delta: &[u8]) -> Result<u64, AppendError> {
        self.check()?;
        if delta.len() > record::MOST {
            return Err(AppendError::TooLarge(delta.len()));
        }
        self.batch.put(Kind::Delta, delta);
        self.appended += 1;
        Ok(self.appended)
    }

    /// Where the next delta that is appended will lie.
    pub fn next_place(&self) -> Place {
        let generation = self.segment.id.generation + u64::from(self.is_cutting);
        Place { generation, offset: self.batch.end() }
    }

    /// The number of the last delta that is as safe as [`Config::sync`] asks for, and so are all
    /// before it, but for those that an error has told to be lost.
    pub fn acknowledged(&self) -> u64 {
        match self.config.sync {
            SyncPolicy::Always => self.synced,
            SyncPolicy::Every(_) | SyncPolicy::Never => self.written,
        }
    }

    /// The number of the last delta that was appended, or 0.
    pub fn appended(&self) -> u64 {
        self.appended
    }

    /// Why the journal cannot be used any more, if so.
    pub fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    /// Writes, and syncs by the policy, all that was appended; and syncs what is due.
    ///
    /// # Errors
    ///
    /// [`CommitError::Full`]: what was not acknowledged is dropped, and the journal goes on.
    /// [`CommitError::Broken`]: it must be opened anew.
    pub fn commit(&mut self, now: Duration) -> Result<(), CommitError> {
        self.check()?;
        while let Some(work) = self.begin(now) {
            self.finish(now, work.run())?;
        }
        Ok(())
    }

    /// What is to be done now, if anything, besides what is under way. All that was appended goes
    /// with it; what is appended while it is run goes with the next.
    pub fn begin(&mut self, now: Duration) -> Option<Work> {
        if self.broken.is_some() || self.is_cutting {
            return None;
        }
        let has_deltas = !self.batch.is_empty() && !self.is_writing;
        let is_due = self.next_wake().is_some_and(|due| due <= now);
        match self.config.sync {
            SyncPolicy::Always if has_deltas => Some(self.write(true)),
            SyncPolicy::Always => None,
            SyncPolicy::Every(_) | SyncPolicy::Never if has_deltas => Some(self.write(false)),
            SyncPolicy::Every(_) | SyncPolicy::Never => is_due.then(|| self.sync()),
        }
    }

    /// When there will be something to do, though nothing is appended: then call
    /// [`begin`](Self::begin), or [`commit`](Self::commit).
    pub fn next_wake(&self) -> Option<Duration> {
        self.due.filter(|_| !self.is_syncing && !self.is_cutting && self.broken.is_none())
    }

    /// Takes what came of what [`begin`](Self::begin) has said.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit).
    pub fn finish(&mut self, now: Duration, done: Done) -> Result<(), CommitError> {
        let Done { work, result } = done;
        if work.writes() {
            self.is_writing = false;
        }
        if work.syncs() {
            self.is_syncing = false;
        }
        self.check()?;
        self.settle(result)?;
        if work.writes() {
            self.segment.written = work.offset + work.bytes.len() as u64;
            self.segment.marked = self.segment.marked.max(work.marked);
            self.written = work.last;
            self.keep_spare(work.bytes);
        }
        if let Some(synced) = work.sync {
            self.segment.synced = synced;
            self.synced = work.last;
        }
        self.due = match self.config.sync {
            SyncPolicy::Every(_) if self.segment.synced == self.segment.written => None,
            SyncPolicy::Every(time) if work.sync.is_some() => Some(now + time),
            SyncPolicy::Every(time) => self.due.or(Some(now + time)),
            SyncPolicy::Always | SyncPolicy::Never => None,
        };
        Ok(())
    }

    /// Whether the deltas since the last snapshot have grown so far beyond it that another one is
    /// due, by [`Config::snapshot_ratio`] and [`Config::snapshot_at_least`]. If whoever uses the
    /// journal makes one then, there is never more on the disk than that and two snapshots.
    pub fn wants_snapshot(&self) -> bool {
        let ratio = u64::from(self.config.snapshot_ratio.get());
        let most = self.extent.snapshot().saturating_mul(ratio).max(self.config.snapshot_at_least);
        self.extent.closed() + self.batch.end() > most
    }

    /// Begins a snapshot, which is to hold whatever was appended until now. What is appended from now
    /// on goes after it: if the snapshot holds some of that too, it will be read twice, which is no
    /// matter to deltas that merge.
    ///
    /// First run the [`Cut`] and give it back to [`finish_cut`](Self::finish_cut); until then the
    /// journal does nothing else. Or let [`snapshot`](Self::snapshot) do it all.
    ///
    /// # Errors
    ///
    /// [`CommitError::Busy`] while something that [`begin`](Self::begin) has said is not finished;
    /// [`CommitError::Broken`].
    pub fn begin_snapshot(&mut self) -> Result<Cut, CommitError> {
        self.check_idle()?;
        let generation = self.segment.id.generation + 1;
        let write = self.write(true);
        // Records that are appended meanwhile are made for the segment to come.
        self.batch = Batch::new(FileId::segment(generation).salt(), true, HEADER as u64);
        self.is_cutting = true;
        Ok(Cut { disk: Arc::clone(&self.disk), write, generation })
    }

    /// Takes what came of the [`Cut`]; returns what is to write the snapshot.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit); or if no file can be made for the snapshot, without which the
    /// journal goes on.
    pub fn finish_cut(
        &mut self,
        now: Duration,
        done: CutDone,
    ) -> Result<SnapshotWriter, SnapshotError> {
        let generation = self.finish_rotation(now, done)?;
        Ok(self.cover(generation)?)
    }

    /// Takes what came of the [`Cut`], without a snapshot: what comes now has a file of its own, of
    /// the generation that is returned, and nothing is covered. [`cover`](Self::cover) can do that later.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit).
    pub fn finish_rotation(&mut self, now: Duration, done: CutDone) -> Result<u64, CommitError> {
        let CutDone { written, segment } = done;
        self.is_cutting = false;
        self.finish(now, written)?;
        let segment = self.settle(segment)?;
        self.extent.close(self.segment.id.generation, self.segment.written);
        let generation = segment.id.generation;
        self.segment = segment;
        self.due = None;
        Ok(generation)
    }

    /// Begins a snapshot of all that is in the files before this generation, which must be one that a file
    /// began with, and not before that of an earlier snapshot. When it is finished, those files go. It may
    /// hold something of what comes later, which is then read twice.
    ///
    /// # Errors
    ///
    /// If no file can be made for it.
    pub fn cover(&self, generation: u64) -> std::io::Result<SnapshotWriter> {
        let (disk, lock) = (Arc::clone(&self.disk), Arc::clone(&self.lock));
        SnapshotWriter::new(disk, lock, generation, Arc::clone(&self.extent))
    }

    /// Makes a snapshot of what `write` writes, which is to hold whatever was appended until now.
    ///
    /// # Errors
    ///
    /// As [`finish_cut`](Self::finish_cut), and whatever keeps it from being written. Then all that
    /// was appended is where it was.
    pub fn snapshot(
        &mut self,
        now: Duration,
        write: impl FnOnce(&mut SnapshotWriter) -> std::io::Result<()>,
    ) -> Result<(), SnapshotError> {
        let cut = self.begin_snapshot()?;
        let mut writer = self.finish_cut(now, cut.run())?;
        write(&mut writer)?;
        writer.flush()?;
        Ok(writer.finish()?)
    }

    /// Writes and syncs all that was appended, whatever the policy, and says in the file that it is so:
    /// whatever is wrong with it later is then known to be damage. A journal that is dropped instead
    /// is as after a kill.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit), and [`CommitError::Busy`] as
    /// [`begin_snapshot`](Self::begin_snapshot).
    pub fn close(mut self, now: Duration) -> Result<(), CommitError> {
        self.seal(now)
    }

    pub(crate) fn seal(&mut self, now: Duration) -> Result<(), CommitError> {
        // The second time for the mark.
        for _ in 0..2 {
            self.check_idle()?;
            let work = self.write(true);
            self.finish(now, work.run())?;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Broken> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn check_idle(&self) -> Result<(), CommitError> {
        self.check()?;
        if self.is_writing || self.is_syncing || self.is_cutting {
            return Err(CommitError::Busy);
        }
        Ok(())
    }

    fn write(&mut self, sync: bool) -> Work {
        let synced = self.segment.synced;
        if synced > self.segment.marked {
            self.batch.put(Kind::Mark, &synced.to_le_bytes());
        }
        let bytes = self.batch.take(std::mem::take(&mut self.spare));
        self.is_writing = !bytes.is_empty();
        self.is_syncing |= sync;
        Work {
            file: Arc::clone(&self.segment.file),
            offset: self.segment.written,
            sync: sync.then_some(self.batch.end()),
            bytes,
            marked: synced,
            last: self.appended,
            _lock: Arc::clone(&self.lock),
        }
    }

    fn sync(&mut self) -> Work {
        self.is_syncing = true;
        Work {
            file: Arc::clone(&self.segment.file),
            offset: self.segment.written,
            sync: Some(self.segment.written),
            bytes: Vec::new(),
            marked: 0,
            last: self.written,
            _lock: Arc::clone(&self.lock),
        }
    }

    /// Takes note of an error.
    fn settle<T>(&mut self, result: Result<T, CommitError>) -> Result<T, CommitError> {
        match &result {
            Ok(_) | Err(CommitError::Busy) => {}
            Err(CommitError::Full(_)) => {
                self.batch = self.segment.batch();
            }
            Err(CommitError::Broken(broken)) => self.broken = Some(broken.clone()),
        }
        result
    }

    fn keep_spare(&mut self, mut bytes: Vec<u8>) {
        bytes.clear();
        if bytes.capacity() <= LARGEST_SPARE && bytes.capacity() > self.spare.capacity() {
            self.spare = bytes;
        }
    }
}
