use std::io::{self, Write};
use std::rc::Rc;

use super::Tally;
use crate::disk::Disk;

/// A file longer than this is begun anew.
const LONGEST: usize = 64 * 1024;

/// A tally in a file: one line for each value it has had, the last of which counts.
///
/// A line that was cut off lacks its newline, and nothing is written after a line that failed; so
/// the last whole line is the last of which anybody was told that it is safe.
pub(super) struct Journal {
    disk: Rc<dyn Disk>,
    name: String,
    file: Box<dyn Write>,
    size: usize,
}

impl Journal {
    pub(super) fn create<T: Tally>(disk: &Rc<dyn Disk>, name: &str, tally: T) -> io::Result<Self> {
        let line = line(tally)?;
        let file = disk.create(name, &line)?;
        Ok(Self { disk: Rc::clone(disk), name: name.to_owned(), file, size: line.len() })
    }

    /// After an error, the journal must not be used any more.
    pub(super) fn append<T: Tally>(&mut self, tally: T) -> io::Result<()> {
        if self.size > LONGEST {
            *self = Self::create(&self.disk, &self.name, tally)?;
            return Ok(());
        }
        let line = line(tally)?;
        self.size += line.len();
        self.file.write_all(&line)?;
        self.file.flush()
    }

    /// What a journal held at last, if it is there and whole.
    pub(super) fn last<T: Tally>(disk: &dyn Disk, name: &str) -> Option<T> {
        let content = disk.read(name).ok()?;
        let whole = &content[..memchr::memrchr(b'\n', &content)?];
        let last = memchr::memrchr(b'\n', whole).map_or(0, |end| end + 1);
        serde_json::from_slice(&whole[last..]).ok()
    }
}

fn line<T: Tally>(tally: T) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(&tally)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    #[test]
    fn the_last_whole_line_counts() {
        let disk: Rc<dyn Disk> = Rc::new(MemoryDisk::default());
        assert_eq!(Journal::last::<u64>(&*disk, "x"), None);
        let mut journal = Journal::create(&disk, "x", 7_u64).unwrap();
        assert_eq!(Journal::last(&*disk, "x"), Some(7_u64));
        journal.append(123_u64).unwrap();
        assert_eq!(Journal::last(&*disk, "x"), Some(123_u64));
        journal.file.write_all(b"45").unwrap();
        assert_eq!(Journal::last(&*disk, "x"), Some(123_u64), "a line that was cut off");
    }

    #[test]
    fn what_is_no_journal_is_none() {
        let disk: Rc<dyn Disk> = Rc::new(MemoryDisk::default());
        for content in ["", "12", "x\n", "-1\n", "1\nx\n", "1\n\n"] {
            disk.create("x", content.as_bytes()).unwrap();
            assert_eq!(Journal::last::<u64>(&*disk, "x"), None, "{content:?}");
        }
    }

    #[test]
    fn a_journal_does_not_grow_for_ever() {
        let disk: Rc<dyn Disk> = Rc::new(MemoryDisk::default());
        let mut journal = Journal::create(&disk, "x", (0_u64, 0_u64)).unwrap();
        for n in 0..100_000 {
            journal.append((n, 2 * n)).unwrap();
            assert_eq!(journal.size, disk.read("x").unwrap().len());
            assert!(journal.size < LONGEST + 100);
        }
        assert_eq!(Journal::last(&*disk, "x"), Some((99_999_u64, 199_998_u64)));
    }
}
