//! A million records read back.

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use glomers_store::{Config, Directory, Entry, Journal, SyncPolicy};

use super::peers::{Fjall, Peer, Redb, Sqlite};
use super::records::record;
use crate::measure::{Effort, each};
use crate::table::{Case, Table, Unit};

const RECORDS: u64 = 1_000_000;

/// Records that are written together.
const TOGETHER: u64 = 10_000;

/// What the file has before them, and how many bytes one has there.
const HEADER: usize = 32;
const RECORD: usize = 108;

/// What they come to.
const BYTES: u64 = 100 * RECORDS;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    table.note("writing 1,000,000 records");
    let folder = tempfile::tempdir()?;
    fill(folder.path())?;
    let case = |peer: &str| {
        let case = Case::new(format!("recover 1,000,000 records, vs {peer}"), Unit::CPU_MS);
        case.effort(Effort::Rounds(15))
    };
    let ours = || recover(folder.path());
    let file = folder.path().join("journal-0000000000000000");
    let sums = || checksum(&file, RECORD);
    table.compare(case("reading, and a checksum of each"), ours, sums)?;
    let sum = || checksum(&file, usize::MAX);
    table.compare(case("reading and checksumming").bar(1.5), ours, sum)?;
    let few = |peer| case(peer).effort(Effort::Rounds(3));
    peer::<Fjall>(table, few(Fjall::NAME), ours)?;
    peer::<Redb>(table, few(Redb::NAME), ours)?;
    peer::<Sqlite>(table, few(Sqlite::NAME), ours)
}

fn fill(folder: &Path) -> anyhow::Result<()> {
    let config = Config::with_sync(SyncPolicy::Never);
    let disk = Arc::new(Directory::new(folder)?);
    let (mut journal, _) = Journal::open(disk, config, |_| anyhow::Ok(()))?;
    for number in 0..RECORDS {
        journal.append(&record(number))?;
        if number % TOGETHER == 0 {
            journal.commit(Duration::ZERO)?;
        }
    }
    Ok(journal.close(Duration::ZERO)?)
}

fn recover(folder: &Path) -> anyhow::Result<f64> {
    let mut bytes = 0;
    let mut opened = Ok(());
    let cost = each([()], |()| {
        let disk = Directory::new(folder).map_err(anyhow::Error::from);
        opened = disk.and_then(|disk| {
            Journal::open(Arc::new(disk), Config::default(), |entry| {
                if let Entry::Delta(delta) = entry {
                    bytes += black_box(delta.len()) as u64;
                }
                anyhow::Ok(())
            })?;
            Ok(())
        });
    });
    opened?;
    ensure!(bytes == BYTES, "our journal lost records");
    cost
}

/// Reads a file as it comes, and takes the checksum of each so many bytes, as far as they are read together.
fn checksum(file: &Path, each_of: usize) -> anyhow::Result<f64> {
    let mut summed = Ok(());
    let cost = each([()], |()| summed = checksum_all(file, each_of));
    summed?;
    cost
}

fn checksum_all(file: &Path, each_of: usize) -> anyhow::Result<()> {
    let mut file = File::open(file)?;
    // Whole records, and as much as the journal reads at once.
    let mut buffer = vec![0; 256 * 1024 / RECORD * RECORD];
    file.read_exact(&mut buffer[..HEADER])?;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read => buffer[..read].chunks(each_of).for_each(|it| _ = black_box(crc32c::crc32c(it))),
        }
    }
}

/// Opens a peer that has the records, and reads them all.
fn peer<P: Peer>(
    table: &mut Table,
    case: Case,
    ours: impl FnMut() -> anyhow::Result<f64>,
) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut is_filled = false;
    table.compare(case, ours, || {
        if !is_filled {
            let peer = P::create(folder.path())?;
            for start in (0..RECORDS).step_by(usize::try_from(TOGETHER)?) {
                peer.put(start..start + TOGETHER)?;
            }
            is_filled = true;
        }
        let mut read = Ok(0);
        let cost = each([()], |()| read = P::create(folder.path()).and_then(|it| it.read()));
        ensure!(read? == BYTES, "{} lost records", P::NAME);
        cost
    })
}
