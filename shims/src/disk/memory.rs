use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

use super::Disk;

/// Files in memory: for nodes inside another program, whose disk is to survive them.
///
/// ```
/// use glomers_shims::disk::{Disk, MemoryDisk};
///
/// let disk = MemoryDisk::default();
/// disk.create("x", b"one")?.write_all(b", two")?;
/// assert_eq!(disk.read("x")?, b"one, two");
/// disk.remove("x");
/// assert!(disk.read("x").is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryDisk(RefCell<BTreeMap<String, Content>>);

type Content = Rc<RefCell<Vec<u8>>>;

struct Open(Content);

impl Disk for MemoryDisk {
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let files = self.0.borrow();
        files
            .get(name)
            .map(|content| content.borrow().clone())
            .ok_or(io::ErrorKind::NotFound.into())
    }

    fn create(&self, name: &str, content: &[u8]) -> io::Result<Box<dyn Write>> {
        let content: Content = Rc::new(RefCell::new(content.to_vec()));
        // What is written to a file that was replaced goes nowhere, as it would on a real disk.
        self.0.borrow_mut().insert(name.to_owned(), Rc::clone(&content));
        Ok(Box::new(Open(content)))
    }

    fn remove(&self, name: &str) {
        self.0.borrow_mut().remove(name);
    }
}

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
