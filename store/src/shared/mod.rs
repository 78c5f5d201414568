mod batch;
mod driver;
mod ticket;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use self::driver::Driver;
pub use self::ticket::Ticket;
use crate::error::{AppendError, CommitError, SnapshotError};
use crate::journal::Journal;
use crate::place::Place;
use crate::snapshot::SnapshotWriter;

/// A [`Journal`] for many threads, or tasks of any runtime, which wait together: while the disk is busy
/// with what was appended before, whatever is appended gathers, and then goes with one write and one
/// sync.
///
/// It has a thread of its own, for those who wait without writing themselves and for syncs that are due;
/// it ends with this value, after it has written what is left.
///
/// ```
/// use std::thread;
/// use glomers_store::{Config, Directory, Entry, Journal, SharedJournal};
///
/// let folder = std::env::temp_dir().join(format!("glomers-doc-shared-{}", std::process::id()));
/// let open = |found: &mut usize| {
///     let disk = std::sync::Arc::new(Directory::new(&folder)?);
///     let (journal, _) = Journal::open(disk, Config::default(), |entry| {
///         *found += usize::from(matches!(entry, Entry::Delta(_)));
///         Ok::<_, std::io::Error>(())
///     })?;
///     Ok::<_, Box<dyn std::error::Error>>(SharedJournal::new(journal)?)
/// };
///
/// let journal = open(&mut 0)?;
/// thread::scope(|threads| {
///     for writer in 0..8_u8 {
///         let journal = &journal;
///         threads.spawn(move || journal.append(&[writer]).unwrap().wait().unwrap());
///     }
/// });
/// journal.close()?;
///
/// let mut found = 0;
/// open(&mut found)?;
/// assert_eq!(found, 8);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SharedJournal {
    driver: Arc<Driver>,
    thread: Option<JoinHandle<()>>,
}

impl SharedJournal {
    /// Shares a journal.
    ///
    /// # Errors
    ///
    /// If the system refuses a thread.
    pub fn new(journal: Journal) -> io::Result<Self> {
        let driver = Arc::new(Driver::new(journal));
        let theirs = Arc::clone(&driver);
        let thread = thread::Builder::new().name("journal".to_owned());
        let thread = thread.spawn(move || theirs.drive_all())?;
        Ok(Self { driver, thread: Some(thread) })
    }

    /// Appends a delta. It waits for no disk: the [`Ticket`] does. Deltas are in the order of these
    /// calls.
    ///
    /// # Errors
    ///
    /// As [`Journal::append`].
    pub fn append(&self, delta: &[u8]) -> Result<Ticket, AppendError> {
        let batch = self.driver.append(delta)?;
        Ok(Ticket { driver: Arc::clone(&self.driver), batch, is_driven: false })
    }

    /// The same, and says where the delta will lie; unless something was lost since
    /// [`losses`](Self::losses) was asked for. So who numbers what it appends learns of what is lacking
    /// before it goes on.
    ///
    /// # Errors
    ///
    /// As [`Journal::append`], and [`AppendError::Lost`].
    pub fn append_after(&self, delta: &[u8], losses: u64) -> Result<(Place, Ticket), AppendError> {
        let (place, batch) = self.driver.append_after(delta, losses)?;
        Ok((place, Ticket { driver: Arc::clone(&self.driver), batch, is_driven: false }))
    }

    /// How often what was appended was lost: since there was no room for it, or the journal broke.
    pub fn losses(&self) -> u64 {
        self.driver.losses()
    }

    /// Has what is appended from now on go to another file; returns its generation. Waits for some
    /// syncs, as do those whose deltas come meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Journal::finish_rotation`].
    pub fn rotate(&self) -> Result<u64, SnapshotError> {
        self.driver.rotate()
    }

    /// Begins a snapshot of all that is in the files before this generation: see [`Journal::cover`].
    ///
    /// # Errors
    ///
    /// If no file can be made for it.
    pub fn cover(&self, generation: u64) -> io::Result<SnapshotWriter> {
        self.driver.with(|journal| journal.cover(generation))
    }

    /// Whether a snapshot is due: see [`Journal::wants_snapshot`].
    pub fn wants_snapshot(&self) -> bool {
        self.driver.with(Journal::wants_snapshot)
    }

    /// Begins a snapshot, which is to hold whatever was appended before this was called. So take the state
    /// *after* this has returned, if states are changed before what changes them is appended: then
    /// it holds that at least, and what it holds besides is read twice, which is no matter to deltas
    /// that merge. Waits for some syncs, as do those whose deltas come meanwhile; the writer then
    /// holds up nobody.
    ///
    /// # Errors
    ///
    /// As [`Journal::finish_cut`].
    pub fn begin_snapshot(&self) -> Result<SnapshotWriter, SnapshotError> {
        self.driver.begin_snapshot()
    }

    /// Writes and syncs what is left, and says in the file that this is so: see [`Journal::close`]. What is
    /// appended after that is as after a drop.
    ///
    /// # Errors
    ///
    /// As [`Journal::commit`].
    pub fn close(mut self) -> Result<(), CommitError> {
        self.end();
        self.driver.close()
    }

    fn end(&mut self) {
        self.driver.end();
        if let Some(thread) = self.thread.take() {
            // It does not panic, and if it did, the tickets would tell.
            let _ = thread.join();
        }
    }
}

impl Drop for SharedJournal {
    fn drop(&mut self) {
        self.end();
    }
}
