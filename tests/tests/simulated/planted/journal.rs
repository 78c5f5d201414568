use std::cell::RefCell;
use std::io::Write;
use std::str::FromStr;

use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::Net;

/// Lines that outlive a node's life, where it has a disk.
pub(crate) struct Journal(RefCell<Option<Box<dyn Write>>>);

impl Journal {
    /// The journal of a node, and what its earlier lives have written: lines of numbers.
    pub(crate) fn open<const N: usize>(net: &Net) -> (Self, Vec<[i64; N]>) {
        let Some(disk) = net.disk() else { return (Self(RefCell::default()), Vec::new()) };
        let name = format!("planted-{}", net.id());
        let content = disk.read(&name).unwrap_or_default();
        let text = String::from_utf8(content.clone()).unwrap();
        let line = |line: &str| {
            let numbers: Vec<_> =
                line.split(' ').map(|word| i64::from_str(word).unwrap()).collect();
            numbers.try_into().unwrap()
        };
        let lines = text.lines().map(line).collect();
        (Self(RefCell::new(Some(disk.create(&name, &content).unwrap()))), lines)
    }

    pub(crate) fn write<const N: usize>(&self, numbers: [i64; N]) -> Result<(), Error> {
        let Some(file) = &mut *self.0.borrow_mut() else { return Ok(()) };
        let line = numbers.map(|number| number.to_string()).join(" ") + "\n";
        let failed = |error: std::io::Error| Error::new(ErrorCode::Crash, error.to_string());
        file.write_all(line.as_bytes()).map_err(failed)
    }
}
