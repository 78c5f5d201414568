//! What a node can keep beyond its own end: files in a folder, or in the memory of the program that
//! runs the node.

mod directory;
mod memory;

use std::io::{self, Write};

pub use directory::Directory;
pub use memory::MemoryDisk;

/// Files by name. What was written is there for whoever asks later, even if the node was killed
/// meanwhile.
pub trait Disk {
    /// What the file holds.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or was never created.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;

    /// Puts a file with this content in the place of any of that name, in one step, and opens it:
    /// what is written to it is appended. A write that has returned is safe; one that is cut off
    /// may have left a beginning of what it was given.
    ///
    /// # Errors
    ///
    /// If it cannot be written; then any file of that name is still what it was.
    fn create(&self, name: &str, content: &[u8]) -> io::Result<Box<dyn Write>>;

    /// Removes a file that nobody needs any more. It does not matter if that fails.
    fn remove(&self, name: &str);
}
