//! Files by name: of the operating system, or simulated.

mod directory;
mod simulated;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

pub use directory::Directory;
pub use simulated::{Faults, SimulatedDisk};

/// A folder of files, as far as a journal needs one.
///
/// What a method changes is seen at once by whoever asks the same disk, and survives the process.
/// It survives a power cut only once it is synced: what a file holds by [`DiskFile::sync`], and
/// which names there are by [`sync_names`](Disk::sync_names). Until then all of it, any part of it
/// and nothing of it are possible, in any order.
///
/// ```
/// use glomers_store::{Disk, SimulatedDisk};
///
/// let disk = SimulatedDisk::new(1);
/// let file = disk.create("a")?;
/// file.write_at(b"rye", 0)?;
/// file.sync()?;
/// disk.sync_names()?;
/// assert_eq!(disk.list()?, ["a"]);
/// assert_eq!(disk.open("a")?.len()?, 3);
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Disk: Debug + Send + Sync {
    /// The names of all files, in order. A folder that is not there yet has none.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens a file that is there.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`], or whatever else keeps it from being opened.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes an empty file, in the place of any of that name.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Gives a file another name, in one step, in the place of any that has it.
    ///
    /// # Errors
    ///
    /// If it cannot be renamed; then both names are what they were.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// If it cannot be removed, or is not there.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes what was created, renamed and removed survive a power cut.
    ///
    /// # Errors
    ///
    /// If that is not certain.
    fn sync_names(&self) -> io::Result<()>;

    /// Takes a lock that no other process, and nobody else in this one, can have at the same time.
    /// It ends with what is returned, or with the process.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] if somebody has it, or whatever else keeps it from being taken.
    fn lock(&self, name: &str) -> io::Result<DiskLock>;
}

/// A file of a [`Disk`].
pub trait DiskFile: Debug + Send + Sync {
    /// How many bytes it has.
    ///
    /// # Errors
    ///
    /// If the disk does not tell.
    fn len(&self) -> io::Result<u64>;

    /// Whether it has no bytes.
    ///
    /// # Errors
    ///
    /// If the disk does not tell.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads from `offset` on, as much as there is and `into` holds; returns how much that was. Less
    /// than `into` holds is read only at the file's end.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    ///
    /// If they were not all written: any part of them may have been.
    /// [`io::ErrorKind::StorageFull`] if there was no room.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts the file off.
    ///
    /// # Errors
    ///
    /// If that was not done.
    fn truncate(&self, len: u64) -> io::Result<()>;

    /// Makes what was written survive a power cut.
    ///
    /// # Errors
    ///
    /// If that is not certain. What was written since the last success may then be lost even if a
    /// later sync succeeds, though it can be read until then: it must be written again.
    fn sync(&self) -> io::Result<()>;
}

/// A lock that lasts as long as this value: see [`Disk::lock`].
#[derive(Debug)]
pub struct DiskLock {
    /// Kept for what happens when it is dropped.
    _guard: Box<dyn Guard>,
}

trait Guard: Debug + Send + Sync {}
impl<T: Debug + Send + Sync> Guard for T {}

impl DiskLock {
    /// A lock that ends when `guard` is dropped.
    pub fn new(guard: impl Debug + Send + Sync + 'static) -> Self {
        Self { _guard: Box::new(guard) }
    }
}

/// Whether there was no room: what can pass.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
