use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use super::Disk;

/// A folder of the file system.
///
/// Files are written, not flushed: they survive the process, however it ends, but perhaps not the
/// machine. So that a file whose end was lost with the machine is never taken for whole, files
/// bear the name of the boot that they belong to, where the system tells it (Linux does): after
/// the next one they are not found.
///
/// ```
/// use glomers_shims::disk::{Directory, Disk};
///
/// let folder = std::env::temp_dir().join(format!("glomers-doc-{}", std::process::id()));
/// let mut file = Directory::new(folder.clone()).create("x", b"one")?;
/// file.write_all(b", two")?;
/// assert_eq!(Directory::new(folder.clone()).read("x")?, b"one, two");
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Directory {
    folder: PathBuf,
    boot: String,
}

impl Directory {
    /// The files in `folder`, which is made when the first of them is.
    pub fn new(folder: PathBuf) -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self { folder, boot: boot.chars().filter(char::is_ascii_hexdigit).collect() }
    }

    /// The system's folder for what need not be kept for long.
    pub fn temporary() -> Self {
        Self::new(std::env::temp_dir())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("glomers-{name}-{}", self.boot))
    }
}

impl Disk for Directory {
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(name))
    }

    fn create(&self, name: &str, content: &[u8]) -> io::Result<Box<dyn Write>> {
        fs::create_dir_all(&self.folder)?;
        let (path, unfinished) = (self.path(name), self.path(&format!("{name}-new")));
        // Never through what somebody else may have put there: the folder may be everybody's.
        let _ = fs::remove_file(&unfinished);
        let mut file = OpenOptions::new().append(true).create_new(true).open(&unfinished)?;
        file.write_all(content)?;
        fs::rename(unfinished, path)?;
        Ok(Box::new(file))
    }

    fn remove(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.path(name)) {
            tracing::debug!(%error, name, "a file stays");
        }
    }
}
