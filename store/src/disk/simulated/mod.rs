mod content;
mod faults;
mod names;
mod rng;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::content::Content;
pub use self::faults::Faults;
use self::names::Names;
use self::rng::Rng;
use super::{Disk, DiskFile, DiskLock};

/// Files in memory that outlive whoever writes them, and lose by a seed what a disk may lose.
///
/// Clones share the files. The same calls with the same seed have the same outcomes.
///
/// ```
/// use glomers_store::{Disk, SimulatedDisk};
///
/// let disk = SimulatedDisk::new(7);
/// let file = disk.create("a")?;
/// file.write_at(b"rye", 0)?;
/// file.sync()?;
/// disk.sync_names()?;
/// file.write_at(b"oat", 3)?;
/// disk.power_cut();                           // of `oat`, any part may be left
/// assert!(file.sync().is_err());              // whoever had the file open is gone
/// let mut read = [0; 3];
/// disk.open("a")?.read_at(&mut read, 0)?;
/// assert_eq!(&read, b"rye");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SimulatedDisk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    rng: Rng,
    faults: Faults,
    names: Names,
    files: BTreeMap<u64, Content>,
    next_file: u64,
    /// Processes that had files open are gone if this has changed.
    life: u64,
    /// How many more changes there are before the process is gone.
    left: Option<u64>,
    /// Who holds a lock, by its name.
    locks: BTreeMap<String, u64>,
    next_lock: u64,
}

impl SimulatedDisk {
    /// A disk without files and without faults, which draws what it must by `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            rng: Rng::new(seed),
            faults: Faults::default(),
            names: Names::default(),
            files: BTreeMap::new(),
            next_file: 0,
            life: 0,
            left: None,
            locks: BTreeMap::new(),
            next_lock: 0,
        })))
    }

    /// How the disk fails from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// The process ends, as by `SIGKILL`: nothing is lost, files that are open can no longer be used,
    /// and locks end.
    pub fn kill(&self) {
        let mut state = self.state();
        state.life += 1;
        state.left = None;
        state.locks.clear();
    }

    /// The process ends with the last of so many changes from now on, which may be a write that is done in
    /// part; with 0, at once. From then on nothing can be changed until there is another process, which
    /// [`kill`](Self::kill) or [`power_cut`](Self::power_cut) begins.
    pub fn die_after(&self, changes: u64) {
        self.state().left = Some(changes);
    }

    /// Whether the process has ended by [`die_after`](Self::die_after), and there is no other yet.
    pub fn is_gone(&self) -> bool {
        self.state().left == Some(0)
    }

    /// The machine ends. What was not synced comes through, or is lost, or torn at any byte; so do
    /// names. What has come through is then durable.
    pub fn power_cut(&self) {
        self.kill();
        let State { rng, names, files, .. } = &mut *self.state();
        names.power_cut(rng);
        files.retain(|file, _| names.knows(*file));
        for content in files.values_mut() {
            content.power_cut(rng);
        }
    }

    /// Turns a bit of a file round; what is beyond its end is nothing.
    pub fn flip_bit(&self, name: &str, byte: u64, bit: u8) {
        let mut state = self.state();
        if let (Some(file), Ok(byte)) = (state.names.get(name), usize::try_from(byte))
            && let Some(content) = state.files.get_mut(&file)
        {
            content.flip(byte, bit);
        }
    }

    /// Turns any bit of all files round; tells the file and the byte, unless all are empty.
    pub fn flip(&self) -> Option<(String, u64)> {
        let (name, byte, bit) = {
            let mut state = self.state();
            let mut bit = state.used() * 8;
            bit = state.rng.below(bit);
            let names = state.names.all();
            let mut found = None;
            let mut byte = bit / 8;
            for name in names {
                let len = state.content(&name).map_or(0, |content| content.visible().len()) as u64;
                if byte < len {
                    found = Some((name, byte));
                    break;
                }
                byte -= len;
            }
            let (name, byte) = found?;
            (name, byte, u8::try_from(bit % 8).unwrap_or_default())
        };
        self.flip_bit(&name, byte, bit);
        Some((name, byte))
    }

    /// How long the next sync takes, up to [`Faults::slowest_sync`]. The disk itself waits for nothing:
    /// it is for whoever runs in virtual time to let that pass before the sync.
    pub fn sync_time(&self) -> Duration {
        let mut state = self.state();
        let slowest = u64::try_from(state.faults.slowest_sync.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(state.rng.below(slowest))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a change, if the process is still there.
    fn changing(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        if state.is_gone() { Err(gone()) } else { Ok(state) }
    }

    fn opened(&self, file: u64, life: u64) -> Arc<dyn DiskFile> {
        Arc::new(OpenFile { disk: self.clone(), file, life })
    }
}

impl State {
    fn content(&self, name: &str) -> Option<&Content> {
        self.files.get(&self.names.get(name)?)
    }

    /// Counts a change; says whether the process is gone.
    fn is_gone(&mut self) -> bool {
        match &mut self.left {
            None => false,
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }

    /// Bytes in all files.
    fn used(&self) -> u64 {
        let lens = self.names.files().filter_map(|file| self.files.get(&file));
        lens.map(|content| content.visible().len() as u64).sum()
    }

    /// Writes as much as there is room for and no fault prevents.
    fn write(&mut self, file: u64, bytes: &[u8], at: usize) -> io::Result<()> {
        let len = self.files.get(&file).map_or(0, |content| content.visible().len());
        let room = self.faults.capacity.map_or(u64::MAX, |all| all.saturating_sub(self.used()));
        let end = (len.max(at) as u64).saturating_add(room);
        let most = usize::try_from(end).unwrap_or(usize::MAX).saturating_sub(at);
        let is_last = self.left == Some(1);
        if self.is_gone() {
            return Err(gone());
        }
        let fails = is_last || self.rng.chance(self.faults.write_errors);
        let written = if fails { self.rng.cut(bytes.len()) } else { bytes.len() }.min(most);
        if let Some(content) = self.files.get_mut(&file) {
            content.write(at, &bytes[..written]);
        }
        match written {
            _ if fails => Err(io::Error::other("a simulated fault: the write failed")),
            all if all == bytes.len() => Ok(()),
            _ => Err(io::ErrorKind::StorageFull.into()),
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the process is gone")
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

fn sync_error() -> io::Error {
    io::Error::other("a simulated fault: the sync failed")
}

impl Disk for SimulatedDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().names.all())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.state();
        let file = state.names.get(name).ok_or_else(not_found)?;
        Ok(self.opened(file, state.life))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.changing()?;
        let file = state.next_file;
        state.next_file += 1;
        state.files.insert(file, Content::default());
        state.names.name(name, file);
        Ok(self.opened(file, state.life))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.changing()?.names.rename(from, to).ok_or_else(not_found)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.changing()?.names.remove(name).ok_or_else(not_found)
    }

    fn sync_names(&self) -> io::Result<()> {
        let State { rng, faults, names, files, .. } = &mut *self.changing()?;
        if rng.chance(faults.sync_errors) {
            names.fail_sync(rng);
            return Err(sync_error());
        }
        names.sync();
        files.retain(|file, _| names.knows(*file));
        Ok(())
    }

    fn lock(&self, name: &str) -> io::Result<DiskLock> {
        let mut state = self.state();
        if state.locks.contains_key(name) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let id = state.next_lock;
        state.next_lock += 1;
        state.locks.insert(name.to_owned(), id);
        Ok(DiskLock::new(Lock { disk: self.clone(), name: name.to_owned(), id }))
    }
}

#[derive(Debug)]
struct Lock {
    disk: SimulatedDisk,
    name: String,
    id: u64,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.locks.get(&self.name) == Some(&self.id) {
            state.locks.remove(&self.name);
        }
    }
}

#[derive(Debug)]
struct OpenFile {
    disk: SimulatedDisk,
    file: u64,
    life: u64,
}

impl OpenFile {
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.state();
        if state.life == self.life { Ok(state) } else { Err(gone()) }
    }
}

impl DiskFile for OpenFile {
    fn len(&self) -> io::Result<u64> {
        let state = self.state()?;
        Ok(state.files.get(&self.file).map_or(0, |content| content.visible().len()) as u64)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.state()?;
        let visible = state.files.get(&self.file).map_or(&[][..], Content::visible);
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(visible.len());
        let read = into.len().min(visible.len() - start);
        into[..read].copy_from_slice(&visible[start..start + read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let at = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.state()?.write(self.file, bytes, at)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut state = self.state()?;
        if state.is_gone() {
            return Err(gone());
        }
        if let Some(content) = state.files.get_mut(&self.file) {
            content.truncate(len);
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state()?;
        if state.is_gone() {
            return Err(gone());
        }
        let State { rng, faults, files, .. } = &mut *state;
        let fails = rng.chance(faults.sync_errors);
        match files.get_mut(&self.file) {
            Some(content) if fails => content.fail_sync(rng),
            Some(content) => content.sync(),
            None => {}
        }
        if fails { Err(sync_error()) } else { Ok(()) }
    }
}
