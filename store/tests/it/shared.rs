//! Many threads and tasks on one journal.

use std::io::{self, Write};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use glomers_store::{
    CommitError, Config, Directory, Disk, DiskFile, DiskLock, Faults, SharedJournal, SimulatedDisk,
    SyncPolicy,
};

use crate::common::{always, open};

/// A disk whose syncs of files are counted, and wait while it is held.
#[derive(Clone, Debug)]
struct Gated {
    disk: SimulatedDisk,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    is_held: Mutex<bool>,
    opened: Condvar,
    syncs: AtomicUsize,
    waiting: AtomicUsize,
}

impl Gate {
    fn hold(&self) {
        *self.is_held.lock().unwrap() = true;
    }

    fn open(&self) {
        *self.is_held.lock().unwrap() = false;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let mut is_held = self.is_held.lock().unwrap();
        self.waiting.fetch_add(1, Ordering::SeqCst);
        while *is_held {
            is_held = self.opened.wait(is_held).unwrap();
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    /// Returns when somebody waits at the gate.
    fn somebody_waits(&self) {
        while self.waiting.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
    }

    fn syncs(&self) -> usize {
        self.syncs.load(Ordering::SeqCst)
    }
}

impl Gated {
    fn new() -> Self {
        Self { disk: SimulatedDisk::new(0), gate: Arc::default() }
    }

    fn file(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(GatedFile { file, gate: Arc::clone(&self.gate) })
    }
}

impl Disk for Gated {
    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.file(self.disk.open(name)?))
    }
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.file(self.disk.create(name)?))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }
    fn sync_names(&self) -> io::Result<()> {
        self.disk.sync_names()
    }
    fn lock(&self, name: &str) -> io::Result<DiskLock> {
        self.disk.lock(name)
    }
}

#[derive(Debug)]
struct GatedFile {
    file: Arc<dyn DiskFile>,
    gate: Arc<Gate>,
}

impl DiskFile for GatedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(into, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_at(bytes, offset)
    }
    fn truncate(&self, len: u64) -> io::Result<()> {
        self.file.truncate(len)
    }
    fn sync(&self) -> io::Result<()> {
        self.gate.pass();
        let synced = self.file.sync();
        self.gate.syncs.fetch_add(1, Ordering::SeqCst);
        synced
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

fn shared(disk: &(impl Disk + Clone + 'static), config: &Config) -> SharedJournal {
    SharedJournal::new(open(disk, config).unwrap().0).unwrap()
}

#[test]
fn one_sync_serves_all_that_wait_for_it() {
    let disk = Gated::new();
    let journal = shared(&disk, &always());
    let before = disk.gate.syncs();
    disk.gate.hold();
    thread::scope(|threads| {
        threads.spawn(|| journal.append(b"first").unwrap().wait().unwrap());
        disk.gate.somebody_waits();
        let tickets: Vec<_> = (0..100_u8).map(|i| journal.append(&[i]).unwrap()).collect();
        assert!(tickets.iter().all(|ticket| !ticket.is_settled()));
        disk.gate.open();
        for (i, ticket) in tickets.into_iter().enumerate() {
            match i % 2 {
                0 => ticket.wait().unwrap(),
                _ => block_on(ticket).unwrap(),
            }
        }
    });
    assert_eq!(disk.gate.syncs() - before, 2, "the first one's, and one for all others");
}

#[test]
fn nothing_is_acknowledged_before_it_is_synced() {
    let disk = Gated::new();
    let journal = shared(&disk, &always());
    disk.gate.hold();
    let ticket = journal.append(b"rye").unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    thread::scope(|threads| {
        threads.spawn(move || {
            ticket.wait().unwrap();
            tell.send(()).unwrap();
        });
        disk.gate.somebody_waits();
        assert!(told.recv_timeout(Duration::from_millis(50)).is_err());
        // A power cut now may lose it.
        disk.gate.open();
        told.recv().unwrap();
    });
    drop(journal);
    disk.disk.power_cut();
    assert_eq!(open(&disk, &always()).unwrap().2.deltas, [b"rye"]);
}

#[test]
fn tickets_that_nobody_waits_for_are_settled_too() {
    let disk = Gated::new();
    let journal = shared(&disk, &always());
    drop(journal.append(b"rye").unwrap());
    let waited = Instant::now();
    let kept = journal.append(b"oat").unwrap();
    drop(journal.append(b"barley").unwrap());
    while !kept.is_settled() {
        assert!(waited.elapsed() < Duration::from_secs(10));
        thread::yield_now();
    }
    drop(journal.append(b"millet").unwrap());
    drop(kept);
    drop(journal);
    let read = open(&disk, &always()).unwrap().2;
    assert_eq!(read.deltas, [&b"rye"[..], b"oat", b"barley", b"millet"]);
}

#[test]
fn a_tasks_waker_is_woken_from_wherever_it_was_polled_last() {
    let disk = Gated::new();
    let journal = shared(&disk, &always());
    disk.gate.hold();
    let mut ticket = pin!(journal.append(b"rye").unwrap());
    let mut old = Context::from_waker(Waker::noop());
    assert!(ticket.as_mut().poll(&mut old).is_pending());
    disk.gate.somebody_waits();
    thread::scope(|threads| {
        threads.spawn(|| {
            thread::sleep(Duration::from_millis(20));
            disk.gate.open();
        });
        block_on(ticket).unwrap();
    });
}

#[test]
fn all_that_threads_acknowledge_is_there_in_each_ones_order() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Directory::new(folder.path()).unwrap();
    for policy in
        [SyncPolicy::Always, SyncPolicy::Every(Duration::from_millis(5)), SyncPolicy::Never]
    {
        let mut config = Config::with_sync(policy);
        config.snapshot_at_least = 1500;
        let before = open(&disk, &config).unwrap().2;
        let state = Mutex::new(before.snapshot.unwrap_or_default());
        state.lock().unwrap().extend(before.deltas.concat());
        let start = state.lock().unwrap().len();
        let journal = shared(&disk, &config);
        let snapshots = AtomicUsize::new(0);
        thread::scope(|threads| {
            for writer in 0..8_u8 {
                let (journal, state, snapshots) = (&journal, &state, &snapshots);
                threads.spawn(move || {
                    for number in 0..50_u8 {
                        let delta = [writer, number];
                        let ticket = {
                            let mut state = state.lock().unwrap();
                            state.extend(delta);
                            // In one order in both: deltas that merge would not need that.
                            journal.append(&delta).unwrap()
                        };
                        match number % 2 {
                            0 => ticket.wait().unwrap(),
                            _ => block_on(ticket).unwrap(),
                        }
                        // Held to the end, so that no other snapshot is begun.
                        let state = state.lock().unwrap();
                        if journal.wants_snapshot() {
                            let mut writer = journal.begin_snapshot().unwrap();
                            writer.write_all(&state).unwrap();
                            writer.finish().unwrap();
                            snapshots.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        drop(journal);
        let after = open(&disk, &config).unwrap().2;
        let mut all = after.snapshot.unwrap_or_default();
        all.extend(after.deltas.concat());
        assert_eq!(all, *state.lock().unwrap(), "{policy:?}");
        for writer in 0..8_u8 {
            let of = all[start..].chunks(2).filter(|delta| delta[0] == writer);
            assert!(of.map(|delta| delta[1]).eq(0..50), "{writer}");
        }
        assert!(snapshots.into_inner() > 0);
    }
}

#[test]
fn what_is_appended_during_a_snapshot_comes_after_it() {
    let disk = Gated::new();
    let journal = shared(&disk, &always());
    journal.append(b"rye").unwrap().wait().unwrap();
    disk.gate.hold();
    thread::scope(|threads| {
        let snapshot = threads.spawn(|| journal.begin_snapshot().unwrap());
        // There is nothing else to be synced.
        disk.gate.somebody_waits();
        let meanwhile = journal.append(b"barley").unwrap();
        let mut task = pin!(journal.append(b"oat").unwrap());
        assert!(task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        // The thread is awake, and must leave them.
        thread::sleep(Duration::from_millis(20));
        disk.gate.open();
        meanwhile.wait().unwrap();
        block_on(task).unwrap();
        let mut writer = snapshot.join().unwrap();
        journal.append(b"millet").unwrap().wait().unwrap();
        writer.write_all(b"rye").unwrap();
        writer.finish().unwrap();
    });
    journal.close().unwrap();
    let read = open(&disk, &always()).unwrap().2;
    assert_eq!(read.snapshot.as_deref(), Some(&b"rye"[..]));
    assert_eq!(read.deltas, [&b"barley"[..], b"oat", b"millet"]);
}

#[test]
fn a_snapshot_waits_for_what_is_being_written_and_takes_what_has_gathered() {
    let disk = Gated::new();
    let journal = shared(&disk, &always());
    disk.gate.hold();
    thread::scope(|threads| {
        threads.spawn(|| journal.append(b"rye").unwrap().wait().unwrap());
        disk.gate.somebody_waits();
        let gathered = journal.append(b"oat").unwrap();
        let snapshot = threads.spawn(|| journal.begin_snapshot().unwrap());
        thread::sleep(Duration::from_millis(20));
        disk.gate.open();
        gathered.wait().unwrap();
        let mut writer = snapshot.join().unwrap();
        writer.write_all(b"rye and oat").unwrap();
        writer.finish().unwrap();
    });
    drop(journal);
    let read = open(&disk, &always()).unwrap().2;
    assert_eq!((read.snapshot.as_deref(), read.deltas.len()), (Some(&b"rye and oat"[..]), 0));
}

#[test]
fn whoever_waits_hears_of_a_full_disk_and_of_a_broken_one() {
    let disk = Gated::new();
    let journal = shared(&disk, &always());
    disk.disk.set_faults(Faults { capacity: Some(0), ..Faults::default() });
    let lost: Vec<_> = (0..3_u8).map(|i| journal.append(&[i]).unwrap()).collect();
    for ticket in lost {
        assert!(matches!(ticket.wait(), Err(CommitError::Full(_))));
    }
    assert!(journal.begin_snapshot().is_err());
    disk.disk.set_faults(Faults::default());
    journal.append(b"rye").unwrap().wait().unwrap();

    disk.disk.set_faults(Faults { sync_errors: 1.0, ..Faults::default() });
    disk.gate.hold();
    let writing = journal.append(b"oat").unwrap();
    thread::scope(|threads| {
        let writing = threads.spawn(|| writing.wait());
        disk.gate.somebody_waits();
        let gathered = journal.append(b"barley").unwrap();
        disk.gate.open();
        assert!(matches!(writing.join().unwrap(), Err(CommitError::Broken(_))));
        assert!(matches!(block_on(gathered), Err(CommitError::Broken(_))));
    });
    assert!(journal.append(b"millet").is_err());
    assert!(journal.close().is_err());
}

#[test]
fn what_is_written_is_synced_in_time_though_nobody_comes() {
    let disk = Gated::new();
    let delay = Duration::from_millis(30);
    let journal = shared(&disk, &Config::with_sync(SyncPolicy::Every(delay)));
    let before = disk.gate.syncs();
    let began = Instant::now();
    journal.append(b"rye").unwrap().wait().unwrap();
    while disk.gate.syncs() == before {
        assert!(began.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(1));
    }
    assert!(began.elapsed() >= delay);
    // It is synced, whatever becomes of the journal.
    disk.disk.power_cut();
    drop(journal);
    assert_eq!(open(&disk, &always()).unwrap().2.deltas, [b"rye"]);
}
