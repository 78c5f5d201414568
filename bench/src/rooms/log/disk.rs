//! The log on a disk: appends that are durable before they are acknowledged, against the journal that it stands
//! on; polls of the newest messages against the log in memory; polls of the past against `commitlog`.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use anyhow::{Context, anyhow, ensure};
use commitlog::ReadLimit;
use commitlog::message::MessageSet;
use glomers_log::{DiskConfig, DiskLog, OffsetLog, SyncPolicy};
use glomers_store::{Config, Directory, Journal, SharedJournal};
use tempfile::TempDir;

use super::{BATCH, HEADER, KEYS, MESSAGES, Message, TheirLog, message, messages, share};
use crate::measure::{Effort, each};
use crate::table::{Case, Table, Unit};

/// How many messages each writer appends.
const EACH: usize = 200;

/// What our records have before a message: their kind, the key and the offset.
const BEFORE: usize = 13;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    for writers in [1, 16, 256] {
        let name = format!("append a durable message, {writers} threads, vs the journal alone");
        let case = Case::new(name, Unit::WALL_US).effort(Effort::Rounds(7));
        table.compare(case, || append_to_log(writers), || append_to_journal(writers))?;
    }
    poll_newest(table)?;
    poll_past(table)
}

/// Seconds for a message, where each writer appends so many, one after another.
fn drive(
    writers: usize,
    append: impl Fn(usize) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<f64> {
    let (next, start) = (AtomicUsize::new(0), Barrier::new(writers + 1));
    let (wall, outcomes) = thread::scope(|threads| {
        let write = || {
            start.wait();
            (0..EACH).try_for_each(|_| append(next.fetch_add(1, Relaxed)))
        };
        let writers: Vec<_> = (0..writers).map(|_| threads.spawn(write)).collect();
        start.wait();
        let began = Instant::now();
        let outcomes: Vec<_> = writers.into_iter().map(ScopedJoinHandle::join).collect();
        (began.elapsed().as_secs_f64(), outcomes)
    });
    for outcome in outcomes {
        outcome.map_err(|_| anyhow!("a writer panicked"))??;
    }
    let messages = u32::try_from(writers * EACH)?;
    Ok(wall / f64::from(messages))
}

fn open(folder: &TempDir, config: DiskConfig) -> anyhow::Result<DiskLog> {
    Ok(OffsetLog::open(folder.path(), config)?.0)
}

fn append_to_log(writers: usize) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let log = open(&folder, DiskConfig::default())?;
    let cost = drive(writers, |it| {
        log.append(KEYS[it % 2], message(u32::try_from(it)?).to_vec())?;
        Ok(())
    })?;
    let lens = KEYS.map(|key| log.offsets(key).end);
    ensure!(lens.iter().sum::<u64>() == (writers * EACH) as u64, "our log lost messages");
    Ok(cost)
}

fn append_to_journal(writers: usize) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let disk = Arc::new(Directory::new(folder.path())?);
    let (journal, _) = Journal::open(disk, Config::default(), |_| anyhow::Ok(()))?;
    let journal = SharedJournal::new(journal)?;
    drive(writers, |_| Ok(journal.append(&[b'.'; BEFORE + size_of::<Message>()])?.wait()?))
}

/// A log of which so much is in memory.
fn filled(folder: &TempDir, memory: u64) -> anyhow::Result<DiskLog> {
    let mut config = DiskConfig::default();
    (config.sync, config.memory) = (SyncPolicy::Never, memory);
    let log = open(folder, config)?;
    let messages: Vec<Vec<u8>> = messages().map(|message| message.to_vec()).collect();
    for some in messages.chunks(BATCH as usize) {
        log.append_all(KEYS[0], some.iter().cloned())?;
    }
    Ok(log)
}

fn number(message: &[u8]) -> u64 {
    message.first_chunk().map_or(0, |number| u64::from(u32::from_be_bytes(*number)))
}

/// What all must come to.
fn expected() -> u64 {
    (0..MESSAGES).map(u64::from).sum()
}

/// Seconds for a message of ours, polled a hundred at a time.
fn poll_ours(log: &DiskLog) -> anyhow::Result<f64> {
    let (mut total, mut polled) = (0, Ok(()));
    let cost = share(each([()], |()| {
        for from in (0..MESSAGES).step_by(BATCH as usize) {
            match log.poll(KEYS[0], u64::from(from), BATCH as usize) {
                Ok(batch) => {
                    total += batch.iter().map(|(_, it)| number(black_box(it))).sum::<u64>();
                }
                Err(error) => polled = Err(error),
            }
        }
    }));
    polled?;
    ensure!(total == expected(), "our poll lost messages");
    cost
}

fn poll_newest(table: &mut Table) -> anyhow::Result<()> {
    let name = "poll a message in memory of a log on disk, 100 at a time, vs the log in memory";
    let folder = tempfile::tempdir()?;
    let (ours, theirs) = (filled(&folder, u64::MAX)?, OffsetLog::<String, Vec<u8>>::new());
    messages().for_each(|message| {
        theirs.append(KEYS[0], message.to_vec());
    });
    table.compare(
        Case::new(name, Unit::CPU_NS).bar(1.1),
        || poll_ours(&ours),
        || {
            let mut total = 0;
            let cost = share(each([()], |()| {
                for from in (0..MESSAGES).step_by(BATCH as usize) {
                    if let Ok(batch) = theirs.poll(KEYS[0], u64::from(from), BATCH as usize) {
                        total += batch.iter().map(|(_, it)| number(black_box(it))).sum::<u64>();
                    }
                }
            }));
            ensure!(total == expected(), "our poll lost messages");
            cost
        },
    )
}

fn poll_past(table: &mut Table) -> anyhow::Result<()> {
    let name = "poll a message of the past from disk, 100 at a time, vs commitlog";
    let folder = tempfile::tempdir()?;
    let (ours, theirs) = (filled(&folder, 0)?, TheirLog::new()?.fill()?);
    table.compare(
        Case::new(name, Unit::CPU_NS),
        || poll_ours(&ours),
        || {
            let limit = ReadLimit::max_bytes(BATCH as usize * (HEADER + size_of::<Message>()) + 1);
            let (mut total, mut polled) = (0, Ok(()));
            let cost = share(each([()], |()| {
                for from in (0..MESSAGES).step_by(BATCH as usize) {
                    match theirs.log.read(u64::from(from), limit) {
                        Ok(batch) => {
                            total +=
                                batch.iter().map(|it| number(black_box(it.payload()))).sum::<u64>();
                        }
                        Err(error) => polled = Err(error),
                    }
                }
            }));
            polled.context("commitlog cannot be read")?;
            ensure!(total == expected(), "commitlog's poll lost messages");
            cost
        },
    )
}
