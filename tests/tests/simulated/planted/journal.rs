use std::cell::RefCell;
use std::io;
use std::str::FromStr;
use std::sync::Arc;

use clap::ValueEnum;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::Net;
use glomers_store::{Disk, DiskFile, SimulatedDisk};
use glomers_tests::wrong::disk_of;

/// A thought that is left out of a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Slip {
    #[default]
    None,
    /// What is written is taken for synced.
    NeverSyncs,
    /// A sync that fails is taken for one that succeeds.
    IgnoresFailedSyncs,
    /// What was cut off is not removed: what comes after is appended to it.
    KeepsTornEnds,
    /// A snapshot is of what there was when it was begun, and what was appended meanwhile goes with what
    /// it replaces.
    ForgetsTheTail,
}

/// A snapshot is begun with every so many lines,
const SNAPSHOT: usize = 50;
/// and takes so many.
const MEANWHILE: usize = 3;

/// Lines of numbers that outlive a node's life and its machine: a store in small.
///
/// They are in one file, each with a checksum and synced before it is acknowledged. A snapshot is another such
/// file, which takes the place of the one before. Whatever fails, the next line comes with a new file of all.
pub(crate) struct Journal {
    slip: Slip,
    disk: SimulatedDisk,
    state: RefCell<State>,
}

struct State {
    lines: Vec<String>,
    generation: u64,
    /// The last file, and where it ends; none if it cannot be gone on with.
    file: Option<(Arc<dyn DiskFile>, u64)>,
    /// How many lines there were when a snapshot was begun.
    begun: Option<usize>,
}

impl Journal {
    /// The journal of a node, and what its earlier lives have written.
    pub(crate) fn open<const N: usize>(net: &Net, slip: Slip) -> (Self, Vec<[i64; N]>) {
        let disk = disk_of(net);
        let names = disk.list().unwrap();
        let of = |name: &String| name.strip_prefix("lines-").and_then(|text| text.parse().ok());
        let generation: u64 = names.iter().filter_map(of).max().unwrap_or_default();
        let (mut lines, mut file) = (Vec::new(), None);
        if let Ok(found) = disk.open(&name(generation)) {
            let mut content = vec![0; usize::try_from(found.len().unwrap()).unwrap()];
            found.read_at(&mut content, 0).unwrap();
            let whole = content.split_inclusive(|byte| *byte == b'\n').map_while(checked);
            lines = whole.map(str::to_owned).collect();
            let whole: u64 = lines.iter().map(|line| summed(line).len() as u64).sum();
            let end = content.len() as u64;
            // What is left of a line is removed, with all that is new.
            file = (slip == Slip::KeepsTornEnds || whole == end).then_some((found, end));
        }
        let numbers = |line: &String| {
            let numbers: Vec<_> =
                line.split(' ').map(|word| i64::from_str(word).unwrap()).collect();
            numbers.try_into().unwrap()
        };
        let known = lines.iter().map(numbers).collect();
        let state = RefCell::new(State { lines, generation, file, begun: None });
        (Self { slip, disk, state }, known)
    }

    /// Writes a line. If that fails, the line comes with the next one.
    pub(crate) fn write<const N: usize>(&self, numbers: [i64; N]) -> Result<(), Error> {
        let state = &mut *self.state.borrow_mut();
        state.lines.push(numbers.map(|number| number.to_string()).join(" "));
        self.append(state).map_err(|error| Error::new(ErrorCode::Crash, error.to_string()))
    }

    /// Writes what could not be written.
    pub(crate) fn flush(&self) -> io::Result<()> {
        let state = &mut *self.state.borrow_mut();
        if state.file.is_some() { Ok(()) } else { self.rewrite(state) }
    }

    fn append(&self, state: &mut State) -> io::Result<()> {
        let count = state.lines.len();
        match state.begun {
            None if count.is_multiple_of(SNAPSHOT) => state.begun = Some(count),
            Some(begun) if count >= begun + MEANWHILE => return self.rewrite(state),
            _ => {}
        }
        let Some((file, end)) = state.file.take() else { return self.rewrite(state) };
        let line = summed(&state.lines[count - 1]);
        file.write_at(line.as_bytes(), end)?;
        self.sync(&*file)?;
        state.file = Some((file, end + line.len() as u64));
        Ok(())
    }

    /// Puts all in a new file.
    fn rewrite(&self, state: &mut State) -> io::Result<()> {
        state.file = None;
        let kept = match state.begun.take() {
            Some(begun) if self.slip == Slip::ForgetsTheTail => begun,
            _ => state.lines.len(),
        };
        let all: String = state.lines[..kept].iter().map(|line| summed(line)).collect();
        let file = self.disk.create("new")?;
        file.write_at(all.as_bytes(), 0)?;
        self.sync(&*file)?;
        self.disk.rename("new", &name(state.generation + 1))?;
        self.taken(self.disk.sync_names())?;
        // Whether it goes does not matter: the later one counts.
        let _ = self.disk.remove(&name(state.generation));
        state.generation += 1;
        state.file = Some((file, all.len() as u64));
        Ok(())
    }

    fn sync(&self, file: &dyn DiskFile) -> io::Result<()> {
        if self.slip == Slip::NeverSyncs { Ok(()) } else { self.taken(file.sync()) }
    }

    fn taken(&self, synced: io::Result<()>) -> io::Result<()> {
        if self.slip == Slip::IgnoresFailedSyncs { Ok(()) } else { synced }
    }
}

fn name(generation: u64) -> String {
    format!("lines-{generation}")
}

/// A line as it is in the file.
fn summed(line: &str) -> String {
    format!("{:x} {line}\n", sum(line))
}

/// The line of such bytes, if they are whole.
fn checked(bytes: &[u8]) -> Option<&str> {
    let text = str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let (sum_of, line) = text.split_once(' ')?;
    (u64::from_str_radix(sum_of, 16).ok()? == sum(line)).then_some(line)
}

/// FNV-1a, after Fowler, Noll and Vo.
fn sum(line: &str) -> u64 {
    line.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
