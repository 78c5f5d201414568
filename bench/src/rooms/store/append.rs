//! Writers that wait for each of their records to be durable before the next.

use std::cell::Cell;
use std::fs::OpenOptions;
use std::io::Write;
use std::iter;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use anyhow::{anyhow, ensure};
use futures::executor::block_on;
use futures::stream::{FuturesUnordered, TryStreamExt};
use glomers_store::{Config, Directory, Entry, Journal, SharedJournal};

use super::counted::Counted;
use super::peers::{Fjall, Peer, Redb, Sqlite};
use super::records::record;
use crate::measure::Effort;
use crate::table::{Case, Table, Unit};

/// How many records a writer of ours appends, and all writers of a peer whose syncs serve one each.
const OURS: usize = 200;
const ALONE: usize = 320;

/// What a record has around it.
const HEAD: usize = 8;

/// What our writers are. The peers' are threads: they know no others.
#[derive(Clone, Copy, PartialEq)]
enum Writers {
    Threads,
    Tasks,
}

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    for writers in [1, 16, 256] {
        against(table, Writers::Threads, writers)?;
        if writers > 1 {
            against(table, Writers::Tasks, writers)?;
        }
    }
    Ok(())
}

fn against(table: &mut Table, kind: Writers, writers: usize) -> anyhow::Result<()> {
    let named = match kind {
        Writers::Threads => format!("{writers} threads"),
        Writers::Tasks => format!("{writers} tasks"),
    };
    let case = |peer: &str| {
        let name = format!("append a durable record, {named}, vs {peer}");
        Case::new(name, Unit::WALL_US).effort(Effort::Rounds(7))
    };
    let barred = |peer| if writers == 256 { case(peer).bar(1.0 / 3.0) } else { case(peer) };
    // Records to a sync, as ours had it last.
    let together = Cell::new(1.0);
    let ours = || {
        let (cost, records) = ours(kind, writers)?;
        together.set(records);
        Ok(cost)
    };
    table.compare(barred(Fjall::NAME), ours, || alone::<Fjall>(writers))?;
    table.compare(barred(Redb::NAME), ours, || alone::<Redb>(writers))?;
    table.compare(barred(Sqlite::NAME), ours, || alone::<Sqlite>(writers))?;
    let bare_case = case("a bare loop");
    let bare_case = if writers == 256 { bare_case.bar(1.0 / 0.7) } else { bare_case };
    table.compare(bare_case, ours, || bare(writers, together.get()))?;
    let records = Case::new(format!("records to a sync, {named}, vs one of each"), Unit::RECORDS);
    let records = records.effort(Effort::Rounds(3));
    table.compare(records, || Ok(self::ours(kind, writers)?.1), || Ok(count(writers)))?;
    if (kind, writers) == (Writers::Threads, 256) {
        let case = |name| case(&format!("{name} in batches of ours"));
        table.compare(case(Fjall::NAME), ours, || in_batches::<Fjall>(writers))?;
        table.compare(case(Redb::NAME), ours, || in_batches::<Redb>(writers))?;
        table.compare(case(Sqlite::NAME), ours, || in_batches::<Sqlite>(writers))?;
    }
    Ok(())
}

/// Seconds for a record, where each writer appends so many, one after another.
fn drive(
    writers: usize,
    each: usize,
    append: impl Fn(u64) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<f64> {
    let (next, start) = (AtomicU64::new(0), Barrier::new(writers + 1));
    let (wall, outcomes) = thread::scope(|threads| {
        let writers: Vec<_> = iter::repeat_with(|| {
            threads.spawn(|| {
                start.wait();
                (0..each).try_for_each(|_| append(next.fetch_add(1, Ordering::Relaxed)))
            })
        })
        .take(writers)
        .collect();
        start.wait();
        let began = Instant::now();
        let outcomes: Vec<_> = writers.into_iter().map(ScopedJoinHandle::join).collect();
        (began.elapsed().as_secs_f64(), outcomes)
    });
    for outcome in outcomes {
        outcome.map_err(|_| anyhow!("a writer panicked"))??;
    }
    Ok(wall / count(writers * each))
}

/// The same with tasks of this thread.
fn drive_tasks(journal: &SharedJournal, writers: usize, each: usize) -> anyhow::Result<f64> {
    let next = Cell::new(0);
    let began = Instant::now();
    let tasks: FuturesUnordered<_> = iter::repeat_with(|| async {
        for _ in 0..each {
            let number = next.replace(next.get() + 1);
            journal.append(&record(number))?.await?;
        }
        anyhow::Ok(())
    })
    .take(writers)
    .collect();
    block_on(tasks.try_collect::<()>())?;
    Ok(began.elapsed().as_secs_f64() / count(writers * each))
}

#[expect(clippy::cast_precision_loss, reason = "there are not that many")]
fn count(records: usize) -> f64 {
    records as f64
}

/// Seconds for a record, and how many went with a sync.
fn ours(kind: Writers, writers: usize) -> anyhow::Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let disk = Counted::new(Directory::new(folder.path())?);
    let open = |found: &mut usize| {
        Journal::open(Arc::new(disk.clone()), Config::default(), |entry| {
            *found += usize::from(matches!(entry, Entry::Delta(_)));
            anyhow::Ok(())
        })
    };
    let journal = SharedJournal::new(open(&mut 0)?.0)?;
    let before = disk.syncs();
    let cost = match kind {
        Writers::Threads => drive(writers, OURS, |it| Ok(journal.append(&record(it))?.wait()?))?,
        Writers::Tasks => drive_tasks(&journal, writers, OURS)?,
    };
    let syncs = disk.syncs() - before;
    drop(journal);
    let mut found = 0;
    open(&mut found)?;
    ensure!(found == writers * OURS, "our journal lost records");
    let together = count(writers * OURS) / count(usize::try_from(syncs)?);
    Ok((cost, together))
}

/// Each writer sees to its own record.
fn alone<P: Peer>(writers: usize) -> anyhow::Result<f64> {
    let each = (ALONE / writers).max(1);
    let folder = tempfile::tempdir()?;
    let peer = P::create(folder.path())?;
    let cost = drive(writers, each, |it| peer.put(iter::once(it)))?;
    ensure!(peer.count()? == (writers * each) as u64, "{} lost records", P::NAME);
    Ok(cost)
}

/// Whoever finds nobody writing writes what has come until then, for all.
fn in_batches<P: Peer>(writers: usize) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let peer = P::create(folder.path())?;
    let (batches, done) = (Mutex::new(Batches::default()), Condvar::new());
    let lock = || batches.lock().unwrap_or_else(PoisonError::into_inner);
    let cost = drive(writers, OURS, |it| {
        let mut state: MutexGuard<'_, Batches> = lock();
        state.waiting.push(it);
        let mine = state.begun + 1;
        while state.written < mine {
            if state.begun > state.written {
                state = done.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.begun = mine;
            let batch = std::mem::take(&mut state.waiting);
            drop(state);
            peer.put(batch.into_iter())?;
            state = lock();
            state.written = mine;
            done.notify_all();
        }
        Ok(())
    })?;
    ensure!(peer.count()? == (writers * OURS) as u64, "{} lost records", P::NAME);
    Ok(cost)
}

#[derive(Default)]
struct Batches {
    waiting: Vec<u64>,
    begun: u64,
    written: u64,
}

/// One thread that writes so many records at once, and syncs.
fn bare(writers: usize, together: f64) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bare");
    let mut file = OpenOptions::new().create_new(true).append(true).open(path)?;
    let (records, mut written, mut due) = (writers * OURS, 0, 0.0);
    let began = Instant::now();
    let mut buffer = Vec::new();
    while written < records {
        // As many on the whole, though it is no whole number.
        due += together;
        buffer.clear();
        while written < records && (count(written) < due || buffer.is_empty()) {
            buffer.extend_from_slice(&[0; HEAD]);
            buffer.extend_from_slice(&record(written as u64));
            written += 1;
        }
        file.write_all(&buffer)?;
        file.sync_data()?;
    }
    Ok(began.elapsed().as_secs_f64() / count(records))
}
