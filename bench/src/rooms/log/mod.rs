//! The offset log with messages of 100 bytes, against the `commitlog` crate, which writes to files,
//! and a bare `Vec`, which nobody could share.

mod disk;

use std::hint::black_box;
use std::process::Command;
use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use anyhow::{Context, anyhow, ensure};
use commitlog::message::MessageSet;
use commitlog::{CommitLog, LogOptions, ReadLimit};
use glomers_log::OffsetLog;
use tempfile::TempDir;

use super::programs;
use crate::measure::{Effort, each};
use crate::table::{Case, Table, Unit};

type Message = [u8; 100];

/// Messages in a log.
const MESSAGES: u32 = 100_000;

/// Messages to a poll.
const BATCH: u32 = 100;

/// What `commitlog` adds to a message.
const HEADER: usize = commitlog::message::HEADER_SIZE;

/// Messages to a thread, where there may be two.
const PER_THREAD: u32 = 500_000;

const KEYS: [&str; 2] = ["rye", "oat"];

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    let cold = Case::new("append a message of 100 bytes, memory new, vs commitlog", Unit::CPU_NS);
    table.compare(cold, append_to_ours, append_to_theirs)?;
    keep_freed_memory();
    append(table)?;
    append_and_read(table)?;
    poll(table)?;
    threads(table)?;
    disk::measure(table)?;
    memory(table)
}

/// Has the C library's allocator keep what is freed, as in a process that has run for a while: it
/// gives back to the system what exceeds twice the largest block that was ever freed, and asks for
/// it again in the next round. So each side gets its memory the same way, and in whatever order the
/// cases come.
fn keep_freed_memory() {
    drop(black_box(vec![1_u8; 30 << 20]));
}

/// The i-th message.
fn message(i: u32) -> Message {
    let mut message = [b'.'; 100];
    message[..4].copy_from_slice(&i.to_be_bytes());
    message
}

fn messages() -> impl Iterator<Item = Message> {
    (0..MESSAGES).map(message)
}

/// What one of `MESSAGES` has cost.
fn share(total: anyhow::Result<f64>) -> anyhow::Result<f64> {
    total.map(|total| total / f64::from(MESSAGES))
}

fn our_log() -> OffsetLog<String, Message> {
    let log = OffsetLog::new();
    messages().for_each(|message| {
        log.append(KEYS[0], black_box(message));
    });
    log
}

fn vec_log() -> Vec<Message> {
    let mut log = Vec::new();
    messages().for_each(|message| log.push(black_box(message)));
    log
}

/// A log in a folder, which is gone with it.
struct TheirLog {
    log: CommitLog,
    _folder: TempDir,
}

impl TheirLog {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let log = CommitLog::new(LogOptions::new(folder.path()))?;
        Ok(Self { log, _folder: folder })
    }

    fn fill(mut self) -> anyhow::Result<Self> {
        for message in messages() {
            self.log.append_msg(black_box(message))?;
        }
        Ok(self)
    }
}

/// Twice off the clock, then once on it: so that neither side pays for what the other's turn has
/// left in the caches. It takes two to have them settled.
fn settled(mut side: impl FnMut() -> anyhow::Result<f64>) -> anyhow::Result<f64> {
    side()?;
    side()?;
    side()
}

fn append_to_ours() -> anyhow::Result<f64> {
    share(each([()], |()| our_log()))
}

fn append_to_vec() -> anyhow::Result<f64> {
    share(each([()], |()| vec_log()))
}

fn append_to_theirs() -> anyhow::Result<f64> {
    // One that failed took no time to speak of, and cannot pass for one that worked.
    let mut filled = Ok(());
    let log = TheirLog::new()?;
    let cost = share(each([log], |log| log.fill().map_err(|error| filled = Err(error))));
    filled?;
    cost
}

fn append(table: &mut Table) -> anyhow::Result<()> {
    let case = |peer| Case::new(format!("append a message of 100 bytes, {peer}"), Unit::CPU_NS);
    let (ours, theirs) = (|| settled(append_to_ours), || settled(append_to_theirs));
    table.compare(case("vs commitlog").bar(1.0 / 15.0), ours, theirs)?;
    table.compare(case("vs a Vec").bar(3.0), ours, || settled(append_to_vec))
}

/// Each message is read as soon as it is there: what consumers do who keep up.
fn append_and_read(table: &mut Table) -> anyhow::Result<()> {
    let case = |peer| Case::new(format!("append a message and poll it, {peer}"), Unit::CPU_NS);
    let ours = || {
        let mut read = 0;
        let cost = share(each([()], |()| {
            let log = OffsetLog::<String, Message>::new();
            for message in messages() {
                let offset = log.append(KEYS[0], black_box(message));
                if let Ok(batch) = log.poll(KEYS[0], offset, 1) {
                    read += batch.iter().inspect(|message| _ = black_box(message)).count();
                }
            }
            log
        }));
        ensure!(read == MESSAGES as usize, "our poll lost messages");
        cost
    };
    let ours = || settled(ours);
    let theirs = || {
        let limit = ReadLimit::max_bytes(HEADER + size_of::<Message>() + 1);
        let mut read = 0_usize;
        let cost = share(each([TheirLog::new()?], |mut log| {
            for message in messages() {
                if let Ok(offset) = log.log.append_msg(black_box(message))
                    && let Ok(batch) = log.log.read(offset, limit)
                {
                    for message in batch.iter() {
                        black_box(message.payload());
                        read += 1;
                    }
                }
            }
            log
        }));
        ensure!(read == MESSAGES as usize, "commitlog's poll lost messages");
        cost
    };
    let vec = || {
        share(each([()], |()| {
            let mut log = Vec::new();
            for message in messages() {
                log.push(black_box(message));
                black_box(black_box(&log).last());
            }
            log
        }))
    };
    table.compare(case("vs commitlog"), ours, || settled(theirs))?;
    table.compare(case("vs a Vec"), ours, || settled(vec))
}

fn poll(table: &mut Table) -> anyhow::Result<()> {
    let case =
        |peer| Case::new(format!("poll and read a message, 100 at a time, {peer}"), Unit::CPU_NS);
    let starts = || (0..MESSAGES).step_by(BATCH as usize);
    // What all must come to.
    let expected: u64 = (0..MESSAGES).map(u64::from).sum();
    let read = |message: &[u8]| {
        message.first_chunk().map_or(0, |number| u64::from(u32::from_be_bytes(*number)))
    };
    let ours = our_log();
    let ours = || {
        let mut total = 0;
        let cost = share(each([()], |()| {
            for from in starts() {
                let Ok(batch) = ours.poll(KEYS[0], u64::from(from), BATCH as usize) else {
                    continue;
                };
                total += batch.iter().map(|(_, message)| read(black_box(message))).sum::<u64>();
            }
        }));
        ensure!(total == expected, "our poll lost messages");
        cost
    };
    let theirs = TheirLog::new()?.fill()?;
    table.compare(case("vs commitlog").bar(1.0 / 3.0), ours, || {
        // And a byte, or else the last message of the log is left out where the limit just fits it.
        let limit = ReadLimit::max_bytes(BATCH as usize * (HEADER + size_of::<Message>()) + 1);
        let mut total = 0;
        let mut polled = Ok(());
        let cost = share(each([()], |()| {
            for from in starts() {
                match theirs.log.read(u64::from(from), limit) {
                    Ok(batch) => {
                        let messages = batch.iter();
                        total += messages.map(|msg| read(black_box(msg.payload()))).sum::<u64>();
                    }
                    Err(error) => polled = Err(error),
                }
            }
        }));
        polled.context("commitlog cannot be read")?;
        ensure!(total == expected, "commitlog's poll lost messages");
        cost
    })?;
    let vec = vec_log();
    table.compare(case("vs a Vec").bar(3.0), ours, || {
        let mut total = 0;
        let cost = share(each([()], |()| {
            for from in starts() {
                let batch = black_box(&vec).iter().skip(from as usize).take(BATCH as usize);
                total += batch.map(|message| read(black_box(message))).sum::<u64>();
            }
        }));
        ensure!(total == expected, "the Vec lost messages");
        cost
    })
}

fn threads(table: &mut Table) -> anyhow::Result<()> {
    let name = "append a message, 2 threads with a key each vs 1 thread";
    table.compare(
        Case::new(name, Unit::WALL_NS).bar(1.0 / 1.7),
        || append_in_threads(&KEYS).map(|(wall, _)| wall),
        || append_in_threads(&KEYS[..1]).map(|(wall, _)| wall),
    )?;
    // A thread that waits for a lock of ours does not sleep, so that is in it.
    table.compare(
        Case::new(name, Unit::CPU_NS).bar(2.0 / 1.7),
        || append_in_threads(&KEYS).map(|(_, cpu)| cpu),
        || append_in_threads(&KEYS[..1]).map(|(_, cpu)| cpu),
    )
}

/// Seconds for a message, where each thread appends to a key of its own: on the clock, and of all
/// threads' processors.
fn append_in_threads(keys: &[&str]) -> anyhow::Result<(f64, f64)> {
    let log = OffsetLog::<String, Message>::new();
    let start = Barrier::new(keys.len() + 1);
    let (wall, cpu) = thread::scope(|threads| {
        let producers: Vec<_> = keys
            .iter()
            .map(|key| {
                let (log, start) = (&log, &start);
                threads.spawn(move || {
                    start.wait();
                    each([()], |()| {
                        for i in 0..PER_THREAD {
                            log.append(*key, black_box(message(i)));
                        }
                    })
                })
            })
            .collect();
        start.wait();
        let began = Instant::now();
        let cpu: Vec<_> = producers.into_iter().map(ScopedJoinHandle::join).collect();
        (began.elapsed().as_secs_f64(), cpu)
    });
    ensure!(keys.iter().all(|key| log.next_offset(*key) == u64::from(PER_THREAD)), "lost messages");
    let mut total = 0.0;
    for cpu in cpu {
        total += cpu.map_err(|_| anyhow!("a producer panicked"))??;
    }
    let messages: f64 = keys.iter().map(|_| f64::from(PER_THREAD)).sum();
    Ok((wall / messages, total / messages))
}

/// The log in a process of its own, whose allocator counts.
fn memory(table: &mut Table) -> anyhow::Result<()> {
    table.note("building the program that counts memory");
    let output = Command::new(programs::of_this_package("log-memory")?).output()?;
    ensure!(output.status.success(), "the program that counts memory failed");
    let output = String::from_utf8(output.stdout)?;
    let mut figures = output.lines().map(str::parse::<f64>);
    for how in ["read later", "read at once"] {
        let bytes = figures.next().context("a figure is missing")??;
        let name = format!("memory for a message of 100 bytes, {how}, vs the message");
        let case = Case::new(name, Unit::BYTES).bar(1.6).effort(Effort::Once);
        table.compare(case, || Ok(bytes), || Ok(100.0))?;
    }
    Ok(())
}
